"""The staff's lists: moderation by one and by many, what is refused and why, improvements, claims, figures."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import User
from accounts.roles import Role
from fengchao import dashboard
from fengchao.core import clock
from fengchao.core.models import AuditLog
from tests.factories import courier, outlet, staff, staff_client
from tests.factories.reports import picture
from tests.factories.wishes import WishScene
from tests.wishes.test_desk import another
from wishes import services
from wishes.models import Claim, Improvement, Wish
from wishes.states import MOVES, WishState

pytestmark = pytest.mark.django_db
S = WishState
LIST = "/admin/wishes/wish/"
CLAIMS, IMPROVEMENTS = "/admin/wishes/claim/", "/admin/wishes/improvement/"


def change(wish: Wish) -> str:
    return f"{LIST}{wish.pk}/change/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def listed(client: Client, page: str = LIST, **query: Any) -> list[int]:
    return [row.pk for row in client.get(page, query).context["cl"].result_list]


def act(client: Client, action: str, *rows: Any, page: str = LIST, key: str = "", **given: Any) -> Any:
    """Mark rows, choose an action, and fill in its form."""
    marks = [str(row.pk) for row in rows]
    asked = {"action": f"{action}_chosen", "_selected_action": marks, "select_across": "0"}
    return client.post(page, {**asked, "asked": "yes", "key": key or f"{action}-{marks}", **given})


def state(*wishes: Wish) -> list[str]:
    return [Wish.objects.get(pk=wish.pk).state for wish in wishes]


@pytest.fixture
def street(scene: WishScene) -> Client:
    return staff_client(scene.street)


# --- Lists


def test_the_street_sees_its_own_in_every_state(scene: WishScene, street: Client) -> None:
    made = [another(scene, one) for one in (S.REVIEW, S.OPEN, S.CLAIMED, S.DELIVERED, S.FULFILLED)]
    keys = sorted(wish.pk for wish in made)
    auditor = staff_client(staff(Role.AUDITOR, scene.district.root))
    for client, seen in (
        (street, keys),
        (staff_client(scene.chief), keys),
        (auditor, keys),
        (staff_client(scene.elsewhere), []),
    ):
        assert sorted(listed(client, heap="all")) == seen
        assert [client.get(change(wish)).status_code for wish in made] == [200 if seen else 404] * 5
    for outsider in (scene.league, scene.worker):
        assert staff_client(outsider).get(LIST).status_code == 403


def test_heaps_begin_with_what_is_to_be_moderated_longest_waiting_first(scene: WishScene, street: Client) -> None:
    at = clock.now()
    new, old = another(scene, S.REVIEW), another(scene, S.REVIEW, at=at - timedelta(days=2))
    flagged = another(scene, S.REVIEW, price=500, text="加微信号 abc")
    opened, claimed = another(scene), another(scene, S.CLAIMED)
    ending = another(scene, S.CLAIMED, at=at - timedelta(days=6))
    delivered, lit = another(scene, S.DELIVERED), another(scene, S.FULFILLED)
    assert listed(street) == listed(street, heap="review") == [old.pk, new.pk, flagged.pk]
    assert listed(street, heap="flagged") == listed(street, flag="over_ceiling") == [flagged.pk]
    assert listed(street, heap="open") == [opened.pk]
    assert sorted(listed(street, heap="claimed")) == [claimed.pk, ending.pk]
    assert listed(street, heap="ending") == [ending.pk]
    assert (listed(street, heap="delivered"), listed(street, heap="lit")) == ([delivered.pk], [lit.pk])
    assert len(listed(street, heap="all")) == 8
    page = text(street.get(LIST, {"heap": "flagged"}))
    assert ("预算 500 元，上限 300 元" in page, "文字里有“加微信”" in page, "何师傅" in page) == (True, True, True)


def test_found_by_words_and_narrowed(scene: WishScene, street: Client) -> None:
    fan, gloves = (
        another(scene, S.CLAIMED),
        another(scene, S.REVIEW, title="冬天的手套", text="骑车冻手", category="gear"),
    )
    assert listed(street, q="手套") == listed(street, q="冻手") == listed(street, category__exact="gear") == [gloves.pk]
    assert listed(street, organisation=scene.youth_league.pk) == [fan.pk]
    chief, place = staff_client(scene.chief), scene.district
    assert listed(chief, street=place.other_street.pk) == []
    assert sorted(listed(chief, street=place.street.pk)) == [fan.pk, gloves.pk]
    for odd in ({"heap": "x"}, {"street": "x"}, {"flag": "x"}, {"organisation": "٣"}, {"street": place.root.pk}):
        assert street.get(LIST, odd).status_code == 200


def test_own_wishes_do_not_wait_for_who_hung_them(scene: WishScene) -> None:
    wish = scene.hung()
    scene.rider.user.memberships.create(organisation=scene.district.street, role=Role.STREET_ADMIN)
    own = User.objects.get(pk=scene.rider.user.pk)
    client = staff_client(own)
    assert (listed(client), listed(client, heap="mine")) == ([wish.pk], [])
    page = text(client.get(change(wish)))
    assert ("请同事处理" in page, 'value="approve_chosen"' in page) == (True, False)
    assert told(act(client, "approve", wish)) == ["新风扇未办理：不能处理自己的心愿。"]
    counted = {person: _waiting(person) for person in (own, scene.street)}
    assert counted == {own: 0, scene.street: 1}


def _waiting(person: User) -> int:
    need = next(need for need in dashboard.needs(person) if need.title == "待审核心愿")
    assert len(staff_client(person).get(need.link).context["cl"].result_list) == need.count
    return need.count


def test_the_auditor_has_nothing_to_moderate(scene: WishScene) -> None:
    wish = scene.hung()
    auditor = staff(Role.AUDITOR, scene.district.root)
    assert [need for need in dashboard.needs(auditor) if need.title == "待审核心愿"] == []
    client = staff_client(auditor)
    for move in ("approve", "reject", "withdraw", "improve"):
        act(client, move, wish, reason="不行", title="冰柜")
    assert (state(wish), "下一步" in text(client.get(change(wish)))) == ([S.REVIEW], False)


def test_pages_cost_the_same_for_one_and_three_and_count_nothing(scene: WishScene, street: Client) -> None:
    pages = (LIST, f"{LIST}?heap=all", f"{LIST}?heap=ending", CLAIMS, IMPROVEMENTS, f"{LIST}figures/", "/admin/")
    long_ago = clock.now() - timedelta(days=6)

    def fill() -> tuple[Wish, Improvement]:
        another(scene, S.REVIEW, price=900), another(scene, S.CLAIMED, at=long_ago), another(scene, S.FULFILLED)
        planned = services.plan(scene.station, title="冰柜", wishes=[another(scene)], by=scene.street)
        return scene.make(another(scene, S.CLAIMED), "progress"), planned

    def queries(page: str) -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            assert street.get(page).status_code == 200
        return [query["sql"] for query in seen]

    wish, planned = fill()
    pages = (*pages, change(wish), f"{IMPROVEMENTS}{planned.pk}/change/")
    for page in pages:
        queries(page)  # what a process reads once
    before = {page: len(queries(page)) for page in pages}
    fill(), fill()
    scene.make(wish, "progress")
    services.join(planned, [another(scene), another(scene)], by=scene.street)
    after = {page: queries(page) for page in pages}
    assert {page: len(found) for page, found in after.items()} == before
    assert [sql for page in pages[:4] for sql in after[page] if "COUNT(" in sql] == []
    assert max(before.values()) <= 18


# --- One wish


def test_one_wish_with_all_that_the_street_needs(scene: WishScene, street: Client) -> None:
    wish = scene.hung(price=500, text="请发红包", photo_id=picture(scene.rider.user).pk)
    page = text(street.get(change(wish)))
    for words in (
        "请多看一眼",
        "预算 500 元，上限 300 元",
        "文字里有“红包”",
        "何*",
        "已核验",
        "许愿人的照片",
        "挂上了心愿",
    ):
        assert words in page
    assert (scene.rider.user.name in page, str(scene.rider.user.phone) in page) == (False, False)
    assert f"/admin/accounts/courier/{scene.rider.pk}/change/" in page
    scene.make(services.approve(wish, by=scene.street), "claim", at=clock.now() - timedelta(days=6))
    page = text(street.get(change(wish)))
    assert ("团区委" in page, "快到期" in page, " 到期" in page) == (True, True, True)


def test_nothing_is_edited_by_hand(scene: WishScene, street: Client) -> None:
    wish = scene.in_state(S.CLAIMED)
    claim = Claim.objects.get()
    for page in (change(wish), f"{CLAIMS}{claim.pk}/change/"):
        assert street.post(page, {"title": "别的"}).status_code == 403
    for base in (LIST, CLAIMS, IMPROVEMENTS):
        assert street.get(f"{base}add/").status_code == 403
    assert street.get(f"{LIST}{wish.pk}/delete/").status_code == 403
    assert [street.get(f"{LIST}{odd}/change/").status_code for odd in (0, 9**25, "x")] == [404, 404, 404]


# --- Moves


def test_one_is_approved_at_once_and_shown_again(scene: WishScene, street: Client) -> None:
    wish = scene.hung(price=500)
    answer = act(street, "approve", wish)
    assert (answer["Location"], told(answer), state(wish)) == (change(wish), ["已通过 1 个，挂上树了。"], [S.OPEN])
    again = act(street, "approve", wish)
    assert told(again)[-1] == "新风扇未办理：这个心愿现在是“待认领”，不能这样处理。"


def test_many_are_approved_after_a_second_look_at_what_is_flagged(scene: WishScene, street: Client) -> None:
    plain, flagged = another(scene, S.REVIEW), another(scene, S.REVIEW, price=500)
    marks = {"action": "approve_chosen", "_selected_action": [plain.pk, flagged.pk], "select_across": "0"}
    page = street.post(LIST, marks)
    assert ("其中 1 个有提示（超过预算上限），仍然都通过？" in text(page), state(plain, flagged)) == (
        True,
        [S.REVIEW, S.REVIEW],
    )
    for _ in range(2):
        answer = act(street, "approve", plain, flagged)
        assert (told(answer)[-1], state(plain, flagged)) == ("已通过 2 个，挂上树了。", [S.OPEN, S.OPEN])
    assert AuditLog.objects.filter(verb="wish.approve").count() == 2


def test_many_at_once_say_how_many_went_and_why_others_did_not(scene: WishScene, street: Client) -> None:
    rows = [another(scene, S.REVIEW), another(scene, S.REVIEW), another(scene, title="雨衣")]
    answer = act(street, "reject", *rows, reason="写得不清楚", key="one-form")
    assert told(answer) == ["已答复 2 个没有通过。", "雨衣未办理：这个心愿现在是“待认领”，不能这样处理。"]
    assert (state(*rows), rows[0].steps.get(move="reject").text) == ([S.REJECTED, S.REJECTED, S.OPEN], "写得不清楚")
    act(street, "reject", *rows[:2], reason="写得不清楚", key="one-form")
    assert rows[0].steps.filter(move="reject").count() == 1


def test_a_reason_is_needed_and_a_ready_one_will_do(scene: WishScene, street: Client) -> None:
    wish = scene.hung()
    page = street.post(LIST, {"action": "reject_chosen", "_selected_action": [wish.pk], "select_across": "0"})
    assert "超过了 300 元的预算" in text(page)
    for given in ({}, {"reason": " "}, {"reason": "长" * 301}, {"ready": "别的话"}):
        assert act(street, "reject", wish, **given).status_code == 200
    assert state(wish) == [S.REVIEW]
    act(street, "reject", wish, ready="超过了 300 元的预算，请换一个小一点的心愿。")
    assert (state(wish), wish.steps.get(move="reject").text) == (
        [S.REJECTED],
        "超过了 300 元的预算，请换一个小一点的心愿。",
    )


def test_taken_down_and_thanks_hidden_with_a_reason(scene: WishScene, street: Client) -> None:
    opened, lit, plain = another(scene), another(scene, S.FULFILLED), another(scene, S.DELIVERED)
    assert 'value="hide_thanks_chosen"' in text(street.get(change(lit)))
    assert told(act(street, "withdraw", opened, reason="已经解决了")) == ["已撤下 1 个，许愿人会收到通知。"]
    answer = act(street, "hide_thanks", lit, plain, reason="有广告")
    assert told(answer)[-2:] == ["1 条道谢不再公开。", "新风扇未办理：这个心愿现在是“已送达”，不能这样处理。"]
    lit.refresh_from_db()
    assert (state(opened), lit.thanks_hidden, lit.public_thanks) == ([S.WITHDRAWN], True, "")
    page = text(street.get(change(lit)))
    assert ("谢谢团区委" in page, 'value="hide_thanks_chosen"' in page) == (True, False)


@pytest.mark.parametrize("here", [S.REVIEW, S.OPEN, S.CLAIMED, S.DELIVERED, S.FULFILLED, S.REJECTED])
def test_what_the_table_forbids_is_refused_through_this_door(scene: WishScene, street: Client, here: WishState) -> None:
    wish = scene.in_state(here)
    for move in ("approve", "reject", "withdraw"):
        if here in MOVES[move][0]:
            continue
        said = f"{wish}未办理：这个心愿现在是“{here.label}”，不能这样处理。"
        assert (move, told(act(street, move, wish, reason="话"))[-1]) == (move, said)
    assert state(wish) == [here]


def test_another_street_moves_nothing(scene: WishScene) -> None:
    wish, client = scene.hung(), staff_client(scene.elsewhere)
    for move in ("approve", "reject", "withdraw", "improve"):
        act(client, move, wish, reason="不行", title="冰柜")
    assert (state(wish), wish.steps.count()) == ([S.REVIEW], 1)


# --- Improvements


def test_many_wishes_become_an_improvement_and_more_join_it(scene: WishScene, street: Client) -> None:
    first, second, third = another(scene, title="冰水"), another(scene, title="冰块"), another(scene, title="冷饮")
    page = street.post(LIST, {"action": "improve_chosen", "_selected_action": [first.pk], "select_across": "0"})
    assert ("改进什么" in text(page), "并入正在进行的改进" in text(page)) == (True, False)
    assert act(street, "improve", first, second, title=" ").status_code == 200
    for _ in range(2):
        done = act(street, "improve", first, second, title="装一台冰柜")
        assert done["Location"] == IMPROVEMENTS
    planned = Improvement.objects.get()
    assert (told(done)[-1], state(first, second)) == (
        "已做成改进，2 个心愿由蜂巢所属单位认领。",
        [S.CLAIMED, S.CLAIMED],
    )
    assert "并入正在进行的改进" in text(act(street, "improve", third))
    act(street, "improve", third, improvement=planned.pk, key="third")
    detail = text(street.get(f"{IMPROVEMENTS}{planned.pk}/change/"))
    assert [name in detail for name in ("冰水", "冰块", "冷饮", 'value="finish_chosen"')] == [True] * 4
    assert act(street, "finish", planned, page=IMPROVEMENTS, note=" ").status_code == 200
    ended = act(street, "finish", planned, page=IMPROVEMENTS, note="冰柜到了")
    assert (told(ended)[-1], state(first, second, third)) == ("已完成 1 项，许愿人会收到通知。", [S.DELIVERED] * 3)
    again = act(street, "finish", planned, page=IMPROVEMENTS, note="又到了", key="again")
    assert told(again)[-1] == "古田社区蜂巢 · 装一台冰柜未办理：这项改进已经完成。"
    assert (listed(street, IMPROVEMENTS, heap="done"), listed(street, IMPROVEMENTS, heap="under_way")) == (
        [planned.pk],
        [],
    )


def test_an_improvement_takes_open_wishes_of_one_station_or_none(scene: WishScene) -> None:
    chief, near = staff_client(scene.chief), another(scene)
    far = services.approve(
        scene.hung(rider=courier(outlet(scene.district.other_street)), station=scene.other_station), by=scene.chief
    )
    waiting = another(scene, S.REVIEW)
    mixed = act(chief, "improve", near, far, title="冰柜")
    assert (mixed.status_code, "请选择挂在同一个蜂巢的心愿。" in text(mixed)) == (200, True)
    closed = act(chief, "improve", near, waiting, title="冰柜")
    assert "这个心愿现在是“待审核”" in text(closed)
    assert (Improvement.objects.count(), state(near, far, waiting)) == (0, [S.OPEN, S.OPEN, S.REVIEW])


def test_auditors_and_other_streets_end_no_improvement(scene: WishScene) -> None:
    planned = services.plan(scene.station, title="冰柜", wishes=[another(scene)], by=scene.street)
    auditor = staff_client(staff(Role.AUDITOR, scene.district.root))
    page = f"{IMPROVEMENTS}{planned.pk}/change/"
    assert (auditor.get(page).status_code, "finish_chosen" in text(auditor.get(page))) == (200, False)
    assert staff_client(scene.elsewhere).get(page).status_code == 404
    for client in (auditor, staff_client(scene.elsewhere)):
        act(client, "finish", planned, page=IMPROVEMENTS, note="到了")
    planned.refresh_from_db()
    assert planned.done_at is None


# --- Claims


def test_claims_are_read_with_their_clock(scene: WishScene, street: Client) -> None:
    at = clock.now()
    another(scene, S.CLAIMED), another(scene, S.CLAIMED, at=at - timedelta(days=6)), another(scene, S.FULFILLED)
    scene.make(another(scene, S.CLAIMED), "release")
    services.plan(scene.station, title="冰柜", wishes=[another(scene)], by=scene.street)
    counted = {name: len(listed(street, CLAIMS, heap=name)) for name in ("running", "ending", "improving", "released")}
    assert (counted, len(listed(street, CLAIMS))) == ({"running": 2, "ending": 1, "improving": 1, "released": 1}, 5)
    assert len(listed(street, CLAIMS, organisation=scene.youth_league.pk)) == 4
    assert listed(staff_client(scene.elsewhere), CLAIMS) == []
    assert street.get(f"{CLAIMS}{Claim.objects.first().pk}/change/").status_code == 200
    rows = sheet(street.get(f"{CLAIMS}export/"))
    assert [row[7] for row in rows[1:]] == ["已认领", "已退回", "已点亮", "已认领", "已认领"]


# --- Excel


def sheet(answer: Any, name: str = "") -> list[list[Any]]:
    book = load_workbook(BytesIO(answer.content))
    return [[cell.value for cell in row] for row in (book[name] if name else book.active).iter_rows()]


def test_excel_has_text_cells_and_no_courier(scene: WishScene, street: Client) -> None:
    scene.hung(title="=1+1", text="=2+2", price=500)
    another(scene)
    answer = street.get(f"{LIST}export/?heap=review")
    rows = sheet(answer)
    assert [(row[1], row[2], row[5], row[7], row[8], row[9]) for row in rows] == [
        ("想要什么", "为什么", "预算（元）", "街道", "公开的名字", "提示"),
        ("＝1+1", "＝2+2", "500", "古田街道", "何师傅·中通", "超过预算上限：预算 500 元，上限 300 元"),
    ]
    assert {type(cell) for cell in rows[1] if cell is not None} == {str}
    assert scene.rider.user.name not in str(rows)
    assert AuditLog.objects.get(verb="wish.exported").changed == {"rows": 1}
    assert len(sheet(street.get(f"{LIST}export/?heap=all"))) == 3


def test_the_page_of_figures_and_its_workbook(scene: WishScene, street: Client) -> None:
    another(scene, S.FULFILLED), another(scene)
    page = text(street.get(f"{LIST}figures/"))
    assert ("团区委" in page, "古田街道" in page, "生活用品" in page, "何" in page) == (True, True, True, False)
    answer = street.get(f"{LIST}figures/?excel=1")
    assert sheet(answer, "按单位")[1] == ["团区委", 1, 1, 0, 0, 0]
    assert sheet(answer, "按街道") == [["街道", "许愿", "点亮", "待认领"], ["古田街道", 2, 1, 1]]
    assert sheet(answer, "街道和类别")[1] == ["古田街道", "生活用品", 2, 1, 1]
    assert AuditLog.objects.filter(verb="wishes.figures_exported").count() == 1
    for wrong in ("first=2026-13-01", "first=2026-11-02&last=2026-11-01", "first=2000-01-01"):
        answer = street.get(f"{LIST}figures/?excel=1&{wrong}")
        assert (answer.status_code, answer["Content-Type"][:9]) == (200, "text/html"), wrong
    assert "这段时间没有单位认领" in text(staff_client(scene.elsewhere).get(f"{LIST}figures/"))
