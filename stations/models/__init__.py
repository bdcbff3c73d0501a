"""Tables of this app."""

from stations.models.alerts import Alert
from stations.models.grades import Compliance, GradeRequirement
from stations.models.hours import HoursOverride
from stations.models.observations import Observation
from stations.models.outline import DistrictOutline
from stations.models.places import Facility, Station
from stations.models.visits import SAME_VISIT, Near, PosterRenewal, RefusedCheckIn, Visit, Way

__all__ = [
    "SAME_VISIT",
    "Alert",
    "Compliance",
    "DistrictOutline",
    "Facility",
    "GradeRequirement",
    "HoursOverride",
    "Near",
    "Observation",
    "PosterRenewal",
    "RefusedCheckIn",
    "Station",
    "Visit",
    "Way",
]
