"""Who reported is in nothing that the handling unit can fetch: marked strings, over every address there is."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from PIL import Image

from accounts.models import Courier, Outlet, User
from fengchao.core import photos
from fengchao.core.masking import mask_name, mask_phone
from reports import rules, services
from reports.models import Category, Report
from tests.factories import api_of, staff_client
from tests.factories.reports import HERE, ReportScene, picture
from tests.matrix.routes import methods, walk

pytestmark = pytest.mark.django_db
MARK = "秘密骑手"
PHONE = "13987655937"
ID = 8_765_432_109_876
KEY = "marked-client-key"


@pytest.fixture
def scene(scene: ReportScene) -> ReportScene:
    """The rider's every mark stands where the platform keeps it."""
    user = User.objects.create_with_phone(PHONE, name=f"{MARK}名", id=ID)
    outlet = Outlet.objects.get(pk=scene.rider.outlet_id)
    outlet.name, outlet.address = f"{MARK}网点", f"{MARK}地址"
    outlet.save()
    scene.rider = Courier.objects.create(
        user=user, outlet=outlet, registered_at=scene.rider.registered_at, consent_version=scene.rider.consent_version,
        consent_at=scene.rider.registered_at, verified_at=scene.rider.registered_at,
    )  # fmt: skip
    for member in (scene.unit, scene.police):
        member.set_password("so that pages about it open")
        member.save()
    return scene


def marks(scene: ReportScene) -> list[str]:
    user = scene.rider.user
    return [MARK, mask_name(user.name), PHONE, mask_phone(PHONE), str(ID), str(user.username), KEY]


def signed_picture(user: User) -> int:
    """With the photographer's name and number in the file, as cameras write them."""
    file, exif = BytesIO(), Image.Exif()
    exif[0x013B], exif[0x010E] = MARK, PHONE
    Image.new("RGB", (64, 48), "red").save(file, "JPEG", exif=exif)
    assert PHONE.encode() in file.getvalue()
    return photos.take_in(SimpleUploadedFile(f"{PHONE}.jpg", file.getvalue(), "image/jpeg"), by=user).pk


def reported(scene: ReportScene, category: Category) -> Report:
    """One that has been through the reporter's hands in every way he has."""
    street = scene.police if category.is_confidential else scene.street
    unit, organisation = (
        (scene.police, scene.police_unit) if category.is_confidential else (scene.unit, scene.city_unit)
    )
    report, _ = services.file(
        scene.rider, category, text="井盖松了", place="路口", position=HERE, client_key=KEY, by_sms=True,
        photo_ids=[signed_picture(scene.rider.user)],
    )  # fmt: skip
    report = services.accept(report, by=street)
    report = services.assign(report, organisation=organisation, by=street)
    report = services.ask(report, text="哪个门？", by=unit)
    report = services.answer(report, text="东门", photo_ids=[signed_picture(scene.rider.user)], by=scene.rider.user)
    report = services.start(report, by=unit)
    report = services.resolve(report, text="好了", photo_ids=[picture(unit).pk], by=unit)
    services.rate(report, stars=4, text="不错", by=scene.rider.user)
    return services.reopen(report, text="又松了", by=scene.rider.user)


def addresses(report: Report) -> Iterator[str]:
    """Every address that answers a GET, with this report and its pictures in the place of whatever it names."""
    shown = photos.of(report.number, "report", "report_answer", "report_after")
    values: dict[str, list[Any]] = {
        "number": [report.number], "photo_id": [photo.pk for photo in shown], "size": ["full", "thumb"],
        "code": ["GT-1"], "object_id": [report.pk],
    }  # fmt: skip
    for route in walk():
        if "GET" in methods(route.view):
            yield from filled(route.name, values)


def filled(name: str, values: dict[str, list[Any]]) -> Iterator[str]:
    for keys in ((), ("number",), ("photo_id", "size"), ("code",), ("object_id",), ("code", "number")):
        choices: list[dict[str, Any]] = [{}]
        for key in keys:
            choices = [chosen | {key: value} for chosen in choices for value in values[key]]
        for chosen in choices:
            try:
                yield reverse(name, kwargs=chosen)
            except NoReverseMatch:
                break


def everything_fetched(user: User, report: Report) -> dict[str, bytes]:
    """Address → headers and body, by session and by token; and the answers to the moves of the unit."""
    browser, api = staff_client(user), api_of(user, staff=True)
    found = {address: whole(browser.get(address)) for address in sorted(set(addresses(report)))}
    queries = ["", "?state=in_progress", "?category=litter", "?overdue=false", "?limit=1"]
    for address in [f"/api/v1/reports/{query}" for query in queries] + [f"/api/v1/reports/{report.number}/"]:
        found[f"token {address}"] = whole(api.client.get(address, headers=api.headers))
    found |= {f"move {move}": answer for move, answer in moves(user, api.client, api.headers, report)}
    return found


def moves(user: User, client: Client, headers: dict[str, str], report: Report) -> Iterator[tuple[str, bytes]]:
    """Each move of the unit, and what refuses it too."""
    taken = photos.of(report.number, "report")[0].pk
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("ask", {"text": "再问"}), ("return", {"reason": "不归我们"}), ("resolve", {"text": "好", "photos": [taken]}),
        ("resolve", {"text": "好", "photos": [picture(user).pk]}), ("start", {}), ("answer", {"text": "x"}),
        ("reject", {"reason": "not_true", "text": "x"}), ("rate", {"stars": 1}),
    ]  # fmt: skip
    for number, (move, body) in enumerate(bodies):
        with transaction.atomic():
            answer = client.post(
                f"/api/v1/reports/{report.number}/{move}/", body, content_type="application/json", headers=headers
            )
            transaction.set_rollback(True)
        yield f"{move} {number} {answer.status_code}", whole(answer)


def whole(response: Any) -> bytes:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    # The escapes of JSON are another way to write a mark.
    plain = re.sub(rb"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)).encode("utf-8", "replace"), content)
    return headers.encode() + b"\n" + content + b"\n" + plain


def shows(scene: ReportScene, fetched: dict[str, bytes]) -> list[str]:
    return [f"{address}: {mark}" for address, said in fetched.items() for mark in marks(scene) if mark.encode() in said]


@pytest.mark.parametrize("secret", [False, True], ids=["ordinary", "confidential"])
def test_the_unit_never_learns_who_reported(scene: ReportScene, secret: bool) -> None:
    report = reported(scene, scene.scam if secret else scene.litter)
    fetched = everything_fetched(scene.police if secret else scene.unit, report)
    assert report.number.encode() in fetched[f"token /api/v1/reports/{report.number}/"]
    assert {f"move {move}" for move in ("ask 0 200", "return 1 200", "resolve 3 200")} <= set(fetched)
    pictures = [address for address in fetched if address.startswith("/photos/") and b"image/webp" in fetched[address]]
    assert len(pictures) == 6
    # The list from which everybody picks an outlet when he registers names all of them, and belongs to no report.
    assert shows(scene, fetched) == [f"/api/v1/outlets/: {MARK}"]


def test_the_marks_would_be_found(scene: ReportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls: the reporter and the street read some of them; and so would the unit, were the rule not there."""
    report = reported(scene, scene.litter)
    rider = api_of(scene.rider.user)
    assert shows(scene, {"own": whole(rider.client.get("/api/v1/reports/", headers=rider.headers))}) != []
    street = api_of(scene.street, staff=True)
    address = f"/api/v1/reports/{report.number}/"
    assert shows(scene, {"street": whole(street.client.get(address, headers=street.headers))}) == [
        f"street: {mask_name(scene.rider.user.name)}",
        f"street: {ID}",
    ]
    monkeypatch.setattr(rules, "may_see_reporter", lambda user, report: True)
    assert shows(scene, everything_fetched(scene.unit, report)) != []
