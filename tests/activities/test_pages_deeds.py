"""A courier tells of his deed, and sees his hours and their certificate; all without a script."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Courier
from activities import services
from activities.models import Deed
from activities.services import hours
from activities.states import DEED_PHOTO
from fengchao import erasure, mydata
from fengchao.core import clock, photos
from fengchao.core.models import Photo
from tests.factories import page_client, staff_client
from tests.factories.activities import ActivityScene, upload
from tests.wishes.test_desk import shot

NEW = "/deeds/new/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def said(**changed: Any) -> dict[str, Any]:
    usual = {
        "key": "k1", "text": "帮一位老人推车上坡", "place": "解放大道", "minutes": "30", "witness": "水果店老板",
        "happened_on": clock.shanghai_day(clock.now()).isoformat(),
    }  # fmt: skip
    return {**usual, **changed}


@pytest.fixture
def phone(scene: ActivityScene) -> Client:
    return page_client(scene.rider.user)


# --- Telling


def test_told_with_a_picture_and_once(scene: ActivityScene, phone: Client) -> None:
    assert "怎么填" not in text(phone.get(NEW)) and "1 小时" in text(phone.get(NEW))
    station = {"station": scene.station.code}
    answer = phone.post(NEW, said(photos=[shot(), shot("b.jpg")], **station))
    deed = Deed.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/deeds/{deed.pk}/")
    assert (deed.minutes, deed.organisation, len(photos.of(str(deed.pk), DEED_PHOTO))) == (30, scene.community, 2)
    assert phone.post(NEW, said(photos=[shot()], **station))["Location"] == f"/deeds/{deed.pk}/"
    assert Deed.objects.count() == 1
    seen = text(phone.get(f"/deeds/{deed.pk}/"))
    assert ("等古田社区审核" in seen, "30 分钟" in seen, "水果店老板" in seen) == (True, True, True)
    assert "帮一位老人推车上坡" in text(phone.get("/deeds/"))


def test_a_picture_that_went_ahead_and_minutes_of_his_own(scene: ActivityScene, phone: Client) -> None:
    sent = said(photo=str(upload(scene.rider.user).pk), minutes="60", minutes_else="45")
    answer = phone.post(NEW, sent)
    assert (answer.status_code, Deed.objects.get().minutes) == (302, 45)
    assert phone.post(NEW, {**sent})["Location"] == answer["Location"]
    again = phone.post(NEW, {**sent, "key": "other"})
    assert (again.status_code, "请重新选" in text(again)) == (400, True)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text": " "}, "请写一写做了什么"), ({"text": "好" * 501}, "不能超过 500 个字"), ({"place": ""}, "请写在哪里"),
        ({"witness": ""}, "请写谁看见了"), ({"minutes": ""}, "请选用了多久"), ({"minutes": "x"}, "请选用了多久"),
        ({"minutes_else": "900"}, "1 分钟到 8 小时"), ({"minutes": "481"}, "1 分钟到 8 小时"),
        ({"happened_on": "2026-13-01"}, "请选日期"), ({"happened_on": "2020-01-01"}, "只能报 30 天内"),
        ({"happened_on": "9999-12-31"}, "只能报 30 天内"), ({"station": "nowhere"}, "请选一个蜂巢"),
        ({"photo": ""}, "请拍一张照片"), ({"key": ""}, "这一页已失效"), ({"photo": "999999"}, "请重新选"),
        ({"witness": "好" * 61}, "不能超过 60 个字"), ({"place": "a\x07b"}, "不超过 120 个字"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_it(
    scene: ActivityScene, phone: Client, changed: dict[str, str], words: str
) -> None:
    sent = said(photo=str(upload(scene.rider.user).pk))
    answer = phone.post(NEW, {name: value for name, value in {**sent, **changed}.items() if value})
    assert (answer.status_code, words in text(answer)) == (400, True)
    assert not Deed.objects.exists()


def test_what_is_no_picture_is_not_lost_on_him(scene: ActivityScene, phone: Client) -> None:
    odd = SimpleUploadedFile("a.jpg", b"no picture", "image/jpeg")
    answer = phone.post(NEW, said(photos=[shot("good.jpg"), odd]))
    assert (answer.status_code, "没有收" in text(answer), Photo.objects.count()) == (400, True, 1)
    kept = re.search(r'name="photo" value="(\d+)"', text(answer))
    assert kept and phone.post(NEW, said(photo=kept[1])).status_code == 302


def test_one_of_another_is_not_there(scene: ActivityScene, phone: Client) -> None:
    deed = scene.told(scene.friend)
    assert [phone.get(f"/deeds/{key}/").status_code for key in (deed.pk, deed.pk + 99)] == [404, 404]
    assert "还没有" not in text(phone.get("/deeds/")) and "拍张照片报上来" in text(phone.get("/deeds/"))
    for page in ("/deeds/", NEW, f"/deeds/{deed.pk}/", "/me/service/", "/me/service/2026/"):
        assert page_client().get(page)["Location"].startswith("/sign-in/")


def test_the_proof_is_seen_by_him_and_his_reviewers(scene: ActivityScene) -> None:
    deed = scene.told(station=scene.station)
    address = photos.address(photos.of(str(deed.pk), DEED_PHOTO)[0], "thumb")
    people = {
        page_client(): 404, page_client(scene.friend.user): 404, staff_client(scene.other): 404,
        page_client(scene.rider.user): 200, staff_client(scene.worker): 200, staff_client(scene.auditor): 200,
    }  # fmt: skip
    assert [client.get(address).status_code for client in people] == list(people.values())


# --- Hours


def served(scene: ActivityScene, rider: Courier | None = None) -> None:
    """Two hours of a task, half an hour of a deed, today."""
    rider = rider or scene.rider
    activity = scene.published(starts_at=clock.now().replace(second=0) + timedelta(minutes=2))
    scene.enrolled(activity, rider)
    services.confirm(activity, [rider.pk], by=scene.worker)
    services.approve(scene.told(rider, station=scene.station), by=scene.worker)


def test_hours_and_their_certificate(scene: ActivityScene, phone: Client) -> None:
    assert "还没有服务时长" in text(phone.get("/me/service/"))
    year = clock.shanghai_day(clock.now()).year
    assert phone.get(f"/me/service/{year}/").status_code == 404
    served(scene)
    seen = text(phone.get("/me/service/?year=odd"))
    assert ("2 小时 30 分钟" in seen, f"/me/service/{year}/" in seen, "清洁家园" in seen) == (True, True, True)
    answer = phone.get(f"/me/service/{year}/")
    paper, link = text(answer), answer.context["link"]
    assert ("何小蜂" in paper, "2 小时 30 分钟" in paper, link in paper, "<svg" in paper) == (True,) * 4
    assert link.startswith("http://testserver/certificates/")
    for nothing in (year - 1, year + 1, 0, 99999999):
        assert phone.get(f"/me/service/{nothing}/").status_code == 404


def test_anybody_who_holds_it_can_check_it(scene: ActivityScene, phone: Client) -> None:
    served(scene)
    link = phone.get(f"/me/service/{clock.shanghai_day(clock.now()).year}/").context["link"]
    seen = text(page_client().get(link))
    assert ("何*" in seen, "何小蜂" in seen, "2 小时 30 分钟" in seen, "真的" in seen) == (True, False, True, True)
    for wrong in (link[:-2] + "/", "/certificates/x/", "/certificates/" + "a:" * 300 + "/", "/certificates/证明/"):
        answer = page_client().get(wrong)
        assert (answer.status_code, "核对不了" in text(answer)) == (404, True)


def test_years_turn_in_shanghai_and_cost_the_same(scene: ActivityScene, django_assert_num_queries: Any) -> None:
    served(scene)
    with django_assert_num_queries(2):
        assert hours.years_of(scene.rider) == [clock.shanghai_day(clock.now()).year]
    assert hours.years_of(scene.friend) == []
    assert [hours.in_words(n) for n in (0, 59, 60, 150)] == ["0 分钟", "59 分钟", "1 小时", "2 小时 30 分钟"]


# --- His data, and his leave


def test_what_is_kept_about_him_is_told_him_and_ends(scene: ActivityScene, phone: Client) -> None:
    served(scene)
    ahead = scene.published(capacity=1)
    scene.enrolled(ahead)
    scene.enrolled(ahead, scene.friend)
    kept = mydata.everything_about(scene.rider.user, scene.rider)
    assert [(one["activity__title"], one["state"], one["points"]) for one in kept["enrolments"]] == [
        ("清洁家园", "attended", 20), ("清洁家园", "enrolled", 0),
    ]  # fmt: skip
    assert [(one["text"], one["minutes"], one["points"]) for one in kept["deeds"]] == [("帮一位老人推车上坡", 30, 10)]
    assert phone.get("/me/data/").status_code == 200
    year = clock.shanghai_day(clock.now()).year
    link = phone.get(f"/me/service/{year}/").context["link"]
    erasure.close_account(scene.rider.user, by=scene.rider.user)
    deed = Deed.objects.get()
    assert (deed.text, deed.witness, photos.of(str(deed.pk), DEED_PHOTO)) == ("（已删除）", "（已删除）", [])
    assert set(ahead.enrolments.values_list("courier", "state")) == {
        (scene.rider.pk, "left"), (scene.friend.pk, "enrolled"),
    }  # fmt: skip
    assert page_client().get(link).status_code == 404
