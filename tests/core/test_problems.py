from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from fengchao.core.problems import problem


def fields(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer.json()["detail"]


def test_a_refusal_is_a_problem_document(anonymous: APIClient) -> None:
    answer = anonymous.get("/api/raise/rule/")
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "规则不允许",
        "status": 409,
        "code": "sold_out",
        "detail": "只剩 0 件。",
        "errors": [{"field": "gift", "code": "sold_out", "detail": "只剩 0 件。"}],
    }


def test_too_often_says_when_to_come_back(anonymous: APIClient) -> None:
    answer = anonymous.get("/api/raise/often/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("missing", 404, "not_found"),
        ("denied", 403, "not_allowed"),
        ("suspicious", 400, "parse_error"),
        ("invalid", 400, "invalid"),
        ("shape", 400, "invalid"),
        ("bug", 500, "server_error"),
    ],
)
def test_every_exception_is_one_and_tells_no_secret(anonymous: APIClient, what: str, status: int, code: str) -> None:
    answer = anonymous.get(f"/api/raise/{what}/")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "secret" not in answer.content.decode()


def test_errors_name_the_field_by_its_path(anonymous: APIClient) -> None:
    assert anonymous.get("/api/raise/shape/").json()["errors"] == [
        {"field": "photos.0", "code": "invalid", "detail": "不对"},
        {"field": "", "code": "invalid", "detail": "都不对"},
    ]
    assert anonymous.get("/api/raise/invalid/").json()["errors"] == [
        {"field": "name", "code": "invalid", "detail": "太长"}
    ]


def test_an_unknown_address_below_api(anonymous: APIClient) -> None:
    assert fields(anonymous.get("/api/v1/nothing/")) == (404, "not_found", "没有找到。")


def test_a_wrong_method(anonymous: APIClient) -> None:
    answer = anonymous.get("/api/echo/")
    assert fields(answer)[:2] == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_a_wrong_media_type(anonymous: APIClient) -> None:
    assert fields(anonymous.post("/api/echo/", "a=1", content_type="text/plain"))[:2] == (415, "unsupported_media_type")
    assert fields(anonymous.post("/api/echo/", {}, format="json", HTTP_ACCEPT="text/html"))[:2] == (
        406,
        "not_acceptable",
    )


def test_an_endpoint_that_names_nobody_serves_nobody(anonymous: APIClient, api: APIClient) -> None:
    answer = anonymous.get("/api/closed/")
    assert fields(answer)[:2] == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert fields(api.get("/api/closed/"))[:2] == (403, "not_allowed")


def test_a_bad_token(anonymous: APIClient, db: None) -> None:
    answer = anonymous.get("/api/closed/", HTTP_AUTHORIZATION="Bearer nonsense")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["q=%00", "cursor=%00x"])
def test_a_nul_character_in_the_address(anonymous: APIClient, query: str) -> None:
    assert fields(anonymous.get(f"/api/entries/?{query}"))[:2] == (400, "invalid")
    assert fields(anonymous.get("/api/raise/%00/"))[:2] == (400, "invalid")


def test_a_page_gives_a_chinese_page_instead(probe: None) -> None:
    client = Client(raise_request_exception=False)
    for path, status, sentence in [
        ("/nothing/", 404, "没有找到"),
        ("/raise/missing/", 404, "没有找到"),
        ("/raise/denied/", 403, "没有权限"),
        ("/raise/suspicious/", 400, "请求有误"),
        ("/raise/bug/", 500, "服务出错了"),
        ("/raise/rule/", 409, "只剩 0 件。"),
        ("/raise/often/", 429, "操作太频繁"),
        ("/form/%00", 400, "请求有误"),
    ]:
        answer = client.get(path)
        assert (answer.status_code, sentence in answer.content.decode()) == (status, True), path
        assert "secret" not in answer.content.decode()


@pytest.mark.django_db
def test_a_number_no_column_holds_is_not_there(probe: None) -> None:
    client = Client(raise_request_exception=False)
    assert [client.get(f"/photo/{number}/").status_code for number in ("9" * 19, "9" * 30, "9" * 5000)] == [404] * 3


def test_a_forged_form(probe: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/form/")
    assert (answer.status_code, "页面已过期" in answer.content.decode()) == (403, True)


def test_titles_are_there_for_any_status() -> None:
    assert b"\\u" not in problem(418, "x", "茶").content
