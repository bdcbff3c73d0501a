"""The district staff's lists of this app, by subject."""

from stations.admin import places

__all__ = ["places"]
