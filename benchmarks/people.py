"""Who knocks: workers with their couriers' tickets, couriers, officials, each with what lets them in."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from accounts.models import Courier, Membership, User
from accounts.roles import Role
from accounts.services import tokens
from benchmarks.load import Ask
from fengchao.core import clock, codes
from gifts.models import Gift
from points import ledger
from points.ledger import Leg, Source
from stations.counter import PURPOSE
from stations.models import Station
from tests.factories import signed_in

COUNTERS = 32
COURIERS = 1000  # enough that nobody's month fills with hand-overs, whose number is looked at
PLENTY = 10**8
API = "/api/v1"


@dataclass(frozen=True)
class Counter:
    """A worker at the station he serves."""

    worker: int
    token: str
    station: str
    station_id: int


@dataclass(frozen=True)
class Everybody:
    counters: list[Counter]
    couriers: list[int]
    courier_tokens: list[str]
    courier_sessions: list[str]
    district: str
    street: str
    handler: str
    claimer: str
    gifts: list[str]

    def hand_overs(self, counters: int, *, one_place: bool = False) -> list[list[Ask]]:
        """A script for each counter: its own couriers in turn, each with his ticket, at its own station or all at one;
        every gift, or one."""
        return [
            [
                self._hand_over(
                    self.counters[0 if one_place else nr], courier, self.gifts[0 if one_place else i % len(self.gifts)]
                )
                for i, courier in enumerate(self.couriers[nr::counters])
            ]
            for nr in range(counters)
        ]

    def reads(self, path: str, clients: int) -> list[list[Ask]]:
        """A script for each client: its own couriers in turn ask the API for `path`."""
        asks = [Ask("GET", f"{API}/{path}", (("Authorization", f"Bearer {token}"),)) for token in self.courier_tokens]
        return [asks[nr::clients] for nr in range(clients)]

    def views(self, path: str, clients: int, session: str = "") -> list[list[Ask]]:
        """A script for each client: its own couriers in turn look at a page; or one official does, by his session."""
        sessions = [session] * clients if session else self.courier_sessions
        asks = [Ask("GET", path, (("Cookie", f"{settings.SESSION_COOKIE_NAME}={key}"),)) for key in sessions]
        return [asks[nr::clients] for nr in range(clients)]

    def _hand_over(self, counter: Counter, courier: int, gift: str) -> Ask:
        # As `stations.counter.identify` makes them, but for the life: a run takes longer than ten minutes.
        expires = int((clock.now() + timedelta(hours=2)).timestamp())
        ticket = codes.sign(PURPOSE, [counter.worker, counter.station_id, courier, expires])
        body = {"ticket": ticket, "gift": gift, "station": counter.station}
        headers = (("Authorization", f"Bearer {counter.token}"),)
        return Ask("POST", f"{API}/redemptions/", headers, json.dumps(body).encode(), keyed=True, expect=201)


@cache
def everybody() -> Everybody:
    """Fill the database with a district of rich couriers, 100 of them with half a year's history, and stations that
    never run out. Once a run."""
    call_command("migrate", verbosity=0)
    call_command("seed", "--profile", "eval", "--seed", "1", "--scale", "0.1", stdout=StringIO())
    Gift.objects.update(monthly_limit=30_000)  # looked at, never reached
    gifts, stations = list(Gift.objects.order_by("points", "pk")), list(Station.objects.select_related("organisation"))
    old = list(Courier.objects.select_related("user").order_by("pk"))
    couriers = [*old, *_newcomers(COURIERS - len(old))]
    Courier.objects.filter(verified_at=None).update(
        verified_at=clock.now(), registered_at=clock.now(), consent_version=settings.PRIVACY_NOTICE_VERSION
    )
    year = clock.shanghai_day(clock.now()).year
    for courier in couriers:
        legs = [
            Leg(ledger.programme_account("manual", year), -PLENTY), Leg(ledger.courier_account(courier.pk), PLENTY),
        ]  # fmt: skip
        _post(legs, f"points-{courier.pk}")
    for station in stations:
        for gift in gifts:
            legs = [
                Leg(ledger.goods_account("supplier", gift.code), -PLENTY),
                Leg(ledger.stock_account(station.pk, gift.code), PLENTY),
            ]
            _post(legs, f"pieces-{station.pk}-{gift.code}")
    counters = [_counter(nr, stations[nr % len(stations)]) for nr in range(COUNTERS)]
    return Everybody(
        counters=counters,
        couriers=[courier.pk for courier in couriers],
        courier_tokens=[tokens.issue(courier.user, staff=False)[1] for courier in old],
        courier_sessions=[_session(courier.user) for courier in old],
        district=_session(_official(Role.DISTRICT_ADMIN), staff=True),
        street=_session(_official(Role.STREET_ADMIN), staff=True),
        handler=_session(_official(Role.HANDLER), staff=True),
        claimer=_session(_official(Role.CLAIMER), staff=True),
        gifts=[gift.code for gift in gifts],
    )


def _newcomers(number: int) -> list[Courier]:
    users = [User(name=f"快递小哥{nr}") for nr in range(number)]
    for nr, user in enumerate(users):
        user.set_phone(f"18{nr:09}")
        user.set_unusable_password()
    made = User.objects.bulk_create(users)
    return Courier.objects.bulk_create(Courier(user=user) for user in made)


def _counter(nr: int, station: Station) -> Counter:
    worker = User.objects.create_with_phone(f"19{nr:09}", name=f"柜台{nr}")
    Membership.objects.create(user=worker, organisation=station.organisation, role=Role.COUNTER)
    return Counter(worker.pk, tokens.issue(worker, staff=True)[1], station.code, station.pk)


def _official(role: Role) -> User:
    return Membership.objects.filter(role=role).select_related("user").order_by("pk")[0].user


def _session(person: User, **how: Any) -> str:
    return signed_in(Client(), person, **how).cookies[settings.SESSION_COOKIE_NAME].value


def _post(legs: list[Leg], key: str) -> None:
    ledger.post(legs, kind="bench", source=Source("bench", key), by=None)
