"""The list and one report: filters, windows, pages, and the shape of each entry."""

import json
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from zeal import zeal_ignore

from fengchao.core import clock
from reports import services
from reports.models import Category, Report
from reports.states import ReportState
from tests.factories.reports import HERE, ReportScene
from tests.reports.open311.conftest import Partner

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 30, 15, 250_000, clock.SHANGHAI)


def numbers(found: list[dict[str, object]]) -> list[object]:
    return [one["service_request_id"] for one in found]


def test_an_entry_says_what_stands_in_the_specification(scene: ReportScene, partner: Partner) -> None:
    report = scene.in_state(ReportState.ASSIGNED, at=AT)
    (found,) = partner.get(f"requests/{report.number}")
    assert found == {
        "service_request_id": report.number,
        "status": "open",
        "status_notes": "已派单",
        "service_name": "暴露垃圾",
        "service_code": "litter",
        "description": "井盖松了",
        "agency_responsible": "区城管局",
        "service_notice": None,
        "requested_datetime": "2026-11-20T09:30:15+08:00",
        "updated_datetime": "2026-11-20T09:30:15+08:00",
        "expected_datetime": "2026-11-25T23:59:59+08:00",
        "address": "解放大道口",
        "address_id": None,
        "zipcode": None,
        "lat": HERE.lat,
        "long": HERE.lng,
        "media_url": None,
    }
    (element,) = partner.xml(f"requests/{report.number}")
    assert element.tag == "request"
    assert {part.tag: part.text for part in element} == {
        name: None if value is None else str(value) for name, value in found.items()
    }


@pytest.mark.parametrize("state", ReportState)
def test_open_is_all_but_closed_and_rejected(scene: ReportScene, partner: Partner, state: ReportState) -> None:
    report = scene.in_state(state)
    status = "closed" if state in ("closed", "rejected") else "open"
    assert partner.get(f"requests/{report.number}")[0]["status"] == status
    for asked in ("open", "closed", "open,closed", "CLOSED, OPEN", ""):
        expected = [report.number] if status in asked.lower() or not asked else []
        assert numbers(partner.get("requests", status=asked)) == expected


def test_a_refusal_says_why(scene: ReportScene, partner: Partner) -> None:
    first, again = scene.filed(), scene.filed()
    services.reject(again, reason="duplicate", text="已有", duplicate_of=first, by=scene.street)
    assert partner.get(f"requests/{again.number}")[0]["status_notes"] == f"不受理：重复上报，先报的是 {first.number}"


def test_numbers_override_every_other_filter(scene: ReportScene, partner: Partner) -> None:
    old = scene.filed(at=AT - timedelta(days=200))
    new = scene.filed(at=AT)
    both = f"{old.number}, {new.number},P-UNKNOWN"
    found = partner.get("requests", service_request_id=both, status="closed", start_date="rubbish", page="9")
    assert numbers(found) == [new.number, old.number]
    assert partner.get("requests", service_request_id="P-UNKNOWN") == []


def test_without_dates_the_last_ninety_days(scene: ReportScene, partner: Partner) -> None:
    now = clock.now()
    scene.filed(at=now - timedelta(days=90, seconds=5))
    inside = scene.filed(at=now - timedelta(days=89))
    assert numbers(partner.get("requests")) == [inside.number]
    assert len(partner.get("requests", start_date=f"{now - timedelta(days=120):%Y-%m-%d}")) == 2
    assert len(partner.get("requests", updated_after="2020-01-01")) == 2


@pytest.mark.parametrize(
    ("start", "end", "is_in"),
    [
        ("2026-11-20T09:30:15+08:00", "2026-11-20T09:30:15+08:00", True),  # a second as a whole
        ("2026-11-20T01:30:15Z", "2026-11-20T01:30:16Z", True),
        ("2026-11-20T09:30:16+08:00", "", False),
        ("", "2026-11-20T09:30:14+08:00", False),
        ("2026-11-20T09:30:00 08", "2026-11-20t01:30:15z", True),
        ("2026-11-20T09:30:15.250+08:00", "2026-11-20T09:30:15.250+08:00", True),
        ("2026-11-18T09:30:15-23:59", "", True),  # an offset that PostgreSQL does not know
        ("2026-11-20T09:30:00 08:00", "", True),  # a + that nobody encoded
        ("2026-11-20 09:31:00 0800", "", False),
        ("2026-11-20", "2026-11-20", True),  # a day as a whole, Shanghai's
        ("2026-11-21", "", False),
        ("", "2026-11-19", False),
        ("2026-11-20T09:30:00", "2026-11-20T09:31:00", True),  # without an offset it is ours
    ],
)
def test_both_ends_belong_to_a_window(scene: ReportScene, partner: Partner, start: str, end: str, is_in: bool) -> None:
    report = scene.filed(at=AT)
    expected = [report.number] if is_in else []
    assert numbers(partner.get("requests", start_date=start, end_date=end)) == expected
    assert numbers(partner.get("requests", updated_after=start, updated_before=end)) == expected


def test_what_changed_later_is_found_by_its_change(scene: ReportScene, partner: Partner) -> None:
    report = scene.filed(at=AT - timedelta(days=200))
    services.accept(report, by=scene.street, at=AT)
    assert numbers(partner.get("requests", updated_after="2026-11-20", updated_before="2026-11-20")) == [report.number]
    assert partner.get("requests", updated_after="2026-11-20", start_date="2026-11-01") == []
    younger = scene.filed(at=AT - timedelta(hours=1))
    assert numbers(partner.get("requests", updated_after="2026-11-20")) == [report.number, younger.number]
    assert numbers(partner.get("requests", start_date="2026-01-01")) == [younger.number, report.number]


def test_pages_follow_each_other(scene: ReportScene, partner: Partner) -> None:
    made = [scene.filed(at=AT + timedelta(seconds=turn)).number for turn in range(5)][::-1]
    asked = {"start_date": "2026-11-01", "page_size": "2"}
    pages = [numbers(partner.get("requests", page=str(page), **asked)) for page in (1, 2, 3, 4)]
    assert pages == [made[:2], made[2:4], made[4:], []]
    assert numbers(partner.get("requests", **asked)) == made[:2]
    assert numbers(partner.get("requests", start_date="2026-11-01", page="1")) == made


def test_kinds_between_commas(scene: ReportScene, partner: Partner, asking: Category) -> None:
    litter = scene.filed()
    road = partner.filed(service_code="road", **{"attribute[q-single]": "会"})
    assert numbers(partner.get("requests", service_code="litter")) == [litter.number]
    assert numbers(partner.get("requests", service_code="road, litter")) == [road, litter.number]
    Category.objects.filter(code="road").update(is_active=False)
    assert numbers(partner.get("requests", service_code="road")) == [road]
    assert partner.get("requests", 404, service_code="litter,scam")[0]["description"] == "没有这个 service_code：scam"


def test_a_thousand_at_most(scene: ReportScene, partner: Partner) -> None:
    one = scene.filed()
    Report.objects.bulk_create(
        Report(
            number=f"PX{turn:05}",
            category=one.category,
            area=one.area,
            text="桶满",
            place="路口",
            happened_at=AT,
            filed_at=one.filed_at,
            expected_on=one.expected_on,
            updated_at=AT,
        )
        for turn in range(1000)
    )
    assert len(partner.get("requests")) == 1000
    assert len(partner.get("requests", page_size="1000", page="2")) == 1


def test_the_list_costs_the_same_for_one_and_for_many(
    scene: ReportScene, partner: Partner, django_assert_max_num_queries: object
) -> None:
    scene.in_state(ReportState.ASSIGNED)
    for rows in (1, 4):
        with django_assert_max_num_queries(1):  # type: ignore[operator]
            assert len(partner.get("requests")) == rows
        with django_assert_max_num_queries(3):  # type: ignore[operator]
            assert len(partner.get("requests", extensions="true")) == rows
        for _ in range(3):
            scene.in_state(ReportState.REJECTED)


def test_extensions_tell_how_it_went_and_what_was_chosen(
    partner: Partner, asking: Category, scene: ReportScene
) -> None:
    answers = {
        "attribute[q-single]": "会", "attribute[q-multi][]": ["积水", "坑"], "attribute[q-number]": "3",
        "attribute[q-datetime]": "2026-11-20T09:00:00 08:00", "attribute[q-string]": "问王师傅",
    }  # fmt: skip
    number = partner.filed(service_code="road", **answers)
    services.accept(Report.objects.get(number=number), by=scene.street)
    (found,) = partner.get(f"requests/{number}", extensions="true")
    assert found["extended_attributes"]["state"] == "accepted"
    given = {one["code"]: [value["key"] for value in one["values"]] for one in found["attributes"]}
    assert given == {
        "q-number": ["3"], "q-datetime": ["2026-11-20T09:00:00+08:00"], "q-single": ["会"], "q-multi": ["坑", "积水"]
    }  # fmt: skip
    assert [(note["summary"], note["status"]) for note in found["notes"]] == [
        ("接入方提交了上报", "submitted"), (f"{scene.district.street.name}受理了", "accepted"),
    ]  # fmt: skip
    root = partner.xml("requests", extensions="true")
    assert len(root.findall("request/notes/note")) == 2
    assert len(root.findall("request/attributes/attribute/values/value")) == 5
    assert "notes" not in partner.get(f"requests/{number}")[0]


def test_an_empty_list_is_a_list(partner: Partner) -> None:
    assert partner.get("requests") == []
    root = partner.xml("requests")
    assert (root.tag, list(root)) == ("service_requests", [])


def test_a_token_is_the_number(scene: ReportScene, partner: Partner) -> None:
    number, secret = partner.filed(), scene.filed(category=scene.scam).number
    assert partner.get(f"tokens/{number}") == [{"service_request_id": number, "token": number}]
    assert partner.xml(f"tokens/{number}").findtext("request/service_request_id") == number
    assert partner.get(f"tokens/{secret}", 404) == partner.get("tokens/none", 404)


def test_pages_of_others_may_read(partner: Partner) -> None:
    answer = partner.client.get("/open311/v2/services.json", headers={"Origin": "https://example.org"})
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_what_xml_cannot_hold_is_left_out(scene: ReportScene, partner: Partner) -> None:
    """Some texts of staff passed no check of ours for characters."""
    report = scene.in_state(ReportState.ASSIGNED)
    scene.city_unit.name = "区\x0b城管<b>&局"
    scene.city_unit.save()
    root = partner.xml(f"requests/{report.number}")
    assert root.findtext("request/agency_responsible") == "区城管<b>&局"
    with zeal_ignore():
        raw = Client().get(f"/open311/v2/requests/{report.number}.json").content
    assert json.loads(raw)[0]["agency_responsible"] == "区\x0b城管<b>&局"
    with pytest.raises(ElementTree.ParseError):  # the control: such a character breaks a document
        ElementTree.fromstring("<a>\x0b</a>")
