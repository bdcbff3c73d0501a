"""Lists and actions of the district staff."""

from activities.admin import activities, care, deeds, kits, sharing

__all__ = ["activities", "care", "deeds", "kits", "sharing"]
