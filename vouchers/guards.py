"""Who may open a page of a check-up centre, and of who manages an outlet."""

from accounts.guards import staff_page
from accounts.roles import Role

clinic_page = staff_page(Role.CLINIC)
"""Members of a check-up centre only; the view gets the person."""

manager_page = staff_page(Role.OUTLET_MANAGER)
"""Managers of outlets only; the view gets the person."""
