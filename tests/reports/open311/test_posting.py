"""A partner files: what is taken down, what is refused, and that a repeat is harmless."""

import json
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from fengchao.core import clock
from fengchao.core.models import Counter
from reports import rules, services
from reports.models import Category, Report, Step
from reports.problems import NobodyToAsk, TooManyCalls
from reports.states import Party, ReportState
from tests.factories import api_of, staff_client
from tests.factories.reports import HERE, ReportScene
from tests.reports.open311.conftest import FORM, LITTER, Partner

pytestmark = pytest.mark.django_db


def test_what_is_posted_can_be_read(scene: ReportScene, partner: Partner) -> None:
    filed = partner.post(address_string="解放大道 12 号", media_url="https://example.org/a.jpg", description="一\n二")
    number = filed[0]["service_request_id"]
    assert filed == [{"service_request_id": number, "service_notice": None, "account_id": None}]
    report = Report.objects.get(number=number)
    assert (report.courier, report.api_key, report.state) == (None, partner.key, "submitted")
    assert (report.area, report.expected_on is not None) == (scene.district.street, True)
    assert [(step.move, step.party, step.by) for step in Step.objects.filter(report=report)] == [
        ("file", Party.PARTNER, None)
    ]
    (found,) = partner.get(f"requests/{number}")
    assert (found["description"], found["address"]) == ("一\n二", "解放大道 12 号")
    assert (found["lat"], found["long"], found["media_url"]) == (*HERE, "https://example.org/a.jpg")


def test_in_xml_as_well(partner: Partner) -> None:
    answer = partner.send({"api_key": partner.text, **LITTER}, form_of="xml")
    root = ElementTree.fromstring(answer.content)
    assert (answer.status_code, root.tag) == (200, "service_requests")
    assert root.findtext("request/service_request_id") == Report.objects.get().number


def test_key_and_jurisdiction_may_stand_in_the_address(partner: Partner) -> None:
    url = f"/open311/v2/requests.json?api_key={partner.text}&jurisdiction_id=qiaokou"
    assert partner.client.post(url, LITTER).status_code == 200  # as multipart, which some clients send
    assert partner.send({**LITTER, "api_key": ""}).status_code == 403


@pytest.mark.parametrize("form_of", ["json", "xml"])
@pytest.mark.parametrize("key", ["", "0" * 40, "kein Schlüssel", "a,b"])
def test_no_report_without_a_key(partner: Partner, key: str, form_of: str) -> None:
    answer = partner.send({"api_key": key, **LITTER}, form_of=form_of)
    assert answer.status_code == 403
    assert "api_key 不对或已停用。" in answer.content.decode()
    assert not Report.objects.exists()


def test_a_revoked_key_files_nothing_more(scene: ReportScene, partner: Partner) -> None:
    number = partner.filed()
    services.revoke_key(partner.key, by=scene.chief)
    assert partner.post(403) == [{"code": 403, "description": "api_key 不对或已停用。"}]
    assert partner.get(f"requests/{number}")[0]["status"] == "open"


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"service_code": ""}, 400, "service_code"),
        ({"service_code": "none"}, 404, "service_code"),
        ({"service_code": "scam"}, 404, "service_code"),
        ({"service_code": "rubbish"}, 404, "service_code"),
        ({"service_code": ["litter", "other"]}, 400, "service_code"),
        ({"lat": "", "long": ""}, 400, "address_string"),
        ({"lat": ""}, 400, "lat"),
        ({"lat": "NaN"}, 400, "lat"),
        ({"lat": "inf"}, 400, "lat"),
        ({"lat": "1e999"}, 400, "lat"),
        ({"lat": "abc"}, 400, "lat"),
        ({"lat": str(HERE.lng), "long": str(HERE.lat)}, 400, "反"),
        ({"lat": "37.76", "long": "-122.42"}, 400, "long"),
        ({"description": "字" * 4001}, 400, "description"),
        ({"description": "a\x1bb"}, 400, "description"),
        ({"address_string": "字" * 121}, 400, "address_string"),
        ({"lat": "3_0.5"}, 400, "lat"),
        ({"lat": "３０.５"}, 400, "lat"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"media_url": "https://me:secret@example.org/a.jpg"}, 400, "media_url"),
        ({"media_url": "https://example.org/" + "a" * 500}, 400, "media_url"),
        ({"attribute[none]": "x"}, 400, "attribute[none]"),
        ({"attribute": "x"}, 400, "attribute"),
        ({"attributes[a]": "x"}, 400, "attribute"),
        ({"phone": "字" * 9000}, 400, "phone"),
        ({"email": "a\ufffdb"}, 400, "email"),
        ({"description": "看\u202egpj.exe"}, 400, "description"),
    ],
)
def test_bad_values_are_named_and_nothing_is_written(
    partner: Partner, form: dict[str, str], status: int, says: str
) -> None:
    (error,) = partner.post(status, **form)
    assert error["code"] == status
    assert says in error["description"]
    assert not Report.objects.exists()
    assert not Counter.objects.exists()


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({}, "attribute[q-single]"),
        ({"attribute[q-single]": ""}, "attribute[q-single]: 请回答"),
        ({"attribute[q-single]": "也许"}, "attribute[q-single]"),
        ({"attribute[q-single]": ["会", "不会"]}, "attribute[q-single]"),
        ({"attribute[q-single]": "会", "attribute[q-number]": "三"}, "attribute[q-number]"),
        ({"attribute[q-single]": "会", "attribute[q-datetime]": "昨天"}, "attribute[q-datetime]"),
        ({"attribute[q-single]": "会", "attribute[q-multi][]": ["坑", "洞"]}, "attribute[q-multi]"),
    ],
)
def test_a_category_s_own_questions_are_asked(
    partner: Partner, asking: Category, answers: dict[str, str], says: str
) -> None:
    (error,) = partner.post(400, service_code="road", **answers)
    assert error["description"].startswith(says)
    assert not Report.objects.exists()


def test_four_thousand_characters_and_no_words_at_all(partner: Partner) -> None:
    long = partner.filed(description="字" * 4000)
    assert len(partner.get(f"requests/{long}")[0]["description"]) == 4000
    assert partner.get(f"requests/{partner.filed(description='')}")[0]["description"] is None


@pytest.mark.parametrize(
    "words", ["\u3000\u3000井盖松了", "👨\u200d👩\u200d👧 路过", "𱍐\u00a0家\u2009门口", "一\u200b二", "a\r\nb", "a\tb"]
)
def test_what_people_write_is_no_fault(partner: Partner, words: str) -> None:
    number = partner.filed(description=words, address_string=words, last_name=words)
    assert partner.get(f"requests/{number}")[0]["description"] == words.strip().replace("\r\n", "\n")


def test_a_form_made_of_the_whole_definition_is_taken(partner: Partner, asking: Category) -> None:
    """Also empty fields, the notice, which asks nothing, and one answer under both spellings."""
    fields = {f"attribute[{one['code']}]": "" for one in partner.get("services/road")["attributes"]}
    answers = {**fields, "attribute[q-single]": "会", "attribute[q-single][]": "会", "attribute[stop-notice]": "好"}
    number = partner.filed(service_code="road", **answers, **{"attribute[gone]": "", "attribute": ""})
    assert Report.objects.get(number=number).answers == {"q-single": "会"}


def test_only_a_time_gets_its_plus_back(partner: Partner, asking: Category) -> None:
    when = "2026-11-24T08:00 0800"
    answers = {"attribute[q-single]": "会", "attribute[q-string]": when, "attribute[q-datetime]": when}
    report = Report.objects.get(number=partner.filed(service_code="road", **answers))
    assert report.answers["q-string"] == when
    assert report.answers["q-datetime"] == "2026-11-24T08:00:00+08:00"


def test_a_place_in_words_is_the_district_s(scene: ReportScene, partner: Partner) -> None:
    number = partner.filed(lat="", long="", address_string="解放大道口")
    assert Report.objects.get(number=number).area == scene.district.root


def test_who_told_it_is_read_and_not_kept(partner: Partner) -> None:
    """No column holds it: what would stay is looked for in the whole row and its step."""
    about = {
        "email": "mark@example.org", "phone": "13987655937", "first_name": "标记", "last_name": "秘密",
        "device_id": "mark-device", "deviceid": "mark-device", "account_id": "mark-account",
    }  # fmt: skip
    number = partner.filed(**about)
    row = {**Report.objects.filter(number=number).values()[0], **Step.objects.values()[0]}
    assert not [value for value in about.values() if value in str(row)]


def test_other_content_than_a_form_is_refused(partner: Partner) -> None:
    address = f"/open311/v2/requests.xml?api_key={partner.text}"
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    for body, content_type in (
        (bomb, "text/xml"), (bomb, "application/xml"), (json.dumps(LITTER), "application/json"), ("", ""),
        (b"description=%B2%E2\xb2\xe2", "application/x-www-form-urlencoded; charset=gbk"),
        (b"service_code=litter&description=\xb2\xe2", "application/x-www-form-urlencoded"),
        (b"api_key=x&description=" + "井盖松了".encode("gbk"), "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
    ):  # fmt: skip
        answer = partner.client.generic("POST", address, body, content_type=content_type)
        assert (answer.status_code, answer["Content-Type"]) == (400, "text/xml; charset=utf-8"), (content_type, body)
        assert ElementTree.fromstring(answer.content).findtext("error/code") == "400"
    assert not Report.objects.exists()


def test_a_file_is_not_swallowed(partner: Partner) -> None:
    form = {"api_key": partner.text, **LITTER, "media": SimpleUploadedFile("a.jpg", b"x", "image/jpeg")}
    answer = partner.client.post("/open311/v2/requests.json", form)
    assert answer.status_code == 400
    assert "media_url" in answer.json()[0]["description"]
    assert not Report.objects.exists()


def test_a_call_is_one_report_however_often_it_is_sent(partner: Partner) -> None:
    first, again = partner.post(call="call-1"), partner.post(call="call-1")
    assert first == again
    assert Report.objects.count() == 1
    other = partner.post(400, call="call-1", description="别的事")
    assert other[0]["description"].startswith("Idempotency-Key")
    assert partner.post(call="call-2") != first
    assert partner.post(400, call="长")[0]["code"] == 400
    assert Report.objects.count() == 2


def test_a_call_is_known_again_whatever_became_of_it(scene: ReportScene, partner: Partner, asking: Category) -> None:
    said = {"service_code": "road", "attribute[q-single]": "会", "call": "call-1"}
    report = Report.objects.get(number=partner.filed(**said))
    services.change_category(report, category=scene.litter, by=scene.street)
    asking.questions.all().delete()
    assert partner.filed(**said) == report.number
    asking.is_active = False
    asking.save()
    assert partner.filed(**said) == report.number
    partner.post(400, **{**said, "description": "别的事"})
    partner.post(404, **{**said, "call": "call-2"})


def test_what_is_not_whole_is_said(partner: Partner) -> None:
    """Bodies whose length nobody announced, or that are packed, are not read here."""
    body = f"api_key={partner.text}&service_code=litter&lat=30.58&long=114.22"
    for headers in ({"CONTENT_LENGTH": ""}, {"HTTP_CONTENT_ENCODING": "gzip"}):
        answer = partner.client.generic("POST", "/open311/v2/requests.json", body, FORM, **headers)
        assert (answer.status_code, "Content-Length" in answer.json()[0]["description"]) == (400, True)
    assert partner.client.generic("POST", "/open311/v2/requests.json", body, FORM).status_code == 200


def test_so_many_a_day_and_no_more(scene: ReportScene, partner: Partner) -> None:
    key, text = services.make_key(partner="很少的", per_day=2, by=scene.chief)
    partner.text = text
    for _ in range(2):
        partner.filed()
    answer = partner.send({"api_key": text, **LITTER})
    assert (answer.status_code, answer["Content-Type"]) == (429, "application/json; charset=utf-8")
    assert 0 < int(answer["Retry-After"]) <= 86_400
    assert Report.objects.filter(api_key=key).count() == 2
    tomorrow = clock.now() + timedelta(days=1, seconds=1)
    services.file_for_partner(key, scene.litter, position=HERE, at=tomorrow)
    with pytest.raises(TooManyCalls):
        [services.file_for_partner(key, scene.litter, position=HERE, at=tomorrow) for _ in range(2)]


def test_nobody_is_asked_and_nobody_earns(scene: ReportScene, partner: Partner) -> None:
    report = Report.objects.get(number=partner.filed())
    report = services.accept(report, by=scene.street)
    assert "ask" not in rules.allowed(report, scene.street)
    with pytest.raises(NobodyToAsk):
        services.ask(report, text="在哪？", by=scene.street)
    for move in ("assign", "start", "resolve"):
        report = scene.make(report, move)
    assert report.state == ReportState.RESOLVED
    assert services.earned([report]) == {report.number: 0}
    assert "ask" in rules.allowed(scene.in_state(ReportState.ACCEPTED), scene.street)  # the control


def test_the_staff_read_whose_it_is(scene: ReportScene, partner: Partner) -> None:
    url = "https://example.org/a.jpg"
    number = partner.filed(media_url=url)
    found = api_of(scene.street, staff=True).get(f"reports/{number}/")
    assert (found["partner"], "courier" in found) == ("市民通小程序", False)
    report = services.assign(services.accept(Report.objects.get(), by=scene.street), organisation=scene.city_unit,
                             by=scene.street)  # fmt: skip
    seen = api_of(scene.unit, staff=True).get(f"reports/{report.number}/")
    assert ("partner" in seen, seen["media_url"]) == (False, url)
    page = staff_client(scene.unit).get(f"/desk/reports/{number}/").content.decode()
    assert (f'href="{url}"' in page, "市民通" in page) == (True, False)
