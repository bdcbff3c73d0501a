"""`seed` on a real, empty database."""

import hashlib
import json
import stat
from datetime import date, datetime, timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from knox.auth import TokenAuthentication

from accounts.models import Courier, Enterprise, Organisation, Outlet, User
from accounts.roles import Role
from accounts.services.signin import IDLE
from fengchao.core import clock
from fengchao.core.models import Photo
from fengchao.demo import district, names
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
from points.models import Account, Balance, Budget, Entry, Grant, RefusedAward, Transfer
from points.services import expiring, programme_totals
from points.services.closing import EARNED_FROM
from points.verify import Difference
from reports.models import Assignment, Feedback, Report, Step
from reports.services.deadlines import due
from reports.states import OPEN, ReportState
from stations.models import Observation, Station, Visit
from stations.services import grades
from stations.states import Kind
from vouchers.models import Programme, Voucher, Waiting
from wishes.models import Claim, Improvement, Wish
from wishes.states import WishState

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
        Transfer.objects.exclude(source_kind__in=["grant", "visit"])
        .order_by("source_kind", "source_key", "kind")
        .values_list("source_kind", "source_key", "kind", "title", "rule_version", "created_at"),
    ):
        rows += list(rowset)
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def differences() -> list[Difference]:
    return [difference for checks in CHECKS for difference in checks()]


def test_the_district_is_whole_and_its_books_agree() -> None:
    seed("--scale", "0.05")
    assert Station.objects.count() == 30
    assert list(Station.objects.filter(is_example=False).values_list("code", flat=True)) == ["QK-001", "QK-002"]
    assert not Station.objects.filter(is_example=True).exclude(name__endswith="（示例）").exists()
    assert Outlet.objects.count() == Outlet.objects.filter(is_example=True, name__endswith="（示例）").count() == 132
    assert Enterprise.objects.filter(organisation=None).count() == 0
    assert Courier.objects.count() == 50
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
    seed("--scale", "0.1")
    assert set(Report.objects.values_list("state", flat=True)) == set(ReportState)
    kinds = ("report_accepted", "report_resolved")
    paid = Transfer.objects.filter(source_kind="report", kind__in=kinds).values_list("source_key", flat=True)
    assert set(paid) <= set(Report.objects.values_list("number", flat=True))
    for report in Report.objects.select_related("category"):
        steps = list(report.steps.all())
        assert steps[0].move == "file" and steps[-1].state_after == report.state
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        live = list(Assignment.objects.filter(report=report, ended_at=None))
        assert [one.organisation_id for one in live] == ([report.assigned_to_id] if report.assigned_to_id else [])
        assert [due(report.category, one.at) for one in live] == ([(report.due_on, report.long_due_on)] if live else [])
    assert Report.objects.filter(state__in=OPEN).overdue(clock.now()).exists()
    assert Report.objects.filter(category__is_confidential=True).exists()
    assert Feedback.objects.count() > 10 and Photo.objects.filter(kind="report").count() > 8


def test_wishes_hang_in_every_state_and_most_are_lit() -> None:
    seed("--scale", "0.1")
    assert kinds(Wish, "state") == set(WishState)
    assert Wish.objects.lit().count() == 10 and Wish.objects.waiting().count() == 15
    assert Wish.objects.exclude(flags=[]).filter(state="review").exists()
    assert Wish.objects.exclude(filed_by=None).exists() and Wish.objects.exclude(thanks="").exists()
    assert Claim.objects.to_warn(clock.now()).count() == 1 and Claim.objects.exclude(released_at=None).count() == 1
    assert [better.done_at is None for better in Improvement.objects.order_by("at")] == [False, True]
    assert Photo.objects.filter(kind="wish_delivered").count() == 3
    assert differences() == []


def test_all_the_cards_are_given_and_some_wait() -> None:
    seed("--scale", "0.5")
    programme = Programme.objects.get()
    assert (programme.issued, programme.quota, Voucher.objects.count(), Waiting.objects.count()) == (130, 130, 130, 5)
    assert kinds(Voucher, "state") == {"issued", "booked", "completed", "partial"}
    assert differences() == []


def test_json_lets_every_role_and_many_couriers_in() -> None:
    facts = seed_json("--profile", "eval", "--scale", "0.05")
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


def street_of(organisation: int) -> str | None:
    """The path of the street that an organisation is or lies in."""
    path = Organisation.objects.get(pk=organisation).path
    streets = Organisation.objects.filter(kind=Organisation.Kind.STREET).values_list("path", flat=True)
    return next((street for street in streets if path.startswith(street)), None)


def test_officials_have_a_password_and_a_second_factor() -> None:
    for one in seed_json("--scale", "0.02")["staff"]:
        user = User.objects.by_phone(one["phone"])
        assert user is not None and user.check_password(one["password"])
        code = format_hotp_value(hotp_value(one["totp_secret"], next(yield_hotp_counters_from_time())))
        assert Authenticator.objects.get(user=user).wrap().validate_code(code)


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


def test_every_list_has_something_to_show() -> None:
    seed("--scale", "0.3")
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


def kinds(model: Any, field: str) -> set[str]:
    return set(model.objects.order_by().values_list(field, flat=True))


def test_grants_above_the_limit_were_decided_by_a_second_person() -> None:
    seed("--scale", "0.1")
    large = Grant.objects.filter(points__gt=50, state="posted")
    assert large.exists() and not large.filter(decided_by=None).exists()


def test_some_points_are_lost_when_the_year_ends() -> None:
    seed("--scale", "0.3")
    year = clock.shanghai_day(clock.now()).year
    carried = Courier.objects.filter(grants__reason="上年结转（示例）")
    lost = [part for courier in carried for part in expiring(courier) if part.on == date(year, 12, 31)]
    assert len(lost) >= 5 and all(part.points > 0 for part in lost)
    earlier = Transfer.objects.filter(title="上年结转（示例）")
    assert {clock.shanghai_day(at).year for at in earlier.values_list("created_at", flat=True)} == {year - 1}


def test_every_programme_has_a_budget_and_one_has_nearly_spent_it() -> None:
    seed("--scale", "0.3")
    year = clock.shanghai_day(clock.now()).year
    totals = programme_totals(year)
    assert [total.programme for total in totals if total.budget] == list(EARNED_FROM)
    assert all(total.nearly_spent == (total.programme == Account.Kind.DEEDS) for total in totals if total.points > 9999)


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


def test_nobody_of_the_published_account_appears() -> None:
    rng = Random(1)
    assert names.REAL_PEOPLE.isdisjoint(names.person(rng) for _ in range(50_000))
    possible = [name for name in names.REAL_PEOPLE if name[0] in names.SURNAMES and name[-1] in names.SECOND]
    assert possible  # they could come up by chance, so the check above is not idle
    seed("--scale", "0.05")
    assert not User.objects.filter(name__in=names.REAL_PEOPLE).exists()


def test_statements_run_without_a_gap_and_in_order_of_time() -> None:
    seed("--scale", "0.02")
    last: dict[int, tuple[int, Any]] = {}
    for account, version, at in (
        Entry.objects.exclude(version=None).order_by("account_id", "version")
        .values_list("account_id", "version", "transfer__created_at")
    ):  # fmt: skip
        before, when = last.get(account, (0, at))
        assert version == before + 1 and at >= when
        last[account] = (version, at)


def test_the_demonstrations_accounts_are_noted_for_the_owner_only(data_dir: Any) -> None:
    seed("--profile", "demo", "--scale", "0.02")
    note = data_dir / "demo-accounts.json"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert {one["role"] for one in json.loads(note.read_text())} == {*Role.values, "courier"}


def test_the_evaluation_notes_no_accounts(data_dir: Any) -> None:
    seed("--profile", "eval", "--scale", "0.02")
    assert list(data_dir.iterdir()) == []
