from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from rest_framework.test import APIClient

from fengchao.core.models import AuditLog
from fengchao.core.pagination import SALT

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 26, 10, 0, 0, 123456, tzinfo=UTC)


def make(count: int) -> None:
    AuditLog.objects.bulk_create(
        AuditLog(at=AT + timedelta(seconds=n // 3), verb="cab"[n % 3], subject_kind="x", subject_key=str(n))
        for n in range(count)
    )


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    ("path", "order"),
    [("entries", ["-id"]), ("entries-by-verb", ["verb", "-id"]), ("entries-by-time", ["-at", "-id"])],
)
def test_pages_forth_and_back_hold_every_row_once(anonymous: APIClient, path: str, order: list[str]) -> None:
    make(11)
    expected = list(AuditLog.objects.order_by(*order).values_list("pk", flat=True))
    url, seen, last = f"/api/{path}/?limit=4", [], None
    while url:
        last = anonymous.get(url).json()
        seen += [row["id"] for row in last["results"]]
        url = last["next"]
    assert seen == expected
    assert len(last["results"]) == 3
    back = anonymous.get(last["previous"])
    assert ids(back) == expected[4:8]
    first = anonymous.get(back.json()["previous"])
    assert (ids(first), first.json()["previous"]) == (expected[:4], None)
    assert ids(anonymous.get(first.json()["next"])) == expected[4:8]


def test_rows_that_arrive_shift_nothing(anonymous: APIClient) -> None:
    make(4)
    first = anonymous.get("/api/entries/?limit=2").json()
    make(3)
    second = ids(anonymous.get(first["next"]))
    assert max(second) < min(row["id"] for row in first["results"])


def test_an_empty_list(anonymous: APIClient) -> None:
    assert anonymous.get("/api/entries/").json() == {"results": [], "next": None, "previous": None}


def test_a_full_last_page_has_no_next(anonymous: APIClient) -> None:
    make(2)
    assert anonymous.get("/api/entries/?limit=2").json()["next"] is None


@pytest.mark.parametrize("count", [1, 3])
def test_one_query_whatever_the_size(anonymous: APIClient, count: int, django_assert_num_queries: Any) -> None:
    make(count)
    with django_assert_num_queries(1):
        assert len(ids(anonymous.get("/api/entries/"))) == count


@pytest.mark.parametrize("limit", ["0", "101", "-1", "", "x", "1.5", "１０", "9" * 30, "1%0A"])
def test_a_bad_limit(anonymous: APIClient, limit: str) -> None:
    answer = anonymous.get(f"/api/entries/?limit={limit}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "limit")


def test_the_limits_pass(anonymous: APIClient) -> None:
    make(101)
    assert [len(ids(anonymous.get(f"/api/entries/{query}"))) for query in ("?limit=1", "?limit=100", "")] == [
        1,
        100,
        50,
    ]


def forged(*payload: Any) -> str:
    return signing.dumps(list(payload), salt=SALT)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "eyJhIjoxfQ:x:y",
        "%ED%A0%80",
        signing.dumps([["core.auditlog", "-id"], False, [1]], salt="other"),
        forged(["core.auditlog", "verb", "-id"], False, ["a", 1]),
        forged(["core.photo", "-id"], False, [1]),
        forged(["core.auditlog", "-id"], False, []),
        forged(["core.auditlog", "-id"], False, ["x"]),
        forged(1),
    ],
    # A signature holds the moment it was made, and every process that collects must see the same names.
    ids=["empty", "x", "foreign", "surrogate", "salt", "order", "model", "short", "type", "number"],
)
def test_a_cursor_that_is_not_of_this_list(anonymous: APIClient, cursor: str) -> None:
    make(1)
    answer = anonymous.get(f"/api/entries/?cursor={cursor}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")
