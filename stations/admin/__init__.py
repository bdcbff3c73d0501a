"""The district staff's lists of this app, by subject."""

from stations.admin import alerts, grades, hours, observations, outline, places, visits

__all__ = ["alerts", "grades", "hours", "observations", "outline", "places", "visits"]
