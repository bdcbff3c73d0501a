"""What people say about facilities: how long it holds, who may, what is shown and to whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from fengchao import erasure
from fengchao.core.models import AuditLog
from fengchao.core.templatetags.fengchao import ago
from points.models import EarningRule
from points.services import standing
from stations.models import Facility, Observation
from stations.services.observations import CONFIRMED, conditions, confirm, observe
from stations.states import LASTS, Kind, Value
from tests.factories import Api, api_of, courier, page_client, staff_client
from tests.gifts.shop import Shop

pytestmark = pytest.mark.django_db
PATH = "stations/QK-001/observations/"
PAGE = "/stations/QK-001/"


@pytest.fixture
def water(shop: Shop) -> Facility:
    facility = Facility.objects.create(code="water", name="饮水机", icon="cup-soda")
    shop.station.facilities.add(facility)
    return facility


def state(api: Api | None = None) -> str:
    body = (api or Api()).get("stations/QK-001/")
    (listed,) = [one for one in Api().get("stations/")["results"] if one["code"] == "QK-001"]
    assert listed["facilities"] == body["facilities"]
    return str(body["facilities"][0]["state"])


def test_a_courier_and_a_worker_say_how_it_is(shop: Shop, water: Facility) -> None:
    assert state() == "unknown"
    said = api_of(shop.courier.user).post(PATH, {"facility": "water", "value": "broken", "note": "不出水"}, status=201)
    made = Observation.objects.get()
    assert list(said) == ["id", "expires_at"] and said["id"] == made.pk
    assert datetime.fromisoformat(said["expires_at"]) == made.expires_at == made.at + timedelta(hours=72)
    assert (made.by, made.as_staff, made.note) == (shop.courier.user, False, "不出水")
    assert state() == "broken"
    api_of(shop.worker, staff=True).post(PATH, {"facility": "water", "value": "ok"}, status=201)
    assert Observation.objects.filter(as_staff=True, by=shop.worker).count() == 1
    assert AuditLog.objects.filter(verb="station.observed", actor_id=shop.worker.pk).count() == 1
    assert state() == "ok"


def test_what_is_not_understood_is_refused(shop: Shop, water: Facility) -> None:
    api = api_of(shop.courier.user)
    Facility.objects.create(code="sofa", name="沙发")
    for body, field in (
        ({"facility": "water", "value": "lovely"}, "value"),
        ({"facility": "sofa", "value": "ok"}, "facility"),
        ({"facility": "nothing", "value": "ok"}, "facility"),
        ({"facility": "water"}, "value"),
        ({"facility": "water", "value": "ok", "note": "长" * 101}, "note"),
        ({"facility": "water", "value": "ok", "note": "a\u202eb"}, "note"),
    ):
        assert api.post(PATH, body, status=400)["errors"][0]["field"] == field
    assert not Observation.objects.exists()


def test_who_may_not(shop: Shop, water: Facility) -> None:
    body = {"facility": "water", "value": "broken"}
    Api().post(PATH, body, status=401)
    api_of(courier(registered=False).user).post(PATH, body, status=403)
    api_of(shop.auditor, staff=True).post(PATH, body, status=403)
    api_of(shop.neighbour, staff=True).post(PATH, body, status=404)
    api_of(shop.worker).post(PATH, body, status=403)  # without the second factor he is nobody here
    api_of(shop.courier.user).post("stations/QK-999/observations/", body, status=404)
    assert not Observation.objects.exists()
    api_of(shop.courier.user).post(PATH, body, status=201)


@pytest.mark.parametrize(("value", "hours"), [("crowded", 2), ("broken", 72), ("ok", 72)])
def test_it_ends_at_its_hour_exactly(shop: Shop, water: Facility, value: str, hours: int) -> None:
    at = timezone.now()
    observe(shop.station, water, value, by=shop.courier.user, at=at)
    key, end = (shop.station.pk, water.pk), at + timedelta(hours=hours)
    assert conditions([shop.station.pk], at)[key].value == value
    assert conditions([shop.station.pk], end - timedelta(microseconds=1))[key].value == value
    assert conditions([shop.station.pk], end) == {}
    assert conditions([shop.station.pk], at - timedelta(microseconds=1)) == {}


def test_the_last_word_counts_and_good_news_outlasts_bad(shop: Shop, water: Facility) -> None:
    at, key = timezone.now(), (shop.station.pk, water.pk)
    observe(shop.station, water, "broken", by=shop.courier.user, at=at)
    observe(shop.station, water, "crowded", by=shop.worker, as_staff=True, at=at + timedelta(hours=1))
    assert conditions([shop.station.pk], at + timedelta(hours=2))[key].value == "crowded"
    assert (
        conditions([shop.station.pk], at + timedelta(hours=3))[key].value == "broken"
    )  # the queue is gone, the fault not
    observe(shop.station, water, "ok", by=shop.worker, as_staff=True, at=at + timedelta(hours=4))
    for hours in (4, 71, 75):
        assert conditions([shop.station.pk], at + timedelta(hours=hours))[key].value == "ok"
    assert LASTS[Value.OK] == max(LASTS.values())


def test_a_second_tap_is_the_first(shop: Shop, water: Facility) -> None:
    at, rider = timezone.now(), shop.courier.user
    first = observe(shop.station, water, "broken", by=rider, at=at)
    assert observe(shop.station, water, "broken", by=rider, at=at + timedelta(minutes=9)) == first
    assert observe(shop.station, water, "broken", by=rider, at=at + timedelta(minutes=10)) != first
    observe(shop.station, water, "ok", by=rider, at=at + timedelta(minutes=11))
    assert observe(shop.station, water, "broken", by=rider, at=at + timedelta(minutes=12)) != first
    assert Observation.objects.count() == 4


def test_the_same_key_is_one_observation(shop: Shop, water: Facility) -> None:
    api, body = api_of(shop.courier.user), {"facility": "water", "value": "broken"}
    first = api.post(PATH, body, status=201, key="k1")
    api_of(shop.worker, staff=True).post(PATH, {"facility": "water", "value": "ok"}, status=201)
    assert api.post(PATH, body, status=201, key="k1") == first
    assert Observation.objects.count() == 2


def test_who_says_too_much_waits(shop: Shop, water: Facility) -> None:
    api = api_of(shop.courier.user)
    for turn in range(12):
        api.post(PATH, {"facility": "water", "value": ("ok", "broken")[turn % 2]}, status=201)
    refused = api.post(PATH, {"facility": "water", "value": "ok"}, status=429)
    assert refused["code"] == "too_many_requests" and api.last is not None and int(api.last["Retry-After"]) > 3000
    api_of(courier().user).post(PATH, {"facility": "water", "value": "ok"}, status=201)  # nobody else waits


def test_the_page_shows_value_and_age_and_nothing_else(shop: Shop, water: Facility) -> None:
    rider = courier(name="秘密名")
    observe(shop.station, water, "broken", by=rider.user, note="秘密备注", at=timezone.now() - timedelta(minutes=20))
    for address in (PAGE, "/stations/"):
        text = page_client().get(address).content.decode()
        assert "坏了 · 20 分钟前" in text
        assert "秘密" not in text
    observe(shop.station, water, "ok", by=rider.user)
    assert "坏了 · " not in page_client().get("/stations/").content.decode()


def test_buttons_work_without_script(shop: Shop, water: Facility) -> None:
    client = page_client(shop.courier.user)
    assert 'value="water:broken"' in client.get(PAGE).content.decode()
    answer = client.post(f"{PAGE}say/", {"said": "water:broken"}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    (told,) = [str(message) for message in answer.context["messages"]]
    assert told.startswith("谢谢。饮水机坏了，显示到 ")
    assert "坏了 · 刚刚" in answer.content.decode()
    for wrong in ("water:lovely", "sofa:ok", "", "water"):
        answer = client.post(f"{PAGE}say/", {"said": wrong}, follow=True)
        assert answer.redirect_chain == [(PAGE, 302)] and len(list(answer.context["messages"])) == 1
    assert Observation.objects.count() == 1
    assert page_client().post(f"{PAGE}say/", {"said": "water:ok"})["Location"].startswith("/sign-in/?next=")


def test_the_desk_does_it_in_two_taps_and_reads_notes(shop: Shop, water: Facility) -> None:
    observe(shop.station, water, "broken", by=shop.courier.user, note="漏水了")
    client = staff_client(shop.worker)
    page = client.get("/desk/facilities/QK-001/").content.decode()
    assert "漏水了" in page and "快递小哥" in page and "坏了 · 刚刚" in page
    client.post("/desk/facilities/QK-001/", {"said": "water:ok"})
    assert Observation.objects.latest("pk").as_staff
    assert client.get("/desk/facilities/QK-002/").status_code == 404
    assert staff_client(shop.auditor).get("/desk/facilities/QK-001/").status_code == 403


def rule(points: int = 2, day_cap: int = 4) -> None:
    EarningRule.objects.create(
        event=CONFIRMED, title="信息确认", programme="checkins", points=points, day_cap=day_cap,
        valid_from=timezone.now() - timedelta(days=9),
    )  # fmt: skip


def test_a_confirmation_earns_once_a_day_and_station(shop: Shop) -> None:
    rule()
    client, before = page_client(shop.courier.user), standing(shop.courier).balance
    told = [str(next(iter(client.post(f"{PAGE}confirm/", follow=True).context["messages"]))) for _ in range(2)]
    assert told == ["谢谢，记下了，加 2 分。", "谢谢，今天已经记下了。"]
    assert standing(shop.courier).balance == before + 2
    confirm(shop.courier, shop.other)
    assert standing(shop.courier).balance == before + 4
    _, points = confirm(shop.courier, shop.station, at=timezone.now() + timedelta(days=1))
    assert points == 2
    assert Observation.objects.filter(kind=Kind.CONFIRMATION).count() == 3


def test_without_a_rule_it_is_kept_and_earns_nothing(shop: Shop) -> None:
    made, points = confirm(shop.courier, shop.station)
    assert (made.kind, points) == ("confirmation", 0)


def test_rows_are_never_rewritten(shop: Shop, water: Facility) -> None:
    made = observe(shop.station, water, "broken", by=shop.courier.user, note="漏水")
    rows = Observation.objects.filter(pk=made.pk)
    for change in ({"value": "ok"}, {"expires_at": timezone.now()}, {"note": "别的"}, {"by": shop.worker}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()
    assert rows.update(note="") == 1


def test_his_data_and_their_end(shop: Shop, water: Facility) -> None:
    made = observe(shop.station, water, "broken", by=shop.courier.user, note="我是老何")
    (row,) = api_of(shop.courier.user).get("me/data/")["observations"]
    assert (row["note"], row["value"], row["facility__name"]) == ("我是老何", "broken", "饮水机")
    erasure.close_account(shop.courier.user, by=shop.courier.user)
    made.refresh_from_db()
    assert (made.note, made.value) == ("", "broken")


def test_ages() -> None:
    now = timezone.now()
    spans: dict[Any, str] = {
        0: "刚刚",
        59: "刚刚",
        60: "1 分钟前",
        3599: "59 分钟前",
        3600: "1 小时前",
        172800: "2 天前",
    }
    assert [ago(now - timedelta(seconds=seconds)) for seconds in spans] == list(spans.values())


def test_staff_read_until_when_it_shows_as_people_write_it(shop: Shop) -> None:
    water = Facility.objects.create(code="water", name="饮水机")
    shop.station.facilities.add(water)
    made = observe(shop.station, water, Value.BROKEN, by=shop.courier.user, at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC))
    shown = staff_client(shop.chief).get(f"/admin/stations/observation/{made.pk}/change/").content.decode()
    assert "2026年11月27日 11:00" in shown and "+00:00" not in shown
