from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from fengchao.core.clock import SHANGHAI
from stations import opening
from stations.models import Facility, Station
from stations.models.places import RESERVED_CODES
from tests.gifts.shop import Shop
from tests.matrix.routes import walk

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=SHANGHAI)  # a Thursday
STATIONS = "/api/v1/stations/"


def station(hours: str) -> Station:
    return Station(opening_hours=hours)


@pytest.mark.parametrize(
    ("hours", "is_open", "next_change"),
    [
        ("Mo-Su 08:00-20:00", True, NOON.replace(hour=20)),
        ("Mo-Su 13:00-20:00", False, NOON.replace(hour=13)),
        ("24/7", True, None),
        ("Sa-Su 09:00-17:00", False, NOON.replace(day=28, hour=9)),
        ("", None, None),
        ("早八点到晚八点", None, None),
        ("Mo-Su 25:99", None, None),
    ],
)
def test_what_is_unknown_is_not_closed(hours: str, is_open: bool | None, next_change: datetime | None) -> None:
    found = opening.state(station(hours), NOON)
    assert (found.is_open, found.next_change) == (is_open, next_change)


def test_hours_are_the_station_s_own_whatever_the_zone_of_the_moment() -> None:
    assert opening.state(station("Mo-Su 08:00-20:00"), datetime(2026, 11, 26, 13, 0, tzinfo=UTC)).is_open is False


def test_one_station_as_the_contract_says(shop: Shop, django_assert_num_queries: Any) -> None:
    shop.station.opening_hours, shop.station.phone = "24/7", "027-83000000"
    shop.station.save()
    shop.station.facilities.add(Facility.objects.create(code="water", name="饮水", icon="cup-soda"))
    with django_assert_num_queries(3):
        body = APIClient().get(f"{STATIONS}QK-001/").json()
    assert body.pop("updated_at")
    assert body == {
        "code": "QK-001",
        "name": "汉正街蜂巢",
        "grade": 1,
        "address": "汉正街1号",
        "lat": 30.57,
        "lng": 114.27,
        "phone": "027-83000000",
        "opening_hours": "24/7",
        "holiday_hours": "",
        "open_state": {"is_open": True, "next_change": None, "reason": ""},
        "facilities": [{"code": "water", "name": "饮水", "state": "unknown"}],
    }
    shop.station.is_active = False
    shop.station.save()
    assert APIClient().get(f"{STATIONS}QK-001/").status_code == 404
    assert APIClient().get(f"{STATIONS}XX/").json()["code"] == "not_found"


def test_nearest_first(shop: Shop) -> None:
    client = APIClient()
    rows = client.get(f"{STATIONS}?near=30.57,114.289&limit=1").json()
    assert [(row["code"], row["distance_m"]) for row in rows["results"]] == [("QK-002", 96)]
    rows = client.get(rows["next"]).json()
    assert [(row["code"], row["distance_m"]) for row in rows["results"]] == [("QK-001", 1819)]
    assert rows["next"] is None
    assert "distance_m" not in client.get(STATIONS).json()["results"][0]


def test_near_within_a_distance(shop: Shop) -> None:
    near = Station.objects.near(30.57, 114.289, within_m=500)
    assert [found.code for found in near] == ["QK-002"]
    assert Station.objects.near(90.0, 0.0, within_m=500).count() == 0
    assert Station.objects.near(-30.57, -65.71).count() == 2  # the other side of the earth


def test_filters(shop: Shop) -> None:
    shop.station.opening_hours, shop.other.opening_hours, shop.other.grade = "24/7", "off", 3
    shop.station.save()
    shop.other.save()
    shop.other.facilities.add(Facility.objects.create(code="water", name="饮水"))
    Station.objects.create(
        code="QK-003", name="不详", grade=2, organisation=shop.other.organisation, address="某处", lat=30, lng=114
    )

    def codes(query: str) -> list[str]:
        return [row["code"] for row in APIClient().get(f"{STATIONS}?{query}").json()["results"]]

    assert codes("") == ["QK-001", "QK-002", "QK-003"]
    assert (codes("open=true"), codes("open=false")) == (["QK-001"], ["QK-002"])
    assert (codes("grade=3"), codes("facility=water"), codes("q=六角亭 1号")) == (["QK-002"], ["QK-002"], ["QK-002"])
    assert codes("q=qk-003") == ["QK-003"]
    assert codes("near=30.57,114.27&open=false&grade=3&facility=water") == ["QK-002"]


def reserved_words() -> set[str]:
    """What stands in some address where another has a station's code."""
    routes = [route.path for route in walk()]
    beside = {path.split("<str:code>")[0] for path in routes if "<str:code>" in path}
    return {
        path.removeprefix(start).split("/")[0] for path in routes for start in beside
        if path.startswith(start) and "<" not in path.removeprefix(start).split("/")[0]
    } - {""}  # fmt: skip


def test_every_word_beside_a_code_is_reserved() -> None:
    assert reserved_words() == set(RESERVED_CODES)


@pytest.mark.parametrize("code", ["map", "Map", "MAP"])
def test_a_reserved_code_is_refused_by_form_and_database(shop: Shop, code: str) -> None:
    facts = {"name": "站", "grade": 1, "organisation": shop.station.organisation, "address": "路", "lat": 30.5,
             "lng": 114.2}  # fmt: skip
    with pytest.raises(ValidationError) as refused:
        Station(code=code, **facts).full_clean()
    assert refused.value.message_dict["code"] == ["这个编号是网址里的固定用词，请换一个，如 QK-001。"]
    with pytest.raises(IntegrityError, match="station_code_not_reserved"), transaction.atomic():
        Station.objects.create(code=code, **facts)
    Station(code=f"{code}-1", **facts).full_clean()  # control
    Station.objects.create(code=f"{code}-1", **facts)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("near=1", "near"),
        ("near=a,b", "near"),
        ("near=91,0", "near"),
        ("near=0,181", "near"),
        ("near=nan,0", "near"),
        ("near=inf,0", "near"),
        ("near=1,2,3", "near"),
        ("open=maybe", "open"),
        ("grade=4", "grade"),
        ("grade=x", "grade"),
        ("facility=nothing", "facility"),
        (f"q={'长' * 51}", "q"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
    ],
)
@pytest.mark.django_db
def test_filters_that_cannot_be_understood(query: str, field: str) -> None:
    answer = APIClient().get(f"{STATIONS}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_lists_cost_the_same_for_one_and_for_three(shop: Shop, django_assert_max_num_queries: Any) -> None:
    Station.objects.create(
        code="QK-003", name="三号", grade=2, organisation=shop.other.organisation, address="某处", lat=30, lng=114
    )
    for rows in (3, 1):
        with django_assert_max_num_queries(3):
            assert len(APIClient().get(STATIONS).json()["results"]) == rows
        with django_assert_max_num_queries(5):  # with what the filters offer
            assert APIClient().get("/stations/").status_code == 200
        Station.objects.exclude(pk=shop.station.pk).update(is_active=False)


def test_pages_of_stations(shop: Shop) -> None:
    shop.other.opening_hours = "Mo-Su 00:00-24:00"
    shop.other.save()
    visitor = APIClient()
    page = visitor.get("/stations/?q=六角亭").content.decode()
    assert "六角亭蜂巢" in page and "汉正街蜂巢" not in page
    assert "没找到" in visitor.get("/stations/?q=没有的").content.decode()
    detail = visitor.get("/stations/QK-002/")
    assert (detail.status_code, "六角亭1号" in detail.content.decode()) == (200, True)
    assert visitor.get("/stations/XX-9/").status_code == 404
    assert visitor.post("/stations/").status_code == 405


def test_scope_of_stations(shop: Shop) -> None:
    def codes(user: Any) -> set[str]:
        return set(Station.objects.in_scope(user).values_list("code", flat=True))

    assert codes(shop.worker) == codes(shop.chief) == {"QK-001"}
    assert (codes(shop.neighbour), codes(shop.auditor)) == ({"QK-002"}, {"QK-001", "QK-002"})
    assert codes(shop.courier.user) == set()
    assert not Station.objects.served_by(shop.auditor).exists()


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ("Mo-Fr 08:30-17:30; Sa-Su 09:00-17:00", "周一至周五 08:30–17:30；周末 09:00–17:00"),
        ("Tu-Sa 08:00-20:00; Su off", "周二至周六 08:00–20:00；周日 休息"),
        ("24/7", "全天开放"),
        ("什么时候都行", ""),
    ],
)
def test_hours_are_read_in_chinese(hours: str, words: str) -> None:
    assert opening.in_words(hours) == words
