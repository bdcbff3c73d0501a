"""The table of moves, walked move by move: who may make which from where, and what is refused."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import User
from fengchao.core import clock
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.models import AuditLog, Notice
from tests.factories.people import courier
from tests.factories.vouchers import A_DAY, VoucherScene, fresh
from vouchers import rules, services
from vouchers.models import Booking, Voucher
from vouchers.problems import AlreadyCheckedIn, SelfDealing, TooLate, WrongDay
from vouchers.states import MOVES, Outcome, VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState

OWNERS = {
    "book": ("rider",), "change": ("rider",), "cancel": ("rider",), "check-in": ("nurse",), "tick": ("nurse",),
    "complete": ("nurse",), "no-show": ("nurse",), "void": ("chief",),
}  # fmt: skip
READERS = ("rider", "chief", "nurse", "manager", "auditor")
PEOPLE = (*READERS, "street", "stranger")


def person(scene: VoucherScene, who: str) -> User:
    return scene.rider.user if who == "rider" else getattr(scene, who)


def make(scene: VoucherScene, voucher: Voucher, move: str, by: User) -> None:
    """Any move of the table with what it needs, on the morning of the booking where it takes place then."""
    other, morning = scene.slot(days=4), scene.slot(days=3).starts_at + timedelta(minutes=5)
    moves = {
        "book": lambda: services.book(voucher, other, by=by),
        "change": lambda: services.change(voucher, other, by=by),
        "cancel": lambda: services.cancel(voucher, by=by),
        "check-in": lambda: services.check_in(voucher, by=by, at=morning),
        "tick": lambda: services.tick(voucher, scene.items[0], done=True, by=by, at=morning),
        "complete": lambda: services.complete(voucher, by=by, at=morning),
        "no-show": lambda: services.no_show(voucher, by=by, at=morning),
        "void": lambda: services.void(voucher, reason="登记错了", by=by),
    }
    moves[move]()


def expected(state: VoucherState, move: str, who: str) -> str:
    """What domain.md says, worked out apart from the code under test."""
    if who not in READERS:
        return "not_found"
    if who not in OWNERS[move]:
        return "not_allowed"
    if move == "check-in" and state in (S.CHECKED_IN, S.COMPLETED, S.PARTIAL):
        return "already_checked_in"
    if move == "check-in" and state == S.ISSUED:
        return "not_booked"
    ends = {"complete": S.PARTIAL, "no-show": S.ISSUED}
    return ends.get(move, MOVES[move][1][0]) if state in MOVES[move][0] else "wrong_state"


class Undone(Exception):
    """Takes a try back."""


@pytest.mark.parametrize("state", VoucherState)
def test_every_move_from_every_state_by_everybody(scene: VoucherScene, state: VoucherState) -> None:
    voucher = scene.in_state(state)
    morning = scene.slot(days=3).starts_at + timedelta(minutes=5)
    for who in PEOPLE:
        by = person(scene, who)
        for move in OWNERS:
            at = None if move in ("book", "change", "cancel", "void") else morning
            said = move in rules.allowed(fresh(voucher), by, at)
            with suppress(Undone), transaction.atomic():
                try:
                    make(scene, voucher, move, by)
                    came: str = Voucher.objects.get(pk=voucher.pk).state
                except RuleBroken as refusal:
                    came = refusal.code
                raise Undone
            assert (who, move, came) == (who, move, expected(state, move, who))
            assert (who, move, said) == (who, move, came in set(VoucherState))
        voucher.refresh_from_db()
        assert voucher.state == state


def test_from_the_gift_to_a_morning_at_the_clinic(scene: VoucherScene) -> None:
    voucher = scene.in_state(S.COMPLETED)
    moves = ["issue", "book", "check-in", *["tick"] * 6, "complete"]
    assert [step.move for step in voucher.steps.all()] == moves
    titles = list(Notice.objects.filter(user_id=scene.rider.pk).order_by("pk").values_list("title", flat=True))
    assert titles == ["你有一张关爱体检卡", "体检已完成"]
    assert {tick.by for tick in voucher.ticks.all()} == {scene.nurse}
    verbs = set(AuditLog.objects.filter(verb__startswith="voucher.").values_list("verb", flat=True))
    assert verbs == {"voucher.issue", "voucher.check-in", "voucher.tick", "voucher.complete"}
    assert Booking.objects.get().outcome == Outcome.KEPT
    scene.programme.refresh_from_db()
    assert scene.programme.issued == 1


def test_a_second_scan_is_told_when_and_where(scene: VoucherScene) -> None:
    voucher = scene.in_state(S.CHECKED_IN)
    with pytest.raises(AlreadyCheckedIn) as refusal:
        services.check_in(voucher, by=scene.nurse)
    assert refusal.value.message.endswith("09:05 已在美年大健康体检中心报到。")


def test_only_on_the_day(scene: VoucherScene) -> None:
    voucher = scene.booked()
    day = scene.slot(days=3).starts_at
    for at in (day - A_DAY, day + A_DAY):
        with pytest.raises(WrongDay):
            services.check_in(voucher, by=scene.nurse, at=at)
    assert services.check_in(voucher, by=scene.nurse, at=day - timedelta(hours=2)).state == S.CHECKED_IN


def test_changed_and_cancelled_until_six_of_the_day_before(scene: VoucherScene) -> None:
    voucher, slot = scene.booked(), scene.slot(days=3)
    last = slot.starts_at.astimezone(clock.SHANGHAI).replace(hour=18) - A_DAY
    other = scene.slot(days=4)
    for act in (
        lambda: services.cancel(voucher, by=scene.rider.user, at=last),
        lambda: services.change(voucher, other, by=scene.rider.user, at=last),
    ):
        with pytest.raises(TooLate):
            act()
    services.change(voucher, other, by=scene.rider.user, at=last - timedelta(seconds=1))
    assert services.cancel(fresh(voucher), by=scene.rider.user, at=last + timedelta(hours=1)).state == S.ISSUED
    slot.refresh_from_db()
    other.refresh_from_db()
    assert (slot.booked, other.booked) == (0, 0)


def test_a_change_that_cannot_be_keeps_the_place(scene: VoucherScene) -> None:
    voucher, full = scene.booked(), scene.slot(days=4, capacity=1)
    scene.booked(slot=full, rider=courier(scene.district.street))
    with pytest.raises(RuleBroken) as refusal:
        services.change(voucher, full, by=scene.rider.user)
    assert refusal.value.code == "slot_full"
    assert scene.booking(voucher).slot == scene.slot(days=3)


def test_nobody_deals_with_his_own(scene: VoucherScene) -> None:
    nurse = courier(scene.district.street)
    nurse.user.memberships.create(organisation=scene.clinic, role="clinic")
    voucher = scene.booked(rider=nurse)
    with pytest.raises(SelfDealing):
        services.check_in(voucher, by=nurse.user, at=scene.slot(days=3).starts_at)
    chief = courier(scene.district.street)
    chief.user.memberships.create(organisation=scene.district.root, role="district_admin")
    with pytest.raises(SelfDealing):
        services.issue(scene.programme, chief, by=chief.user)


def test_found_at_its_centre_alone(scene: VoucherScene) -> None:
    voucher = scene.issued()
    typed = f" {voucher.code[:4].lower()}-{voucher.code[4:]}"
    assert services.find(typed, by=scene.nurse) == voucher
    for by, code in ((scene.stranger, voucher.code), (scene.nurse, "TNOWHERE"), (scene.chief, voucher.code)):
        with pytest.raises(NotThere):
            services.find(code, by=by)
