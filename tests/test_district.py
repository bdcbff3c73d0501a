"""The demonstration district: what a person who opens it finds in it. One is built for all these tests, which only
look."""

import json
import stat
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from knox.auth import TokenAuthentication

from accounts.models import Courier, Enterprise, Organisation, Outlet, User
from accounts.roles import Role
from accounts.services.signin import IDLE
from fengchao.core import clock
from fengchao.core.models import Photo
from fengchao.demo import names
from fengchao.management.commands.verify import CHECKS
from gifts.models import (
    Gift,
    Movement,
    PaperSlip,
    Redemption,
    RefusedAttempt,
    Reservation,
    StockTake,
    StockTakeLine,
    Suggestion,
)
from gifts.states import Attempt, MovementKind, ReservationState, SlipState
from points.models import Account, Balance, Entry, Grant, RefusedAward, Transfer
from points.services import expiring, programme_totals
from points.services.closing import EARNED_FROM
from points.verify import Difference
from reports.models import Feedback, Report
from reports.services import live_key
from reports.services.deadlines import due
from reports.states import OPEN, ReportState
from stations.models import Observation, Station, Visit
from stations.services import grades
from stations.states import Kind
from vouchers.models import Programme, Voucher, Waiting
from wishes.models import Claim, Improvement, Wish
from wishes.states import WishState

pytestmark = pytest.mark.django_db
COURIERS, SCALE = 300, "0.3"


@pytest.fixture(scope="module")
def whole_district(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """What the command printed, in a transaction that is never committed."""
    folder, out = tmp_path_factory.mktemp("district"), StringIO()
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    about = {"DATA_DIR": folder, "MEDIA_ROOT": folder / "media", "PASSWORD_HASHERS": quick}
    with override_settings(**about), django_db_blocker.unblock(), transaction.atomic():
        call_command("seed", "--scale", SCALE, "--profile", "demo", "--json", stdout=out)
        yield json.loads(out.getvalue().strip().splitlines()[-1])
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def facts(whole_district: dict[str, Any], db: None) -> dict[str, Any]:
    """`db` is the savepoint."""
    return whole_district


def differences() -> list[Difference]:
    return [difference for checks in CHECKS for difference in checks()]


def kinds(model: Any, field: str) -> set[str]:
    return set(model.objects.order_by().values_list(field, flat=True))


def test_the_district_is_whole_and_its_books_agree() -> None:
    assert Station.objects.count() == 30
    assert list(Station.objects.filter(is_example=False).values_list("code", flat=True)) == ["QK-001", "QK-002"]
    assert not Station.objects.filter(is_example=True).exclude(name__endswith="（示例）").exists()
    assert Outlet.objects.count() == Outlet.objects.filter(is_example=True, name__endswith="（示例）").count() == 132
    assert Enterprise.objects.filter(organisation=None).count() == 0
    assert Courier.objects.count() == COURIERS
    assert dict(Gift.objects.values_list("name", "points")) == {
        "电炖锅": 2000, "雨伞": 1500, "洗衣液": 1500, "手提纸": 1000, "洗手液": 500, "洗衣粉": 500,
    }  # fmt: skip
    assert Courier.objects.unverified().exists()
    assert Courier.objects.filter(registered_at=None).exists()
    assert not User.objects.filter(last_login__lte=clock.now() - IDLE + timedelta(days=30)).exists()
    assert Visit.objects.filter(points__gt=0).exists() and Visit.objects.filter(near="unknown", points=0).exists()
    assert not Visit.objects.filter(way="counter", near="unknown").exists()
    assert Redemption.objects.exists() and Grant.objects.exists()
    assert Movement.objects.filter(kind="received").values("station", "gift").distinct().count() == 180
    assert not Balance.objects.filter(posted__lt=0).exists()
    assert Balance.objects.filter(account__kind="stock", posted__gt=0).count() >= 170
    assert not Redemption.objects.filter(courier__verified_at=None).exists()
    assert differences() == []


def test_reports_stand_in_every_state_and_agree_with_points_and_steps() -> None:
    assert set(Report.objects.values_list("state", flat=True)) == set(ReportState)
    kinds = ("report_accepted", "report_resolved")
    paid = Transfer.objects.filter(source_kind="report", kind__in=kinds).values_list("source_key", flat=True)
    assert set(paid) <= set(Report.objects.values_list("number", flat=True))
    for report in Report.objects.select_related("category").prefetch_related("steps", "assignments"):
        steps = list(report.steps.all())
        assert steps[0].move == "file" and steps[-1].state_after == report.state
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        live = [one for one in report.assignments.all() if one.ended_at is None]
        assert [one.organisation_id for one in live] == ([report.assigned_to_id] if report.assigned_to_id else [])
        assert [due(report.category, one.at) for one in live] == ([(report.due_on, report.long_due_on)] if live else [])
    assert Report.objects.filter(state__in=OPEN).overdue(clock.now()).exists()
    assert Report.objects.filter(category__is_confidential=True).exists()
    assert Feedback.objects.count() > 10 and Photo.objects.filter(kind="report").count() > 8


def test_wishes_hang_in_every_state_and_most_are_lit() -> None:
    assert kinds(Wish, "state") == set(WishState)
    assert Wish.objects.lit().count() == 28 and Wish.objects.waiting().count() == 15
    assert Wish.objects.exclude(flags=[]).filter(state="review").exists()
    assert Wish.objects.exclude(filed_by=None).exists() and Wish.objects.exclude(thanks="").exists()
    assert Claim.objects.to_warn(clock.now()).count() == 1 and Claim.objects.exclude(released_at=None).count() == 1
    assert [better.done_at is None for better in Improvement.objects.order_by("at")] == [False, True]
    assert Photo.objects.filter(kind="wish_delivered").count() == 3
    assert differences() == []


def test_all_the_cards_are_given_and_some_wait() -> None:
    programme = Programme.objects.get()
    assert (programme.issued, programme.quota, Voucher.objects.count(), Waiting.objects.count()) == (130, 130, 130, 5)
    assert kinds(Voucher, "state") == {"issued", "booked", "completed", "partial"}
    assert differences() == []


def test_json_lets_every_role_and_many_couriers_in(facts: dict[str, Any]) -> None:
    assert list(facts) == ["staff", "couriers", "stations", "gifts", "open311_key"]
    assert {tuple(one) for one in facts["staff"]} == {
        ("phone", "password", "totp_secret", "role", "organisation", "token")
    }
    assert {tuple(one) for one in facts["couriers"]} == {("id", "phone", "token", "balance")}
    assert {tuple(one) for one in facts["stations"]} == {("code", "organisation")}
    assert {tuple(one) for one in facts["gifts"]} == {("code", "points")}
    assert {one["role"] for one in facts["staff"]} == set(Role.values)
    for role in (Role.STREET_ADMIN, Role.COUNTER, Role.HANDLER):
        assert len({street_of(one["organisation"]) for one in facts["staff"] if one["role"] == role} - {None}) >= 2
    balances = dict(Balance.objects.filter(account__kind="courier").values_list("account__owner_id", "posted"))
    assert {one["id"]: one["balance"] for one in facts["couriers"]} == {
        one["id"]: balances[one["id"]] for one in facts["couriers"]
    }
    for one in [*facts["staff"], *facts["couriers"]]:
        user, token = TokenAuthentication().authenticate_credentials(one["token"].encode())
        assert user == User.objects.by_phone(one["phone"])
        assert token.staff == ("role" in one)
    key = live_key(facts["open311_key"])
    assert key is not None
    assert key.reports.count() == 3


def street_of(organisation: int) -> str | None:
    """The path of the street that an organisation is or lies in."""
    path = Organisation.objects.get(pk=organisation).path
    streets = Organisation.objects.filter(kind=Organisation.Kind.STREET).values_list("path", flat=True)
    return next((street for street in streets if path.startswith(street)), None)


def test_officials_have_a_password_and_a_second_factor(facts: dict[str, Any]) -> None:
    for one in facts["staff"]:
        user = User.objects.by_phone(one["phone"])
        assert user is not None and user.check_password(one["password"])
        code = format_hotp_value(hotp_value(one["totp_secret"], next(yield_hotp_counters_from_time())))
        assert Authenticator.objects.get(user=user).wrap().validate_code(code)


def test_every_list_has_something_to_show() -> None:
    assert kinds(Reservation, "state") == set(ReservationState.values)
    assert kinds(Movement, "kind") == set(MovementKind.values)
    assert kinds(Grant, "state") == set(Grant.State.values)
    assert kinds(RefusedAttempt, "attempt") == set(Attempt.values)
    assert kinds(PaperSlip, "state") == {SlipState.PENDING, SlipState.REJECTED}
    assert StockTake.objects.get().state == "confirmed" and StockTakeLine.objects.count() == 6
    assert Suggestion.objects.count() == 12 and Suggestion.objects.unanswered().count() == 10
    assert RefusedAward.objects.exists()
    assert kinds(Observation, "kind") == set(Kind.values)
    assert Observation.objects.live(clock.now()).newest_of_each().count() >= 4
    assert Observation.objects.pending().count() == 2
    assert 0 < grades.lacking(Station.objects.all()).count() < 15
    assert Redemption.objects.exclude(reservation=None).exists()
    assert Redemption.objects.filter(state="annulled").exists()
    assert Grant.objects.filter(state="rejected").exclude(decision_note="").exists()
    assert Grant.objects.filter(taken_back__isnull=False).count() == 1
    assert differences() == []


def test_grants_above_the_limit_were_decided_by_a_second_person() -> None:
    large = Grant.objects.filter(points__gt=50, state="posted")
    assert large.exists() and not large.filter(decided_by=None).exists()


def test_some_points_are_lost_when_the_year_ends() -> None:
    year = clock.shanghai_day(clock.now()).year
    carried = Courier.objects.filter(grants__reason="上年结转（示例）")
    lost = [part for courier in carried for part in expiring(courier) if part.on == date(year, 12, 31)]
    assert len(lost) >= 5 and all(part.points > 0 for part in lost)
    earlier = Transfer.objects.filter(title="上年结转（示例）")
    assert {clock.shanghai_day(at).year for at in earlier.values_list("created_at", flat=True)} == {year - 1}


def test_every_programme_has_a_budget_and_one_has_nearly_spent_it() -> None:
    year = clock.shanghai_day(clock.now()).year
    totals = programme_totals(year)
    assert [total.programme for total in totals if total.budget] == list(EARNED_FROM)
    assert all(total.nearly_spent == (total.programme == Account.Kind.DEEDS) for total in totals if total.points > 9999)


def test_nobody_of_the_published_account_appears() -> None:
    assert not User.objects.filter(name__in=names.REAL_PEOPLE).exists()


def test_statements_run_without_a_gap_and_in_order_of_time() -> None:
    last: dict[int, tuple[int, Any]] = {}
    for account, version, at in (
        Entry.objects.exclude(version=None).order_by("account_id", "version")
        .values_list("account_id", "version", "transfer__created_at")
    ):  # fmt: skip
        before, when = last.get(account, (0, at))
        assert version == before + 1 and at >= when
        last[account] = (version, at)


def test_the_demonstrations_accounts_are_noted_for_the_owner_only() -> None:
    note = Path(settings.DATA_DIR) / "demo-accounts.json"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert {one["role"] for one in json.loads(note.read_text())} == {*Role.values, "courier"}
