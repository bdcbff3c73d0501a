"""Finding a station: by words and pinyin, street, facility, grade, hours and position; pages and API."""

import re
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations import RunPython
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Organisation
from fengchao.core import geo
from stations import finding, navigation
from stations.models import Facility, Station
from tests import factories
from tests.gifts.shop import Shop

API = "/api/v1/stations/"


def add(shop: Shop, code: str, **values: Any) -> Station:
    given = {
        "name": code, "grade": 2, "organisation": shop.station.organisation, "address": "某处", "lat": 30.6,
        "lng": 114.3,
    }  # fmt: skip
    return Station.objects.create(code=code, **{**given, **values})


def codes(query: str) -> list[str]:
    return [row["code"] for row in APIClient().get(f"{API}?{query}").json()["results"]]


def page(query: str = "", address: str = "/stations/") -> str:
    answer = Client().get(f"{address}?{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("word", ["gasq", "GASQ", "ｇａｓｑ", "sq", "gongan", "anshequ", "gasqjcfc", "公安", "公安 jc"])
def test_a_name_is_found_by_letters(shop: Shop, word: str) -> None:
    add(shop, "GA", name="公安社区江城蜂巢")
    assert codes(f"q={word}") == ["GA"]
    assert "公安社区江城蜂巢" in page(f"q={word}") and "汉正街蜂巢" not in page(f"q={word}")


@pytest.mark.parametrize("word", ["asqq", "ongan", "gsaq", "公园"])
def test_letters_that_begin_no_syllable_find_nothing(shop: Shop, word: str) -> None:
    add(shop, "GA", name="公安社区江城蜂巢")
    assert codes(f"q={word}") == []


def test_letters_follow_a_name_that_changes(shop: Shop) -> None:
    shop.station.name = "绿洲蜂巢"
    shop.station.save()
    Station.objects.bulk_create(
        [
            Station(
                code="B", name="银行里", grade=1, organisation=shop.station.organisation, address="x", lat=30, lng=114
            )
        ]
    )
    assert (codes("q=lzfc"), codes("q=hzj"), codes("q=yhl")) == (["QK-001"], [], ["B"])


def test_stations_of_before_are_filled_in(shop: Shop) -> None:
    """By what the migration runs, with the models as it meets them; the whole way there is among the long proofs."""
    add(shop, "OLD", name="公安社区")
    Station.objects.update(initials="")
    assert codes("q=gasq") == []
    find = import_module("stations.migrations.0004_find")
    runs = [step.code for step in find.Migration.operations if isinstance(step, RunPython)]
    before = MigrationLoader(connection).project_state(("stations", "0004_find")).apps
    for run in runs:
        run(before, None)
    assert codes("q=gasq") == ["OLD"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_stations_of_before_become_findable() -> None:
    before = [("stations", "0003_observations")]
    MigrationExecutor(connection).migrate(before)
    try:
        apps = MigrationExecutor(connection).loader.project_state(before).apps
        root = factories.organisation(name="区")
        apps.get_model("stations", "Station").objects.create(
            code="OLD", name="公安社区", grade=1, organisation_id=root.pk, address="x", lat=30.5, lng=114.2
        )
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    assert codes("q=gasq") == ["OLD"]


def test_several_facilities_are_all_asked_for(shop: Shop) -> None:
    water, wifi = (Facility.objects.create(code=code, name=code) for code in ("water", "wifi"))
    shop.station.facilities.add(water, wifi)
    shop.other.facilities.add(water)
    assert codes("facility=water") == ["QK-001", "QK-002"]
    assert codes("facility=water&facility=wifi") == ["QK-001"]
    assert APIClient().get(f"{API}?facility=water&facility=x").status_code == 400
    many = "&".join(f"facility=f{number}" for number in range(11))
    assert APIClient().get(f"{API}?{many}").status_code == 400


def test_by_street(shop: Shop) -> None:
    street = shop.station.organisation
    assert street in finding.streets()
    assert codes(f"street={street.pk}") == ["QK-001"]
    assert "汉正街蜂巢" in page(f"street={street.pk}")
    for wrong in ("0", "x", "9" * 30, str(Organisation.objects.get(depth=1).pk)):
        assert APIClient().get(f"{API}?street={wrong}").json()["errors"][0]["field"] == "street"


@pytest.mark.parametrize(
    ("near", "says"),
    [("114.27,30.57", "写反了"), ("nan,nan", "必须是数字"), ("48.85,2.35", "不在中国"), ("inf,114", "必须是数字")],
)
def test_a_position_that_is_none_is_refused_and_the_page_goes_on(shop: Shop, near: str, says: str) -> None:
    answer = APIClient().get(f"{API}?near={near}")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], says in error["detail"]) == (400, "near", True)
    for address in ("/stations/", "/stations/map/"):
        text = page(f"near={near}&open=true&grade=9", address)
        assert says in text and "等级只能是" in text and "汉正街蜂巢" in page(f"near={near}", address)


def test_nearest_first_in_words(shop: Shop) -> None:
    text = page("near=30.57,114.289")
    assert re.findall(r"约 [0-9.]+ (?:米|公里)", text) == ["约 100 米", "约 1.8 公里"]
    assert text.index("六角亭蜂巢") < text.index("汉正街蜂巢")
    assert "约 " not in page()  # control: no position, no distance


def links_of(text: str, label: str) -> dict[str, list[str]]:
    (found,) = re.findall(rf'<a class="filter" href="([^"]*)"[^>]*>(?:<svg(?:(?!</a>).)*</svg>)?{label}', text, re.S)
    return parse_qs(urlsplit(found.replace("&amp;", "&")).query)


def test_chips_are_links_that_keep_the_other_filters(shop: Shop) -> None:
    shop.station.facilities.add(Facility.objects.create(code="water", name="饮水机"))
    plain = page("q=1号")
    assert links_of(plain, "现在开放") == {"q": ["1号"], "open": ["true"]}
    assert links_of(plain, "饮水机") == {"q": ["1号"], "facility": ["water"]}
    on = page("q=1号&facility=water&open=true&near=30.57,114.27&page=3")
    assert links_of(on, "现在开放") == {"q": ["1号"], "facility": ["water"], "near": ["30.57,114.27"]}
    assert links_of(on, "饮水机") == {"q": ["1号"], "open": ["true"], "near": ["30.57,114.27"]}
    assert links_of(on, "离我最近") == {"q": ["1号"], "open": ["true"], "facility": ["water"]}
    assert on.count('aria-current="true"') == 3
    assert '<input type="hidden" name="facility" value="water">' in on


def test_nothing_found_invites_to_loosen(shop: Shop) -> None:
    text = page("q=没有的&near=30.57,114.27")
    assert "少选一个条件" in text and 'href="/stations/?near=30.57%2C114.27"' in text
    assert "少选一个条件" not in page()


def test_pages_follow_each_other_without_a_gap(shop: Shop) -> None:
    for number in range(40):
        add(shop, f"S{number:02}")
    seen, address = [], "/stations/?near=30.57,114.27"
    while address:
        text = Client().get(address).content.decode()
        seen += re.findall(r'href="/stations/([A-Z0-9-]+)/"', text)
        more = re.search(r'href="([^"]+)">更多蜂巢', text)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == 42


@pytest.mark.parametrize("name", [*finding.FILTERS, "page"])
def test_no_filter_breaks_a_page(db: None, name: str) -> None:
    for value in ("%00", "%FF", "-1", "9" * 400, "²", "[]", "'%22", "%25_" * 20, "nan,nan", "1e999,1"):
        for address in ("/stations/", "/stations/map/", API):
            assert Client().get(f"{address}?{name}={value}&{name}={value}").status_code in (200, 400), value


def test_the_map_lists_by_street_and_leads_there(shop: Shop) -> None:
    text = page("near=30.57,114.289", "/stations/map/")
    assert text.count("data-pin=") == 2 and "示意图" in text and "map/outline.json" in text
    assert text.count("去这里") == 2 and "leaflet/leaflet.js" in text
    assert "leaflet" not in page()
    assert "没有符合条件" in page("q=没有的", "/stations/map/")


def test_places_of_no_street_stand_last(shop: Shop) -> None:
    root = Organisation.objects.filter(depth=1).first()
    add(shop, "ROOT", organisation=root)
    groups = finding.by_street(Station.objects.select_related("organisation").order_by("code"))
    assert groups[-1][0] == "其他" and [row.code for row in groups[-1][1]] == ["ROOT"]
    assert sum(len(rows) for _, rows in groups) == 3


def test_links_to_three_map_services_are_shifted(shop: Shop) -> None:
    lat, lng = geo.gcj02(shop.station.lat, shop.station.lng)
    amap, tencent, baidu = (parse_qs(urlsplit(link.url).query) for link in navigation.links(shop.station))
    assert amap["to"] == [f"{lng:.6f},{lat:.6f},汉正街蜂巢"] and amap["coordinate"] == ["gaode"]
    assert tencent["tocoord"] == [f"{lat:.6f},{lng:.6f}"] and tencent["to"] == ["汉正街蜂巢"]
    assert baidu["location"] == [f"{lat:.6f},{lng:.6f}"] and baidu["coord_type"] == ["gcj02"]
    assert abs(lat - shop.station.lat) > 0.001  # control: the shift is there
    detail = Client().get("/stations/QK-001/").content.decode()
    assert all(host in detail for host in ("uri.amap.com", "apis.map.qq.com", "api.map.baidu.com"))


@pytest.mark.parametrize(("lat", "lng"), [(114.2, 30.5), (float("nan"), 114.2), (30.5, float("inf")), (0.0, 0.0)])
def test_the_database_keeps_stations_in_china(shop: Shop, lat: float, lng: float) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        add(shop, "X", lat=lat, lng=lng)
    assert add(shop, "Y").pk
