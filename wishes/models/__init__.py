"""Tables of this app."""

from wishes.models.claims import Claim
from wishes.models.improvements import Improvement
from wishes.models.wishes import Step, Wish

__all__ = ["Claim", "Improvement", "Step", "Wish"]
