"""What everybody may read leads to no reporter: marked strings over every address, beside a control that finds them."""

import pytest

from accounts.models import Outlet
from reports import services
from reports.models import Category, Question, Report
from reports.states import QuestionKind, ReportState
from tests.factories import api_of
from tests.factories.reports import HERE, ReportScene, picture
from tests.reports.open311.conftest import Partner

pytestmark = pytest.mark.django_db
MARK, PHONE = "秘密骑手", "13987655937"
SAID = f"{MARK}在这里，打 {PHONE}"


@pytest.fixture
def marked(scene: ReportScene) -> Report:
    """The rider's marks in all he leaves, also in what he wrote of himself where words are not public."""
    user, outlet = scene.rider.user, Outlet.objects.get(pk=scene.rider.outlet_id)
    user.name, outlet.name = f"{MARK}名", f"{MARK}网点"
    user.save()
    outlet.save()
    Question.objects.create(category=scene.litter, code="who", label="谁？", kind=QuestionKind.STRING)
    report, _ = services.file(
        scene.rider, scene.litter, text="垃圾堆着", place="解放大道口", position=HERE, answers={"who": MARK},
        photo_ids=[picture(user).pk], client_key=MARK.encode().hex(),
    )  # fmt: skip
    for move in ("accept", "assign"):
        report = scene.make(report, move)
    services.ask(report, text=f"{MARK}，在哪？", by=scene.street)
    return services.answer(report, text=SAID, by=user)


def everything(partner: Partner, report: Report) -> str:
    answers = []
    for form in ("json", "xml"):
        for path in ("requests", f"requests/{report.number}", f"tokens/{report.number}", "services", "services/litter"):
            answers.append(partner.client.get(f"/open311/v2/{path}.{form}?extensions=true"))
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    return "".join(answer.content.decode() for answer in answers)


def marks(scene: ReportScene) -> list[str]:
    user = scene.rider.user
    return [MARK, user.name[0] + "*", PHONE, str(user.username), MARK.encode().hex(), "/photos/"]


def test_nothing_leads_to_the_reporter(scene: ReportScene, partner: Partner, marked: Report) -> None:
    found = everything(partner, marked)
    assert marked.number in found
    assert [mark for mark in marks(scene) if mark in found] == []


def test_the_marks_would_be_found(scene: ReportScene, marked: Report) -> None:
    """The control: the reporter's own answer has them."""
    found = str(api_of(scene.rider.user).get(f"reports/{marked.number}/"))
    assert [mark for mark in (MARK, PHONE, MARK.encode().hex(), "/photos/") if mark not in found] == []


@pytest.mark.parametrize("path", ["requests/{}", "tokens/{}"])
def test_a_secret_report_is_not_there(scene: ReportScene, partner: Partner, path: str) -> None:
    secret = scene.filed(category=scene.scam)
    assert partner.get(path.format(secret.number), 404) == partner.get(path.format("PNONE"), 404)
    assert partner.get("requests", service_request_id=secret.number) == []
    assert partner.get("requests") == []
    Category.objects.filter(code="scam").update(is_confidential=False)
    assert len(partner.get("requests")) == 1  # the control


def test_a_duplicate_of_a_secret_one_names_none(scene: ReportScene, partner: Partner) -> None:
    first, again = scene.filed(), scene.filed()
    services.reject(again, reason="duplicate", text="已有", duplicate_of=first, by=scene.street)
    assert first.number in str(partner.get(f"requests/{again.number}", extensions="true"))
    Report.objects.filter(pk=first.pk).update(category=scene.scam)
    assert first.number not in str(partner.get(f"requests/{again.number}", extensions="true"))


@pytest.mark.parametrize("state", ReportState)
def test_a_courier_s_words_are_read_by_staff_first(scene: ReportScene, partner: Partner, state: ReportState) -> None:
    report = scene.in_state(state)
    (found,) = partner.get(f"requests/{report.number}")
    is_read = state not in ("submitted", "rejected", "appealed")
    assert (found["description"], found["address"]) == (("井盖松了", "解放大道口") if is_read else (None, None))
    assert (found["lat"], found["long"]) == (HERE if is_read else (30.58, 114.22))


def test_a_partner_s_words_stand_until_they_are_refused(scene: ReportScene, partner: Partner) -> None:
    number = partner.filed(media_url="https://example.org/a.jpg")
    assert partner.get(f"requests/{number}")[0]["description"] == "桶满了"
    services.reject(Report.objects.get(), reason="unsuitable", text="内容不合适", by=scene.street)
    (found,) = partner.get(f"requests/{number}")
    assert (found["description"], found["media_url"], found["status"]) == (None, None, "closed")


def test_numbers_in_words_are_hidden(partner: Partner) -> None:
    said = f"【急】找张三，电话{PHONE}！①号楼㎡，证件42010619900101123X"
    (found,) = partner.get(f"requests/{partner.filed(description=said, address_string=f'门口，+86{PHONE}')}")
    assert found["description"] == "【急】找张三，电话〔电话已隐去〕！①号楼㎡，证件〔证件号已隐去〕"
    assert found["address"] == "门口，〔电话已隐去〕"
