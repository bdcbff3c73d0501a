"""Check-ins: what a visit is, what it earns, what is refused and kept of it."""

from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Courier
from accounts.problems import AccountFrozen, RegistrationRequired
from fengchao import erasure, figures
from fengchao.core import clock, codes, geo
from fengchao.core.errors import BadValue, NotThere
from points.models import EarningRule, Entry, RefusedAward
from points.problems import SelfDealing
from points.services import standing
from stations import counter
from stations.models import Near, RefusedCheckIn, Visit, Way
from stations.problems import PosterElsewhere, PosterReplaced, PosterUnknown, TooManyWrongPosters
from stations.services import posters
from stations.services.visits import (
    WRONG_POSTERS,
    CheckIn,
    check_in,
    check_in_with_ticket,
    why_no_points,
    wrong_posters_counted,
)
from tests import factories
from tests.core.conftest import in_parallel
from tests.gifts.shop import Shop, differences, open_shop, ticket

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=clock.SHANGHAI)
HERE = geo.Position(30.57, 114.27)
FAR = geo.Position(30.58, 114.27)  # 1.1 km


@pytest.fixture
def rule() -> EarningRule:
    return earning()


def earning(**limits: int) -> EarningRule:
    return EarningRule.objects.create(
        event="check_in",
        title="到站签到",
        programme="checkins",
        points=5,
        valid_from=NOON - timedelta(days=60),
        **limits,
    )


def come(shop: Shop, *, at: datetime = NOON, where: geo.Position | None = HERE, **kwargs: Any) -> CheckIn:
    station = kwargs.pop("station", shop.station)
    poster = kwargs.pop("poster", None) or posters.token_for(station)
    return check_in(kwargs.pop("courier", shop.courier), station, poster=poster, position=where, at=at)


def test_near_by_poster_earns_and_keeps_no_position(shop: Shop, rule: EarningRule) -> None:
    visit, again = come(shop)
    assert (again, visit.points, visit.near, visit.way, visit.by) == (False, 5, Near.YES, Way.POSTER, None)
    assert visit.day == clock.shanghai_day(NOON)
    assert standing(shop.courier).balance == 1505
    transfer = Entry.objects.of_courier(shop.courier).get(amount=5).transfer
    assert (transfer.pk, transfer.source_kind, transfer.source_key) == (visit.transfer_id, "visit", str(visit.pk))
    columns = {field.name for field in Visit._meta.fields} | {field.name for field in RefusedCheckIn._meta.fields}
    assert not columns & {"lat", "lng", "position", "distance_m", "accuracy"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(v)::text FROM stations_visit v")
        kept = cursor.fetchone()[0]
    assert "30.57" not in kept and "114.27" not in kept
    assert differences() == []


@pytest.mark.parametrize(("where", "near", "why"), [(FAR, "no", "far"), (None, "unknown", "unknown")])
def test_a_photographed_poster_earns_nothing(shop: Shop, rule: EarningRule, where: Any, near: str, why: str) -> None:
    visit, _ = come(shop, where=where)
    assert (visit.near, visit.points, why_no_points(visit)) == (near, 0, why)
    assert standing(shop.courier).balance == 1500


def test_near_is_three_hundred_metres(shop: Shop) -> None:
    north = 300 / 111_194.9
    edge = geo.Position(HERE.lat + north * 0.999, HERE.lng), geo.Position(HERE.lat + north * 1.001, HERE.lng)
    assert geo.metres(HERE, edge[0]) < 300 < geo.metres(HERE, edge[1]) < 301
    assert [come(shop, where=at, at=NOON + timedelta(hours=n)).visit.near for n, at in enumerate(edge)] == ["yes", "no"]


def test_half_an_hour_from_the_first_check_in_is_one_visit(shop: Shop, rule: EarningRule) -> None:
    first = come(shop).visit
    for minutes in (0, 20, 29.99):
        assert come(shop, at=NOON + timedelta(minutes=minutes)) == (first, True)
    later, again = come(shop, at=NOON + timedelta(minutes=30))
    assert (again, later.pk != first.pk, later.points) == (False, True, 5)
    assert Visit.objects.count() == 2


def test_a_visit_elsewhere_in_between_is_its_own(shop: Shop, rule: EarningRule) -> None:
    first = come(shop).visit
    other = come(shop, station=shop.other, where=None, at=NOON + timedelta(minutes=10))
    assert (other.again, other.visit.station) == (False, shop.other)
    assert come(shop, at=NOON + timedelta(minutes=20)) == (first, True)
    neighbour = factories.courier()
    assert come(shop, courier=neighbour).again is False


def test_who_sends_his_position_later_earns_once(shop: Shop, rule: EarningRule) -> None:
    first = come(shop, where=None).visit
    second = come(shop, at=NOON + timedelta(minutes=1))
    assert (second.again, second.visit.pk, second.visit.near, second.visit.points) == (True, first.pk, "yes", 5)
    third = come(shop, where=FAR, at=NOON + timedelta(minutes=2))
    assert (third.visit.near, third.visit.points, standing(shop.courier).balance) == ("yes", 5, 1505)


def test_caps_cut_to_what_is_left_and_the_visit_counts(shop: Shop) -> None:
    earning(day_cap=8)
    visits = [come(shop, at=NOON + timedelta(hours=n)).visit for n in range(3)]
    assert [visit.points for visit in visits] == [5, 3, 0]
    assert why_no_points(visits[2]) == "cap"
    assert RefusedAward.objects.get().source_key == str(visits[2].pk)
    assert come(shop, at=NOON + timedelta(hours=2, minutes=5)).visit.points == 0
    assert come(shop, at=NOON + timedelta(days=1)).visit.points == 5
    assert differences() == []


def test_without_a_rule_a_visit_is_a_visit(shop: Shop) -> None:
    visit, _ = come(shop)
    assert (visit.points, why_no_points(visit)) == (0, "")


def test_the_counter_checks_in_whom_it_has_identified(shop: Shop, rule: EarningRule) -> None:
    held = ticket(shop, at=NOON)
    done = check_in_with_ticket(held, shop.station, by=shop.worker, at=NOON)
    assert (done.again, done.visit.points, done.visit.near, done.visit.way) == (False, 5, "yes", "counter")
    assert done.visit.by == shop.worker
    again = check_in_with_ticket(held, shop.station, by=shop.worker, at=NOON + timedelta(minutes=5))
    assert again == (done.visit, True)


def test_nobody_checks_himself_in_at_the_counter(shop: Shop, rule: EarningRule) -> None:
    own = Courier.objects.create(user=shop.worker, registered_at=NOON, consent_version="1", consent_at=NOON)
    with pytest.raises(SelfDealing):
        check_in(own, shop.station, by=shop.worker, at=NOON)
    refused = RefusedCheckIn.objects.get()
    assert (refused.code, refused.courier, refused.by) == ("self_dealing", own, shop.worker)
    assert check_in(own, shop.station, by=shop.colleague, at=NOON).visit.points == 5  # control
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.update(by=own.user)


def test_only_who_serves_the_station_checks_in(shop: Shop) -> None:
    for user in (shop.neighbour, shop.auditor):
        with pytest.raises(NotThere):
            check_in(shop.courier, shop.station, by=user, at=NOON)
    assert Visit.objects.count() == RefusedCheckIn.objects.count() == 0
    assert check_in(shop.courier, shop.station, by=shop.chief, at=NOON).visit.way == "counter"


def test_posters_that_are_none_are_refused_and_written_down(shop: Shop) -> None:
    good = posters.token_for(shop.station)
    spoilt = [good[:-1] + ("a" if good[-1] != "a" else "b"), "", "x", "a:b:c", f"/s/QK-001/?k={good[:-4]}",
              codes.sign("courier-code", [shop.station.pk, 1]), codes.sign(counter.PURPOSE, [shop.station.pk, 1]),
              codes.sign(posters.PURPOSE, [shop.station.pk]), codes.sign(posters.PURPOSE, {"a": 1})]  # fmt: skip
    for poster in spoilt:
        with pytest.raises(PosterUnknown):
            check_in(shop.courier, shop.station, poster=poster, position=HERE, at=NOON)
    with pytest.raises(PosterElsewhere):
        come(shop, poster=posters.token_for(shop.other))
    assert Visit.objects.count() == 0
    rows = RefusedCheckIn.objects.order_by("pk")
    assert [row.code for row in rows] == ["poster_unknown"] * len(spoilt) + ["wrong_station"]
    assert {(row.courier, row.station) for row in rows} == {(shop.courier, shop.station)}
    # Control: the true one counts, as a token and as the address that a scanner reads.
    assert come(shop, poster=good).again is False
    assert come(shop, poster=f"https://example.cn{posters.address_of(shop.station)}").again is True


def test_a_renewed_poster_ends_the_old_one(shop: Shop) -> None:
    old = posters.token_for(shop.station)
    come(shop, poster=old)
    for reason, by, refusal in (("  ", shop.worker, BadValue), ("被拍走", shop.neighbour, NotThere)):
        with pytest.raises(refusal):
            posters.renew(shop.station, reason=reason, by=by)
    posters.renew(shop.station, reason="被拍走乱传", by=shop.worker, at=NOON)
    with pytest.raises(PosterReplaced):
        come(shop, poster=old, at=NOON + timedelta(hours=1))
    assert come(shop, at=NOON + timedelta(hours=1)).again is False
    assert come(shop, station=shop.other, where=None).again is False


def test_frozen_and_unregistered_couriers_are_refused(shop: Shop) -> None:
    newcomer = factories.courier(registered=False, verified=False)
    with pytest.raises(RegistrationRequired):
        come(shop, courier=newcomer)
    shop.courier.frozen_at = NOON
    shop.courier.save()
    with pytest.raises(AccountFrozen):
        come(shop)
    held = Courier.objects.get(pk=shop.courier.pk)
    held.frozen_at = None  # as a door read it a moment before
    with pytest.raises(AccountFrozen):
        come(shop, courier=held)
    assert Visit.objects.count() == 0
    unverified = factories.courier(verified=False)
    assert come(shop, courier=unverified).again is False


def test_a_station_out_of_use_is_not_there(shop: Shop) -> None:
    shop.station.is_active = False
    shop.station.save()
    with pytest.raises(NotThere):
        come(shop)


@pytest.mark.parametrize(
    ("lat", "lng", "field"),
    [(float("nan"), 114.27, "lat"), (30.57, float("nan"), "lng"), (114.27, 30.57, "lat"), (0, 0, "lat"),
     (48.85, 2.35, "lng"), (30.57, float("inf"), "lng"), (30.57, None, "lng"), (None, 114.27, "lat")],
)  # fmt: skip
def test_positions_that_cannot_be(lat: Any, lng: Any, field: str) -> None:
    with pytest.raises(BadValue) as caught:
        geo.given(lat, lng)
    assert caught.value.field == field


def test_the_database_keeps_the_half_hour(shop: Shop) -> None:
    visit = come(shop).visit

    def copy(minutes: int, **other: Any) -> None:
        at = NOON + timedelta(minutes=minutes)
        facts = {"station": shop.station, "courier": shop.courier, "at": at, "until": at + timedelta(minutes=30),
                 "day": visit.day, "way": "poster", "near": "no", **other}  # fmt: skip
        with transaction.atomic():
            Visit.objects.create(**facts)

    for minutes in (-29, 0, 29):
        with pytest.raises(IntegrityError):
            copy(minutes)
    for wrong in ({"points": 5}, {"until": NOON}, {"way": "counter"}, {"near": "maybe"}):
        with pytest.raises(IntegrityError):
            copy(60, **wrong)
    copy(30)
    copy(-30)
    copy(0, station=shop.other)


def test_closing_an_account_leaves_visits_without_the_person(shop: Shop, rule: EarningRule) -> None:
    visit = come(shop, at=NOON + timedelta(minutes=17)).visit
    with pytest.raises(PosterUnknown):
        come(shop, poster="x")
    erasure.close_account(shop.courier.user, by=shop.courier.user)
    left = Visit.objects.get()
    assert (left.courier, left.transfer, left.at, left.points) == (None, None, NOON, 5)
    assert left.pk != visit.pk and left.day == visit.day
    assert RefusedCheckIn.objects.get().courier is None
    erasure.close_account(shop.courier.user, by=shop.courier.user)
    assert Visit.objects.get().pk == left.pk
    assert differences() == []


def test_visits_of_today_are_counted(shop: Shop) -> None:
    come(shop)
    come(shop, courier=factories.courier(), at=NOON + timedelta(hours=1))
    come(shop, at=NOON - timedelta(days=1))
    assert figures.figures(NOON)["visits_today"] == 2


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_one_visit() -> None:
    shop = open_shop(pieces=0, points=0)
    earning()
    poster = posters.token_for(shop.station)
    answers = in_parallel(50, lambda _: check_in(shop.courier, shop.station, poster=poster, position=HERE))
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert sum(not answer.again for answer in answers) == 1
    assert Visit.objects.count() == 1
    assert standing(shop.courier).balance == 5
    assert differences() == []


def test_wrong_posters_are_counted_for_ten_minutes(shop: Shop) -> None:
    def try_one(poster: str, *, at: datetime) -> None:
        with wrong_posters_counted(shop.courier, shop.station, at=at):
            come(shop, poster=poster, at=at)

    good = posters.token_for(shop.station)
    for _ in range(WRONG_POSTERS):
        with pytest.raises(PosterUnknown):
            try_one("x", at=NOON)
    with pytest.raises(TooManyWrongPosters) as refused:
        try_one(good, at=NOON + timedelta(minutes=9, seconds=59))
    assert refused.value.retry_after == 1
    assert RefusedCheckIn.objects.filter(code="too_many_requests").count() == 1
    try_one(good, at=NOON + timedelta(minutes=10))
    assert Visit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_wrong_posters_are_counted_exactly_in_parallel() -> None:
    shop = open_shop(pieces=0, points=0)

    def try_one(_: int) -> CheckIn:
        with wrong_posters_counted(shop.courier, shop.station):
            return check_in(shop.courier, shop.station, poster="x")

    answers = in_parallel(30, try_one)
    assert sum(isinstance(answer, PosterUnknown) for answer in answers) == WRONG_POSTERS
    assert sum(isinstance(answer, TooManyWrongPosters) for answer in answers) == 30 - WRONG_POSTERS
    assert RefusedCheckIn.objects.count() == 30


@pytest.mark.django_db(transaction=True)
def test_control_without_the_wait_the_database_refuses_the_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stations.services.visits._wait_for_twins", lambda courier: None)
    both_have_looked, save = Barrier(2, timeout=20), Visit.save

    def save_together(visit: Visit, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("force_insert"):
            both_have_looked.wait()
        save(visit, *args, **kwargs)

    shop = open_shop(pieces=0, points=0)
    poster = posters.token_for(shop.station)
    monkeypatch.setattr(Visit, "save", save_together)
    answers = in_parallel(2, lambda _: check_in(shop.courier, shop.station, poster=poster, position=HERE), threads=2)
    # Refused by the constraint, or as a deadlock where each has written before it looks for the other.
    assert sum(isinstance(answer, DatabaseError) for answer in answers) == 1
    assert Visit.objects.count() == 1
