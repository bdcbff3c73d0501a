"""The district gives cards out: to one, to many, to whoever waits when a place comes back."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import Courier, User
from fengchao.core import audit, clock, codes
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.transactions import unit_of_work
from vouchers import rules
from vouchers.models import Allotment, Programme, Step, Voucher, Waiting
from vouchers.problems import (
    AllotmentFull,
    AlreadyIssued,
    AlreadyWaiting,
    MayNot,
    NoNeedToWait,
    NotEligible,
    ProgrammeOver,
    QuotaFull,
    SelfDealing,
    Unverified,
)
from vouchers.services import telling
from vouchers.services.booking import release_slot
from vouchers.services.turns import live_booking, lock_programme, turn
from vouchers.states import SERVED, UNCOUNTED, Party, VoucherState


def issue(programme: Programme, courier: Courier, *, by: User, at: datetime | None = None) -> Voucher:
    """Give `courier` a card. Locks the programme, so that the last place is given once; its count is kept by a trigger,
    whose constraints stand behind the lock.

    Raises NotThere for a programme `by` may not read, MayNot, SelfDealing, ProgrammeOver, Unverified, NotEligible,
    AlreadyIssued, AllotmentFull, QuotaFull.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = _managed(programme, by)
        if courier.pk == by.pk:
            raise SelfDealing
        voucher = _give(locked, courier, by=by, at=at)
        audit.record(by, "voucher.issue", voucher, {"courier": courier.pk, "programme": programme.pk})
    return voucher


def issue_to_all(
    programme: Programme, couriers: Sequence[Courier], *, by: User, at: datetime | None = None
) -> tuple[list[Voucher], list[tuple[Courier, RuleBroken]]]:
    """A card for each of a list, or for nobody when one of them may not have it: the refusals say who and why."""
    at = at or clock.now()
    given: list[Voucher] = []
    refused: list[tuple[Courier, RuleBroken]] = []
    try:
        with unit_of_work():
            for courier in couriers:
                try:
                    given.append(issue(programme, courier, by=by, at=at))
                except RuleBroken as refusal:
                    refused.append((courier, refusal))
            if refused:
                raise _Refused
    except _Refused:
        given = []
    return given, refused


class _Refused(Exception):
    """Takes the whole list back."""


def wait(programme: Programme, courier: Courier, *, by: User, at: datetime | None = None) -> Waiting:
    """Put `courier` on the list of who gets the next place that comes back. Refused like `issue`, and while there are
    places (NoNeedToWait), and twice (AlreadyWaiting)."""
    at = at or clock.now()
    with unit_of_work():
        locked = _managed(programme, by)
        if courier.pk == by.pk:
            raise SelfDealing
        refuse_ineligible(locked, courier, at)
        allotment = _allotment(locked, courier)
        if locked.left > 0 and (allotment is None or allotment.issued < allotment.places):
            raise NoNeedToWait
        waiting, new = Waiting.objects.get_or_create(
            programme=locked, courier=courier, defaults={"at": at, "by": by}
        )  # fmt: skip
        if not new:
            raise AlreadyWaiting
        audit.record(by, "voucher.wait", waiting, {"courier": courier.pk, "programme": programme.pk})
    return waiting


def void(voucher: Voucher, *, reason: str, by: User, at: datetime | None = None) -> Voucher:
    """The card is worth nothing any more, for a reason that the courier reads. Its place goes to who waits."""
    booking = live_booking(voucher)
    slots = [booking.slot] if booking else []
    with unit_of_work():
        with turn(voucher, "void", by, at, reason, slots=slots, needed=True) as made:
            release_slot(made.voucher, at=made.at, expected=booking)
        fill(voucher.programme, at=made.at)
    return made.voucher


def fill(programme: Programme, *, at: datetime | None = None) -> int:
    """Give free places to who waits, first come first served; how many. Who is not eligible any more keeps his turn
    for when he is again, and those behind him are not held up."""
    at = at or clock.now()
    given = 0
    with unit_of_work():
        locked = lock_programme(programme.pk)
        if not Programme.objects.running(at).filter(pk=locked.pk).exists():
            return 0
        for waiting in Waiting.objects.filter(programme=locked).in_turn().select_related("by"):
            if locked.left <= given:
                break
            courier = Courier.objects.select_related("user", "outlet__enterprise").get(pk=waiting.courier_id)
            try:
                _give(locked, courier, by=None, at=at)
            except RuleBroken:
                continue
            given += 1
    return given


def refuse_ineligible(programme: Programme, courier: Courier, at: datetime) -> None:
    """What the programme asks of a courier, but for its places."""
    today = clock.shanghai_day(at)
    if not programme.is_active or not programme.valid_from <= today <= programme.valid_until:
        raise ProgrammeOver
    if courier.is_frozen or not courier.is_registered:
        raise NotEligible("账号已冻结或还没有登记。")
    if programme.needs_verified and not courier.is_verified:
        raise Unverified
    if programme.needs_honour and not courier.honours.filter(title=programme.needs_honour).exists():
        raise NotEligible(f"不是“{programme.needs_honour}”。")
    mine = Voucher.objects.of_courier(courier)
    if mine.filter(programme=programme).exclude(state__in=UNCOUNTED).exists():
        raise AlreadyIssued
    if programme.excludes_served and mine.exclude(programme=programme).filter(state__in=SERVED).exists():
        raise NotEligible("以前的项目里已经体检过。")
    if programme.allotments.exists() and _allotment(programme, courier) is None:
        raise NotEligible("所在企业不在这个项目的名单里。")


def _managed(programme: Programme, by: User) -> Programme:
    """The programme under its lock, for whoever issues its vouchers."""
    found = Programme.objects.filter(pk=programme.pk).select_related("organisation", "centre").first()
    if found is None or not (rules.manages(by, found) or Programme.objects.in_scope(by).filter(pk=found.pk).exists()):
        raise NotThere
    if not rules.manages(by, found):
        raise MayNot
    return lock_programme(found.pk)


def _give(programme: Programme, courier: Courier, *, by: User | None, at: datetime) -> Voucher:
    """Under the lock of the programme."""
    refuse_ineligible(programme, courier, at)
    allotment = _allotment(programme, courier)
    if allotment is not None and allotment.issued >= allotment.places:
        raise AllotmentFull(enterprise=allotment.enterprise)
    if Programme.objects.filter(pk=programme.pk, issued__gte=programme.quota).exists():
        raise QuotaFull
    voucher = Voucher.objects.create(
        code=f"T{codes.random_code(9)}", programme=programme, courier=courier, issued_at=at, updated_at=at,
        enterprise=courier.outlet.enterprise if courier.outlet else None, valid_until=programme.valid_until,
        state=VoucherState.ISSUED,
    )  # fmt: skip
    Waiting.objects.filter(programme=programme, courier=courier).delete()
    Step.objects.create(
        voucher=voucher, move="issue", at=at, by=by, party=Party.DISTRICT if by else Party.SYSTEM,
        state_after=voucher.state,
    )  # fmt: skip
    telling.tell(voucher, "issue", "", at=at, party=Party.DISTRICT)
    return voucher


def _allotment(programme: Programme, courier: Courier) -> Allotment | None:
    if courier.outlet is None:
        return None
    places: Allotment | None = (
        programme.allotments.filter(enterprise=courier.outlet.enterprise_id).select_related("enterprise").first()
    )
    return places
