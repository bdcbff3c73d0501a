"""The staff's lists: the board with its totals and its Excel, visits, and corrections."""

import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from activities.models import KitStock
from activities.services.care_figures import months
from fengchao import dashboard, mydata
from fengchao.core import clock
from fengchao.erasure import close_account
from tests.factories import staff_client
from tests.factories.care import CareScene

BOARD = "/admin/activities/visitedoutlet/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def sheet(answer: Any) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))


def test_the_board_names_twelve_months_and_who_was_never_visited(care: CareScene) -> None:
    care.done(at=clock.now() - timedelta(days=32))
    care.done()
    page = text(staff_client(care.chief).get(BOARD))
    assert "走访网点 <b>1</b> / 3 个，慰问小哥 <b>12</b> / 1,000 人次，走访 <b>2</b> 次" in page
    assert page.index("古田路网点") < page.index("解放大道网点")
    rows = sheet(staff_client(care.chief).post(f"{BOARD}export/"))
    assert rows[0] == ("网点", "街道", "上次走访", *months(clock.now()), "走访次数", "慰问人次")
    assert (rows[-1][0], rows[-1][-2:]) == ("中通快递 · 解放大道网点", ("2", "12"))
    assert rows[-1][3:-2].count("1") == 2
    assert "解放大道网点" not in text(staff_client(care.chief).get(BOARD, {"visited": "never"}))
    assert "古田路网点" not in text(staff_client(care.elsewhere).get(BOARD))


def test_the_dashboard_counts_who_was_never_visited(care: CareScene) -> None:
    care.done()
    found = {need.title: (need.count, need.link) for need in dashboard.needs(care.chief)}
    assert found["从未走访的网点"] == (2, f"{BOARD}?visited=never")
    assert "从未走访的网点" not in {need.title for need in dashboard.needs(care.auditor)}


@pytest.mark.parametrize("heap", ["", "today", "late", "done", "missed", "needs"])
def test_visits_by_heap(care: CareScene, heap: str) -> None:
    care.done(needs=["想要把伞"])
    shown = text(staff_client(care.street).get("/admin/activities/carevisit/", {"heap": heap} if heap else {}))
    assert ("解放大道网点" in shown) == (heap in ("", "done", "needs"))


def test_what_was_left_is_corrected(care: CareScene) -> None:
    visit, desk = care.done(kits={care.stocked(9): 4}), staff_client(care.street)
    body = {"action": "give_back_chosen", "_selected_action": visit.pk}
    asked = text(desk.post("/admin/activities/carevisit/", body))
    key = re.search(r'name="key"[^>]*value="([^"]+)"', asked)
    assert key
    given = {**body, "asked": "1", "key": key[1], "kit": care.kit.pk, "pieces": "1", "reason": "多记了"}
    for _ in range(2):
        assert desk.post("/admin/activities/carevisit/", given).status_code == 302
    assert KitStock.objects.get().on_hand == 6
    assert "消暑礼包 3 份" in text(desk.get(f"/admin/activities/carevisit/{visit.pk}/change/"))


def test_who_leaves_takes_his_needs_along(care: CareScene) -> None:
    need = care.need("想要把伞", care.rider)
    assert [one["text"] for one in mydata.everything_about(care.rider.user, care.rider)["needs"]] == ["想要把伞"]
    close_account(care.rider.user, by=care.rider.user)
    need.refresh_from_db()
    assert (need.text, need.courier) == ("", None)
    assert "已随账号删除" in text(staff_client(care.street).get(f"/admin/activities/carevisit/{need.visit_id}/change/"))


def test_the_register_of_outlets_says_when_somebody_was_there_last(care: CareScene) -> None:
    district = staff_client(care.chief)
    never = district.get("/admin/accounts/outlet/").content.decode()
    assert "从未" in never
    visit = care.done()
    page = district.get("/admin/accounts/outlet/").content.decode()
    assert str(clock.shanghai_day(visit.visited_at)) in page
