"""Tables of this app."""

from stations.models.places import Facility, Station

__all__ = ["Facility", "Station"]
