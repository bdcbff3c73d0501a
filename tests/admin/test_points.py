"""Grants are registered, decided and taken back; rules get versions; programmes have budgets."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Courier, Membership
from accounts.problems import AccountFrozen
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.models import AuditLog
from points.events import EVENTS
from points.ledger import Source
from points.models import Budget, EarningRule, Grant, RefusedAward
from points.services import approve, earn, grant, programme_totals, standing
from tests.admin.conftest import Office
from tests.admin.test_changes import last_row, run, told, verbs
from tests.admin.test_lists import address, text
from tests.factories import courier, outlet, staff
from tests.gifts.shop import give

ENTER = "admin:points_grant_enter"


@pytest.fixture
def waiting(office: Office) -> Grant:
    return grant(office.ours, 120, reason="见义勇为", by=office.chief)


def shown(office: Office, person: Any, **query: str) -> str:
    return text(office.client(person).get(address("points.Grant"), query))


def test_a_second_person_lets_the_chosen_through(office: Office, waiting: Grant):
    own = grant(office.ours, 90, reason="自己登记的", by=office.district)
    before = last_row()
    answer = run(office.client(office.district), "points.Grant", "approve_chosen", waiting, own)
    assert told(answer) == [
        "已通过 1 笔，积分已入快递小哥账户。",
        "+90 自己登记的未办理：自己登记的发放，要由另一位管理员审核。",
    ]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by, standing(office.ours).balance) == ("posted", office.district, 120)
    assert verbs(before) == ["grant.approved"]
    assert "钱* 今天" in shown(office, office.chief)
    assert told(run(office.client(office.district), "points.Grant", "approve_chosen", waiting)) == [
        "+120 见义勇为未办理：这笔发放已经处理过了。"
    ]


def test_sending_back_asks_why_and_shows_it(office: Office, waiting: Grant):
    client = office.client(office.district)
    page = run(client, "points.Grant", "reject_chosen", waiting)
    assert "驳回所选发放" in text(page)
    assert "reason" in run(client, "points.Grant", "reject_chosen", waiting, reason=" ").context["form"].errors
    answer = run(client, "points.Grant", "reject_chosen", waiting, reason="请附社区证明")
    assert told(answer) == ["已驳回 1 笔，经办人会看到原因。"]
    assert "请附社区证明" in shown(office, office.chief)
    assert standing(office.ours).balance == 0


def test_taking_back_asks_why_and_may_leave_a_debt(office: Office, waiting: Grant):
    approve(waiting, by=office.district)
    before, client = last_row(), office.client(office.chief)
    answer = run(client, "points.Grant", "take_back_chosen", waiting, reason="查实不属实")
    assert "已收回 1 笔积分" in told(answer)[0]
    assert standing(office.ours).balance == 0
    page = shown(office, office.district, waiting="back")
    assert "已收回" in page
    assert "查实不属实" in page
    assert "赵*" in text(client.get(address("points.Grant", "change", waiting.pk)))
    assert told(run(client, "points.Grant", "take_back_chosen", waiting, reason="x")) == [
        "+120 见义勇为未办理：这笔发放已经处理过了。"
    ]
    assert verbs(before) == ["grant.taken_back"]


@pytest.mark.parametrize("action", ["approve_chosen", "reject_chosen", "take_back_chosen"])
def test_who_only_reads_has_no_such_actions(office: Office, waiting: Grant, action: str):
    before = last_row()
    run(office.client(office.auditor), "points.Grant", action, waiting, reason="x")
    assert action not in shown(office, office.auditor)
    waiting.refresh_from_db()
    assert (waiting.state, verbs(before)) == ("pending", [])


def test_a_street_decides_on_none_of_its_neighbours(office: Office, waiting: Grant):
    neighbour = staff(Role.STREET_ADMIN, office.shop.other.organisation)
    run(office.client(neighbour), "points.Grant", "approve_chosen", waiting)
    waiting.refresh_from_db()
    assert waiting.state == "pending"


def test_the_heap_on_the_dashboard_is_what_its_list_shows(office: Office, waiting: Grant):
    grant(office.theirs, 80, reason="邻街的", by=office.district)
    grant(office.ours, 70, reason="区里登记", by=office.district)
    Membership.objects.create(
        user=office.ours.user, organisation=office.shop.station.organisation, role=Role.STREET_ADMIN
    )
    expected = {office.district: ["见义勇为"], office.chief: ["区里登记"], office.ours.user: []}
    for person, reasons in expected.items():
        heap = next(
            need
            for need in office.client(person).get(reverse("admin:index")).context["needs"]
            if "我审核" in need.title
        )
        assert (heap.title, heap.count) == ("待我审核的积分", len(reasons))
        listed = office.client(person).get(heap.link).context["cl"].result_list
        assert [row.reason for row in listed] == reasons
    auditor = office.client(office.auditor).get(reverse("admin:index"))
    assert not [need for need in auditor.context["needs"] if "我审核" in need.title]
    mine = shown(office, office.district, waiting="others")
    assert "区里登记" in mine
    assert "见义勇为" not in mine
    assert office.client(office.chief).get(address("points.Grant"), {"waiting": "x"}).status_code == 200


def entered(office: Office, person: Any, **changes: Any) -> Any:
    form = {"who": "冯本街", "points": 20, "reason": "拾金不昧", "key": "k", **changes}
    return office.client(person).post(reverse(ENTER), form, follow=True)


def test_a_grant_is_entered_once_for_a_courier_named(office: Office):
    for _ in range(2):
        answer = entered(office, office.chief)
        assert told(answer) == ["已登记：冯* 20 分，积分已入快递小哥账户。"]
    assert standing(office.ours).balance == 20
    answer = entered(office, office.chief, points=500, key="big")
    assert told(answer) == ["已登记：冯* 500 分，超过当场额度，等另一位管理员审核后入账。"]


def test_a_courier_is_named_by_his_number_too(office: Office):
    phone = office.ours.user.phone or ""
    entered(office, office.chief, who=f" {phone[:3]} {phone[3:]}")
    assert Grant.objects.get().courier == office.ours
    assert "您的范围内没有这位快递小哥" in text(entered(office, office.chief, who=office.theirs.user.phone, key="b"))


@pytest.mark.parametrize("who", ["卫邻街", "没有这人", "139", "1" * 30, "\0", " "])
def test_nobody_out_of_reach_is_named(office: Office, who: str):
    answer = entered(office, office.chief, who=who)
    assert answer.status_code == 200
    assert "who" in answer.context["form"].errors
    assert not Grant.objects.exists()


def test_of_several_of_one_name_one_is_picked(office: Office):
    twin = courier(outlet(office.shop.station.organisation), name="冯本街")
    asked = entered(office, office.chief)
    assert "找到 2 位，请选一位" in text(asked)
    assert text(asked).count("冯*（") == 2
    assert twin.user.phone not in text(asked)
    assert not Grant.objects.exists()
    foreign = entered(office, office.chief, courier=office.theirs.pk)
    assert "courier" in foreign.context["form"].errors
    entered(office, office.chief, courier=twin.pk)
    assert Grant.objects.get().courier_id == twin.pk


def test_refusals_of_an_entry_stand_in_the_form(office: Office):
    Courier.objects.filter(pk=office.ours.pk).update(frozen_at=clock.now())
    assert AccountFrozen.message in text(entered(office, office.chief))
    assert office.client(office.auditor).get(reverse(ENTER)).status_code == 403


def rule_form(**changes: Any) -> dict[str, Any]:
    return {"event": "check_in", "title": "到站签到", "programme": "checkins", "points": 5, "day_cap": 10,
            "valid_from_0": "2026-01-01", "valid_from_1": "00:00", **changes}  # fmt: skip


def test_a_new_version_is_filled_in_with_the_old_one(office: Office):
    client = office.client(office.district)
    client.post(address("points.EarningRule", "add"), rule_form())
    first, before = EarningRule.objects.get(), last_row()
    link = f"{address('points.EarningRule', 'add')}?of={first.pk}"
    assert link in text(client.get(address("points.EarningRule")))
    page = client.get(link)
    initial = page.context["adminform"].form.initial
    assert {name: initial[name] for name in ("event", "title", "programme", "points", "day_cap", "month_cap")} == {
        "event": "check_in", "title": "到站签到", "programme": "checkins", "points": 5, "day_cap": 10,
        "month_cap": None,
    }  # fmt: skip
    assert "上一版本自动让位" in text(page)
    client.post(address("points.EarningRule", "add"), rule_form(points=8))
    assert verbs(before) == ["earningrule.revised"]
    listed = text(client.get(address("points.EarningRule")))
    assert "生效中" in listed
    assert "已被新版本取代" in listed
    assert EarningRule.objects.get(version=1).valid_until is None
    for odd in ("x", "999999", "9" * 30, "²"):
        assert client.get(address("points.EarningRule", "add"), {"of": odd}).status_code == 200


def test_the_events_of_the_platform_are_offered_by_name(office: Office):
    EarningRule.objects.create(event="deed_done", title="用心做", programme="deeds", points=1)
    client = office.client(office.district)
    offered = client.get(address("points.EarningRule", "add")).context["adminform"].form.fields["event"].choices
    assert offered == [
        ("", "请选择"), *((event.name, event.label) for event in EVENTS.values()), ("deed_done", "用心做"),
    ]  # fmt: skip
    assert {event.name: event.label for event in EVENTS.values()} == {
        "check_in": "到站签到", "station_confirmed": "确认蜂巢信息没错", "correction_accepted": "更正蜂巢信息被采纳",
        "report_accepted": "随手拍受理", "report_resolved": "随手拍办结", "report_duplicate": "随手拍补充线索",
        "activity_attended": "志愿服务到场", "deed_approved": "主动做好事",
    }  # fmt: skip
    answer = client.post(address("points.EarningRule", "add"), rule_form(event="chek_in"))
    assert "event" in answer.context["adminform"].form.errors
    assert client.post(address("points.EarningRule", "add"), rule_form()).status_code == 302
    assert EarningRule.objects.get(event="check_in").points == 5
    listed = text(client.get(address("points.EarningRule")))
    assert "check_in" not in listed and listed.count("到站签到") == 3  # event, title, and what the box is for


def test_events_by_which_nothing_is_earned_stand_above_the_list(office: Office):
    def unpaid(client: Any) -> list[str]:
        return [event.name for event in client.get(address("points.EarningRule")).context["unpaid"]]

    client, add = office.client(office.district), address("points.EarningRule", "add")
    assert unpaid(client) == list(EVENTS)
    page = text(client.get(address("points.EarningRule")))
    assert "没有生效规则的事件" in page and f"{add}?event=check_in" in page
    assert f"{add}?event=" not in text(office.client(office.chief).get(address("points.EarningRule")))
    initial = client.get(add, {"event": "check_in"}).context["adminform"].form.initial
    assert (initial["event"], initial["title"], initial["programme"]) == ("check_in", "到站签到", "checkins")
    assert client.get(add, {"event": "nothing"}).status_code == 200
    client.post(add, rule_form())
    assert unpaid(client) == [name for name in EVENTS if name != "check_in"]
    run(client, "points.EarningRule", "stop_chosen", EarningRule.objects.get())
    assert unpaid(client) == list(EVENTS)
    for event in EVENTS:
        client.post(add, rule_form(event=event))
    assert "没有生效规则的事件" not in text(client.get(address("points.EarningRule")))


def test_an_end_before_the_start_is_said_beside_the_field(office: Office):
    form = rule_form(valid_until_0="2025-12-31", valid_until_1="00:00")
    answer = office.client(office.district).post(address("points.EarningRule", "add"), form)
    assert (answer.status_code, "失效时间要晚于生效时间" in text(answer)) == (200, True)


def test_a_stopped_rule_earns_nothing_more(office: Office):
    client = office.client(office.district)
    for points in (5, 8):
        client.post(address("points.EarningRule", "add"), rule_form(points=points))
    before, newest = last_row(), EarningRule.objects.get(version=2)
    assert told(run(client, "points.EarningRule", "stop_chosen", newest))[2:] == ["已停用 1 条规则，从现在起不再计分。"]
    assert earn(office.ours, "check_in", source=Source("visit", "1")) is None
    assert told(run(client, "points.EarningRule", "stop_chosen", newest)) == ["到站签到 +8未办理：这条规则已经停用。"]
    assert verbs(before) == ["earningrule.stopped"]
    assert "已停用" in text(client.get(address("points.EarningRule")))


def test_the_street_sets_no_rules(office: Office):
    office.client(office.district).post(address("points.EarningRule", "add"), rule_form())
    rule, client = EarningRule.objects.get(), office.client(office.chief)
    assert "?of=" not in text(client.get(address("points.EarningRule")))
    assert client.get(address("points.EarningRule", "add"), {"of": rule.pk}).status_code == 403
    run(client, "points.EarningRule", "stop_chosen", rule)
    rule.refresh_from_db()
    assert rule.valid_until is None


def test_refused_awards_are_read_in_scope(office: Office):
    EarningRule.objects.create(event="deed_done", title="用心做", programme="deeds", points=5, day_cap=5)
    for rider in (office.ours, office.theirs):
        for visit in range(2):
            earn(rider, "deed_done", source=Source("deed", f"{rider.pk}-{visit}"))
    seen = text(office.client(office.chief).get(address("points.RefusedAward")))
    assert "冯*" in seen
    assert "卫*" not in seen
    assert "已到每日或每月上限" in seen
    refused = RefusedAward.objects.get(courier=office.theirs)
    assert office.client(office.chief).get(address("points.RefusedAward", "change", refused.pk)).status_code == 404


def test_programmes_stand_beside_their_budgets(office: Office):
    year = clock.shanghai_day(clock.now()).year
    client, before = office.client(office.district), last_row()
    given = {str(total.programme): total.points for total in programme_totals(year)}["manual"]
    assert "定预算" in text(client.get(address("points.Budget")))
    form = {"programme": "manual", "year": year, "points": given + 1000}
    assert client.post(address("points.Budget", "add"), form).status_code == 302
    heaps = [need.title for need in client.get(reverse("admin:index")).context["needs"]]
    assert "预算快用完" not in heaps
    budget = Budget.objects.get()
    there = address("points.Budget", "change", budget.pk)
    assert client.post(there, {"points": given, "programme": "deeds", "year": 2030}).status_code == 302
    budget.refresh_from_db()
    assert (budget.programme, budget.year, budget.points) == ("manual", year, given)
    assert verbs(before) == ["budget.added", "budget.changed"]
    page = text(client.get(address("points.Budget")))
    assert "100%" in page
    assert "快用完" in page
    heap = next(need for need in client.get(reverse("admin:index")).context["needs"] if need.title == "预算快用完")
    assert (heap.count, heap.hint, heap.link) == (1, "今年已用九成以上：人工发放", address("points.Budget"))
    assert "预算快用完" not in text(office.client(office.chief).get(reverse("admin:index")))
    assert office.client(office.chief).post(there, {"points": 1}).status_code == 403
    assert client.post(there, {"points": -1}).status_code == 200
    assert client.post(address("points.Budget", "add"), {**form, "year": 1999}).status_code == 200
    assert client.post(address("points.Budget", "add"), {**form, "programme": "courier"}).status_code == 200
    assert client.post(address("points.Budget", "add"), form).status_code == 200  # a second of the same
    give(office.ours, 1, at=datetime(year, 1, 1, tzinfo=clock.SHANGHAI) + timedelta(days=40))
    assert "已超出" in text(client.get(address("points.Budget")))


def test_what_was_done_is_told_in_words(office: Office, waiting: Grant):
    approve(waiting, by=office.district)
    assert AuditLog.objects.latest("pk").verb == "grant.approved"
    assert "积分发放 · 审核通过" in text(office.client(office.district).get(address("core.AuditLog")))
