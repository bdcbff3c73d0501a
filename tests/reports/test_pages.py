"""The courier's pages of 随手拍 without a script: filing, reading, answering, and what is refused in words."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from fengchao.core import clock, photos
from fengchao.core.context import person_mark
from fengchao.core.models import Photo
from reports.models import Category, Question, Report
from reports.services import filing
from reports.states import AFTERWARDS, QuestionKind, ReportState
from stations.models import Station
from tests.factories import courier, outlet, page_client
from tests.factories.reports import HERE, ReportScene, picture

pytestmark = pytest.mark.django_db
NEW = "/reports/new/"
PROGRAM = {"accept": "application/json"}


def jpeg(name: str = "a.jpg", colour: str = "green") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    return SimpleUploadedFile(name, file.getvalue(), "image/jpeg")


def hostile(name: str = "bad.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"\xff\xd8\xff" + b"x" * 100, "image/jpeg")


def form(scene: ReportScene, **more: Any) -> dict[str, Any]:
    return {"category": scene.litter.code, "text": "一堆垃圾", "place": "解放大道口", "client_key": "k-1", **more}


def mark(client: Client) -> str:
    found = re.search(r'data-person="(\w+)"', client.get("/me/").content.decode())
    assert found
    return found[1]


@pytest.fixture
def client(scene: ReportScene) -> Client:
    return page_client(scene.rider.user)


def test_a_report_is_filed_and_read(scene: ReportScene, client: Client) -> None:
    first = client.get(NEW).content.decode()
    assert f'href="/reports/new/?category={scene.litter.code}"' in first
    assert "先停稳车" in client.get(f"{NEW}?category={scene.litter.code}").content.decode()
    answer = client.post(NEW, form(scene, photos=[jpeg(), jpeg("b.jpg", "red")], by_sms="on"))
    report = Report.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, report.get_absolute_url())
    assert report.by_sms and len(photos.of(report.number, filing.PHOTO)) == 2
    page = client.get(answer.headers["Location"]).content.decode()
    day = report.expected_on
    assert f"{day.month} 月 {day.day} 日前</b>处理" in page
    assert '<span class="chip wait">待受理</span>' in page
    assert report.number in client.get("/reports/").content.decode()


def test_a_draft_sent_again_with_its_pictures_is_the_same_report(scene: ReportScene, client: Client) -> None:
    ids = [picture(scene.rider.user).pk]
    body = form(scene, photo=ids, person=mark(client))
    answers = [client.post(NEW, body, headers=PROGRAM) for _ in range(3)]
    report = Report.objects.get()
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"url": report.get_absolute_url()})
    ] * 3
    other = client.post(NEW, {**body, "client_key": "k-2"}, headers=PROGRAM)  # the pictures are in use: the control
    assert (other.status_code, sorted(other.json()["errors"])) == (400, ["photos"])
    assert Report.objects.count() == 1


def test_a_draft_of_somebody_else_is_not_sent(scene: ReportScene, client: Client) -> None:
    other = mark(page_client(courier(outlet(scene.district.community)).user))
    for person in (other, ""):
        answer = client.post(NEW, form(scene, person=person), headers=PROGRAM)
        assert (answer.status_code, answer.json()["code"]) == (409, "somebody_else")
    assert Report.objects.count() == 0
    assert client.post(NEW, form(scene, person=mark(client)), headers=PROGRAM).status_code == 200


def test_a_hostile_picture_is_refused_in_words_and_everything_else_is_kept(scene: ReportScene, client: Client) -> None:
    svg = SimpleUploadedFile("x.svg", b"<svg onload='alert(1)'/>", "image/svg+xml")
    empty = SimpleUploadedFile("leer.jpg", b"", "image/jpeg")
    answer = client.post(NEW, form(scene, photos=[jpeg(), hostile(), svg, empty], text="垃圾<b>堆"))
    page = answer.content.decode()
    assert (answer.status_code, Report.objects.count()) == (400, 0)
    assert "“bad.jpg”没有收：照片已损坏，请换一张。" in page
    assert "“x.svg”没有收：这不是能识别的照片" in page
    assert "“leer.jpg”是空的" in page
    assert "垃圾&lt;b&gt;堆</textarea>" in page
    kept = Photo.objects.get()
    assert f'<input type="hidden" name="photo" value="{kept.pk}">' in page
    assert client.post(NEW, form(scene, photo=[kept.pk])).status_code == 302
    assert [photo.pk for photo in photos.of(Report.objects.get().number, filing.PHOTO)] == [kept.pk]


def test_photos_may_be_sent_ahead(scene: ReportScene, client: Client) -> None:
    """For pictures that are too large together for one form."""
    page = client.post(NEW, form(scene, text="", place="", photos=[jpeg()], add="1")).content.decode()
    assert "请写清楚" not in page and "请拍一张" not in page
    assert f'name="photo" value="{Photo.objects.get().pk}"' in page


def test_seven_photos_are_six_and_a_sentence(scene: ReportScene, client: Client) -> None:
    many = [jpeg(f"{number}.jpg", colour) for number, colour in enumerate(["red", "green", "blue"] * 2 + ["white"])]
    assert "最多 6 张照片，多出来的没有收。" in client.post(NEW, form(scene, photos=many)).content.decode()
    assert (Photo.objects.count(), Report.objects.count()) == (6, 0)


def test_the_entrance_of_pictures(scene: ReportScene, client: Client) -> None:
    taken = client.post("/reports/photos/", {"file": jpeg()})
    assert taken.status_code == 201
    assert client.get(taken.json()["thumbnail"]).status_code == 200
    refused = client.post("/reports/photos/", {"file": hostile()})
    assert (refused.status_code, refused.json()["errors"]) == (400, {"": "照片已损坏，请换一张。"})
    assert client.post("/reports/photos/").status_code == 400
    strict = page_client(scene.rider.user, enforce_csrf_checks=True)
    assert strict.post("/reports/photos/", {"file": jpeg()}).status_code == 403


def test_pictures_of_another_are_not_taken(scene: ReportScene, client: Client) -> None:
    foreign = picture(scene.street)
    answer = client.post(NEW, form(scene, photo=[foreign.pk]))
    assert "请重新选" in answer.content.decode()
    assert str(foreign.pk) not in re.findall(r'name="photo" value="(\d+)"', answer.content.decode())
    assert Report.objects.count() == 0


def test_questions_are_asked_and_checked(scene: ReportScene, client: Client) -> None:
    Question.objects.create(category=scene.litter, code="size", label="多大一堆", kind=QuestionKind.SINGLE,
                            choices=["一袋", "一车"], is_required=True)  # fmt: skip
    Question.objects.create(
        category=scene.litter, code="kinds", label="有什么", kind=QuestionKind.MULTI, choices=["塑料", "玻璃"]
    )
    page = client.post(NEW, form(scene)).content.decode()
    assert "请回答：多大一堆" in page and "一堆垃圾</textarea>" in page
    body = form(scene, **{"q-size": "一车", "q-kinds": ["玻璃", "塑料"], "q-foreign": "x"})
    assert client.post(NEW, body).status_code == 302
    report = Report.objects.get()
    assert report.answers == {"size": "一车", "kinds": ["塑料", "玻璃"]}
    assert "塑料、玻璃" in client.get(report.get_absolute_url()).content.decode()


def test_every_fault_stands_beside_its_field(scene: ReportScene, client: Client) -> None:
    later = f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    for wrong, field in (
        ({"category": "none"}, "category"), ({"text": ""}, "text"), ({"place": ""}, "place"),
        ({"lat": "1e3", "lng": "2"}, "place"), ({"happened_at": later}, "happened_at"), ({"text": "x" * 1001}, "text"),
    ):  # fmt: skip
        answer = client.post(NEW, form(scene, person=mark(client), **wrong), headers=PROGRAM)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), wrong
    assert Report.objects.count() == 0


def test_what_is_like_it_is_shown_before(scene: ReportScene, client: Client) -> None:
    other = courier(outlet(scene.district.community))
    scene.rider, mine = other, scene.rider
    scene.filed(text="别人写的")
    scene.rider = mine
    around = {"category": scene.litter.code, "near": f"{HERE.lat},{HERE.lng}"}
    piece = client.get("/reports/new/similar/", around).content.decode()
    assert "附近 100 米内已有人报过" in piece
    assert not any(told in piece for told in ("别人写的", "解放大道口", other.user.name, Report.objects.get().number))
    assert client.get("/reports/new/similar/", {**around, "near": "30.60,114.2202"}).content.decode().strip() == ""
    page = client.post(NEW, form(scene, station=scene.station.code, client_key="k")).content.decode()
    assert "还是要报" in page and Report.objects.count() == 1
    assert client.post(NEW, form(scene, station=scene.station.code, client_key="k", sure="1")).status_code == 302
    assert Report.objects.count() == 2


def test_secrets_have_no_likeness_and_say_so(scene: ReportScene, client: Client) -> None:
    scene.filed(category=scene.scam)
    around = {"category": scene.scam.code, "near": f"{HERE.lat},{HERE.lng}"}
    assert client.get("/reports/new/similar/", around).content.decode().strip() == ""
    assert "保密" in client.get(f"{NEW}?category={scene.scam.code}").content.decode()


def test_danger_says_stop_first(scene: ReportScene, client: Client) -> None:
    Category.objects.filter(pk=scene.litter.pk).update(stop_notice="有人受伤或起火，请先拨打 110/119，编号 1190")
    page = client.get(f"{NEW}?category={scene.litter.code}").content.decode()
    chosen = page.split('id="about"')[1].split("<template")[0]
    assert re.findall(r'href="tel:(\d+)"', chosen) == ["110", "119"]


def test_without_tiles_words_must_lead_there(scene: ReportScene, client: Client, settings: Any) -> None:
    here = {"lat": str(HERE.lat), "lng": str(HERE.lng), "accuracy_m": "25", "place": ""}
    assert "请写清楚在什么地方" in client.post(NEW, form(scene, **here)).content.decode()
    settings.MAP_TILES = ("/tiles/{z}/{x}/{y}.png",)
    assert client.post(NEW, form(scene, **here)).status_code == 302
    report = Report.objects.get()
    assert (report.lat, report.lng, report.accuracy_m) == (HERE.lat, HERE.lng, 25)


@pytest.mark.parametrize("state", ReportState)
def test_the_page_in_every_state_says_what_comes_next(scene: ReportScene, client: Client, state: ReportState) -> None:
    report = scene.in_state(state)
    page = client.get(report.get_absolute_url()).content.decode()
    offered = re.findall(rf'action="{report.get_absolute_url()}(\w+)/"', page)
    may = {
        "waiting_for_reporter": ["answer"], "resolved": ["rate", "reopen"], "rejected": ["appeal"],
        "closed": ["rate"],  # the scene closes it ahead of time: the 14 days still run
    }  # fmt: skip
    assert offered == may.get(state, [])
    assert f'<span class="chip {report.tone}">{report.get_state_display()}</span>' in page
    assert (
        f'<span class="chip {report.tone}">{report.get_state_display()}</span>'
        in client.get("/reports/").content.decode()
    )


def test_answer_with_photos(scene: ReportScene, client: Client) -> None:
    report = scene.in_state(ReportState.WAITING_FOR_REPORTER)
    address = report.get_absolute_url()
    home = client.get("/").content.decode()
    assert "等你补充一句" in home and "在哪个门口？" in client.get(address).content.decode()
    refused = client.post(f"{address}answer/", {"text": "东门", "photos": [jpeg(), hostile()]})
    assert refused.status_code == 400
    assert "东门</textarea>" in refused.content.decode() and "照片已损坏" in refused.content.decode()
    done = client.post(f"{address}answer/", {"text": "东门", "photo": [Photo.objects.get().pk]}, follow=True)
    assert "收到了，谢谢" in done.content.decode()
    assert len(photos.of(report.number, filing.ANSWER_PHOTO)) == 1
    again = client.post(f"{address}answer/", {"text": "东门"}, follow=True).content.decode()
    assert "这件上报现在是“已派单”" in again


def test_rate_reopen_and_too_late(scene: ReportScene, client: Client, monkeypatch: Any) -> None:
    report = scene.in_state(ReportState.RESOLVED)
    address = report.get_absolute_url()
    assert "请选择 1 到 5 星。" in client.post(f"{address}rate/", {"text": "好"}).content.decode()
    assert "谢谢你的评价" in client.post(f"{address}rate/", {"stars": "4", "text": "快"}, follow=True).content.decode()
    page = client.post(f"{address}rate/", {"stars": "1"}, follow=True).content.decode()
    assert "已经评价过了" in page and "<b>4 星</b>" in page
    later = clock.now() + AFTERWARDS + timedelta(minutes=1)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: later)
        assert "已经超过 14 天" in client.post(f"{address}reopen/", {"text": "又松了"}, follow=True).content.decode()
    assert "已要求重办" in client.post(f"{address}reopen/", {"text": "又松了"}, follow=True).content.decode()
    report.refresh_from_db()
    scene.make(report, "resolve")
    page = client.post(f"{address}reopen/", {"text": "还是松"}, follow=True).content.decode()
    assert "已经提过一次" in page


def test_appeal_once(scene: ReportScene, client: Client) -> None:
    report = scene.in_state(ReportState.REJECTED)
    address = report.get_absolute_url()
    assert "情况不属实" in client.get(address).content.decode()
    done = client.post(f"{address}appeal/", {"text": "真的有"}, follow=True).content.decode()
    assert "由另一位工作人员复核" in done
    report.refresh_from_db()
    scene.make(report, "reject")
    assert "已经提过一次" in client.post(f"{address}appeal/", {"text": "真的"}, follow=True).content.decode()


def test_points_stand_on_the_page(scene: ReportScene, client: Client) -> None:
    report = scene.in_state(ReportState.RESOLVED)
    page = client.get(report.get_absolute_url()).content.decode()
    assert re.findall(r"([+−]\d+) 分</b>", page) == ["+10", "+60"]
    scene.make(report, "disprove")
    page = client.get(report.get_absolute_url()).content.decode()
    assert sum(int(text.replace("−", "-")) for text in re.findall(r"([+−]\d+) 分</b>", page)) == 0


def test_anothers_report_is_not_there(scene: ReportScene) -> None:
    report = scene.in_state(ReportState.RESOLVED)
    other = page_client(courier(outlet(scene.district.community)).user)
    for path in ("", "rate/", "reopen/", "nothing/"):
        assert other.get(f"{report.get_absolute_url()}{path}").status_code == 404
    assert other.post(f"{report.get_absolute_url()}rate/", {"stars": "1"}).status_code == 404
    mine = page_client(scene.rider.user)
    assert mine.get(f"{report.get_absolute_url()}rate/").status_code == 302
    assert mine.get(f"{report.get_absolute_url()}nothing/").status_code == 404


def test_the_page_for_a_lost_network_is_the_same_for_everybody(scene: ReportScene, client: Client) -> None:
    plain = Client().get("/reports/offline/")
    other = client.get("/reports/offline/")
    strip = re.compile(rb'name="client_key" value="[^"]*"')
    assert strip.sub(b"", plain.content) == strip.sub(b"", other.content)
    assert b"data-person" not in plain.content and b"csrfmiddlewaretoken" not in plain.content
    assert "csrftoken" not in plain.cookies


def test_pages_ask_no_query_for_every_row(scene: ReportScene, client: Client) -> None:
    """Categories, questions, stations, pictures, steps: one query each, however many there are."""
    report = scene.in_state(ReportState.WAITING_FOR_REPORTER)
    pages = [
        NEW,
        f"{NEW}?category={scene.litter.code}",
        "/reports/",
        report.get_absolute_url(),
        "/",
        "/reports/offline/",
    ]

    def asked() -> list[int]:
        counts = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(page).status_code == 200
            counts.append(len(seen))
        return counts

    few = asked()
    for number in range(4):
        one = Category.objects.create(code=f"c{number}", name=f"类{number}", parent=scene.litter.parent)
        for category in (one, scene.litter):
            Question.objects.create(category=category, code=f"q{number}", label="问")
        Station.objects.create(code=f"S-{number}", name="站", grade=1, organisation=scene.station.organisation,
                               address="路", lat=30.5, lng=114.2)  # fmt: skip
        scene.filed(category=one)
        photos.use(picture(scene.rider.user), filing.PHOTO, report.number)
        scene.make(report, "answer")
        scene.make(report, "ask")
    assert asked() == few
    assert [count <= 12 for count in few] == [True] * len(few)
    assert dict(zip(pages, few, strict=True))["/"] <= 6


def test_the_mark_in_the_page_is_what_the_door_compares(scene: ReportScene, client: Client) -> None:
    request: Any = client.get("/me/").wsgi_request
    assert person_mark(request) == mark(client)
