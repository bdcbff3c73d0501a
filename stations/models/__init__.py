"""Tables of this app."""

from stations.models.alerts import Alert
from stations.models.grades import Compliance, GradeRequirement
from stations.models.observations import Observation
from stations.models.outline import DistrictOutline
from stations.models.places import Facility, Station

__all__ = ["Alert", "Compliance", "DistrictOutline", "Facility", "GradeRequirement", "Observation", "Station"]
