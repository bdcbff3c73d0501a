"""Lists of this app for the district's staff: what hangs on the tree, who stands for it, what a station gets."""

from wishes.admin import claims, improvements, wishes

__all__ = ["claims", "improvements", "wishes"]
