"""About a thousand invented couriers: most verified, some not yet, a few who have only just signed in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.conf import settings
from django.contrib.auth.hashers import make_password

from accounts.models import Courier, Organisation, Outlet, User
from accounts.roles import VERIFIERS
from fengchao.demo import names
from fengchao.demo.copying import copy_in, reserve
from fengchao.demo.organisations import STREETS
from fengchao.demo.staff import Official


@dataclass(slots=True)
class Rider:
    """A courier and what the history needs to know about him."""

    courier: Courier
    phone: str
    joined: datetime
    verified_at: datetime | None
    zeal: float  # how often he reports and drops in, 1 being usual
    haunts: list[int] = field(default_factory=list)  # the stations on his way, by position in the list
    account: int = 0  # the number of his account in the books
    reserve: int = 0  # points he never spends
    balance: int = 0
    goal: int = 0  # the gift he saves for, by position in the list

    @property
    def pk(self) -> int:
        return self.courier.user_id


def build(
    rng: Random,
    count: int,
    *,
    outlets: list[Outlet],
    tree: dict[str, Organisation],
    staff: list[Official],
    station_count: int,
    since: datetime,
    opening: datetime,
    now: datetime,
) -> list[Rider]:
    """`count` couriers of the outlets, in order of their numbers."""
    verifiers = [official.user for official in staff if official.role in VERIFIERS]
    streets = [tree[name] for name in STREETS]
    riders: list[Rider] = []
    unusable = make_password(None)
    for index in range(count):
        rider = _rider(rng, index, since=since, opening=opening, now=now, unusable=unusable)
        _place(rng, rider, outlets=outlets, streets=streets, verifiers=verifiers)
        rider.haunts = rng.sample(range(station_count), 3)
        rider.reserve = rng.choice((0, 0, 0, 300, 600, 1000, 2000))
        riders.append(rider)
    users, couriers = [rider.courier.user for rider in riders], [rider.courier for rider in riders]
    for user, courier, pk in zip(users, couriers, reserve(User, count), strict=True):
        user.pk = courier.user_id = pk
    copy_in(User, users)
    copy_in(Courier, couriers)
    return riders


def _rider(rng: Random, index: int, *, since: datetime, opening: datetime, now: datetime, unusable: str) -> Rider:
    """Signed in, registered and verified at plausible times. By position and not by chance, so that even a small
    district has somebody of each sort."""
    signed_in_only, waiting, of_long_standing = index % 61 == 7, index % 17 == 5, index % 4 == 1
    span = now - since
    if waiting or signed_in_only:
        joined = now - span * rng.uniform(0.005, 0.1)
    elif of_long_standing:
        joined = opening - timedelta(days=rng.uniform(3, 300))
    else:
        joined = since + span * rng.random() ** 3 * 0.8
    # Lately enough that nobody is asked who he is (accounts.services.recycled).
    seen = max(joined, now - timedelta(days=index % 50))
    user = User(username=names.handle(rng), created_at=joined, last_login=seen)
    user.set_phone(names.courier_phone(index))
    user.password = unusable
    courier = Courier(user=user)
    verified_at = None
    if not signed_in_only:
        user.name = names.person(rng)
        courier.registered_at = courier.consent_at = joined + timedelta(minutes=2)
        courier.consent_version = settings.PRIVACY_NOTICE_VERSION
        if not waiting:
            verified_at = joined + timedelta(hours=rng.uniform(1, 20))
    return Rider(courier, names.courier_phone(index), joined, verified_at, zeal=rng.lognormvariate(0, 0.7))


def _place(
    rng: Random, rider: Rider, *, outlets: list[Outlet], streets: list[Organisation], verifiers: list[User]
) -> None:
    if rider.courier.registered_at is None:
        return
    if rng.random() < 0.04:
        rider.courier.street = rng.choice(streets)
    else:
        rider.courier.outlet = rng.choice(outlets)
    if rider.verified_at is not None:
        rider.courier.verified_at, rider.courier.verified_by = rider.verified_at, rng.choice(verifiers)
