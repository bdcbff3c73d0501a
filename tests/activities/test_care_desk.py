"""The visitor's pages: plan, go, write down, follow up; each form acts once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services.codes import show_code
from activities.care_states import NeedState
from activities.models import CareVisit, KitStock, Need
from fengchao.core import clock
from reports.models import Category, Report
from tests.factories import outlet, page_client, staff_client
from tests.factories.care import CareScene
from tests.matrix.world import picture
from wishes.models import Wish

KEY = re.compile(r'name="key"[^>]*value="([^"]+)"')


def text(answer: Any) -> str:
    return str(answer.content.decode())


def today() -> str:
    return clock.shanghai_day(clock.now()).isoformat()


def moment() -> str:
    return clock.now().astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def said(**more: Any) -> dict[str, Any]:
    return {"key": "k1", "contact": "met", "visited_at": moment(), "couriers_reached": "5", "then": "done", **more}


def test_a_plan_of_one_for_today_is_opened(care: CareScene) -> None:
    desk = staff_client(care.worker)
    body = {"key": "k", "outlets": [care.outlet.pk], "planned_on": today(), "visitors": "庚"}
    answer = desk.post("/desk/care/plan/", body)
    visit = CareVisit.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/care/{visit.pk}/")
    assert desk.post("/desk/care/plan/", body)["Location"] == answer["Location"]  # the repeat
    assert CareVisit.objects.count() == 1
    assert "解放大道网点" in text(desk.get("/desk/care/"))


def test_a_route_keeps_the_order_of_the_page(care: CareScene) -> None:
    body = {"key": "k", "outlets": [care.second.pk, care.outlet.pk], "planned_on": today(), "route": "一线"}
    assert staff_client(care.worker).post("/desk/care/plan/", body)["Location"] == "/desk/care/"
    assert list(CareVisit.objects.order_by("position").values_list("outlet", "route")) == [
        (care.second.pk, "一线"),
        (care.outlet.pk, "一线"),
    ]


def test_searching_keeps_what_was_chosen(care: CareScene) -> None:
    page = text(
        staff_client(care.worker).get("/desk/care/plan/", {"q": "古田", "outlets": care.outlet.pk, "page": "x"})
    )
    assert re.search(rf'value="{care.outlet.pk}"[^>]* checked', page)
    assert "古田路网点" in page
    assert "汉正街网点" not in page  # another street's


@pytest.mark.parametrize(
    "body",
    [
        {"outlets": []}, {"outlets": ["x"]}, {"outlets": ["99999999999999999999"]}, {"planned_on": "31.12."},
        {"planned_on": "2020-01-01"}, {"key": ""}, {"route": "长" * 31},
    ],
)  # fmt: skip
def test_a_plan_that_does_not_fit(care: CareScene, body: dict[str, Any]) -> None:
    usual = {"key": "k", "outlets": [care.outlet.pk], "planned_on": today()}
    answer = staff_client(care.worker).post("/desk/care/plan/", {**usual, **body})
    assert (answer.status_code, CareVisit.objects.count()) == (400, 0)


def test_the_visit_is_written_down_once(care: CareScene) -> None:
    kit, visit, desk = care.stocked(9), care.planned(), staff_client(care.worker)
    page = text(desk.get(f"/desk/care/{visit.pk}/"))
    assert "消暑礼包（有 9 份）" in page
    upload = SimpleUploadedFile("a.png", picture(), "image/png")
    body = said(notes="水要加", need_0="想要把伞", need_2="路灯坏了", **{f"kit_{kit.pk}": "3"})
    answer = desk.post(f"/desk/care/{visit.pk}/", {**body, "photos": upload})
    assert answer.status_code == 302
    assert desk.post(f"/desk/care/{visit.pk}/", body).status_code == 302  # the repeat
    visit.refresh_from_db()
    assert (visit.couriers_reached, visit.notes, care.on_hand()) == (5, "水要加", 6)
    assert list(visit.needs.order_by("pk").values_list("text", flat=True)) == ["想要把伞", "路灯坏了"]
    page = text(desk.get(f"/desk/care/{visit.pk}/"))
    assert f'data-draft-done="care-{care.worker.pk}-{visit.pk}"' in page
    assert page.count("跟进：") == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"contact": ""}, "请选一项"),
        ({"contact": "closed"}, "慰问人数应当是 0"),
        ({"couriers_reached": "many"}, "整数"),
        ({"visited_at": "2020-01-01T10:00"}, "60 天内"),
        ({"visited_at": "x"}, "请写到访的时间"),
        ({"photo": "99"}, "有照片已失效"),
        ({"notes": "a\0b"}, ""),
    ],
)
def test_what_does_not_fit_is_said_beside_it(care: CareScene, body: dict[str, Any], words: str) -> None:
    visit = care.planned()
    answer = staff_client(care.worker).post(f"/desk/care/{visit.pk}/", said(**body))
    assert answer.status_code == 400
    assert words in text(answer)
    visit.refresh_from_db()
    assert visit.is_planned


def test_more_kits_than_there_are(care: CareScene) -> None:
    kit, visit = care.stocked(2), care.planned()
    answer = staff_client(care.worker).post(f"/desk/care/{visit.pk}/", said(**{f"kit_{kit.pk}": "3"}))
    assert (answer.status_code, care.on_hand()) == (409, 2)
    assert "消暑礼包只剩 2 份，不够 3 份。" in text(answer)


def test_a_picture_first_then_the_rest(care: CareScene) -> None:
    visit, desk = care.planned(), staff_client(care.worker)
    upload = SimpleUploadedFile("a.png", picture(), "image/png")
    page = text(desk.post(f"/desk/care/{visit.pk}/", said(then="upload", notes="写到一半", photos=upload)))
    assert "用这张" in page
    assert "写到一半" in page
    assert CareVisit.objects.get().is_planned


def test_cancelled_with_a_reason(care: CareScene) -> None:
    visit, desk = care.planned(), staff_client(care.worker)
    assert desk.post(f"/desk/care/{visit.pk}/cancel/", {"key": "k", "reason": ""}).status_code == 400
    assert desk.post(f"/desk/care/{visit.pk}/cancel/", {"key": "k", "reason": "下暴雨"}).status_code == 302
    assert "下暴雨" in text(desk.get(f"/desk/care/{visit.pk}/"))
    assert "网点关门" not in text(desk.get(f"/desk/care/{visit.pk}/"))


def test_who_may_not(care: CareScene) -> None:
    visit = care.planned()
    for address in (
        "/desk/care/",
        "/desk/care/plan/",
        "/desk/care/board/",
        "/desk/care/kits/",
        f"/desk/care/{visit.pk}/",
    ):
        assert page_client().get(address).status_code == 302
        assert page_client(care.rider.user).get(address).status_code == 403
        assert staff_client(care.auditor).get(address).status_code == 403
    assert staff_client(care.elsewhere).get(f"/desk/care/{visit.pk}/").status_code == 404
    assert staff_client(care.elsewhere).post(f"/desk/care/{visit.pk}/", said()).status_code == 404
    assert staff_client(care.street).get(f"/desk/care/{visit.pk}/").status_code == 200


def test_kits_come_in_and_go_on(care: CareScene) -> None:
    desk = staff_client(care.street)
    body = {"key": "a", "organisation": care.district.street.pk, "kind": "received", "kit": care.kit.pk, "pieces": "30"}
    assert desk.post("/desk/care/kits/", body).status_code == 302
    desk.post("/desk/care/kits/", body)
    on = {**body, "key": "b", "kind": "passed_on", "pieces": "12", "taker": care.district.community.pk}
    assert desk.post("/desk/care/kits/", on).status_code == 302
    assert dict(KitStock.objects.values_list("organisation", "on_hand")) == {
        care.district.street.pk: 18, care.district.community.pk: 12,
    }  # fmt: skip
    assert desk.post("/desk/care/kits/", {**on, "key": "c", "pieces": "19"}).status_code == 409
    assert desk.post("/desk/care/kits/", {**on, "key": "d", "taker": ""}).status_code == 400
    assert desk.post("/desk/care/kits/", {**body, "key": "e", "pieces": "0"}).status_code == 400


def wish_body(**more: Any) -> dict[str, Any]:
    return {"key": "w", "category": "daily", "title": "一把伞", "price": "60", "shown_as": "named", "station": "GT-1",
            **more}  # fmt: skip


def test_a_need_becomes_a_wish_of_who_shows_his_code(care: CareScene) -> None:
    need, desk = care.need(), staff_client(care.worker)
    page = f"/desk/care/needs/{need.pk}/"
    assert "转成微心愿" in text(desk.get(page))
    wrong = desk.post(f"{page}wish/", wish_body(code="000000"))
    assert (wrong.status_code, Wish.objects.count()) == (409, 0)
    assert desk.post(f"{page}wish/", wish_body()).status_code == 400  # no code
    body = wish_body(key="x", code=show_code(care.rider).digits)
    assert desk.post(f"{page}wish/", body)["Location"] == f"/desk/care/{need.visit_id}/"
    desk.post(f"{page}wish/", body)
    wish = Wish.objects.get()
    need.refresh_from_db()
    assert (wish.courier_id, wish.filed_by, wish.station) == (care.rider.pk, care.worker, care.station)
    assert (need.state, need.became_key, need.courier_id) == (NeedState.WISH, str(wish.pk), care.rider.pk)
    shown = text(desk.get(f"/desk/care/{need.visit_id}/"))
    assert "一把伞" in shown
    assert "待审核" in shown
    assert f"/admin/activities/carevisit/{need.visit_id}/change/" in text(
        staff_client(care.street).get(f"/admin/wishes/wish/{wish.pk}/change/")
    )


def test_a_wrong_field_does_not_spend_the_code(care: CareScene) -> None:
    need, desk, code = care.need(), staff_client(care.worker), show_code(care.rider).digits
    page = f"/desk/care/needs/{need.pk}/wish/"
    assert desk.post(page, wish_body(code=code, price="0")).status_code == 400
    assert desk.post(page, wish_body(key="2", code=code)).status_code == 302


def test_a_need_becomes_a_report(care: CareScene) -> None:
    category = Category.objects.create(code="litter", name="暴露垃圾", points_accepted=10)
    need, desk = care.need("门口垃圾没人收", care.rider), staff_client(care.worker)
    body = {"key": "r", "category": category.pk, "text": "门口垃圾没人收", "place": "解放大道网点门口"}
    answer = desk.post(f"/desk/care/needs/{need.pk}/report/", body)
    assert answer.status_code == 302, text(answer)
    report = Report.objects.get()
    need.refresh_from_db()
    assert (report.courier_id, report.area, need.became_key) == (care.rider.pk, care.district.street, report.number)
    assert f"/admin/activities/carevisit/{need.visit_id}/change/" in text(
        staff_client(care.street).get(f"/admin/reports/report/{report.pk}/change/")
    )
    again = desk.post(f"/desk/care/needs/{need.pk}/settle/", {"key": "s", "outcome": "好了"})
    assert again.status_code == 409


def test_a_need_is_settled_in_words(care: CareScene) -> None:
    need, desk = care.need(), staff_client(care.worker)
    assert desk.post(f"/desk/care/needs/{need.pk}/settle/", {"key": "s", "outcome": ""}).status_code == 400
    assert desk.post(f"/desk/care/needs/{need.pk}/settle/", {"key": "s", "outcome": "当场送了一把"}).status_code == 302
    assert "当场送了一把" in text(desk.get(f"/desk/care/{need.visit_id}/"))
    assert staff_client(care.elsewhere).get(f"/desk/care/needs/{need.pk}/").status_code == 404


def test_one_more_need_after_the_visit(care: CareScene) -> None:
    visit, desk = care.done(), staff_client(care.worker)
    assert desk.post(f"/desk/care/{visit.pk}/needs/", {"key": "n", "text": "想学修车"}).status_code == 302
    assert desk.post(f"/desk/care/{visit.pk}/needs/", {"key": "m", "text": ""}).status_code == 400
    assert Need.objects.get().text == "想学修车"
    assert "待跟进" in text(desk.get("/desk/care/?show=needs"))


def test_the_board_begins_with_never_visited(care: CareScene) -> None:
    desk = staff_client(care.worker)
    care.done(at=clock.now() - timedelta(days=40))
    care.done()
    page = text(desk.get("/desk/care/board/"))
    assert page.index("古田路网点") < page.index("解放大道网点")
    assert "汉正街网点" not in page
    assert "1</b> / 2 个" in page
    assert "12</b> 人次" in page  # a community has no target of its own
    assert "12</b> / 1,000 人次" in text(staff_client(care.chief).get("/desk/care/board/"))


@pytest.mark.parametrize("address", ["/desk/care/", "/desk/care/?show=done", "/desk/care/plan/", "/desk/care/board/",
                                     "/desk/care/kits/"])  # fmt: skip
def test_lists_ask_as_often_for_three_rows_as_for_one(care: CareScene, address: str) -> None:
    desk, counted = staff_client(care.worker), []
    for number in range(2):
        for _ in range(1 + number):
            place = outlet(care.district.street)
            care.done(care.planned(place))
            care.planned(place)
            care.stocked(5)
        desk.get(address)
        with CaptureQueriesContext(connection) as asked:
            desk.get(address)
        counted.append(len(asked))
    assert counted[0] == counted[1]
