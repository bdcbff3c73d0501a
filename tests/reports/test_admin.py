"""The staff's lists: triage by one and by many, what is refused and why, and what never stands there."""

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
from points.services import standing
from reports import services
from reports.admin import on_map
from reports.models import Category, Question, Report, TextTemplate
from reports.states import MOVES, ReportState
from tests.factories import staff, staff_client
from tests.factories.reports import ReportScene

pytestmark = pytest.mark.django_db
S = ReportState
LIST = "/admin/reports/report/"


def change(report: Report) -> str:
    return f"{LIST}{report.pk}/change/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def listed(client: Client, **query: str) -> list[str]:
    return [row.number for row in client.get(LIST, query).context["cl"].result_list]


def act(client: Client, action: str, *reports: Report, key: str = "", **given: Any) -> Any:
    """Choose rows and an action, and fill in its form."""
    rows = [str(report.pk) for report in reports]
    asked = {"action": f"{action}_chosen", "_selected_action": rows, "select_across": "0"}
    return client.post(LIST, {**asked, "asked": "yes", "key": key or f"{action}-{rows}", **given})


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.fixture
def street(scene: ReportScene) -> Client:
    return staff_client(scene.street)


# --- Lists


def test_the_street_sees_its_own_and_nobody_a_confidential_one(scene: ReportScene, street: Client) -> None:
    ours, secret = scene.filed(), scene.filed(category=scene.scam)
    scene.chief.memberships.create(organisation=scene.police_unit, role=Role.HANDLER)
    auditor = staff_client(staff(Role.AUDITOR, scene.district.root))
    for client, seen in (
        (street, [ours.number]),
        (staff_client(User.objects.get(pk=scene.chief.pk)), [ours.number]),
        (auditor, [ours.number]),
        (staff_client(scene.elsewhere), []),
    ):
        assert (listed(client), client.get(change(secret)).status_code) == (seen, 404)
    assert staff_client(scene.elsewhere).get(change(ours)).status_code == 404
    assert staff_client(scene.unit).get(LIST).status_code == 403


def test_heaps_hold_what_they_say_and_the_oldest_is_first(scene: ReportScene, street: Client) -> None:
    at = clock.now()
    late, longer = (scene.in_state(S.ASSIGNED, at=at - timedelta(days=days)) for days in (9, 29))
    fresh, old = scene.filed(), scene.filed(at=at - timedelta(days=2))
    accepted, appealed = scene.in_state(S.ACCEPTED), scene.in_state(S.APPEALED)
    done = scene.in_state(S.RESOLVED)
    assert listed(street, heap="submitted") == [old.number, fresh.number]
    assert listed(street, heap="accepted") == [accepted.number]
    assert listed(street, heap="appealed") == [appealed.number]
    assert listed(street, heap="overdue") == [longer.number, late.number]
    assert listed(street, heap="long_overdue") == [longer.number]
    marks = text(street.get(LIST, {"heap": "overdue"}))
    assert (marks.count("三倍超期 "), marks.count("超期 ")) == (1, 2)
    # The appeal is against the no of this very person, so another decides.
    mine = [old.number, fresh.number, accepted.number]
    assert listed(street, heap="mine") == mine
    assert sorted(listed(staff_client(scene.second), heap="mine")) == sorted([*mine, appealed.number])
    assert listed(street, state__exact="resolved") == [done.number]
    assert listed(street, unit=str(scene.city_unit.pk), heap="long_overdue") == [longer.number]
    assert (len(listed(street, category=str(scene.litter.parent_id))), listed(street, category="9")) == (7, [])
    assert listed(street, q=fresh.number.lower()) == [fresh.number]
    assert len(listed(street, days="today", heap="submitted")) == 1
    for odd in ({"heap": "x"}, {"category": "x"}, {"unit": "٣"}, {"days": "x"}):
        assert street.get(LIST, odd).status_code == 200


def test_own_reports_do_not_wait_for_their_reporter(scene: ReportScene) -> None:
    report = scene.filed()
    scene.rider.user.memberships.create(organisation=scene.district.street, role=Role.STREET_ADMIN)
    own = staff_client(User.objects.get(pk=scene.rider.user.pk))
    assert (listed(own), listed(own, heap="mine")) == ([report.number], [])
    seen = text(own.get(change(report)))
    assert ("请同事处理" in seen, 'value="accept_chosen"' in seen) == (True, False)
    assert told(act(own, "accept", report)) == [f"{report.number}未办理：不能处理自己的上报。"]


def queries(client: Client, page: str) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(page).status_code == 200
    return [query["sql"] for query in seen]


def test_pages_cost_the_same_for_one_and_three_and_count_nothing(scene: ReportScene, street: Client) -> None:
    pages = (LIST, f"{LIST}?heap=mine", f"{LIST}?heap=overdue", f"{LIST}open_map/", "/admin/")
    report = scene.in_state(S.IN_PROGRESS, at=clock.now() - timedelta(days=9))
    scene.filed()
    queries(street, change(report))  # what a process reads once
    before = {page: queries(street, page) for page in (*pages, change(report))}
    for _ in range(2):
        scene.filed()
        scene.in_state(S.IN_PROGRESS, at=clock.now() - timedelta(days=9))
    after = {page: queries(street, page) for page in (*pages, change(report))}
    assert {page: len(found) for page, found in after.items()} == {page: len(found) for page, found in before.items()}
    assert [sql for page in pages[:4] for sql in after[page] if "COUNT(" in sql] == []
    assert [len(after[page]) for page in pages] == [6, 6, 6, 5, 18]
    assert len(after[change(report)]) <= 14


# --- Moves


def test_one_is_accepted_assigned_and_shown_again(scene: ReportScene, street: Client) -> None:
    report = scene.filed()
    assert 'value="accept_chosen"' in text(street.get(change(report)))
    first = street.post(
        LIST, {"action": "accept_chosen", "_selected_action": [report.pk], "select_across": "0"}
    )  # the page that asks
    assert (first.status_code, report.number in text(first)) == (200, True)
    assert act(street, "accept", report)["Location"] == change(report)
    assigned = act(street, "assign", report, organisation=scene.city_unit.pk, text="请尽快")
    assert told(assigned)[-1] == "已派单 1 件。"
    report.refresh_from_db()
    assert (report.state, report.assigned_to, standing(scene.rider).balance) == (S.ASSIGNED, scene.city_unit, 10)
    seen = text(street.get(change(report)))
    assert ("区城管局" in seen, "古田街道受理了" in seen, "+10" in seen) == (True, True, True)


def test_many_at_once_say_how_many_went_and_why_others_did_not(scene: ReportScene, street: Client) -> None:
    rows = [scene.filed(), scene.filed(), scene.in_state(S.ASSIGNED)]
    key = "one-form"
    answer = act(street, "reject", *rows, reason="unsuitable", text="照片看不清", key=key)
    assert (answer["Location"], told(answer)) == (
        LIST,
        ["已答复 2 件不受理。", f"{rows[2].number}未办理：这件上报现在是“已派单”，不能这样处理。"],
    )
    assert [step.text for step in rows[0].steps.filter(move="reject")] == ["照片看不清"]
    again = act(street, "reject", *rows[:2], reason="unsuitable", text="照片看不清", key=key)
    assert told(again)[-1] == "已答复 2 件不受理。"
    assert rows[0].steps.filter(move="reject").count() == 1


FILLED = {"reason": "not_true", "text": "话"}


@pytest.mark.parametrize("state", [S.SUBMITTED, S.ASSIGNED, S.WAITING_FOR_REPORTER, S.REJECTED, S.CLOSED])
def test_what_the_table_forbids_is_refused_through_this_door(
    scene: ReportScene, street: Client, state: ReportState
) -> None:
    report = scene.in_state(state)
    for move in ("accept", "reject", "assign", "ask", "disprove", "reopen"):
        if state in MOVES[move][0]:
            continue
        answer = act(street, move, report, organisation=scene.city_unit.pk, **FILLED)
        said = f"{report.number}未办理：这件上报现在是“{state.label}”，不能这样处理。"
        assert (move, told(answer)[-1]) == (move, said)
    assert Report.objects.get(pk=report.pk).state == state


def test_the_auditor_and_another_street_move_nothing(scene: ReportScene) -> None:
    report = scene.filed()
    auditor = staff_client(staff(Role.AUDITOR, scene.district.root))
    for client in (auditor, staff_client(scene.elsewhere)):
        for move in ("accept", "reject", "assign", "merge", "recategorise"):
            act(client, move, report, organisation=scene.city_unit.pk, number="P", **FILLED)
    report.refresh_from_db()
    assert (report.state, report.steps.count()) == (S.SUBMITTED, 1)
    seen = text(auditor.get(change(report)))
    assert ("下一步" in seen, "打码" in seen) == (False, False)


def test_an_appeal_is_decided_by_another(scene: ReportScene, street: Client) -> None:
    report = scene.in_state(S.APPEALED)
    assert told(act(street, "accept", report))[-1] == f"{report.number}未办理：申诉要由另一位工作人员来复核。"
    assert told(act(staff_client(scene.second), "accept", report)) == ["已受理 1 件，积分按类别入账。"]


def test_ask_reopen_and_disprove(scene: ReportScene, street: Client) -> None:
    false, done, asked = scene.in_state(S.CLOSED), scene.in_state(S.RESOLVED), scene.in_state(S.ACCEPTED)
    assert act(street, "ask", asked).status_code == 200  # words are missing
    act(street, "ask", asked, text="在哪个门口？")
    act(street, "reopen", done, text="没有修好")
    act(street, "disprove", false, text="照片是旧的")
    states = [Report.objects.get(pk=one.pk).state for one in (asked, done, false)]
    assert states == [S.WAITING_FOR_REPORTER, S.IN_PROGRESS, S.REJECTED]


def test_a_ready_sentence_of_the_category_stands_for_the_text(scene: ReportScene, street: Client) -> None:
    report = scene.filed()
    ready = TextTemplate.objects.create(move="reject", category=scene.litter, title="外区", text="请向江汉区反映")
    TextTemplate.objects.create(move="reject", category=scene.scam, title="诈骗", text="请报警")
    page = street.post(LIST, {"action": "reject_chosen", "_selected_action": [report.pk], "select_across": "0"})
    assert ("外区" in text(page), ">诈骗<" in text(page)) == (True, False)
    act(street, "reject", report, reason="not_ours", ready=ready.pk)
    assert report.steps.last().text == "请向江汉区反映"


def test_a_duplicate_is_merged_into_one_nearby(scene: ReportScene, street: Client) -> None:
    first, second, third = scene.filed(), scene.filed(), scene.filed()
    page = street.post(LIST, {"action": "merge_chosen", "_selected_action": [second.pk], "select_across": "0"})
    assert (first.number in text(page), third.number in text(page)) == (True, False)
    act(street, "merge", second, first=first.number, adds="on", text="已有人报过")
    second.refresh_from_db()
    assert (second.state, second.duplicate_of, standing(scene.rider).balance) == (S.REJECTED, first, 5)
    wrong = act(street, "merge", first, number=third.number, text="反了")
    assert told(wrong)[-1] == f"{first.number}未办理：要并入的那件应当是先报的、同一辖区的另一件。"
    secret = scene.filed(category=scene.scam)
    hidden = act(street, "merge", third, number=secret.number, text="猜的")
    nowhere = act(street, "merge", third, number="PNOSUCH12", text="猜的", key="other")
    assert told(hidden)[-1] == told(nowhere)[-1] == told(wrong)[-1].replace(first.number, third.number)


def test_the_category_is_changed_and_a_confidential_one_takes_it_away(scene: ReportScene, street: Client) -> None:
    other = Category.objects.create(code="fire", name="消防通道", handler=scene.city_unit)
    report = scene.filed()
    assert act(street, "recategorise", report, category=other.pk)["Location"] == change(report)
    gone = act(street, "recategorise", report, category=scene.scam.pk, key="again")
    assert (gone["Location"], street.get(change(report)).status_code) == (LIST, 404)
    assert act(street, "recategorise", scene.filed(), category=scene.litter.parent_id).status_code == 200


def test_the_reporter_is_masked(scene: ReportScene, street: Client) -> None:
    report = scene.filed()
    seen = text(street.get(change(report)))
    assert ("何*" in seen, scene.rider.user.name in seen, str(scene.rider.user.phone) in seen) == (True, False, False)
    assert f"/admin/accounts/courier/{scene.rider.pk}/change/" in seen


def test_excel_has_text_cells_and_nobody_who_reported(scene: ReportScene, street: Client) -> None:
    report = scene.filed(text="=1+1")
    scene.filed(category=scene.scam)
    book = load_workbook(BytesIO(street.get(f"{LIST}export/").content))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert [(row[0], row[2], row[3], row[4], row[9]) for row in rows] == [
        ("编号", "大类", "类别", "情况", "状态"),
        (report.number, "积存垃圾", "暴露垃圾", "＝1+1", "待受理"),
    ]
    assert {type(cell) for cell in rows[1] if cell is not None} == {str}
    assert AuditLog.objects.get(verb="report.exported").changed == {"rows": 1}


# --- The map


def test_the_map_shows_open_reports_in_scope(
    scene: ReportScene, street: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    late, fresh = scene.in_state(S.ASSIGNED, at=at - timedelta(days=9)), scene.filed()
    days, old = scene.filed(at=at - timedelta(days=2)), scene.filed(at=at - timedelta(days=5))
    scene.in_state(S.RESOLVED), scene.filed(category=scene.scam)
    pins = street.get(f"{LIST}open_map/").context["pins"]
    assert [(pin["report"].number, pin["colour"]) for pin in pins] == [
        (late.number, "late"), (old.number, "old"), (days.number, "days"), (fresh.number, "new"),
    ]  # fmt: skip
    assert staff_client(scene.elsewhere).get(f"{LIST}open_map/").context["pins"] == []
    monkeypatch.setattr(on_map, "MOST", 2)
    cut = street.get(f"{LIST}open_map/")
    assert (len(cut.context["pins"]), "这里只显示最早的 2 件" in text(cut)) == (2, True)


# --- The dashboard


def test_the_dashboard_names_what_waits(scene: ReportScene) -> None:
    at = clock.now()
    scene.filed(), scene.in_state(S.ACCEPTED), scene.in_state(S.APPEALED)
    scene.in_state(S.ASSIGNED, at=at - timedelta(days=9)), scene.filed(category=scene.scam)
    counted = {need.title: (need.count, need.link) for need in dashboard.needs(scene.second)}
    for title, heap in (
        ("待受理", "submitted"),
        ("待派单", "accepted"),
        ("申诉待复核", "appealed"),
        ("超期", "overdue"),
    ):
        assert counted[f"随手拍{title}"] == (1, f"{LIST}?heap={heap}")
    table = dashboard.open_reports(scene.second)
    assert [(row.label, row.counts) for row in table if sum(row.counts)] == [
        ("待受理", [1, 0, 0, 0]), ("已受理", [1, 0, 0, 0]), ("已派单", [0, 0, 0, 1]), ("申诉中", [1, 0, 0, 0]),
    ]  # fmt: skip


# --- Categories, questions, texts


def test_the_district_keeps_categories_in_two_levels(scene: ReportScene) -> None:
    chief = staff_client(scene.chief)
    add = "/admin/reports/category/add/"
    given = {
        "name": "占道", "code": "road", "order": "1", "is_active": "on", "deadline_days": "3", "deadline_kind": "work",
        "points_accepted": "1", "points_resolved": "2", "points_duplicate": "0",
    }  # fmt: skip
    assert chief.post(add, {**given, "parent": scene.litter.pk}).status_code == 200  # of the lower level: not offered
    assert "保密的类别要指定默认办理单位" in text(chief.post(add, {**given, "is_confidential": "on"}))
    assert chief.post(add, {**given, "parent": scene.litter.parent_id}).status_code == 302
    made = Category.objects.get(code="road")
    assert AuditLog.objects.filter(verb="category.added", subject_key=str(made.pk)).count() == 1
    top = f"/admin/reports/category/{scene.litter.parent_id}/change/"
    refused = chief.post(top, {**given, "parent": scene.scam.pk})
    assert "下面还有小类" in text(refused)
    street = staff_client(scene.street)
    assert [street.get(page).status_code for page in ("/admin/reports/category/", add)] == [200, 403]


def test_questions_take_options_line_by_line(scene: ReportScene) -> None:
    chief = staff_client(scene.chief)
    add = "/admin/reports/question/add/"
    given = {"category": scene.litter.pk, "code": "size", "label": "多大", "kind": "singlevaluelist", "order": "0"}
    assert "2 到 20 个不同的选项" in text(chief.post(add, {**given, "choices": "一袋"}))
    assert chief.post(add, {**given, "choices": "一袋\r\n\r\n 一车 "}).status_code == 302
    question = Question.objects.get()
    assert question.choices == ["一袋", "一车"]
    page = f"/admin/reports/question/{question.pk}/change/"
    assert "一袋\n一车" in text(chief.get(page))
    given |= {"label": "有多大", "choices": "一袋\n一车"}
    assert chief.post(page, given).status_code == 302
    changed = AuditLog.objects.get(verb="question.changed").changed
    assert changed == {"label": ["多大", "有多大"]}


def test_texts_are_kept_for_moves_of_staff_and_units(scene: ReportScene) -> None:
    chief = staff_client(scene.chief)
    given = {"category": "", "title": "谢谢", "text": "谢谢你", "order": "0"}
    assert chief.post("/admin/reports/texttemplate/add/", {**given, "move": "appeal"}).status_code == 200
    assert chief.post("/admin/reports/texttemplate/add/", {**given, "move": "resolve"}).status_code == 302
    assert [str(one) for one in services.offers.texts("resolve", {scene.scam.pk})] == ["谢谢"]
    assert "办结" in text(chief.get("/admin/reports/texttemplate/"))
