"""Lists and actions of the district staff."""

from activities.admin import activities, care, deeds, kits, register, sharing

__all__ = ["activities", "care", "deeds", "kits", "register", "sharing"]
