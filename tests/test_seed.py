"""`seed` on a real, empty database."""

import hashlib
import json
from datetime import datetime
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Courier, Organisation, Outlet, User
from fengchao.core import clock
from fengchao.demo import district, names
from gifts.models import (
    Movement,
    PaperSlip,
    Redemption,
    RefusedAttempt,
    Reservation,
    StockTakeLine,
    Suggestion,
)
from points.models import Balance, Budget, Grant, RefusedAward, Transfer
from reports.models import Feedback, Report, Step
from stations.models import Visit
from vouchers.models import Voucher
from wishes.models import Wish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def data_dir(settings: LazySettings, tmp_path: Any) -> Any:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    return tmp_path


def seed(*arguments: str) -> str:
    out = StringIO()
    call_command("seed", *arguments, stdout=out)
    return out.getvalue()


def seed_json(*arguments: str) -> dict[str, Any]:
    return json.loads(seed(*arguments, "--json").strip().splitlines()[-1])


def digest() -> str:
    """Of everything but secrets, and numbers that the database gives."""
    rows: list[Any] = []
    for rowset in (
        User.objects.order_by("phone_hash").values_list("username", "name", "phone_hash"),
        Organisation.objects.order_by("path").values_list("path", "name", "kind"),
        Outlet.objects.order_by("enterprise__name", "name").values_list("name", "organisation__name"),
        Courier.objects.order_by("user__phone_hash").values_list("outlet__name", "verified_at", "verified_by__name"),
        Redemption.objects.order_by("number").values_list("number", "gift__code", "station__code", "state", "at"),
        Grant.objects.order_by("at", "courier__user__username").values_list("points", "reason", "state"),
        Reservation.objects.order_by("pickup_code").values_list("pickup_code", "gift__code", "state", "at", "ended_at"),
        Movement.objects.order_by("number").values_list("number", "kind", "gift__code", "quantity", "at"),
        PaperSlip.objects.order_by("number").values_list("number", "courier__user__username", "state"),
        StockTakeLine.objects.order_by("gift__code").values_list("stock_take__number", "counted", "expected"),
        Suggestion.objects.order_by("at").values_list("text", "state", "at", "courier__user__username"),
        RefusedAward.objects.order_by("at", "event").values_list("event", "code", "at"),
        Report.objects.order_by("number").values_list("number", "category__code", "area__path", "state", "filed_at"),
        Step.objects.order_by("report__number", "pk").values_list("report__number", "move", "at", "state_after"),
        Feedback.objects.order_by("report__number").values_list("report__number", "stars", "at"),
        Visit.objects.order_by("at").values_list("station__code", "courier__user__username", "at", "near", "points"),
        Wish.objects.order_by("hung_at", "title").values_list(
            "title", "station__code", "state", "lit_at", "shown_name"
        ),
        Voucher.objects.order_by("courier__user__phone_hash").values_list("code", "state", "issued_at", "ended_at"),
        RefusedAttempt.objects.order_by("at").values_list("attempt", "code", "at"),
        Budget.objects.order_by("programme", "year").values_list("programme", "year", "points"),
        Balance.objects.order_by("account__kind", "posted", "held", "earned").values_list("posted", "held", "earned"),
        Transfer.objects.exclude(source_kind__in=["grant", "visit", "enrolment"])
        .order_by("source_kind", "source_key", "kind")
        .values_list("source_kind", "source_key", "kind", "title", "rule_version", "created_at"),
    ):
        rows += list(rowset)
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_a_database_that_is_not_empty_is_left_alone() -> None:
    User.objects.create_with_phone("13800000000")
    with pytest.raises(CommandError) as refusal:
        seed("--scale", "0.02")
    assert refusal.value.returncode == 2
    assert not Organisation.objects.exists()


def test_a_scale_that_is_none_is_refused() -> None:
    for scale in ("0", "-1", "nan", "much"):
        with pytest.raises(CommandError):
            seed("--scale", scale)


def test_a_hundred_thousand_couriers_have_numbers_of_their_own() -> None:
    phones = {names.courier_phone(index) for index in range(1_000_000)} | {names.staff_phone(i) for i in range(100)}
    assert len(phones) == 1_000_100
    assert {len(phone) for phone in phones} == {11}


def test_the_same_seed_gives_the_same_district() -> None:
    now = clock.now()
    first, other, again = (forgotten(seed, now) for seed in (7, 8, 7))
    assert first == again != other


def forgotten(seed: int, now: datetime) -> str:
    """The digest of a district that is rolled back afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT seeded")
    district.build(seed, scale=0.02, now=now)
    found = digest()
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK TO SAVEPOINT seeded")
    return found


def test_nobody_of_the_published_account_is_ever_drawn() -> None:
    rng = Random(1)
    assert names.REAL_PEOPLE.isdisjoint(names.person(rng) for _ in range(50_000))
    possible = [name for name in names.REAL_PEOPLE if name[0] in names.SURNAMES and name[-1] in names.SECOND]
    assert possible  # they could come up by chance, so the check above is not idle


def test_the_evaluation_notes_no_accounts(data_dir: Any) -> None:
    seed("--profile", "eval", "--scale", "0.02")
    assert list(data_dir.iterdir()) == []
