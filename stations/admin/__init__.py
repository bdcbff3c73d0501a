"""The district staff's lists of this app, by subject."""

from stations.admin import alerts, places

__all__ = ["alerts", "places"]
