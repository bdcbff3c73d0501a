import csv
import io
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from stations.models import Facility
from stations.services.observations import observe
from tests.gifts.shop import Shop

GEOJSON, CSV = "/api/v1/stations.geojson", "/api/v1/stations.csv"


def test_geojson_says_what_the_api_says(shop: Shop) -> None:
    answer = Client().get(GEOJSON)
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"], body["type"]) == (
        200,
        "application/geo+json",
        "FeatureCollection",
    )
    rows = APIClient().get("/api/v1/stations/").json()["results"]
    assert [feature["geometry"]["coordinates"] for feature in body["features"]] == [[r["lng"], r["lat"]] for r in rows]
    assert [{**row, "is_example": False} for row in rows] == [feature["properties"] for feature in body["features"]]


def test_csv_opens_in_wps_and_runs_nothing(shop: Shop) -> None:
    shop.station.name, shop.station.address, shop.station.phone = '=HYPERLINK("x")', "\t=1+1", "+86 27 8300"
    shop.station.save()
    shop.station.facilities.add(Facility.objects.create(code="water", name="饮水机"))
    shop.other.name = '引号"和,逗号\n换行'
    shop.other.save()
    answer = Client().get(CSV)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    first, second = rows
    assert (first["name"], first["address"], first["phone"]) == ('＝HYPERLINK("x")', "＝1+1", "＋86 27 8300")
    assert (first["code"], first["facilities"], first["lat"], first["is_example"]) == (
        "QK-001",
        "饮水机",
        "30.57",
        "false",
    )
    assert second["name"] == '引号"和,逗号\n换行'
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@\t\r" and cell]


@pytest.mark.parametrize("address", [GEOJSON, CSV])
def test_anyone_may_keep_it_for_a_minute(shop: Shop, address: str) -> None:
    for headers in ({}, {"Accept": "text/html"}, {"Authorization": "Bearer wrong"}):
        answer = Client().get(address, headers=headers)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=60")
        assert (answer["Access-Control-Allow-Origin"], answer["Vary"]) == ("*", "Accept-Encoding")
    refused = Client().post(address)
    assert (refused.status_code, refused["Content-Type"]) == (405, "application/problem+json")


@pytest.mark.parametrize("address", [GEOJSON, CSV])
def test_what_is_not_in_use_is_left_out(shop: Shop, address: str) -> None:
    shop.other.is_active = False
    shop.other.save()
    text = Client().get(address).content.decode()
    assert "QK-001" in text and "QK-002" not in text


@pytest.mark.parametrize("address", [GEOJSON, CSV])
def test_who_has_it_already_is_told_so(shop: Shop, address: str) -> None:
    first = Client().get(address)
    again = Client().get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Access-Control-Allow-Origin"] == "*"
    shop.other.name = "别的名字"
    shop.other.save()
    changed = Client().get(address, headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)


def test_facilities_and_their_state_are_those_of_the_api(shop: Shop) -> None:
    for code, name in (("water", "饮水机"), ("sofa", "沙发")):
        shop.station.facilities.add(Facility.objects.create(code=code, name=name))
    observe(shop.station, Facility.objects.get(code="sofa"), "broken", by=shop.courier.user)
    listed = {row["code"]: row["facilities"] for row in APIClient().get("/api/v1/stations/").json()["results"]}
    told = {one["id"]: one["properties"]["facilities"] for one in Client().get(GEOJSON).json()["features"]}
    assert told == listed
    assert told["QK-001"] == [
        {"code": "water", "name": "饮水机", "state": "unknown"}, {"code": "sofa", "name": "沙发", "state": "broken"},
    ]  # fmt: skip


@pytest.mark.parametrize("address", [GEOJSON, CSV])
def test_the_questions_do_not_grow_with_the_stations(shop: Shop, address: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(5):  # stations, what differs, what was said, kinds of facilities, who has which
        Client().get(address)
