"""The district's own outline, and tiles by setting."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts.models import Organisation
from accounts.roles import Role
from fengchao import maps
from fengchao.core.models import AuditLog
from stations.models import DistrictOutline
from stations.problems import OutlineBroken
from stations.services.outlines import MOST_POINTS, outline_of, replace_outline
from tests.factories import staff, staff_client
from tests.gifts.shop import Shop

RING = [[114.1, 30.5], [114.3, 30.5], [114.3, 30.7], [114.1, 30.5]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}


@pytest.mark.parametrize(
    "shape",
    [
        POLYGON,
        {"type": "MultiPolygon", "coordinates": [[RING]]},
        {"type": "Feature", "properties": None, "geometry": POLYGON},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": POLYGON}]},
    ],
)
def test_areas_in_every_wrapping(shape: Any) -> None:
    assert outline_of(json.dumps(shape)) == {"type": "MultiPolygon", "coordinates": [[RING]]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "不是完整"),
        ("{", "不是完整"),
        ("[" * 100_000, "不是完整"),
        ("null", "不是完整"),
        ('{"type":"Polygon","coordinates":[[[NaN,1]]]}', "不是完整"),
        ('{"type":"Polygon"}', "写法不对"),
        ('{"type":"Polygon","coordinates":[]}', "没有面"),
        ('{"type":"FeatureCollection","features":[]}', "没有面"),
        ('{"type":"FeatureCollection","features":[1]}', "无法识别"),
        ('{"type":"Point","coordinates":[114,30]}', "别的类型"),
        ('{"type":"Feature","geometry":{"type":"LineString","coordinates":[]}}', "别的类型"),
        ('{"type":["Polygon"]}', "别的类型"),
        (json.dumps({"type": "Polygon", "coordinates": [RING[:-1]]}), "没有闭合"),
        (json.dumps({"type": "Polygon", "coordinates": [[RING[0], RING[0]]]}), "没有闭合"),
        (json.dumps({"type": "Polygon", "coordinates": [[[y, x] for x, y in RING]]}), "写反了"),
        (json.dumps({"type": "Polygon", "coordinates": [[[500000, 3380000]]]}), "投影坐标"),
        (json.dumps({"type": "Polygon", "coordinates": [[[10**400, 30]]]}), ""),
        (json.dumps({"type": "Polygon", "coordinates": [[[1e999, 30]]]}), "不是完整"),
        (json.dumps({"type": "Polygon", "coordinates": [[["114", "30"]]]}), "两个数字"),
        (json.dumps({"type": "Polygon", "coordinates": [[[True, 30]]]}), "两个数字"),
        (json.dumps({"type": "Polygon", "coordinates": [[*[RING[0]] * MOST_POINTS, RING[0]]]}), "太多"),
        ("x" * 1_100_000, "太大"),
    ],
)
def test_a_broken_file_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(OutlineBroken) as refusal:
        outline_of(text)
    assert says in refusal.value.message and refusal.value.field == "file"


def test_a_new_outline_takes_the_place_of_the_old(shop: Shop) -> None:
    for source in ("第一版", "第二版"):
        replace_outline(json.dumps(POLYGON), source=source, by=shop.chief)
    assert [str(row) for row in DistrictOutline.objects.all()] == ["第二版"]
    assert AuditLog.objects.filter(verb="outline.replaced").count() == 2
    text = Client().get("/stations/map/").content.decode()
    assert "第二版" in text and "示意图" not in text
    answer = Client().get("/stations/map/outline.json")
    assert (answer.json()["coordinates"], answer["Cache-Control"]) == ([[RING]], "public, max-age=86400")


def test_there_is_one_outline_at_most(db: None) -> None:
    assert Client().get("/stations/map/outline.json").status_code == 404
    with pytest.raises(IntegrityError):
        DistrictOutline.objects.create(id=2, geojson=POLYGON, source="x")


def test_the_district_uploads_it(shop: Shop) -> None:
    client = staff_client(staff(Role.DISTRICT_ADMIN, Organisation.objects.get(depth=1)))

    def upload(content: bytes, key: str) -> str:
        form = {"key": key, "source": "区规划局", "file": SimpleUploadedFile("a.geojson", content)}
        answer = client.post(reverse("admin:stations_districtoutline_replace"), form, follow=True)
        return re.sub(r"\s+", " ", answer.content.decode())

    assert "没有闭合" in upload(json.dumps({"type": "Polygon", "coordinates": [RING[:-1]]}).encode(), "a")
    assert "UTF-8" in upload(b"\xff\xfe\x00", "b")
    assert not DistrictOutline.objects.exists()
    assert "已换成" in upload(b"\xef\xbb\xbf" + json.dumps(POLYGON).encode(), "c")
    assert DistrictOutline.objects.get().source == "区规划局"
    assert staff_client(shop.chief).post(reverse("admin:stations_districtoutline_replace"), {}).status_code == 403


@pytest.mark.parametrize(
    ("setting", "key", "sources"),
    [
        ("", "", []),
        ("tianditu", "k1", ["https://*.tianditu.gov.cn"]),
        ("https://tile.example.cn/{z}/{x}/{y}.png", "", ["https://tile.example.cn"]),
        (
            "https://{s}.a.cn:8443/{z}/{x}/{y} http://10.0.0.1/{z}/{x}/{y}",
            "",
            ["http://10.0.0.1", "https://*.a.cn:8443"],
        ),
        ("/tiles/{z}/{x}/{y}.png", "", []),
    ],
)
def test_the_policy_follows_the_tiles(setting: str, key: str, sources: list[str]) -> None:
    layers = maps.layers(setting, key)
    assert maps.sources(layers) == sources
    assert not [layer for layer in layers if "{key}" in layer]


@pytest.mark.parametrize(
    "setting",
    ["tianditu", "https://a.cn/{z}", "//a.cn/{z}/{x}/{y}", "javascript:{z}{x}{y}", "https://a.cn;x/{z}/{x}/{y}"],
)
def test_a_wrong_setting_stops_the_start(setting: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        maps.layers(setting, "")


def test_pictures_come_from_here_alone_without_tiles(db: None) -> None:
    assert settings.MAP_TILES == ()
    policy = Client().get("/stations/map/")["Content-Security-Policy"]
    assert "img-src 'self' data: blob:;" in f"{policy};"
