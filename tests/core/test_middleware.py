import gzip
import json
import logging
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from gunicorn.config import Config
from rest_framework.test import APIClient

from fengchao.core import audit, requests
from fengchao.core.logs import GunicornLogger, JsonFormatter, RequestFilter
from fengchao.core.middleware import LARGEST_BODY, CompressMiddleware
from fengchao.core.models import AuditLog
from fengchao.wsgi import application


def test_every_answer_has_a_request_id(probe: None) -> None:
    client = Client(raise_request_exception=False)
    for path in ("/form/", "/nothing/", "/api/nothing/", "/raise/bug/", "/healthz/live", "/form/%00"):
        assert len(client.get(path).headers["X-Request-Id"]) == 32, path
    assert requests.current_id() == ""


@pytest.mark.parametrize("incoming", ["abcd-1234", "A" * 64])
def test_a_harmless_id_is_honoured(probe: None, incoming: str) -> None:
    assert Client().get("/form/", HTTP_X_REQUEST_ID=incoming).headers["X-Request-Id"] == incoming


@pytest.mark.parametrize("incoming", ["short", "A" * 65, "abcd 1234", "abcd1234\n", "蜂蜂蜂蜂蜂蜂蜂蜂", ""])
def test_another_is_replaced(probe: None, incoming: str) -> None:
    answer = Client().get("/form/", HTTP_X_REQUEST_ID=incoming)
    assert answer.headers["X-Request-Id"] != incoming
    assert answer.headers["X-Request-Id"].isalnum()


@pytest.mark.django_db
def test_an_audit_row_carries_it() -> None:
    requests.begin("request-1")
    audit.record(None, "x", ("thing", "1"))
    requests.end()
    assert AuditLog.objects.get().request_id == "request-1"


def test_the_access_line_names_the_pattern_and_not_the_path(probe: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "fengchao.access"):
        Client(raise_request_exception=False).get("/raise/missing/?phone=13812343721")
    (record,) = [record for record in caplog.records if record.name == "fengchao.access"]
    assert (record.method, record.route, record.status) == ("GET", "raise/<what>/", 404)


def line(message: str, **extra: Any) -> dict[str, Any]:
    record = logging.LogRecord(extra.pop("logger", "x"), logging.INFO, "", 0, message, extra.pop("args", ()), None)
    vars(record).update(extra)
    requests.begin("request-1")
    RequestFilter().filter(record)
    requests.end()
    return json.loads(JsonFormatter().format(record))


def test_a_line_is_one_object() -> None:
    written = line("两行\n%s", args=("好",), method="GET", status=200)
    assert {name: written[name] for name in ("message", "request_id", "method", "status", "level")} == {
        "message": "两行\n好",
        "request_id": "request-1",
        "method": "GET",
        "status": 200,
        "level": "INFO",
    }


@pytest.mark.parametrize("text", ["号码13812343721没有", "+8613812343721", "phone=13812343721&", "8613812343721"])
def test_numbers_are_scrubbed(text: str) -> None:
    assert "13812343721" not in line(text)["message"]


@pytest.mark.parametrize("text", ["1764037619000", "12345678901", "138123437210"])
def test_other_numbers_stay(text: str) -> None:
    assert line(text)["message"] == text


def test_djangos_own_line_loses_the_path() -> None:
    assert line("Not Found: %s", args=("/reservations/7GQK/",), logger="django.request")["message"] == "request failed"


def test_gunicorns_lines_have_our_form_and_lose_what_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    logger = GunicornLogger(Config())
    logger.warning("Invalid request from ip=127.0.0.1: 'GET /reservations/7GQK2M4P HTTP/9'")
    logger.error("Error handling request %s %s", "GET", "/reservations/7GQK2M4P")
    logger.warning("Worker of %s gone", "13812343721")
    for handler in [*logger.error_log.handlers]:
        logger.error_log.removeHandler(handler)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["message"] for line in lines] == ["request failed", "request failed", "Worker of [phone] gone"]


@pytest.mark.django_db
def test_answers_to_a_person_stay_out_of_caches(probe: None) -> None:
    person, stranger = Client(), Client()
    assert "Cache-Control" not in stranger.get("/session/").headers  # who only now got a session
    person.cookies["sessionid"] = "x" * 32
    assert person.get("/session/").headers["Cache-Control"] == "private, no-store"
    assert "Cache-Control" not in person.get("/form/").headers  # looks at no session
    token = {"Authorization": "Bearer x"}
    assert stranger.get("/form/", headers=token).headers["Cache-Control"] == "private, no-store"
    assert "no-cache" in person.get("/healthz/ready").headers["Cache-Control"]  # its own word


def policy(answer: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def test_only_the_admin_and_the_api_reader_get_a_wider_policy(probe: None) -> None:
    client = Client(raise_request_exception=False)
    for path in ("/form/", "/nothing/", "/raise/bug/", "/api/nothing/"):
        strict = policy(client.get(path))
        assert (strict["script-src"], strict["style-src"]) == ("'self'", "'self'"), path
    admin = policy(client.get("/admin/thing/"))
    assert (admin["script-src"], admin["style-src"]) == ("'self' 'unsafe-eval'", "'self' 'unsafe-inline'")
    docs = policy(client.get("/api/docs/"))
    assert (docs["script-src"], docs["style-src"]) == ("'self'", "'self' 'unsafe-inline'")


# `hex` decodes no text, in UTF-7 +AAA- is NUL, in unicode_escape \\ud800 a lone surrogate; 蜂 in GBK is no UTF-8.
@pytest.mark.parametrize("charset", ["hex", "undefined", "utf-7", "unicode_escape", "gbk", "no-such"])
@pytest.mark.parametrize("path", ["/stations/", "/api/v1/stations/"])
def test_content_in_another_encoding_is_refused(path: str, charset: str) -> None:
    answer = []
    environ = RequestFactory().get(f"{path}?q=%2BAAA-%5Cud800").environ
    application({**environ, "CONTENT_TYPE": f"a/b; charset={charset}"}, lambda status, headers: answer.append(status))
    assert answer == ["415 Unsupported Media Type"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii"])
def test_utf_8_by_any_name_is_taken(probe: None, charset: str) -> None:
    answer = Client().generic("POST", "/api/echo/", b"{}", content_type=f"application/json; charset={charset}")
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/form/", "/api/echo/", "/nothing/"])
def test_a_body_longer_than_any_photo_is_not_read(probe: None, path: str) -> None:
    answer = Client().generic("POST", path, bytes(LARGEST_BODY + 1), content_type="multipart/form-data; boundary=a")
    assert answer.status_code == 413
    assert not answer.wsgi_request._read_started
    assert Client().generic("POST", path, b"", content_type="multipart/form-data; boundary=a").status_code != 413


@pytest.mark.django_db
def test_a_cookie_that_spells_nul_is_refused(probe: None) -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/session/", HTTP_COOKIE=r'sessionid="aaaaaaaa\000"').status_code == 400
    assert client.get("/session/", HTTP_COOKIE=r'sessionid="aaaaaaaa\001"').status_code == 200


# --- The database is down


def test_pages_and_api_say_so_in_chinese(probe: None, database_down: None) -> None:
    client = Client(raise_request_exception=False)
    page = client.get("/photo/1/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "暂时无法服务" in page.content.decode()
    assert len(page.headers["X-Request-Id"]) == 32
    answer = client.get("/api/entries/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (answer.headers["Content-Type"], answer.json()["code"]) == ("application/problem+json", "unavailable")


def test_also_when_a_middleware_finds_out(probe: None, database_down: None) -> None:
    answer = Client(raise_request_exception=False).get("/session/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_also_when_it_is_asked_who_comes(probe: None, database_down: None) -> None:
    client = APIClient(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32
    assert client.get("/api/closed/").status_code == 503
    assert client.get("/api/closed/", HTTP_AUTHORIZATION="Bearer x").status_code == 503


def test_health_tells_the_two_apart(probe: None, database_down: None) -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/healthz/live").status_code == 200
    ready = client.get("/healthz/ready")
    assert (ready.status_code, ready.json()["reason"]) == (503, "database")


@pytest.mark.django_db(transaction=True)
def test_with_a_database_all_is_well(probe: None) -> None:
    """The control."""
    client = Client()
    for path in ("/healthz/live", "/healthz/ready", "/session/", "/api/entries/"):
        assert client.get(path).status_code == 200, path


def test_texts_are_compressed_for_who_takes_it(db: None) -> None:
    asked = {"Accept-Encoding": "gzip"}
    plain, packed = Client().get("/stations/"), Client().get("/stations/", headers=asked)
    assert (plain.has_header("Content-Encoding"), packed["Content-Encoding"]) == (False, "gzip")
    assert "Accept-Encoding" in plain["Vary"] and "Accept-Encoding" in packed["Vary"]
    assert b"</html>" in gzip.decompress(packed.content)
    assert 2 * len(packed.content) < len(plain.content)


def test_a_size_does_not_tell_what_an_answer_holds(db: None) -> None:
    """The same page comes in many lengths (BREACH): Django's random piece, and a token masked anew."""
    client = Client()
    sizes = {len(client.get("/stations/", headers={"Accept-Encoding": "gzip"}).content) for _ in range(12)}
    assert len(sizes) > 3


@pytest.mark.parametrize(("kind", "is_packed"), [("text/html", True), ("application/json", True), ("image/jpeg", False),
                                                 ("application/vnd.ms-excel", False)])  # fmt: skip
def test_what_is_compressed_already_is_left_alone(kind: str, is_packed: bool) -> None:
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})
    answer = CompressMiddleware(lambda _: HttpResponse("蜂巢" * 500, content_type=kind))(request)
    assert answer.has_header("Content-Encoding") is is_packed
