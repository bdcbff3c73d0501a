"""Corrections: proposed, decided once by who may, written into the station with its history, and paid."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from fengchao import erasure
from fengchao.core import notices
from fengchao.core.errors import BadValue, NotAllowed, NotThere, RuleBroken
from fengchao.core.models import AuditLog
from points.models import EarningRule
from points.services import standing
from stations.models import Facility, GradeRequirement, Observation, Station
from stations.problems import CorrectionDecided, NothingToCorrect, OwnCorrection, TooManyCorrections
from stations.services.corrections import ACCEPTED, accept, propose, reject
from tests.factories import courier, page_client, staff, staff_client
from tests.gifts.shop import Shop

pytestmark = pytest.mark.django_db
PAGE = "/stations/QK-001/correct/"


@pytest.fixture
def proposed(shop: Shop) -> Observation:
    EarningRule.objects.create(
        event=ACCEPTED, title="更正蜂巢信息", programme="checkins", points=10, valid_from=timezone.now() - timedelta(1)
    )
    return propose(shop.courier, shop.station, "phone", "027-83000000", note="门口贴的")


def told(shop: Shop) -> list[tuple[str, str, str]]:
    return [(notice.title, notice.text, notice.link) for notice in notices.of(shop.courier)]


def test_without_points_the_notice_promises_none(shop: Shop) -> None:
    """No rule here; and what is about something else changes nothing of the station."""
    about_name = propose(shop.courier, shop.station, "name", "古田一路蜂巢")
    about_door = propose(shop.courier, shop.station, "other", "后门常关着")
    before = shop.station.name
    assert told(shop) == []
    accept(about_door, by=shop.chief)
    accept(about_name, by=shop.chief)
    assert told(shop) == [
        ("你的更正采纳了", f"{before}的名称改好了。谢谢。", "/stations/QK-001/"),
        ("你的更正采纳了", f"你说的{before}的情况改好了。谢谢。", "/stations/QK-001/"),
    ]
    assert list(notices.of(shop.chief)) == []


def test_accepting_changes_the_station_and_pays_once(shop: Shop, proposed: Observation) -> None:
    before = standing(shop.courier).balance
    decided = accept(proposed, by=shop.chief)
    shop.station.refresh_from_db()
    assert shop.station.phone == "027-83000000"
    assert (decided.state, decided.decided_by, decided.applied, decided.before) == (
        "accepted", shop.chief, "027-83000000", "",
    )  # fmt: skip
    assert standing(shop.courier).balance == before + 10
    assert told(shop) == [("你的更正采纳了", f"{shop.station.name}的电话改好了，加 10 分。谢谢。", "/stations/QK-001/")]
    (row,) = AuditLog.objects.filter(verb="station.corrected")
    assert row.changed == {"phone": ["", "027-83000000"], "correction": proposed.pk}
    for again in (lambda: accept(proposed, by=shop.chief), lambda: reject(proposed, note="不", by=shop.chief)):
        with pytest.raises(CorrectionDecided):
            again()
    assert standing(shop.courier).balance == before + 10
    assert len(told(shop)) == 1


def test_rejecting_says_why_and_pays_nothing(shop: Shop, proposed: Observation) -> None:
    before = standing(shop.courier).balance
    with pytest.raises(BadValue):
        reject(proposed, note="  ", by=shop.chief)
    reject(proposed, note="电话没有变", by=shop.chief)
    shop.station.refresh_from_db()
    assert (shop.station.phone, standing(shop.courier).balance) == ("", before)
    assert told(shop) == [("你的更正没有采纳", f"{shop.station.name}的电话没有改：电话没有变", "/stations/QK-001/")]
    page = page_client(shop.courier.user).get(PAGE).content.decode()
    assert "未采纳" in page and "电话没有变" in page


def test_who_may_decide(shop: Shop, proposed: Observation) -> None:
    other_chief = staff(Role.STREET_ADMIN, shop.other.organisation)
    for who, refusal in ((shop.worker, NotAllowed), (shop.auditor, NotAllowed), (other_chief, NotThere)):
        with pytest.raises(refusal):
            accept(proposed, by=who)
    proposed.refresh_from_db()
    assert proposed.state == "pending"
    assert list(Observation.objects.decidable_by(shop.chief)) == [proposed]
    assert not Observation.objects.decidable_by(other_chief).exists()


def test_nobody_decides_his_own(shop: Shop) -> None:
    rider = courier()
    rider.user.memberships.create(role=Role.STREET_ADMIN, organisation=shop.station.organisation)
    mine = propose(rider, shop.station, "name", "新名字")
    with pytest.raises(OwnCorrection):
        accept(mine, by=rider.user)


def test_opening_hours_are_taken_over_only_as_stations_keep_them(shop: Shop) -> None:
    said = propose(shop.courier, shop.station, "opening_hours", "晚上开到十点")
    with pytest.raises(BadValue) as refusal:
        accept(said, by=shop.chief)
    assert refusal.value.field == "value"
    said.refresh_from_db()
    assert said.state == "pending"  # whole or not at all
    accept(said, value="Mo-Su 08:00-22:00", by=shop.chief)
    shop.station.refresh_from_db()
    said.refresh_from_db()
    assert (shop.station.opening_hours, said.proposed) == ("Mo-Su 08:00-22:00", "晚上开到十点")


@pytest.mark.parametrize(
    ("subject", "text", "refusal"),
    [
        ("address", "汉正街1号", NothingToCorrect),
        ("grade", "一类", BadValue),
        ("phone", "", BadValue),
        ("phone", "1" * 21, BadValue),
        ("name", "a\u202eb", BadValue),
    ],
)
def test_what_is_no_correction(shop: Shop, subject: str, text: str, refusal: type[RuleBroken]) -> None:
    with pytest.raises(refusal):
        propose(shop.courier, shop.station, subject, text)
    assert not Observation.objects.exists()


def test_the_same_words_wait_once_and_five_a_day_are_enough(shop: Shop) -> None:
    first = propose(shop.courier, shop.station, "other", "门牌掉了")
    assert propose(shop.courier, shop.station, "other", "门牌掉了") == first
    for number in range(4):
        propose(shop.courier, shop.station, "other", f"第{number}处")
    with pytest.raises(TooManyCorrections):
        propose(shop.courier, shop.station, "other", "再一处")
    assert Observation.objects.count() == 5
    propose(shop.courier, shop.station, "other", "再一处", at=timezone.now() + timedelta(hours=24, seconds=1))


def test_a_decision_is_final_for_sql_too(shop: Shop, proposed: Observation) -> None:
    accept(proposed, by=shop.chief)
    rows = Observation.objects.filter(pk=proposed.pk)
    for change in ({"state": "rejected"}, {"before": "x"}, {"decided_by": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)


def test_who_leaves_takes_his_words_along(shop: Shop, proposed: Observation) -> None:
    kept = propose(shop.courier, shop.station, "address", "汉正街2号")
    accept(kept, by=shop.chief)
    erasure.close_account(shop.courier.user, by=shop.courier.user)
    proposed.refresh_from_db()
    kept.refresh_from_db()
    assert (proposed.state, proposed.proposed, proposed.note) == ("withdrawn", "", "")
    assert (kept.state, kept.proposed) == ("accepted", "汉正街2号")  # it is the station's now


def test_the_page_takes_and_shows_it(shop: Shop) -> None:
    client = page_client(shop.courier.user)
    answer = client.post(PAGE, {"subject": "phone", "proposed": "027-83000001", "note": ""}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "027-83000001" in answer.content.decode() and "待审核" in answer.content.decode()
    wrong = client.post(PAGE, {"subject": "address", "proposed": "汉正街1号"})
    assert wrong.status_code == 400 and "不用更正" in wrong.content.decode()
    assert "027-83000001" not in page_client(courier().user).get(PAGE).content.decode()


def act(who: Any, name: str, *rows: Observation, **fields: str) -> list[str]:
    form = {"action": name, "_selected_action": [row.pk for row in rows], "asked": "yes", "key": "k1", **fields}
    answer = staff_client(who).post(reverse("admin:stations_observation_changelist"), form, follow=True)
    return [str(message) for message in answer.context["messages"]]


def test_the_queue_of_the_street(shop: Shop, proposed: Observation) -> None:
    client = staff_client(shop.chief)
    other = propose(shop.courier, shop.other, "phone", "027-83000009")
    page = client.get(reverse("admin:stations_observation_changelist"), {"waiting": "me"}).content.decode()
    assert "027-83000000" in page and "027-83000009" not in page
    assert act(shop.chief, "accept_chosen", proposed, other) == ["已采纳 1 条更正，信息已改，积分按规则入账。"]
    second = propose(shop.courier, shop.station, "name", "别名")
    assert act(shop.chief, "reject_chosen", second, note="名称是对的") == ["已答复 1 条更正。"]
    other.refresh_from_db()
    assert other.state == "pending"


def test_what_stations_lack(shop: Shop) -> None:
    water, sofa = (Facility.objects.create(code=code, name=name) for code, name in (("w", "饮水机"), ("s", "沙发")))
    for facility in (water, sofa):
        GradeRequirement.objects.create(grade=1, facility=facility)
    GradeRequirement.objects.create(grade=2, facility=water)
    shop.station.facilities.add(water)
    shop.other.grade = 2
    shop.other.save()
    shop.other.facilities.add(water, sofa)
    client, address = staff_client(shop.auditor), reverse("admin:stations_compliance_changelist")

    def codes(**query: str) -> list[str]:
        return sorted(row.code for row in client.get(address, query).context["cl"].result_list)

    assert codes() == ["QK-001", "QK-002"]
    assert (codes(lacking="yes"), codes(lacking="no")) == (["QK-001"], ["QK-002"])
    assert client.get(address).context["cl"].result_list.get(code="QK-001").missing == ["沙发"]
    shop.station.facilities.add(sofa)
    assert codes(lacking="yes") == []


def test_a_corrected_name_is_found_by_its_new_initials(shop: Shop) -> None:
    assert not Station.objects.search("gasq").exists()  # the control
    accept(propose(shop.courier, shop.station, "name", "公安社区"), by=shop.chief)
    assert Station.objects.search("gasq").get() == shop.station
