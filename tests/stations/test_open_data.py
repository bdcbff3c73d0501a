import csv
import io

import pytest
from django.test import Client
from rest_framework.test import APIClient

from stations.models import Facility
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
        assert (answer["Access-Control-Allow-Origin"], answer.has_header("Vary")) == ("*", False)
    refused = Client().post(address)
    assert (refused.status_code, refused["Content-Type"]) == (405, "application/problem+json")


@pytest.mark.parametrize("address", [GEOJSON, CSV])
def test_what_is_not_in_use_is_left_out(shop: Shop, address: str) -> None:
    shop.other.is_active = False
    shop.other.save()
    text = Client().get(address).content.decode()
    assert "QK-001" in text and "QK-002" not in text
