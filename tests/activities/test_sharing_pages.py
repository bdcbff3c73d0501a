"""The desk's pages of what is lent, without JavaScript, and the lists of the admin."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.roles import Role
from activities.models import Loan
from activities.services import pairings, sharing
from fengchao.core import clock
from tests.factories import district, organisation, staff, staff_client
from tests.factories.places import Kind
from tests.factories.sharing import SharingScene, resource, sharing_scene

pytestmark = pytest.mark.django_db
HOME = "/desk/sharing/"


@pytest.fixture
def scene(db: None) -> SharingScene:
    return sharing_scene()


def local(at: datetime) -> str:
    return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%dT%H:%M}"


def form(scene: SharingScene, **said: str) -> dict[str, str]:
    end = scene.start + timedelta(hours=2)
    return {"starts_at": local(scene.start), "ends_at": local(end), "purpose": "急救培训", "key": "k1", **said}


def page(client: Client, address: str = HOME, **query: str) -> str:
    return client.get(address, query).content.decode()


def test_from_asking_to_giving_back(scene: SharingScene) -> None:
    asker, keeper = staff_client(scene.asker), staff_client(scene.keeper)
    assert "会议室" in page(asker) and "近 7 天都空" in page(asker)
    address = f"{HOME}{scene.room.pk}/"
    assert "对门社区" in page(asker, address)
    for _ in range(2):  # the form goes once
        answer = asker.post(address, form(scene), follow=True)
        assert "已申请借用“会议室”，等" in answer.content.decode()
    loan = Loan.objects.get()
    assert (loan.starts_at, loan.borrower) == (scene.start, scene.borrower)
    assert "急救培训" in page(keeper, show="decide") and "待答复 <b" in page(keeper).replace("\n", "")
    one = f"{HOME}loans/{loan.pk}/"
    assert ("同意" in page(keeper, one), f"{one}approve/" in page(asker, one)) == (True, False)
    assert "的同事答复" in page(asker, one)
    assert "已同意" in keeper.post(f"{one}approve/", {"key": "k2"}, follow=True).content.decode()
    assert page(asker, address).count("chip bad num") == 1
    assert "没有等你们答复的申请" in page(keeper, show="decide") and "急救培训" in page(keeper, show="lent")
    assert f"{one}hand_back/" not in page(keeper, one)  # not before it begins
    assert sharing.hand_back(loan, by=scene.keeper, at=loan.starts_at).state == "returned"
    assert "已归还" in page(asker, one)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"starts_at": ""}, "请选择日期和时间"),
        ({"starts_at": "明天"}, "请填日期和时间"),
        ({"ends_at": "2020-01-01T09:00"}, "结束时间要晚于开始时间"),
        ({"purpose": ""}, "请写一句用途"),
        ({"key": ""}, "这一页已失效"),
    ],
)
def test_a_bad_form_says_so_and_writes_nothing(scene: SharingScene, said: dict[str, str], words: str) -> None:
    answer = staff_client(scene.asker).post(f"{HOME}{scene.room.pk}/", form(scene, **said))
    assert (answer.status_code, words in answer.content.decode(), Loan.objects.count()) == (400, True, 0)


def test_what_is_lent_already_is_refused_beside_the_time(scene: SharingScene) -> None:
    scene.lent()
    answer = staff_client(scene.asker).post(f"{HOME}{scene.room.pk}/", form(scene))
    assert (answer.status_code, "这段时间已经借出" in answer.content.decode()) == (409, True)


def test_who_has_several_offices_chooses_one_of_his(scene: SharingScene) -> None:
    client, address = staff_client(staff(Role.STREET_ADMIN, scene.district.street)), f"{HOME}{scene.room.pk}/"
    for wrong in ("", "0", str(scene.district.other_street.pk), "x"):
        answer = client.post(address, form(scene, borrower=wrong))
        assert (answer.status_code, "请选择您所在的单位" in answer.content.decode()) == (400, True)
    own = client.post(address, form(scene, borrower=str(scene.owner.pk)), follow=True)
    assert "已登记使用“会议室”" in own.content.decode() and Loan.objects.get().state == "approved"


def test_a_refusal_needs_words_and_moves_are_of_their_side(scene: SharingScene) -> None:
    loan = scene.ask()
    one = f"{HOME}loans/{loan.pk}/"
    keeper, asker = staff_client(scene.keeper), staff_client(scene.asker)
    assert keeper.post(f"{one}decline/", {"key": "a", "note": ""}).status_code == 400
    assert asker.post(f"{one}approve/", {"key": "a"}).status_code == 403
    assert asker.post(f"{one}vanish/", {"key": "a"}).status_code == 404
    assert "要开会" in keeper.post(f"{one}decline/", {"key": "b", "note": "要开会"}, follow=True).content.decode()
    again = keeper.post(f"{one}approve/", {"key": "c"})
    assert (again.status_code, "现在是“未同意”" in again.content.decode()) == (409, True)


def test_outsiders_find_nothing(scene: SharingScene) -> None:
    far, loan = district(), scene.ask()
    stranger = staff_client(staff(Role.COUNTER, far.community))
    assert "还没有可以借的场地和设备" in page(stranger)
    for address in (f"{HOME}{scene.room.pk}/", f"{HOME}loans/{loan.pk}/"):
        assert stranger.get(address).status_code == 404
    neighbour = staff_client(staff(Role.COUNTER, scene.district.other_street))
    assert neighbour.get(f"{HOME}{scene.room.pk}/").status_code == 200
    assert neighbour.get(f"{HOME}loans/{loan.pk}/").status_code == 404
    assert staff_client(staff(Role.HANDLER, scene.owner)).get(HOME).status_code == 403


def test_the_week_goes_on_and_back(scene: SharingScene) -> None:
    scene.lent(after=24 * 8)
    client, address = staff_client(scene.asker), f"{HOME}{scene.room.pk}/"
    day = clock.shanghai_day(clock.now()) + timedelta(days=7)
    assert page(client, address).count("chip bad num") == 0
    assert page(client, address, day=str(day)).count("chip bad num") == 1
    for odd in ("x", "2020-01-01", "9999-12-31"):
        assert page(client, address, day=odd).count("chip bad num") == 0


def test_lists_cost_the_same_for_one_and_three(scene: SharingScene, django_assert_max_num_queries: Any) -> None:
    party = organisation(scene.district.root, kind=Kind.PARTY, name="快递党委")
    chief = staff(Role.STREET_ADMIN, scene.district.street)
    pairings.pair(party, scene.owner, since=clock.shanghai_day(clock.now()), what="宣讲", by=chief)
    for number in range(3):
        resource(scene.owner, f"帐篷{number}", kind="kit")
        scene.ask(after=3 * number)
    keeper = staff_client(scene.keeper)
    for show in ("", "ours", "decide", "lent", "pairs"):
        with django_assert_max_num_queries(9):
            answer = keeper.get(HOME, {"show": show})
        assert answer.status_code == 200
    assert "快递党委" in page(keeper, show="pairs")
    assert "帐篷0" in page(keeper, kind="kit", words="帐篷") and "会议室" not in page(keeper, kind="kit")
    assert "没有找到" in page(keeper, words="直升机")


def test_the_admin_decides_and_the_asker_does_not(scene: SharingScene) -> None:
    chief = staff(Role.STREET_ADMIN, scene.district.street)
    client = staff_client(chief)
    theirs, own = scene.ask(), scene.ask(after=3, by=chief)
    listed = "/admin/activities/loan/"
    answer = client.post(listed, {"action": "approve_chosen", "_selected_action": [theirs.pk, own.pk]}, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert said[0] == "已同意 1 笔借用。" and "借用方不能自己同意" in said[1]
    marked = {"_selected_action": own.pk, "asked": "1", "note": "不用了", "key": "k"}
    client.post(listed, {**marked, "action": "cancel_chosen"})
    own.refresh_from_db()
    assert own.state == "cancelled"
    assert client.get(f"{listed}{own.pk}/change/").status_code == 200
    client.post("/admin/activities/resource/add/", {"name": "投影仪", "kind": "device", "place": "一楼",
                "organisation": scene.owner.pk, "is_active": "on"})  # fmt: skip
    assert "投影仪" in client.get("/admin/activities/resource/").content.decode()
