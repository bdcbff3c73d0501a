"""Heat and cold, where the courier rides."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from fengchao.core import clock
from points.services import grant
from stations.models import Alert, Facility, Station
from stations.services.observations import observe
from tests import factories
from tests.factories import page_client, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return factories.district()


@pytest.fixture
def rider(place):
    return factories.courier(factories.outlet(place.community))


def station(place, hours: str, code: str = "QK-001") -> Station:
    return Station.objects.create(
        code=code, name=f"{code}蜂巢", grade=1, organisation=place, address="路1号", lat=30.5, lng=114.2,
        opening_hours=hours,
    )  # fmt: skip


def alert(place, text: str = "今天 39℃", kind: str = "heat", *, begins: int = -1, ends: int = 1) -> Alert:
    now = clock.now()
    return Alert.objects.create(
        kind=kind, text=text, organisation=place, starts_at=now + timedelta(hours=begins),
        ends_at=now + timedelta(hours=ends),
    )  # fmt: skip


def home(rider) -> str:
    return page_client(rider.user).get("/").content.decode()


def test_shown_with_the_nearest_open_station(place, rider):
    station(place.community, "24/7")
    assert "天气提醒" not in home(rider)
    alert(place.root)
    page = home(rider)
    assert "今天 39℃" in page
    assert "最近开着的：QK-001蜂巢" in page


def test_without_an_open_one_it_leads_to_the_list(place, rider):
    station(place.community, "Mo-Su off")
    alert(place.root, kind="cold")
    assert "看看哪个蜂巢开着" in home(rider)


def test_only_where_he_rides_and_while_it_lasts(place, rider):
    station(place.community, "24/7")
    alert(place.other_street, "别处")
    alert(place.root, "昨天", begins=-9, ends=-1)
    alert(place.root, "明天", begins=1, ends=9)
    assert "天气提醒" not in home(rider)
    alert(place.root, "全区")
    alert(place.street, "本街")
    page = home(rider)
    assert ("本街" in page, "全区" in page) == (True, False)


@pytest.mark.parametrize("address", ["/", "/stations/", "/stations/?open=true"])
def test_visitors_read_it_on_home_and_on_the_list(place, address):
    station(place.community, "24/7")
    visitor = page_client()
    assert "天气提醒" not in visitor.get(address).content.decode()
    alert(place.root, "昨天", begins=-9, ends=-1)
    alert(place.root, "明天", begins=1, ends=9)
    assert "天气提醒" not in visitor.get(address).content.decode()
    alert(place.street, "本街 39℃")
    page = visitor.get(address).content.decode()
    assert "<b>古田街道：本街 39℃</b>" in page  # who is meant, since nobody knows where he rides
    alert(place.root, "全区 39℃")
    alert(place.other_street, "别街 39℃")
    page = visitor.get(address).content.decode()
    assert ("<b>全区 39℃</b>" in page, "本街" in page, "别街" in page) == (True, False, False)


def test_it_costs_no_query_of_its_own(place, rider, django_assert_num_queries):
    station(place.community, "24/7")
    for client, address in ((page_client(), "/"), (page_client(), "/stations/"), (page_client(rider.user), "/")):
        client.get(address)
        with CaptureQueriesContext(connection) as before:
            client.get(address)
        alert(place.root, kind="cold")
        with django_assert_num_queries(len(before)):
            assert "天气提醒" in client.get(address).content.decode()
        Alert.objects.all().delete()


def test_home_says_what_is_out_of_order(place, rider):
    here = station(place.community, "24/7")
    water, sofa = (Facility.objects.create(code=name, name=name) for name in ("饮水", "沙发"))
    here.facilities.add(water, sofa)
    elsewhere = station(place.other_street, "24/7", "QK-002")
    elsewhere.facilities.add(water)
    observe(elsewhere, water, "broken", by=rider.user)
    assert "坏了" not in home(rider)  # his station is the other one
    assert "坏了 · 刚刚" in page_client().get("/").content.decode()  # who shows a visitor three
    long_ago = clock.now() - timedelta(hours=3)
    observe(here, sofa, "crowded", by=rider.user, at=long_ago)  # over by now
    observe(here, water, "broken", by=rider.user, at=long_ago)
    page = home(rider)
    assert ('饮水 <span class="chip bad">坏了 · 3 小时前</span>' in page, "人多" in page) == (True, False)
    observe(here, water, "ok", by=rider.user)
    assert "坏了" not in home(rider)


@pytest.mark.parametrize("wrong", [{"text": ""}, {"kind": "snow"}, {"begins": 2}])
def test_the_database_keeps_it_whole(place, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        alert(place.root, **wrong)


def test_staff_set_it_for_their_street_only(place):
    clerk = staff_client(factories.staff(Role.STREET_ADMIN, place.street))
    form = {"kind": "heat", "text": "热", "starts_at_0": "2026-07-01", "starts_at_1": "08:00",
            "ends_at_0": "2026-07-01", "ends_at_1": "20:00"}  # fmt: skip
    address = "/admin/stations/alert/add/"
    assert clerk.post(address, {**form, "organisation": place.other_street.pk}).status_code == 200
    assert clerk.post(address, {**form, "organisation": place.street.pk, "ends_at_1": "07:00"}).status_code == 200
    assert Alert.objects.count() == 0
    assert clerk.post(address, {**form, "organisation": place.street.pk}).status_code == 302
    assert Alert.objects.get().organisation == place.street


def test_home_says_what_waits_for_approval(place, rider):
    station(place.community, "24/7")
    other = factories.courier(rider.outlet)
    clerk = factories.staff(Role.STREET_ADMIN, place.street)
    grant(rider, 60, reason="值守", by=clerk)
    grant(rider, 70, reason="值守", by=clerk)
    grant(other, 80, reason="值守", by=clerk)
    assert '<b class="num">130</b> 分等审核' in home(rider)
