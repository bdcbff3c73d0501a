"""Who may do what with a wish: predicates that API, pages and admin share.

Three sides meet in a wish. The courier hung it and receives. The staff of its station's street let it onto the tree.
A claiming organisation grants it; what it grants goes to the station, so that it never learns who the courier is.
"""

from django.contrib.auth.models import AnonymousUser

from accounts.models import Organisation, User
from accounts.roles import MANAGERS, READERS, Role
from accounts.rules import organisations_of
from accounts.scope import covers
from fengchao.core.models import Photo
from wishes.models import Claim, Wish
from wishes.states import MOVES, PHOTO, Party

COURIERS = ("confirm", "thank", "withdraw")
STAFFS = ("approve", "reject", "withdraw")
CLAIMANTS = ("progress", "release", "deliver")

_BESIDE_THE_STATIONS = (
    Organisation.Kind.DEPARTMENT, Organisation.Kind.PARTY, Organisation.Kind.NEW_ORG, Organisation.Kind.CLINIC,
)  # fmt: skip
"""Organisations under which no station stands: they care for what lies around them."""


def is_own(user: User, wish: Wish) -> bool:
    return bool(wish.courier_id == user.pk)


def moderates(user: User, wish: Wish) -> bool:
    """Whether `user` is of the staff that decides about the wish."""
    return covers(user, wish.station.organisation.path, *MANAGERS)


def works_on(user: User, wish: Wish) -> bool:
    """Whether an organisation of `user` has claimed it."""
    return wish.claimed_by is not None and covers(user, wish.claimed_by.path, Role.CLAIMER)


def may_see_courier(user: User, wish: Wish) -> bool:
    """Himself, and the staff who decide and audit; no claimant."""
    return is_own(user, wish) or covers(user, wish.station.organisation.path, *READERS)


def may_read_history(user: User, wish: Wish) -> bool:
    return may_see_courier(user, wish) or works_on(user, wish)


def reach(organisation: Organisation) -> str:
    """The part of the tree whose wishes `organisation` may claim: its own, of a department or a company what lies
    around it (a district's department reaches the district, a street's company the street)."""
    beside = organisation.kind in _BESIDE_THE_STATIONS and not organisation.is_root()
    path: str = organisation.path
    return path[: -Organisation.steplen] if beside else path


def claiming_for(user: User) -> list[Organisation]:
    """The organisations in whose name `user` may claim; looked up once a request: lists ask at every row."""
    kept = vars(user)
    if "claims_for" not in kept:
        kept["claims_for"] = list(organisations_of(user, Role.CLAIMER))
    found: list[Organisation] = kept["claims_for"]
    return found


def reaches(user: User) -> list[str]:
    """Where `user` may claim (`WishQuerySet.in_reach`)."""
    return sorted({reach(organisation) for organisation in claiming_for(user)})


def may_claim_for(organisation: Organisation, wish: Wish) -> bool:
    return bool(wish.station.organisation.path.startswith(reach(organisation)))


def party_of(user: User, wish: Wish, move: str) -> Party | None:
    """As whom `user` may make `move`, None when he may not. State and times are not looked at."""
    if move in COURIERS and is_own(user, wish):
        return Party.COURIER
    if move in STAFFS and moderates(user, wish):
        return Party.STAFF
    if move in CLAIMANTS and works_on(user, wish):
        return Party.CLAIMANT
    if move in ("release", "deliver") and _is_improvement(wish) and moderates(user, wish):
        return Party.STAFF
    if move == "claim" and any(may_claim_for(organisation, wish) for organisation in claiming_for(user)):
        return Party.CLAIMANT
    return None


def allowed(wish: Wish, user: User) -> list[str]:
    """The moves that `user` may make now, in the words of the API."""
    return [
        move
        for move, (before, _) in MOVES.items()
        if wish.state in before and (party := party_of(user, wish, move)) and not _barred(wish, user, move, party)
    ]


def may_see_picture(photo: Photo, user: User | AnonymousUser) -> bool:
    """The courier's: whoever may read the wish. That of the delivery: he, the staff, and who delivered."""
    person = user if isinstance(user, User) else None
    wish = Wish.objects.readable_by(person).shown().filter(pk=photo.subject_key).first()
    if wish is None:
        return False
    return photo.kind == PHOTO or (person is not None and may_read_history(person, wish))


def _is_improvement(wish: Wish) -> bool:
    claim: Claim | None = wish.live_claim
    return claim is not None and claim.improvement_id is not None


def _barred(wish: Wish, user: User, move: str, party: Party) -> bool:
    """What else stands in the way: himself, once only."""
    if party != Party.COURIER:
        return is_own(user, wish)
    return move == "thank" and wish.thanked_at is not None
