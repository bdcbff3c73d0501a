import io
from datetime import timedelta
from typing import Any

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from accounts.problems import AccountFrozen, CodeUsed
from accounts.services.codes import show_code
from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere
from stations import counter
from stations.counter import identify, read_ticket
from stations.problems import CodeUnreadable, TicketExpired, TooManyWrongCodes
from tests.core.conftest import in_parallel
from tests.gifts.shop import Shop, api, open_shop

IDENTIFY = "/api/v1/counter/identify/"


def photo(*texts: str, kind: str = "JPEG") -> SimpleUploadedFile:
    """A photograph of codes beside each other, on grey and a little turned, as a counter's camera makes it."""
    canvas = Image.new("RGB", (1400 * max(1, len(texts)), 1400), "#999")
    for place, text in enumerate(texts):
        drawn = io.BytesIO()
        segno.make(text, error="m").save(drawn, kind="png", scale=8, border=4)
        code = Image.open(drawn).convert("RGB").rotate(7, expand=True, fillcolor="#999")
        code.thumbnail((1200, 1200))
        canvas.paste(code, (1400 * place + 100, 100))
    out = io.BytesIO()
    canvas.save(out, kind)
    return SimpleUploadedFile(f"code.{kind.lower()}", out.getvalue(), f"image/{kind.lower()}")


def test_digits_become_a_ticket_for_this_worker_and_station(shop: Shop) -> None:
    at = clock.now()
    found = identify(shop.station, by=shop.worker, digits=show_code(shop.courier, at=at).digits, at=at)
    assert found.courier == shop.courier
    assert timedelta(minutes=9, seconds=59) <= found.expires_at - at <= timedelta(minutes=10)
    assert read_ticket(found.ticket, station=shop.station, by=shop.worker, at=at) == shop.courier


def test_a_code_is_good_once(shop: Shop) -> None:
    digits = show_code(shop.courier).digits
    identify(shop.station, by=shop.worker, digits=digits)
    with pytest.raises(CodeUsed):
        identify(shop.station, by=shop.worker, digits=digits)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_of_the_code_is_read(shop: Shop, kind: str) -> None:
    found = identify(shop.station, by=shop.worker, image=photo(show_code(shop.courier).token, kind=kind))
    assert found.courier == shop.courier


def test_pictures_that_help_nobody(shop: Shop) -> None:
    with pytest.raises(CodeUnreadable):
        identify(shop.station, by=shop.worker, image=photo())
    with pytest.raises(CodeUnreadable):
        identify(shop.station, by=shop.worker, image=photo("one", "two"))
    whole = photo("text").read()
    for content, status in ((b"no picture", 415), (b"", 415), (whole[:900], 400)):
        answer = api(shop.worker).post(
            IDENTIFY, {"station": "QK-001", "image": SimpleUploadedFile("a.jpg", content or b" ")}, format="multipart"
        )
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, "image")


def test_exactly_one_way(shop: Shop) -> None:
    for way in ({}, {"token": "a", "digits": "123456"}):
        with pytest.raises(BadValue):
            identify(shop.station, by=shop.worker, **way)


def test_only_who_serves_the_station_identifies(shop: Shop) -> None:
    shown = show_code(shop.courier)
    for user in (shop.neighbour, shop.auditor):
        with pytest.raises(NotThere):
            identify(shop.station, by=user, digits=shown.digits)
    assert identify(shop.station, by=shop.chief, digits=shown.digits).courier == shop.courier


def test_a_frozen_courier_is_not_served(shop: Shop) -> None:
    at = clock.now()
    shown = show_code(shop.courier, at=at)
    held = identify(shop.station, by=shop.worker, digits=shown.digits, at=at).ticket
    digits = show_code(shop.courier, at=at).digits
    shop.courier.frozen_at = at
    shop.courier.save()
    with pytest.raises(AccountFrozen):
        identify(shop.station, by=shop.worker, digits=digits, at=at)
    with pytest.raises(TicketExpired):
        read_ticket(held, station=shop.station, by=shop.worker, at=at)


def test_ten_wrong_codes_and_the_worker_waits(shop: Shop) -> None:
    at = clock.now()
    digits = show_code(shop.courier, at=at).digits
    wrong = "000000" if digits != "000000" else "000001"
    for _ in range(counter.WRONG_CODES):
        with pytest.raises(counter.WRONG):
            identify(shop.station, by=shop.worker, digits=wrong, at=at)
    with pytest.raises(TooManyWrongCodes) as caught:
        identify(shop.station, by=shop.worker, digits=digits, at=at)
    assert caught.value.retry_after == 600
    assert identify(shop.station, by=shop.colleague, digits=digits, at=at).courier == shop.courier
    later = at + timedelta(minutes=10)
    digits = show_code(shop.courier, at=later).digits
    assert identify(shop.station, by=shop.worker, digits=digits, at=later).courier == shop.courier


def test_right_codes_are_not_counted(shop: Shop) -> None:
    at = clock.now()
    for _ in range(counter.WRONG_CODES + 2):
        identify(shop.station, by=shop.worker, digits=show_code(shop.courier, at=at).digits, at=at)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keyed", [False, True])
def test_wrong_codes_are_counted_exactly_in_parallel(keyed: bool) -> None:
    """Also with an idempotency key, whose transaction the refusal rolls back."""
    shop = open_shop(pieces=0, points=0)
    client = api(shop.worker)
    token = client._credentials["HTTP_AUTHORIZATION"]

    def guess(number: int) -> int:
        one = api_with(token)
        headers = {"Idempotency-Key": f"k{number}"} if keyed else {}
        return one.post(IDENTIFY, {"station": "QK-001", "digits": "000000"}, format="json", headers=headers).status_code

    answers = in_parallel(40, guess)
    assert (answers.count(409), answers.count(429)) == (10, 30)


def api_with(authorization: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=authorization)
    return client


def test_the_answer_is_masked(shop: Shop) -> None:
    answer = api(shop.worker).post(
        IDENTIFY, {"station": "QK-001", "token": show_code(shop.courier).token}, format="json"
    )
    body = answer.json()
    phone = shop.courier.user.phone or ""
    assert answer.status_code == 200
    assert body["points"] == {"balance": 1500, "held": 0, "available": 1500}
    assert body["courier"] == {
        "id": shop.courier.pk, "name": "何*", "phone": f"{phone[:3]}****{phone[-4:]}", "outlet": None, "verified": True,
    }  # fmt: skip
    assert phone not in answer.content.decode()
    assert read_ticket(body["ticket"], station=shop.station, by=shop.worker) == shop.courier


def test_a_repeat_with_the_key_gives_the_same_ticket(shop: Shop) -> None:
    client, body = api(shop.worker), {"station": "QK-001", "digits": show_code(shop.courier).digits}
    first, second = (client.post(IDENTIFY, body, format="json", headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (second.status_code, second.content) == (200, first.content)
    assert client.post(IDENTIFY, body, format="json").json()["code"] == "code_used"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"digits": "12345"}, "digits"),
        ({"digits": "１２３４５６"}, "digits"),
        ({"digits": 123456.0}, "digits"),
        ({"token": "x", "digits": "123456"}, "token"),
        ({}, "token"),
        ({"token": None}, "token"),
        ({"station": "QK-002", "digits": "123456"}, "station"),
        ({"image": "text"}, "image"),
    ],
)
def test_bad_bodies(shop: Shop, body: dict[str, Any], field: str) -> None:
    answer = api(shop.worker).post(IDENTIFY, {"station": "QK-001", **body}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_who_may_identify(shop: Shop) -> None:
    body = {"station": "QK-001", "digits": "123456"}
    assert api_with("").post(IDENTIFY, body, format="json").status_code == 401
    for client in (api(shop.auditor), api(shop.courier.user, staff=False), api(shop.worker, staff=False)):
        assert client.post(IDENTIFY, body, format="json").status_code == 403
    assert api(shop.worker).post(IDENTIFY, {**body, "token": "forged", "digits": "1"}, format="json").status_code == 400
    forged = api(shop.worker).post(IDENTIFY, {"station": "QK-001", "token": "forged"}, format="json")
    assert (forged.status_code, forged.json()["code"]) == (409, "code_unknown")
