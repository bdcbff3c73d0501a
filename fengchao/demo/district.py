"""The whole demonstration district, built in the order in which things need each other."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from accounts.models import Organisation, Outlet, User
from accounts.roles import Role
from fengchao.core import clock
from fengchao.demo import (
    activities,
    care,
    organisations,
    outlets,
    partners,
    people,
    reports,
    rewards,
    sharing,
    staff,
    stations,
    vouchers,
    wishes,
)
from fengchao.demo.books import Books
from fengchao.demo.history import History
from fengchao.demo.people import Rider
from fengchao.demo.staff import Official
from fengchao.demo.today import LENGTH, Today, set_budgets
from fengchao.demo.today_wishes import NEEDED, TodaysWishes
from gifts.models import Gift
from points import history
from points.models import Transfer
from stations.models import Station

COURIERS = 1000
PAST = timedelta(days=183)
MUST_BE_EMPTY = (User, Organisation, Station, Gift, Transfer)


@dataclass(frozen=True)
class District:
    """What was built, for the accounts that the command prints."""

    staff: list[Official]
    riders: list[Rider]
    stations: list[Station]
    gifts: list[Gift]
    open311_key: str


def is_empty() -> bool:
    return not any(model.objects.exists() for model in MUST_BE_EMPTY)


def build(seed: int, *, scale: float, now: datetime) -> District:
    """Fill an empty database, in the caller's transaction. One seed gives one district, but for passwords, second
    factors and times that hang on `now`; `scale` multiplies couriers and with them what they did."""
    rng = Random(seed)
    since = clock.day_bounds(clock.shanghai_day(now - PAST))[0]
    # The evening before the history begins, or the last one of the year before if that is earlier.
    opening = min(since, clock.day_bounds(date(clock.shanghai_day(now).year, 1, 1))[0]) - timedelta(hours=6)
    tree = organisations.build(list(outlets.ENTERPRISES))
    places = stations.build(tree)
    gifts, rules = rewards.build(since)
    officials = staff.build(rng, tree, places, opening - timedelta(days=400), now)
    clerks = {one.organisation.pk: one.user for one in officials if one.role == Role.COUNTER}
    handlers = {one.organisation.pk: one.user for one in officials if one.role == Role.HANDLER}
    granters = [one.user for one in officials if one.role == Role.DISTRICT_ADMIN]
    with staff.passwords_set(officials):
        riders = people.build(
            rng,
            max(1, round(COURIERS * scale)),
            outlets=outlets.build(rng, tree),
            tree=tree,
            staff=officials,
            station_count=len(places),
            since=since,
            opening=opening,
            now=now,
        )
        years = sorted({clock.shanghai_day(moment).year for moment in (opening, since, now)})
        books = Books(rng, riders, places, gifts, rules, years)
        cases = reports.build(rng, tree, places, handlers, by=granters[0])
        registered = [rider for rider in riders if rider.courier.registered_at]
        with history.loading() as books.loader:
            History(
                rng=rng,
                riders=sorted(registered, key=lambda rider: rider.joined),
                stations=places,
                gifts=gifts,
                clerks=clerks,
                granters=granters,
                books=books,
                cases=cases,
                since=since,
                opening=opening,
                now=now - LENGTH,
            ).tell()
        books.write()
        cases.write(now - LENGTH)
        stations.observe_some(rng, places, [rider.courier.user for rider in registered[:50]], clerks, now)
        Today(rng, riders, places, gifts, clerks, granters, cases, now).tell()
        set_budgets(books.given, now)
        _hang(rng, registered, places, officials, now=now, since=since)
        _care(rng, registered, officials, now=now)
        _take_part(rng, registered, places, officials, clerks, now=now)
        _visit(rng, officials, clerks, since=since, now=now)
        stations.extend(places, by=granters[0], now=now)
        outlets.count(granters[0], now)
        sharing.build(tree, officials, now)
        key = partners.build(rng, cases, places, by=granters[0], now=now)
    return District(officials, riders, places, gifts, key)


def _hang(
    rng: Random,
    riders: list[Rider],
    places: list[Station],
    officials: list[Official],
    *,
    now: datetime,
    since: datetime,
) -> None:
    """Wishes of half a year, then those that hang there now, of other couriers."""
    claimants = [(one.user, one.organisation) for one in officials if one.role == Role.CLAIMER]
    moderator = next(one for one in officials if one.role == Role.DISTRICT_ADMIN)
    by, district = moderator.user, moderator.organisation
    known = [rider for rider in riders if rider.joined < now - timedelta(days=14)]
    granted = wishes.write(
        rng, riders, places, by=by, district=district, claimants=claimants, since=since, until=now - timedelta(hours=1)
    )
    others = [rider for rider in known if rider.pk not in granted][-NEEDED:]
    if len(others) == NEEDED:
        clerks = {one.organisation.pk: one.user for one in officials if one.role == Role.COUNTER}
        TodaysWishes(others, places, by, clerks, claimants, now).tell()


def _take_part(
    rng: Random, riders: list[Rider], places: list[Station], officials: list[Official], clerks: dict[int, User], *,
    now: datetime,
) -> None:  # fmt: skip
    """Deed tasks, lessons and deeds."""
    chief = next(one for one in officials if one.role == Role.DISTRICT_ADMIN)
    known = [rider for rider in riders if rider.joined < now - timedelta(days=150)]
    party = Organisation.objects.filter(kind=Organisation.Kind.PARTY).order_by("path").first()
    activities.Activities(rng, known, places, clerks, chief.organisation, chief.user, party, now).tell()


def _visit(rng: Random, officials: list[Official], clerks: dict[int, User], *, since: datetime, now: datetime) -> None:
    """Visits to the outlets."""
    chief = next(one for one in officials if one.role == Role.DISTRICT_ADMIN)
    places = list(Outlet.objects.select_related("organisation").order_by("pk"))
    care.Visits(rng, places, clerks, chief.organisation, chief.user, since, now).tell()


def _care(rng: Random, riders: list[Rider], officials: list[Official], *, now: datetime) -> None:
    """The sponsor's check-up cards."""
    chief = next(one for one in officials if one.role == Role.DISTRICT_ADMIN)
    nurse = next(one for one in officials if one.role == Role.CLINIC)
    long_ago = now - timedelta(days=60)
    known = [rider for rider in riders if rider.courier.outlet and rider.verified_at and rider.verified_at < long_ago]
    vouchers.Vouchers(rng, known, nurse.organisation, chief.organisation, chief.user, nurse.user, now).give()
