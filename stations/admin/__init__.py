"""The district staff's lists of this app, by subject."""

from stations.admin import alerts, grades, observations, outline, places, visits

__all__ = ["alerts", "grades", "observations", "outline", "places", "visits"]
