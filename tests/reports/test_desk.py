"""The unit's desk: what is dispatched to it, most urgent first, and what it does; never who reported."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import User
from accounts.roles import Role
from fengchao.core import clock, photos
from fengchao.core.models import Photo
from points.services import standing
from reports import services
from reports.models import Report, TextTemplate
from reports.states import ReportState
from tests.factories import page_client, staff, staff_client
from tests.factories.reports import ReportScene, picture

pytestmark = pytest.mark.django_db
S = ReportState
QUEUE = "/desk/reports/"
MARKED = "秘密骑手"


def address(report: Report, move: str = "") -> str:
    return f"{QUEUE}{report.number}/{move}/" if move else f"{QUEUE}{report.number}/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def post(client: Client, report: Report, move: str, **given: Any) -> Any:
    return client.post(address(report, move), {"key": f"{move}-{report.number}", **given})


def shot(colour: str = "blue") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    return SimpleUploadedFile("a.jpg", file.getvalue(), "image/jpeg")


@pytest.fixture
def desk(scene: ReportScene) -> Client:
    return staff_client(scene.unit)


# --- The first page


def test_the_first_page_shows_each_his_work(scene: ReportScene, desk: Client) -> None:
    scene.in_state(S.ASSIGNED)
    seen = text(desk.get("/desk/"))
    assert ("待接单 1" in seen, "办理中 0" in seen, "超期 0" in seen, "值班" in seen) == (True, True, True, False)
    both = staff(Role.COUNTER, scene.district.community)
    both.memberships.create(organisation=scene.city_unit, role=Role.HANDLER)
    seen = text(staff_client(both).get("/desk/"))
    assert ("待接单 1" in seen, "古田蜂巢" in seen) == (True, True)
    counter = staff_client(staff(Role.COUNTER, scene.district.community)).get("/desk/")
    assert (counter.status_code, counter["Location"]) == (302, "/desk/counter/GT-1/")


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM_ADMIN])
def test_who_has_no_work_at_the_desk_does_not_get_in(scene: ReportScene, role: Role) -> None:
    client = staff_client(staff(role, scene.district.root))
    assert (client.get("/desk/").status_code, client.get(QUEUE).status_code) == (403, 403)


def test_the_counter_has_no_reports_and_a_text_message_opens_nothing(scene: ReportScene) -> None:
    report = scene.in_state(S.ASSIGNED)
    for client in (staff_client(scene.street), staff_client(staff(Role.COUNTER, scene.district.community))):
        assert [client.get(page).status_code for page in (QUEUE, address(report))] == [403, 403]
    assert page_client(scene.unit).get(QUEUE)["Location"].startswith("/staff/login/")


def test_signing_in_leads_a_handler_to_the_desk(scene: ReportScene) -> None:
    assert staff_client(scene.unit).get("/")["Location"] == "/desk/"


# --- The list


def test_most_urgent_first_with_marks_and_filters(scene: ReportScene, desk: Client) -> None:
    at = clock.now()
    old, fresh = scene.in_state(S.ASSIGNED, at=at - timedelta(days=9)), scene.in_state(S.ASSIGNED)
    ancient, working = scene.in_state(S.IN_PROGRESS, at=at - timedelta(days=29)), scene.in_state(S.IN_PROGRESS)
    asked, done = scene.in_state(S.WAITING_FOR_REPORTER), scene.in_state(S.RESOLVED)
    scene.in_state(S.ACCEPTED)

    def listed(show: str) -> list[str]:
        return [report.number for report in desk.get(QUEUE, {"show": show}).context["reports"]]

    assert listed("") == [one.number for one in (ancient, old, fresh, working, asked)]
    assert listed("new") == [old.number, fresh.number]
    assert listed("working") == [ancient.number, working.number]
    assert listed("asked") == [asked.number]
    assert listed("overdue") == [ancient.number, old.number]
    assert listed("done") == [done.number]
    assert listed("odd") == listed("")
    seen = text(desk.get(QUEUE, {"show": "overdue"}))
    assert (seen.count("严重超期"), seen.count("</svg>超期</span>")) == (1, 1)


def test_found_by_number_and_place(scene: ReportScene, desk: Client) -> None:
    report = scene.in_state(S.ASSIGNED)
    for asked, found in ((report.number.lower(), 1), ("解放大道", 1), ("没有这里", 0)):
        assert len(desk.get(QUEUE, {"q": asked}).context["reports"]) == found


def test_a_list_costs_the_same_for_one_and_three(scene: ReportScene, desk: Client) -> None:
    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert desk.get(page).status_code == 200
        return len(seen)

    report = scene.in_state(S.ASSIGNED)
    desk.get(QUEUE)
    one, home, page = queries(QUEUE), queries("/desk/"), queries(address(report))
    scene.in_state(S.ASSIGNED), scene.in_state(S.IN_PROGRESS)
    scene.make(report, "start")
    assert (queries(QUEUE), queries("/desk/"), queries(address(report))) == (one, home, page)
    assert (one, home, page) == (5, 4, 7)


# --- A report


def test_nothing_says_who_reported(scene: ReportScene, desk: Client) -> None:
    scene.rider.user.name = MARKED
    scene.rider.user.save()
    taken = services.file(
        scene.rider, scene.litter, text="井盖松了", place="路口", photo_ids=[picture(scene.rider.user).pk]
    )
    report = services.accept(taken[0], by=scene.street)
    report = services.assign(report, organisation=scene.city_unit, by=scene.street)
    pages = [text(desk.get(page)) for page in ("/desk/", QUEUE, address(report), address(report, "ask"))]
    assert "上报人提交了上报" in pages[2]
    for mark in (MARKED, str(scene.rider.user.phone), "何*", str(scene.rider.outlet)):
        assert [mark in page for page in pages] == [False] * 4
    shown = Photo.objects.get(subject_key=report.number)
    assert photos.address(shown, "thumb") in pages[2]
    assert desk.get(photos.address(shown)).status_code == 200


def test_a_report_of_another_unit_is_not_there(scene: ReportScene, desk: Client) -> None:
    other = staff(Role.HANDLER, scene.police_unit)
    report, secret = scene.in_state(S.ASSIGNED), scene.filed(category=scene.scam)
    assert desk.get(address(report)).status_code == 200
    strange = staff_client(other)
    for client, hidden in ((strange, report), (desk, secret)):
        answers = [
            client.get(address(hidden)),
            client.post(address(hidden, "start")),
            client.get(address(hidden, "ask")),
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert strange.get(f"{QUEUE}PNOSUCH12/").status_code == 404
    assert desk.get(address(report, "close")).status_code == 404


def test_from_start_to_the_after_picture(scene: ReportScene, desk: Client) -> None:
    report = scene.in_state(S.ASSIGNED)
    assert post(desk, report, "start")["Location"] == address(report)
    assert desk.get(address(report, "resolve")).status_code == 200
    refused = post(desk, report, "resolve", text="换好了")
    assert (refused.status_code, "请附上 1 到 6 张" in text(refused)) == (400, True)
    refused = post(desk, report, "resolve", photos=[shot()])
    kept = Photo.objects.get(uploaded_by_id=scene.unit.pk, kind="")
    assert (refused.status_code, f'value="{kept.pk}"' in text(refused)) == (400, True)
    done = post(desk, report, "resolve", text="换好了", kept=[kept.pk], photos=[shot("red")])
    assert done["Location"] == address(report)
    report.refresh_from_db()
    assert (report.state, len(photos.of(report.number, "report_after"))) == (S.RESOLVED, 2)
    assert standing(scene.rider).balance == 70
    seen = text(desk.get(address(report)))
    assert ("办结照片" in seen, "换好了" in seen, "下一步" in seen) == (True, True, False)


def test_pictures_may_be_sent_before_and_a_broken_one_costs_no_word(scene: ReportScene, desk: Client) -> None:
    report = scene.in_state(S.IN_PROGRESS)
    broken = SimpleUploadedFile("坏.jpg", b"\xff\xd8\xff nothing", "image/jpeg")
    asked = post(desk, report, "resolve", then="upload", text="写到一半", photos=[shot(), broken])
    seen = text(asked)
    assert (asked.status_code, "写到一半" in seen, seen.count('name="kept"')) == (200, True, 1)
    foreign = picture(scene.rider.user)
    refused = post(desk, report, "resolve", text="好了", kept=[foreign.pk])
    assert (refused.status_code, Photo.objects.get(pk=foreign.pk).kind) == (400, "")


def test_ask_and_return_need_words_and_a_ready_sentence_will_do(scene: ReportScene, desk: Client) -> None:
    report = scene.in_state(S.ASSIGNED)
    ready = TextTemplate.objects.create(move="ask", category=scene.litter.parent, title="位置", text="请说明具体位置")
    TextTemplate.objects.create(move="ask", category=scene.scam, title="诈骗", text="转了多少钱")
    assert [one.title for one in desk.get(address(report, "ask")).context["texts"]] == ["位置"]
    for move in ("ask", "return"):
        assert post(desk, report, move, text="  ").status_code == 400
    assert post(desk, report, "ask", ready=ready.pk).status_code == 302
    report = scene.make(report, "answer")
    assert [step.text for step in report.steps.filter(move="ask")] == ["请说明具体位置"]
    gone = post(desk, report, "return", text="归水务局")
    assert (gone["Location"], desk.get(address(report)).status_code) == (QUEUE, 404)


def test_a_form_sent_twice_acts_once(scene: ReportScene, desk: Client) -> None:
    report = scene.in_state(S.ASSIGNED)
    for _ in range(2):
        assert post(desk, report, "ask", text="在哪？").status_code == 302
    assert report.steps.filter(move="ask").count() == 1
    assert post(desk, report, "ask", text="另一句").status_code == 422


def refused_moves(client: Client, report: Report, moves: tuple[str, ...]) -> dict[str, int]:
    given = {"text": "话", "reason": "not_true", "organisation": services.units().values_list("pk", flat=True)[0]}
    found = {}
    for move in moves:
        answer = client.post(address(report, move), {**given, "key": f"no-{move}", "photos": [shot()]})
        found[move] = answer.status_code
    return found


MOVES = ("start", "ask", "return", "resolve", "accept", "reject", "assign", "disprove", "reopen")
STREETS = ("accept", "reject", "assign", "disprove", "reopen")


@pytest.mark.parametrize("state", [S.ASSIGNED, S.IN_PROGRESS, S.RESOLVED])
def test_what_a_unit_may_not_do_is_refused(scene: ReportScene, desk: Client, state: ReportState) -> None:
    """The street's moves are not the unit's (403); its own go only from where the table says (409)."""
    report = scene.in_state(state)
    wrong = {S.ASSIGNED: ("resolve",), S.IN_PROGRESS: ("start",), S.RESOLVED: ("start", "ask", "return", "resolve")}
    found = refused_moves(desk, report, (*STREETS, *wrong[state]))
    expected = {**dict.fromkeys(STREETS, 403), **dict.fromkeys(wrong[state], 409)}
    if "start" in expected:
        expected["start"] = 302  # said on the report's page
    assert found == expected
    report.refresh_from_db()
    assert (report.state, report.steps.filter(party="unit").count()) == (
        state,
        {S.ASSIGNED: 0, S.IN_PROGRESS: 1}.get(state, 2),
    )


def test_who_reported_it_does_not_work_on_it(scene: ReportScene) -> None:
    report = scene.in_state(S.ASSIGNED)
    scene.rider.user.memberships.create(organisation=scene.city_unit, role=Role.HANDLER)
    own = staff_client(User.objects.get(pk=scene.rider.user.pk))
    seen = text(own.get(address(report)))
    assert ("请同事办理" in seen, "下一步" in seen) == (True, False)
    assert post(own, report, "ask", text="问自己").status_code == 409
    post(own, report, "start")
    report.refresh_from_db()
    assert report.state == S.ASSIGNED


# --- Confidential


def test_a_confidential_unit_decides_itself(scene: ReportScene) -> None:
    police = staff_client(scene.police)
    report = scene.filed(category=scene.scam)
    assert "待受理 1" in text(police.get("/desk/"))
    assert [one.pk for one in police.get(QUEUE, {"show": "triage"}).context["reports"]] == [report.pk]
    assert post(police, report, "accept").status_code == 302
    assert post(police, report, "assign", organisation=scene.police_unit.pk).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.assigned_to) == (S.ASSIGNED, scene.police_unit)
    assert [move["name"] for move in police.get(address(report)).context["moves"]] == ["start", "ask", "return"]
    rejected = scene.filed(category=scene.scam)
    assert post(police, rejected, "reject", text="没有这回事").status_code == 400
    assert post(police, rejected, "reject", text="没有这回事", reason="duplicate").status_code == 400
    assert post(police, rejected, "reject", text="没有这回事", reason="not_true").status_code == 302
    handed = scene.make(scene.filed(category=scene.scam), "accept", by=scene.police)
    gone = post(police, handed, "assign", organisation=scene.city_unit.pk)
    assert (gone["Location"], police.get(address(handed)).status_code) == (QUEUE, 404)
    assert staff_client(scene.unit).get(address(handed)).status_code == 200


def test_somebody_of_street_and_unit_decides_ordinary_ones_elsewhere(scene: ReportScene) -> None:
    scene.unit.memberships.create(organisation=scene.district.street, role=Role.STREET_ADMIN)
    both = staff_client(User.objects.get(pk=scene.unit.pk))
    waiting, ours = scene.filed(), scene.in_state(S.IN_PROGRESS)
    assert both.get(address(waiting)).status_code == 404
    assert [move["name"] for move in both.get(address(ours)).context["moves"]] == ["resolve", "ask", "return"]
