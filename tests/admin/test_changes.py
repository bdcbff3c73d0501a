"""What staff change here: through services or forms, each change with one audit row, and what is left alone."""

import io
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Courier, Membership, Organisation, User
from accounts.roles import Role
from accounts.services import staff as staff_services
from fengchao.core.models import AuditLog
from gifts.models import Gift, Movement, Redemption
from points.models import EarningRule, Grant, Transfer
from points.services import standing
from stations.models import Station
from tests.admin.conftest import Office
from tests.admin.test_lists import address, text
from tests.factories import courier, phone_number
from tests.gifts.shop import available, on_hand


def run(client: Client, label: str, action: str, *rows: Any, **fields: Any) -> Any:
    """What the browser sends for an action, with its form when fields are given."""
    asked = {"asked": "yes", "key": "k1", **fields} if fields else {}
    form = {"action": action, "_selected_action": [row.pk for row in rows], **asked}
    return client.post(address(label), form, follow=True)


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def verbs(since: int) -> list[str]:
    return list(AuditLog.objects.filter(pk__gt=since).order_by("pk").values_list("verb", flat=True))


def last_row() -> int:
    return AuditLog.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def test_verify_tells_how_many_and_why_not(office: Office):
    before, client = last_row(), office.client(office.district)
    answer = run(client, "accounts.Courier", "verify_chosen", office.ours, office.theirs)
    assert told(answer) == ["已核验 1 位快递小哥。", "卫*未办理：该快递小哥已经核验过。"]
    office.ours.refresh_from_db()
    assert office.ours.verified_by == office.district
    assert verbs(before) == ["courier.verified"]


def test_rows_out_of_scope_are_not_touched(office: Office):
    Courier.objects.filter(pk=office.theirs.pk).update(verified_at=None)
    run(office.client(office.chief), "accounts.Courier", "verify_chosen", office.theirs)
    office.theirs.refresh_from_db()
    assert not office.theirs.is_verified


def test_grant_asks_for_points_and_reason_then_posts_once(office: Office):
    client = office.client(office.chief)
    page = run(client, "accounts.Courier", "grant_chosen", office.ours)
    assert "每人积分" in text(page)
    for _ in range(2):
        answer = run(client, "accounts.Courier", "grant_chosen", office.ours, points=20, reason="拾金不昧")
    assert told(answer) == ["已为 1 位快递小哥登记发放。"]
    assert standing(office.ours).balance == 20
    assert Grant.objects.get().reason == "拾金不昧"


def test_the_form_sent_again_with_other_points_is_not_taken_for_the_first(office: Office):
    client = office.client(office.chief)
    run(client, "accounts.Courier", "grant_chosen", office.ours, points=20, reason="拾金不昧")
    answer = run(client, "accounts.Courier", "grant_chosen", office.ours, points=30, reason="拾金不昧")
    assert told(answer) == ["冯*未办理：这张表单已经办过，内容改了请重新打开再填。"]
    assert standing(office.ours).balance == 20


@pytest.mark.parametrize("mark", ["abc", "", "1.5", "²", "\0"])
def test_a_mark_that_is_no_key_is_a_bad_request(office: Office, mark: str):
    client = office.client(office.chief)
    for label, action in (("accounts.Courier", "verify_chosen"), ("gifts.Redemption", "annul_chosen")):
        form = {"action": action, "_selected_action": [office.ours.pk, mark], "reason": "x"}
        assert client.post(address(label), form).status_code == 400
    assert not Courier.objects.get(pk=office.ours.pk).is_verified


def test_a_big_grant_waits_and_a_bad_one_is_said_beside_the_field(office: Office):
    client = office.client(office.chief)
    assert "每人积分" in text(run(client, "accounts.Courier", "grant_chosen", office.ours, points=0, reason="x"))
    assert not Grant.objects.exists()
    answer = run(client, "accounts.Courier", "grant_chosen", office.ours, points=500, reason="见义勇为")
    assert told(answer)[-1] == "其中 1 笔超过当场额度，等另一位管理员审核后入账。"
    assert standing(office.ours).balance == 0
    assert "待审核" in text(office.client(office.district).get(address("points.Grant")))


def test_freeze_and_unfreeze(office: Office):
    before, client = last_row(), office.client(office.chief)
    salt = office.ours.user.session_salt
    answer = run(client, "accounts.Courier", "freeze_chosen", office.ours, reason="冒用他人身份")
    assert told(answer) == ["已冻结 1 位快递小哥，他们的登录已全部退出。"]
    office.ours.refresh_from_db()
    assert office.ours.is_frozen
    assert User.objects.get(pk=office.ours.pk).session_salt != salt
    assert told(run(client, "accounts.Courier", "freeze_chosen", office.ours, reason="又"))[0].endswith("已经冻结。")
    run(client, "accounts.Courier", "unfreeze_chosen", office.ours, reason="已核实本人")
    office.ours.refresh_from_db()
    assert not office.ours.is_frozen
    assert verbs(before) == ["courier.frozen", "courier.unfrozen"]


def test_annul_gives_points_and_piece_back(office: Office):
    before, client = last_row(), office.client(office.chief)
    assert (available(office.shop), on_hand(office.shop)) == (4000, 9)
    answer = run(client, "gifts.Redemption", "annul_chosen", office.redemption, reason="给错了礼品")
    assert told(answer) == ["已撤销 1 笔兑换，积分和库存都已退回。"]
    assert (available(office.shop), on_hand(office.shop)) == (5000, 10)
    answer = run(client, "gifts.Redemption", "annul_chosen", office.redemption, reason="再来一次")
    assert told(answer) == [f"{office.redemption.number}未办理：这笔兑换已经撤销过了。"]
    assert verbs(before) == ["redemption.annulled"]


def test_stock_is_received_once_and_refusals_stand_beside_the_field(office: Office):
    client, there = office.client(office.chief), reverse("admin:gifts_movement_enter")
    assert "登记出入库" in text(client.get(there, {"station": office.shop.station.pk, "gift": office.shop.gift.pk}))
    form = {
        "station": office.shop.station.pk,
        "gift": office.shop.gift.pk,
        "kind": "received",
        "quantity": 5,
        "key": "a",
    }
    for _ in range(2):
        assert client.post(there, form).status_code == 302
    assert on_hand(office.shop) == 14
    assert Movement.objects.filter(by=office.chief).count() == 1
    short = client.post(there, {**form, "kind": "written_off", "quantity": 50, "key": "b"})
    assert "本站没有这么多" in text(short)
    assert client.post(there, {**form, "station": office.shop.other.pk, "key": "c"}).status_code == 200
    assert on_hand(office.shop) == 14


@pytest.mark.parametrize(
    ("label", "action"),
    [
        ("accounts.Courier", "verify_chosen"),
        ("accounts.Courier", "grant_chosen"),
        ("accounts.Courier", "freeze_chosen"),
        ("gifts.Redemption", "annul_chosen"),
    ],
)
def test_an_auditor_changes_nothing(office: Office, label: str, action: str):
    before, client = last_row(), office.client(office.auditor)
    row = office.ours if label == "accounts.Courier" else office.redemption
    run(client, label, action, row, points=10, reason="试试")
    assert client.get(reverse("admin:gifts_movement_enter")).status_code == 403
    gift = client.post(address("gifts.Gift", "change", office.shop.gift.pk), {"points": 1})
    assert gift.status_code == 403
    assert client.get(address("stations.Station", "add")).status_code == 403
    office.ours.refresh_from_db()
    assert not office.ours.is_verified
    assert verbs(before) == []


def gift_form(gift: Gift, **changed: Any) -> dict[str, Any]:
    return {
        "name": gift.name,
        "points": gift.points,
        "icon": gift.icon,
        "low_stock": gift.low_stock,
        "is_active": "on",
        **changed,
    }


def test_a_price_is_changed_with_one_audit_row(office: Office):
    before, client, gift = last_row(), office.client(office.district), office.shop.gift
    there = address("gifts.Gift", "change", gift.pk)
    assert client.post(there, gift_form(gift, points=1200)).status_code == 302
    row = AuditLog.objects.get(pk__gt=before)
    assert (row.verb, row.actor_id, row.changed) == ("gift.changed", office.district.pk, {"points": [1000, 1200]})
    gift.refresh_from_db()
    assert gift.points == 1200
    client.post(there, gift_form(gift))
    assert verbs(before) == ["gift.changed"]
    assert not LogEntry.objects.exists()
    history = client.get(address("gifts.Gift", "history", gift.pk), follow=True)
    assert "1000 → 1200" in text(history)


def test_the_street_sets_no_prices_and_edits_no_foreign_station(office: Office):
    client = office.client(office.chief)
    assert client.post(address("gifts.Gift", "change", office.shop.gift.pk), {"points": 1}).status_code == 403
    assert client.get(address("stations.Station", "change", office.shop.other.pk)).status_code == 404


def station_form(station: Station, **changed: Any) -> dict[str, Any]:
    plain = ("code", "name", "grade", "address", "lat", "lng", "phone", "opening_hours")
    form = {name: getattr(station, name) for name in plain}
    return {**form, "organisation": station.organisation_id, "is_active": "on", **changed}


def test_a_station_is_edited_within_reach(office: Office):
    before, client, station = last_row(), office.client(office.chief), office.shop.station
    there = address("stations.Station", "change", station.pk)
    assert "不是 OSM 写法" in text(client.post(there, station_form(station, opening_hours="每天八点")))
    foreign = client.post(there, station_form(station, organisation=office.shop.other.organisation_id))
    assert foreign.status_code == 200
    assert client.post(there, station_form(station, opening_hours="24/7")).status_code == 302
    assert AuditLog.objects.get(pk__gt=before).changed == {"opening_hours": ["", "24/7"]}


def test_a_new_earning_rule_is_the_next_version(office: Office):
    form = {"event": "check_in", "title": "到站签到", "programme": "checkins", "points": 5,
            "valid_from_0": "2026-01-01", "valid_from_1": "00:00"}  # fmt: skip
    client = office.client(office.district)
    for points in (5, 8):
        assert client.post(address("points.EarningRule", "add"), {**form, "points": points}).status_code == 302
    rules = EarningRule.objects.order_by("version").values_list("version", "points")
    assert list(rules) == [(1, 5), (2, 8)]
    assert (
        client.post(address("points.EarningRule", "change", EarningRule.objects.latest("pk").pk), form).status_code
        == 403
    )


@pytest.mark.parametrize(
    "label", ["points.Transfer", "points.Entry", "gifts.Redemption", "core.AuditLog", "points.Balance"]
)
def test_what_services_write_is_only_read(office: Office, label: str):
    client = office.client(office.district)
    row = {"points.Transfer": Transfer, "gifts.Redemption": Redemption, "core.AuditLog": AuditLog}.get(label)
    key = row.objects.latest("pk").pk if row else 1
    assert client.post(address(label, "change", key), {"points": 1}).status_code in (403, 404)
    assert client.post(address(label, "delete", key), {"post": "yes"}).status_code in (403, 404)
    assert client.get(address(label, "add")).status_code == 403
    if row:
        assert client.get(address(label, "change", key)).status_code == 200


def test_appoint_and_end(office: Office):
    before, client, phone = last_row(), office.client(office.system), phone_number()
    there = reverse("admin:accounts_membership_appoint")
    form = {"phone": phone, "name": "蒋新", "role": Role.COUNTER, "organisation": office.shop.station.organisation_id,
            "password": "", "key": "k"}  # fmt: skip
    assert client.post(there, form).status_code == 302
    post = Membership.objects.get(user__phone_hash=User.objects.by_phone(phone).phone_hash)
    assert (post.role, post.user.name) == (Role.COUNTER, "蒋新")
    assert "请输入 11 位手机号码" in text(client.post(there, {**form, "phone": "1", "key": "l"}))
    assert client.post(address("accounts.Membership", "delete", post.pk), {"post": "yes"}).status_code == 302
    assert not Membership.objects.filter(pk=post.pk).exists()
    assert verbs(before) == ["membership.given", "membership.ended"]
    assert not LogEntry.objects.exists()


def test_nobody_gives_himself_a_role_or_takes_over_another_account(office: Office):
    client, there = office.client(office.system), reverse("admin:accounts_membership_appoint")
    form = {"role": Role.DISTRICT_ADMIN, "organisation": office.shop.station.organisation_id, "key": "k",
            "name": "别名", "password": "a-long-new-password"}  # fmt: skip
    own = client.post(there, {**form, "phone": office.system.phone})
    assert "不能给自己办理" in text(own)
    assert office.system.memberships.count() == 1
    client.post(there, {**form, "phone": office.chief.phone, "key": "m"})
    after = User.objects.get(pk=office.chief.pk)
    assert (after.name, after.password) == (office.chief.name, office.chief.password)


def test_a_second_factor_is_reset_by_another(office: Office):
    for person in (office.chief, office.system):
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    answer = run(office.client(office.system), "accounts.User", "reset_second_factor", office.chief, office.system)
    assert told(answer)[0] == "已重置 1 人，他们下次登录时重新绑定。"
    assert not staff_services.has_second_factor(office.chief)
    assert staff_services.has_second_factor(office.system)


def test_an_organisation_is_added_below_its_parent(office: Office):
    street = office.shop.station.organisation
    form = {"parent": street.pk, "name": "新安社区", "kind": Organisation.Kind.COMMUNITY}
    assert office.client(office.system).post(address("accounts.Organisation", "add"), form).status_code == 302
    made = Organisation.objects.get(name="新安社区")
    assert made.path.startswith(street.path)
    assert office.client(office.district).get(address("accounts.Organisation", "add")).status_code == 403


def test_export_is_text_masked_scoped_and_recorded(office: Office):
    Courier.objects.filter(pk=office.ours.pk).update(outlet=None, street=office.shop.station.organisation)
    before, client = last_row(), office.client(office.chief)
    answer = client.get(address("accounts.Courier", "export"))
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows())
    names = [row[1].value for row in rows[1:]]
    assert "冯*" in names
    assert "卫*" not in names
    assert {cell.data_type for row in rows for cell in row if cell.value} <= {"s", "inlineStr"}
    assert all(isinstance(cell.value, str) or cell.value is None for row in rows for cell in row)
    assert office.ours.user.phone not in str(names)
    row = AuditLog.objects.get(pk__gt=before)
    assert (row.verb, row.changed) == ("courier.exported", {"rows": len(names)})


def test_an_export_holds_no_formula(office: Office):
    office.shop.station.phone = "=1+1"
    office.shop.station.save()
    answer = office.client(office.chief).get(address("stations.Station", "export"))
    cells = [cell for row in load_workbook(io.BytesIO(answer.content)).active.iter_rows() for cell in row]
    assert "＝1+1" in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_more_than_can_be_looked_at_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fengchao.core.admin.MOST_AT_ONCE", 1)
    client, third = office.client(office.chief), courier(office.ours.outlet)
    answer = run(client, "accounts.Courier", "grant_chosen", office.ours, third, points=1, reason="x")
    assert "请先用筛选缩小范围" in told(answer)[0]
    run(client, "accounts.Courier", "verify_chosen", office.ours, third)
    office.ours.refresh_from_db()
    assert not office.ours.is_verified
    assert not Grant.objects.exists()


def test_signing_out_ends_the_session(office: Office):
    client = office.client(office.chief)
    answer = client.post(reverse("admin:logout"))
    assert answer["Location"] == reverse("account_login")
    assert client.get(reverse("admin:index")).status_code == 302
    assert client.get(reverse("admin:search"), {"s": "x"}).status_code == 302
