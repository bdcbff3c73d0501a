"""Who may open a page of those who organise."""

from accounts.guards import staff_page
from activities.organisers import ORGANISERS

organiser_page = staff_page(*ORGANISERS)
"""Those only who organise for some community or above it; the view gets the person."""
