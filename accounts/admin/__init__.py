"""Lists of people and where they belong. The courier list is registered by `points.admin`, which adds his points."""

from accounts.admin.couriers import CourierAdmin
from accounts.admin.log import AuditLogAdmin
from accounts.admin.organisations import EnterpriseAdmin, OrganisationAdmin, OutletAdmin
from accounts.admin.staff import MembershipAdmin, UserAdmin

__all__ = [
    "AuditLogAdmin",
    "CourierAdmin",
    "EnterpriseAdmin",
    "MembershipAdmin",
    "OrganisationAdmin",
    "OutletAdmin",
    "UserAdmin",
]
