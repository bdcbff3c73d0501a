"""Dated overrides, closing for today, and texts that are refused with the place of the fault."""

import csv
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from fengchao.core import clock
from fengchao.core.clock import SHANGHAI
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.models import AuditLog
from stations import opening
from stations.models import HoursOverride, Station
from stations.opening import timeline
from stations.problems import BadHours, ClosedAlready, OverrideOver
from stations.services import hours
from tests.gifts.shop import Shop

DAY = date(2026, 11, 26)  # a Thursday
NOON = datetime(2026, 11, 26, 12, tzinfo=SHANGHAI)
Kind = HoursOverride.Kind


def at(clock_time: str, day: date = DAY) -> datetime:
    hour, minute = map(int, clock_time.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def seen(station: Station, moment: datetime) -> opening.OpenState:
    return opening.state(Station.objects.get(pk=station.pk), moment)


@pytest.fixture
def station(shop: Shop) -> Station:
    shop.station.opening_hours = "Mo-Su 08:00-20:00"
    shop.station.save()
    return shop.station


def announce(shop: Shop, **other: Any) -> HoursOverride:
    given = {
        "kind": Kind.EXTENDED, "hours": "18:00-22:00", "first_day": DAY, "last_day": DAY, "reason": "高温延长",
        "by": shop.chief, "at": NOON,
    }  # fmt: skip
    return hours.announce([shop.station], **{**given, **other})


def test_an_extension_adds_to_the_usual_hours(shop: Shop, station: Station) -> None:
    announce(shop)
    assert seen(station, NOON) == opening.OpenState(True, at("22:00"), "高温延长", "开放中 · 22:00 关")
    assert seen(station, at("21:59")).is_open is True
    assert seen(station, at("22:00")).next_change == at("08:00", DAY + timedelta(days=1))
    assert seen(station, at("21:00", DAY - timedelta(days=1))).is_open is False
    assert seen(station, at("21:00", DAY + timedelta(days=1))) == opening.OpenState(
        False, at("08:00", DAY + timedelta(days=2)), "", "休息中 · 明天 08:00 开"
    )
    row = AuditLog.objects.get(verb="hours.announced")
    assert (row.actor_id, row.changed["stations"], row.changed["reason"]) == (shop.chief.pk, ["QK-001"], "高温延长")


def test_the_newest_holds_alone(shop: Shop, station: Station) -> None:
    announce(shop)
    announce(shop, kind=Kind.CHANGED, hours="09:00-11:00", reason="活动")
    assert seen(station, NOON) == opening.OpenState(
        False, at("08:00", DAY + timedelta(days=1)), "活动", "休息中 · 明天 08:00 开"
    )
    newest = HoursOverride.objects.order_by("-pk").first()
    assert newest is not None
    hours.withdraw(newest, by=shop.chief, at=NOON)
    assert seen(station, NOON).next_change == at("22:00")


def test_closed_days_end_the_night_before_and_holidays_do_not(shop: Shop, station: Station) -> None:
    station.opening_hours, station.holiday_hours = "Mo-Su 20:00-06:00", "off"
    station.save()
    announce(shop, kind=Kind.CLOSED, hours="", reason="检修")
    assert seen(station, at("23:00", DAY - timedelta(days=1))).next_change == at("00:00")
    assert seen(station, at("01:00")).is_open is False
    assert seen(station, at("01:00")).words == "今天休息 · 明天 20:00 开"
    eve = datetime(2026, 9, 24, 23, tzinfo=SHANGHAI)  # before 中秋节
    assert seen(station, eve).next_change == datetime(2026, 9, 25, 6, tzinfo=SHANGHAI)


def test_an_override_of_a_station_whose_hours_nobody_knows(shop: Shop, station: Station) -> None:
    station.opening_hours = ""
    station.save()
    assert seen(station, NOON) == opening.OpenState(None, None)
    announce(shop, kind=Kind.CHANGED, hours="08:00-18:00")
    assert seen(station, NOON).next_change == at("18:00")
    assert seen(station, at("19:00")).is_open is False
    assert seen(station, at("19:00")).next_change == at("00:00", DAY + timedelta(days=1))
    assert seen(station, at("09:00", DAY + timedelta(days=1))).is_open is None


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("07:00", "休息中 · 08:00 开"),
        ("20:00", "休息中 · 明天 08:00 开"),
        ("19:59", "开放中 · 20:00 关"),
    ],
)
def test_what_a_card_says(moment: str, words: str) -> None:
    assert opening.state(Station(opening_hours="Mo-Su 08:00-20:00"), at(moment)).words == words


def test_words_of_days_further_away() -> None:
    assert opening.state(Station(opening_hours="Mo 08:00-20:00"), NOON).words == "今天休息 · 周一 08:00 开"
    assert opening.state(Station(opening_hours="Dec 20 08:00-20:00"), NOON).words == "今天休息 · 12月20日 08:00 开"
    assert opening.state(Station(opening_hours="Mo-Su 00:00-24:00"), NOON).words == "开放中"
    assert opening.state(Station(opening_hours="off"), NOON).words == "今天休息"
    assert opening.state(Station(opening_hours="08:00-24:00"), NOON).words == "开放中 · 24:00 关"
    week = opening.days(Station(opening_hours="Mo-Su 22:00-02:00; PH off"), date(2026, 9, 24), 3)
    assert [(day.words, day.name) for day in week] == [("22:00–次日 02:00", ""), ("休息", "中秋节"), ("休息", "中秋节")]


def test_midnight_is_shanghai_s(shop: Shop, station: Station) -> None:
    announce(shop, kind=Kind.CLOSED, hours="", reason="检修", first_day=DAY, last_day=DAY)
    station.opening_hours = "24/7"
    station.save()
    start, end = clock.day_bounds(DAY)
    just_before = timedelta(seconds=1)
    assert [seen(station, moment).is_open for moment in (start - just_before, start, end - just_before, end)] == [
        True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"hours": ""}, "hours"),
        ({"kind": Kind.CLOSED}, "hours"),
        ({"hours": "8点"}, "hours"),
        ({"last_day": DAY - timedelta(days=1)}, "last_day"),
        ({"first_day": DAY - timedelta(days=3), "last_day": DAY - timedelta(days=1)}, "last_day"),
        ({"last_day": DAY + timedelta(days=366)}, "last_day"),
    ],
)
def test_what_cannot_be_announced(shop: Shop, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadValue) as refused:
        announce(shop, **wrong)
    assert refused.value.field == field
    assert not HoursOverride.objects.exists()


def test_who_may_announce_and_withdraw(shop: Shop, station: Station) -> None:
    for nobody in (shop.worker, shop.neighbour, shop.auditor, shop.courier.user):
        with pytest.raises(NotAllowed):
            announce(shop, by=nobody)
    with pytest.raises(NotAllowed):
        hours.announce(
            [shop.station, shop.other], kind=Kind.CLOSED, first_day=DAY, last_day=DAY, reason="检修", by=shop.chief,
            at=NOON,
        )  # fmt: skip
    made = announce(shop)
    with pytest.raises(NotAllowed):
        hours.withdraw(made, by=shop.worker, at=NOON)
    with pytest.raises(OverrideOver):
        hours.withdraw(made, by=shop.chief, at=NOON + timedelta(days=1))
    hours.withdraw(made, by=shop.chief, at=NOON)
    with pytest.raises(OverrideOver):
        hours.withdraw(made, by=shop.chief, at=NOON)
    assert AuditLog.objects.filter(verb="hours.withdrawn").count() == 1


def test_closed_for_today_and_open_again(shop: Shop, station: Station) -> None:
    hours.close_today(station, reason="停水停电", by=shop.worker, at=NOON)
    assert seen(station, NOON) == opening.OpenState(
        False, at("08:00", DAY + timedelta(days=1)), "停水停电", "今天休息 · 明天 08:00 开"
    )
    assert seen(station, NOON + timedelta(days=1)).is_open is True
    with pytest.raises(ClosedAlready):
        hours.close_today(station, reason="停水", by=shop.colleague, at=NOON)
    hours.reopen(station, by=shop.colleague, at=NOON)
    assert seen(station, NOON).is_open is True
    with pytest.raises(OverrideOver):
        hours.reopen(station, by=shop.worker, at=NOON)
    for act in (lambda: hours.close_today(station, reason="x", by=shop.neighbour, at=NOON),
                lambda: hours.reopen(station, by=shop.auditor, at=NOON)):  # fmt: skip
        with pytest.raises(NotThere):
            act()
    with pytest.raises(BadValue):
        hours.close_today(station, reason=" ", by=shop.worker, at=NOON)
    verbs = AuditLog.objects.filter(verb__startswith="hours.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["hours.closed_today", "hours.withdrawn"]


def test_a_counter_does_not_undo_what_holds_for_many(shop: Shop, station: Station) -> None:
    made = announce(shop, kind=Kind.CLOSED, hours="", reason="检修")
    made.stations.add(shop.other)
    with pytest.raises(OverrideOver):
        hours.reopen(station, by=shop.worker, at=NOON)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "closed"}, {"kind": "changed", "hours": ""}, {"kind": "often"}, {"last_day": DAY - timedelta(days=1)},
        {"reason": ""}, {"withdrawn_at": NOON},
    ],
)  # fmt: skip
def test_the_database_keeps_it_too(shop: Shop, wrong: dict[str, Any]) -> None:
    right = {"kind": "changed", "hours": "08:00-09:00", "first_day": DAY, "last_day": DAY, "reason": "r", "at": NOON}
    HoursOverride.objects.create(**right, by=shop.chief)
    with pytest.raises(IntegrityError), transaction.atomic():
        HoursOverride.objects.create(**{**right, **wrong}, by=shop.chief)


def test_lists_ask_once_for_all(shop: Shop, django_assert_num_queries: Any) -> None:
    for number in range(30):
        one = Station.objects.create(
            code=f"N-{number}", name=f"{number}", grade=2, organisation=shop.station.organisation, address="路", lat=30,
            lng=114, opening_hours="Mo-Su 08:00-20:00",
        )  # fmt: skip
        if number % 3 == 0:
            hours.close_today(one, reason="停电", by=shop.worker, at=NOON)
    with django_assert_num_queries(1):
        states = [opening.state(one, NOON) for one in opening.with_overrides(Station.objects.all(), NOON)]
    assert [found.is_open for found in states].count(False) == 10
    with django_assert_num_queries(3):  # who differs, which texts there are, and the set itself
        assert opening.those_open(Station.objects.all(), NOON, True).count() == 20
    assert opening.those_open(Station.objects.near(30.0, 114.0), NOON, False).count() == 10


TEXTS = [
    (text, holiday)
    for text in (
        "24/7", " 24/7 ", "", "Mo-Su 08:00-20:00", "Mo-Fr 08:30-12:00,14:00-17:30; PH off", "Mo-Su 16:00-02:00", "off",
        "Sa 10:00-11:00", "nonsense",
    )
    for holiday in ("", "10:00-16:00", "off")
]  # fmt: skip
MOMENTS = [
    at("11:59") + step
    for step in (timedelta(), timedelta(microseconds=1), timedelta(seconds=59), timedelta(minutes=1))
] + [at(when, day) for when in ("01:30", "20:00") for day in (DAY, date(2026, 10, 1), date(2026, 10, 10))]  # fmt: skip


def asked_anew(one: Station, moment: datetime) -> opening.OpenState:
    """By the function itself, with nothing kept of what was asked before."""
    timeline._state.cache_clear()
    timeline._turn.cache_clear()
    return timeline._state.__wrapped__(one.opening_hours, one.holiday_hours, timeline._overrides(one, moment), moment)


def test_what_is_kept_is_what_would_be_worked_out(shop: Shop) -> None:
    closed = hours.close_today(shop.other, reason="停电", by=shop.neighbour, at=NOON)
    plain, differing = Station(), shop.other
    for text, holiday in TEXTS:
        for one in (plain, differing):
            one.opening_hours, one.holiday_hours = text, holiday
            kept = [opening.state(one, moment) for moment in (*MOMENTS, *MOMENTS)]
            assert kept == [asked_anew(one, moment) for moment in (*MOMENTS, *MOMENTS)], (text, holiday)
    assert closed.kind == Kind.CLOSED


def test_two_days_ahead_is_told_to_the_second() -> None:
    """The edge that a moment rounded to its minute would miss: 48 hours before it closes."""
    one = Station(opening_hours="Nov 26-27 00:00-24:00; Nov 28 00:00-12:00; Nov 29-Dec 31 off")
    words = [opening.state(one, NOON + step).words for step in (timedelta(), timedelta(microseconds=1))]
    assert words == ["开放中", "开放中 · 周六 12:00 关"] == [asked_anew(one, NOON + step).words for step in (
        timedelta(), timedelta(microseconds=1))]  # fmt: skip


def test_a_closing_shows_at_once_wherever_stations_are_listed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    Station.objects.update(opening_hours="Mo-Su 08:00-20:00")
    monkeypatch.setattr(clock, "now", lambda: NOON)
    client = Client()

    def open_now() -> list[list[Any]]:
        listed = client.get("/api/v1/stations/?open=true").json()["results"]
        features = client.get("/api/v1/stations.geojson").json()["features"]
        table = csv.DictReader(client.get("/api/v1/stations.csv").content.decode("utf-8-sig").splitlines())
        return [
            [row["code"] for row in listed],
            [one["id"] for one in features if one["properties"]["open_state"]["is_open"]],
            [row["code"] for row in table if row["is_open"] == "true"],
        ]

    assert open_now() == [["QK-001", "QK-002"]] * 3
    hours.close_today(shop.station, reason="停电", by=shop.worker, at=NOON)
    assert open_now() == [["QK-002"]] * 3
    assert opening.those_open(Station.objects.all(), NOON, False).get() == shop.station
    hours.reopen(shop.station, by=shop.worker, at=NOON)
    assert open_now() == [["QK-001", "QK-002"]] * 3
    storm = HoursOverride.objects.create(
        kind=Kind.CLOSED, first_day=DAY, last_day=DAY, reason="台风", by=shop.chief, at=NOON
    )  # fmt: skip
    storm.stations.set([shop.station, shop.other])
    assert open_now() == [[]] * 3
    Station.objects.update(opening_hours="")
    assert open_now() == [[]] * 3
    assert opening.those_open(Station.objects.all(), NOON + timedelta(days=1), False).count() == 0


@pytest.mark.parametrize(
    ("text", "place", "better"),
    [
        ("8:00-20:00", 1, "08:00-20:00"),
        ("Mo-Su 8:00-20:00", 7, "Mo-Su 08:00-20:00"),
        ("Mo-Su 08：00-20：00", 9, "Mo-Su 08:00-20:00"),
        ("Ｍｏ-Ｆｒ 08:00-20:00", 1, "Mo-Fr 08:00-20:00"),
        ("周一至周五 9点到5点", 1, "Mo-Fr 09:00-17:00"),
        ("周一至周五 9:00-17:30，周末休息", 1, "Mo-Fr 09:00-17:30; Sa-Su off"),
        ("周一、周三、周五 8:30～12:00，14:00～18:00", 1, "Mo,We,Fr 08:30-12:00,14:00-18:00"),
        ("早八点到晚八点", 1, "08:00-20:00"),
        ("每天上午9点半至下午6点", 1, "Mo-Su 09:30-18:00"),
        ("24小时开放", 3, "24/7"),
        ("全天", 1, "24/7"),
        ("工作日 08:30-17:30；节假日 休息", 1, "Mo-Fr 08:30-17:30; PH off"),
        ("mon-fri 08:00-20:00", 3, "Mo-Fr 08:00-20:00"),
        ("星期一至五 8-20点", 1, "Mo-Fr 08:00-20:00"),
        ("周一到周六 8:00 - 12:00 14:00 - 18:00 周日休息", 1, "Mo-Sa 08:00-12:00,14:00-18:00; Su off"),
        ("Mo-Su 25:99", 7, ""),
        ("Mo-Fr 08:00-", 13, ""),
        ("什么时候都行", 1, ""),
        ("Mo-Su sunrise-sunset", 7, ""),
        ("Mo-Su 08:00+", 7, ""),
        ("Mo-Su 10:00-48:00", 1, ""),
        ("Mo-Su 08:00-20:00\0", 18, ""),
    ],
)
def test_a_wrong_text_is_refused_with_place_and_suggestion(text: str, place: int, better: str) -> None:
    with pytest.raises(BadHours) as refused:
        opening.check(text)
    assert (refused.value.facts["place"], refused.value.facts["suggestion"]) == (place, better)
    assert (better or "例：") in refused.value.message
    if better:
        assert opening.check(better) == better


@pytest.mark.parametrize(
    "text",
    ["", "24/7", " Mo-Su 08:00-20:00 ", "Mo-Fr 08:30-17:30; Sa-Su off; PH off", "Mo-Su 20:00-06:00", "off",
     'Mo-Fr 09:00-17:00 "请按门铃"', "Apr-Oct 06:00-22:00; Nov-Mar 07:00-20:00", "Mo-Su 18:00-26:00",
     "PH Mo-Fr 10:00-16:00",
     "Mo-Fr 09:00-17:00; Sa 10:00-12:00 unknown"],
)  # fmt: skip
def test_a_right_text_is_taken(text: str) -> None:
    assert opening.check(text) == text.strip()


def test_a_text_that_is_too_long() -> None:
    with pytest.raises(BadHours, match="太长"):
        opening.check("Mo 08:00-09:00; " * 20)
    started = datetime.now()
    for nasty in ("周一至" * 66, "8点" * 100, "1-" * 100, "一" * 200, "PH " * 66):
        with pytest.raises(BadHours):
            opening.check(nasty)
    assert datetime.now() - started < timedelta(seconds=2)
