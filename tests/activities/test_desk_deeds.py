"""Deeds before their reviewers: the oldest first, decided once, never one's own."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from accounts.roles import Role
from activities.models import Deed
from activities.states import DeedState
from fengchao.core.models import Notice
from points.services import standing
from tests.factories import courier, staff_client
from tests.factories.activities import ActivityScene

LIST = "/desk/deeds/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def told(answer: Any) -> list[str]:
    """What this answer says, without what no page has shown yet."""
    return [str(message) for message in get_messages(answer.wsgi_request)._queued_messages]  # type: ignore[attr-defined]


@pytest.fixture
def desk(scene: ActivityScene) -> Client:
    return staff_client(scene.worker)


def test_to_review_and_decided(scene: ActivityScene, desk: Client) -> None:
    first, second = scene.told(station=scene.station), scene.told(scene.friend, station=scene.station)
    scene.told(text="街道的")  # without a station the street reviews it
    assert [deed.pk for deed, _ in desk.get(LIST).context["rows"]] == [first.pk, second.pk]
    page = text(desk.get(f"{LIST}{first.pk}/"))
    for words in ("水果店老板", "30 分钟", "何*", "看下一件", "不通过"):
        assert words in page
    assert told(desk.post(f"{LIST}{first.pk}/approve/", {"key": "a"})) == ["已通过，10 分已到账。"]
    assert desk.post(f"{LIST}{first.pk}/approve/", {"key": "a"}).status_code == 302
    assert "不能这样处理" in told(desk.post(f"{LIST}{first.pk}/approve/", {"key": "b"}))[-1]
    assert standing(scene.rider).balance == 10
    answer = desk.post(f"{LIST}{second.pk}/reject/", {"key": "r", "reason": " "})
    assert (answer.status_code, "请写一句原因" in text(answer)) == (400, True)
    desk.post(f"{LIST}{second.pk}/reject/", {"key": "r", "reason": "看不清"})
    second = Deed.objects.get(pk=second.pk)
    assert (second.state, second.reason) == (DeedState.REJECTED, "看不清")
    assert Notice.objects.get(kind="deed_rejected").text == "看不清"
    assert {deed.pk for deed, _ in desk.get(LIST, {"show": "decided"}).context["rows"]} == {first.pk, second.pk}
    assert "没有等着审核的好事" in text(desk.get(LIST))
    assert len(staff_client(scene.street).get(LIST).context["rows"]) == 1


def test_what_is_not_his(scene: ActivityScene, desk: Client) -> None:
    deed = scene.told(station=scene.station)
    other = staff_client(scene.other)
    assert other.get(f"{LIST}{deed.pk}/").status_code == 404
    assert other.post(f"{LIST}{deed.pk}/approve/", {"key": "a"}).status_code == 404
    assert desk.post(f"{LIST}{deed.pk}/other/", {"key": "a"}).status_code == 404
    assert told(desk.post(f"{LIST}{deed.pk}/approve/")) == ["这一页已失效，请重新打开。"]
    assert desk.get(f"{LIST}{deed.pk}/reject/")["Location"] == f"{LIST}{deed.pk}/"
    assert staff_client(scene.auditor).get(LIST).status_code == 403
    assert Deed.objects.get().state == DeedState.SUBMITTED


def test_his_own_is_his_colleagues(scene: ActivityScene) -> None:
    rider = courier(scene.rider.outlet, name="兼职小")
    Membership.objects.create(user=rider.user, organisation=scene.community, role=Role.COUNTER)
    own = staff_client(User.objects.get(pk=rider.user.pk))
    deed = scene.told(rider, station=scene.station)
    assert own.get(LIST).context["rows"] == []
    page = text(own.get(f"{LIST}{deed.pk}/"))
    assert ("请同事审核" in page, "/approve/" in page) == (True, False)
    assert "不能确认自己" in told(own.post(f"{LIST}{deed.pk}/approve/", {"key": "a"}))[0]


def test_three_cost_what_one_costs(scene: ActivityScene, desk: Client) -> None:
    def grown() -> int:
        scene.told(courier(scene.rider.outlet), station=scene.station)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(LIST).status_code == 200
        return len(queries)

    desk.get(LIST)
    one, _, three = grown(), grown(), grown()
    assert one == three
