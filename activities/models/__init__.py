"""Tables of this app."""

from activities.models.activities import Activity, Enrolment
from activities.models.care import CareVisit, Need, VisitedOutlet
from activities.models.deeds import Deed
from activities.models.kits import Kit, KitMovement, KitStock
from activities.models.sharing import Loan, Pairing, Resource

__all__ = [
    "Activity",
    "CareVisit",
    "Deed",
    "Enrolment",
    "Kit",
    "KitMovement",
    "KitStock",
    "Loan",
    "Need",
    "Pairing",
    "Resource",
    "VisitedOutlet",
]
