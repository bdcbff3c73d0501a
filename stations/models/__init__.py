"""Tables of this app."""

from stations.models.alerts import Alert
from stations.models.places import Facility, Station

__all__ = ["Alert", "Facility", "Station"]
