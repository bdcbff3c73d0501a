"""Tables of this app."""

from activities.models.activities import Activity, Enrolment
from activities.models.deeds import Deed

__all__ = ["Activity", "Deed", "Enrolment"]
