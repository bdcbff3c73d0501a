"""Who may open a page of a handling unit."""

from accounts.guards import staff_page
from accounts.roles import Role

handler_page = staff_page(Role.HANDLER)
"""Members of a handling unit only; the view gets the worker."""
