"""Lists of this app for the district's staff. Confidential reports are in none of them."""

from reports.admin import categories, keys, reports

__all__ = ["categories", "keys", "reports"]
