import pytest
from rest_framework.test import APIClient

BAD = {
    "empty": b" ",
    "no json": b"{",
    "trailing": b"{}x",
    "array": b"[1]",
    "text": b'"a"',
    "null": b"null",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a huge float": b'{"a": 1e999}',
    "beyond bigint": b'{"a": 9223372036854775808}',
    "below bigint": b'{"a": -9223372036854775809}',
    "ten thousand digits": b'{"a": ' + b"9" * 10_000 + b"}",
    "NUL": b'{"a": "x\\u0000"}',
    "NUL in a name": b'{"\\u0000": 1}',
    "a raw NUL": b'{"a": "\0"}',
    "a lone surrogate": b'{"a": ["\\ud800"]}',
    "twins": b'{"a": 1, "a": 2}',
    "deep": b'{"a":' + b"[" * 20 + b"]" * 20 + b"}",
    "very deep": b'{"a":' * 100_000,
    "very deep array": b"[" * 500_000,
    "bad UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a mark in front": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_refused(anonymous: APIClient, body: bytes) -> None:
    answer = anonymous.post("/api/echo/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_the_edges_pass(anonymous: APIClient) -> None:
    deep: object = "😀"
    for _ in range(19):
        deep = [deep]
    body = {"a": 2**63 - 1, "b": -(2**63), "c": 1.5, "d": None, "e": "蜂\n", "f": deep}
    answer = anonymous.post("/api/echo/", body, format="json")
    assert (answer.status_code, answer.json()) == (200, body)


def test_no_body_is_an_empty_object(anonymous: APIClient) -> None:
    answer = anonymous.post("/api/echo/", b"", content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {})


def test_too_much(anonymous: APIClient) -> None:
    body = b'{"a": "' + b"x" * 2 * 1024 * 1024 + b'"}'
    answer = anonymous.post("/api/echo/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
