"""Lists of people and where they belong. The courier list is registered by `vouchers.admin`, which adds what
may be given to him; `points.admin` adds his points."""

from accounts.admin.couriers import CourierAdmin
from accounts.admin.honours import HonourAdmin
from accounts.admin.log import AuditLogAdmin
from accounts.admin.organisations import OrganisationAdmin
from accounts.admin.outlets import EnterpriseAdmin, OutletAdmin
from accounts.admin.staff import MembershipAdmin, UserAdmin

__all__ = [
    "AuditLogAdmin",
    "CourierAdmin",
    "EnterpriseAdmin",
    "HonourAdmin",
    "MembershipAdmin",
    "OrganisationAdmin",
    "OutletAdmin",
    "UserAdmin",
]
