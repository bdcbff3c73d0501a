"""Who may open a page of a claiming organisation."""

from accounts.guards import staff_page
from accounts.roles import Role

claimer_page = staff_page(Role.CLAIMER)
"""Members of a claiming organisation only; the view gets the person."""
