"""Who may do what with what is lent."""

from accounts.models import User
from activities.models import Loan
from activities.organisers import ORGANISERS, organises
from activities.sharing_states import LoanState

OWNERS = ("approve", "decline", "cancel", "hand_back")
BORROWERS = ("cancel",)


def lends(user: User, loan: Loan) -> bool:
    return organises(user, loan.resource.organisation)


def borrows(user: User, loan: Loan) -> bool:
    return organises(user, loan.borrower)


def may_move(user: User, loan: Loan, move: str) -> bool:
    """Whose move it is. What is only asked for the owner declines; the borrower alone takes his request back."""
    if move == "cancel" and loan.state == LoanState.REQUESTED:
        return borrows(user, loan)
    return (move in OWNERS and lends(user, loan)) or (move in BORROWERS and borrows(user, loan))


def is_own_request(user: User, loan: Loan) -> bool:
    """Whether `user` asked, or stands in the borrower's own office: such a person does not answer for the owner."""
    if loan.resource.organisation_id == loan.borrower_id:
        return False
    sits_there = any(role in ORGANISERS and place == loan.borrower_id for role, place, _ in user.roles)
    return loan.by_id == user.pk or sits_there
