"""Lists and actions of the district staff."""

from activities.admin import activities, deeds

__all__ = ["activities", "deeds"]
