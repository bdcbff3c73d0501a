"""What only paper knew of comes into the books by two people, in the month in which it happened."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
import pytest
from django.db import DatabaseError, transaction

from accounts.models import Courier, User
from accounts.problems import AccountFrozen, CodeUnknown
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.models import AuditLog
from gifts import problems
from gifts.models import Gift, Movement, PaperSlip, Redemption, RefusedAttempt
from gifts.services import annul, redeem, slips, stock_takes
from gifts.services.redemptions import hand_over
from gifts.services.slips import OLDEST
from points.models import ClosedDay, Transfer
from points.services.closing import close_days
from stations import counter
from stations.problems import TicketExpired, TooManyWrongCodes
from tests.core.conftest import in_parallel
from tests.factories import courier, staff
from tests.gifts.shop import Shop, available, differences, give, on_hand, open_shop

NOW = clock.now()
REASON = "停电两小时，手写登记"


def entered(shop: Shop, *, at: datetime | None = None, **changes: Any) -> PaperSlip:
    at = at or clock.now()
    wanted = {"handed_over_at": at - timedelta(hours=5), "reason": REASON, "by": shop.worker, **changes}
    rider, gift = wanted.pop("courier", shop.courier), wanted.pop("gift", shop.gift)
    return slips.enter(rider, gift, station=shop.station, at=at, **wanted)


def waits(shop: Shop, slip: PaperSlip, expected: type[RuleBroken], words: str) -> None:
    """Refused: the slip waits with a sentence that says what to do, and nothing moved."""
    before = (available(shop), on_hand(shop), Transfer.objects.count())
    with pytest.raises(expected) as caught:
        slips.approve(slip, by=shop.chief)
    slip.refresh_from_db()
    assert (slip.state, slip.redemption, slip.decided_by) == ("pending", None, None)
    assert words in slip.decision_note == caught.value.message
    assert (available(shop), on_hand(shop), Transfer.objects.count()) == before
    kept = RefusedAttempt.objects.latest("pk")
    assert (kept.attempt, kept.code, kept.by) == ("slip", expected.code, shop.chief)


def test_entered_it_moves_nothing_approved_it_is_the_hand_over(shop: Shop) -> None:
    slip = entered(shop, reason=f" {REASON} ")
    assert (slip.state, slip.reason, available(shop), on_hand(shop)) == ("pending", REASON, 1500, 10)
    done = slips.approve(slip, by=shop.chief)
    redemption = Redemption.objects.get()
    assert (done.state, done.redemption, done.decided_by) == ("approved", redemption, shop.chief)
    assert (redemption.courier, redemption.gift, redemption.station) == (shop.courier, shop.gift, shop.station)
    assert (redemption.at, redemption.by, redemption.points) == (slip.handed_over_at, shop.worker, 1000)
    assert (redemption.transfer.created_at, redemption.transfer.actor_id) == (done.decided_at, shop.chief.pk)
    assert (available(shop), on_hand(shop)) == (500, 9)
    verbs = AuditLog.objects.filter(subject_kind__in=["gifts.paperslip", "gifts.redemption"]).order_by("pk")
    assert list(verbs.values_list("verb", "actor_id")) == [
        ("slip.entered", shop.worker.pk),
        ("redemption.handed_over", shop.chief.pk),
        ("slip.approved", shop.chief.pk),
    ]


def test_its_redemption_is_undone_by_the_street_only(shop: Shop) -> None:
    slip = slips.approve(entered(shop), by=shop.chief)
    assert slip.redemption is not None
    with pytest.raises(problems.UndoExpired):
        annul(slip.redemption, reason="给错了", by=shop.worker)
    annul(slip.redemption, reason="给错了", by=shop.chief)
    assert (available(shop), on_hand(shop)) == (1500, 10)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(0), "现在之前"),
        (timedelta(minutes=-1), "现在之前"),
        (OLDEST + timedelta(seconds=1), "7 天以内"),
    ],
)
def test_only_what_is_past_and_not_long(shop: Shop, ago: timedelta, words: str) -> None:
    with pytest.raises(BadValue, match=words) as caught:
        entered(shop, at=NOW, handed_over_at=NOW - ago)
    assert caught.value.field == "handed_over_at"
    assert entered(shop, at=NOW, handed_over_at=NOW - OLDEST).state == "pending"


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201, "a\0b"])
def test_a_reason_is_needed(shop: Shop, reason: str) -> None:
    with pytest.raises(BadValue) as caught:
        entered(shop, reason=reason)
    assert caught.value.field == "reason"


def test_who_may_enter(shop: Shop) -> None:
    for who in (shop.neighbour, shop.auditor, shop.courier.user):
        with pytest.raises(NotThere):
            entered(shop, by=who)
    shop.courier.user.memberships.create(organisation=shop.station.organisation, role=Role.COUNTER)
    with pytest.raises(problems.SelfDealing):
        entered(shop, by=User.objects.get(pk=shop.courier.pk))
    assert entered(shop, by=shop.chief).state == "pending"


def test_who_may_decide(shop: Shop) -> None:
    slip = entered(shop)
    next_chief = staff(Role.STREET_ADMIN, shop.other.organisation)
    for who in (shop.worker, shop.colleague, shop.neighbour, shop.auditor, next_chief):
        for act in (slips.approve, lambda slip, by: slips.reject(slip, note="重复", by=by)):
            with pytest.raises(NotThere):
                act(slip, by=who)
    assert slips.approve(slip, by=shop.chief).state == "approved"


def test_neither_who_wrote_it_nor_the_courier_decides(shop: Shop) -> None:
    own = entered(shop, by=shop.chief)
    shop.courier.user.memberships.create(organisation=shop.station.organisation, role=Role.STREET_ADMIN)
    for act in (slips.approve, lambda slip, by: slips.reject(slip, note="重复", by=by)):
        with pytest.raises(problems.OwnSlip):
            act(own, by=shop.chief)
        with pytest.raises(problems.SelfDealing):
            act(own, by=shop.courier.user)
    with pytest.raises(DatabaseError, match="slip_needs_two_others"), transaction.atomic():
        PaperSlip.objects.update(state="rejected", decided_by=shop.chief, decided_at=clock.now())


def test_decided_once(shop: Shop) -> None:
    slip = entered(shop)
    slips.approve(slip, by=shop.chief)
    for act in (slips.approve, lambda slip, by: slips.reject(slip, note="重复", by=by)):
        with pytest.raises(problems.SlipDecided, match="已入账"):
            act(slip, by=shop.chief)
    assert (available(shop), on_hand(shop)) == (500, 9)


def test_rejected_it_says_why_and_may_be_entered_again(shop: Shop) -> None:
    when = clock.now() - timedelta(hours=3)
    slip = entered(shop, handed_over_at=when)
    with pytest.raises(BadValue) as caught:
        slips.reject(slip, note=" ", by=shop.chief)
    assert caught.value.field == "note"
    done = slips.reject(slip, note=" 单据 看不清 ", by=shop.chief)
    assert (done.state, done.decision_note, available(shop), on_hand(shop)) == ("rejected", "单据 看不清", 1500, 10)
    assert entered(shop, handed_over_at=when).state == "pending"


def test_the_same_paper_is_entered_once(shop: Shop) -> None:
    when = clock.now() - timedelta(hours=3)
    slip = entered(shop, handed_over_at=when)
    with pytest.raises(problems.AlreadyEntered, match=slip.number):
        entered(shop, handed_over_at=when, by=shop.colleague)
    assert entered(shop, handed_over_at=when, gift=shop.dear).state == "pending"


def test_refusals_leave_it_waiting_and_say_what_to_do(shop: Shop) -> None:
    slip = entered(shop)
    give(shop.courier, -600)
    waits(shop, slip, problems.InsufficientPoints, "还差 100 分。等他攒够积分再通过")
    give(shop.courier, -1000)
    waits(shop, slip, problems.Overdrawn, "补足积分")
    give(shop.courier, 5000)
    dear = entered(shop, gift=shop.dear)
    waits(shop, dear, problems.SoldOut, "先补登记入库")
    Courier.objects.filter(pk=shop.courier.pk).update(verified_at=None, verified_by=None)
    waits(shop, slip, problems.Unverified, "先核验")
    Courier.objects.filter(pk=shop.courier.pk).update(frozen_at=clock.now())
    waits(shop, slip, AccountFrozen, "解除冻结")
    Courier.objects.filter(pk=shop.courier.pk).update(frozen_at=None, verified_at=clock.now())
    Gift.objects.filter(pk=shop.gift.pk).update(is_active=False)
    waits(shop, slip, problems.NotOnSale, "上架时间")
    Gift.objects.filter(pk=shop.gift.pk).update(is_active=True)
    done = slips.approve(slip, by=shop.chief)
    assert (done.state, done.decision_note) == ("approved", "")


def test_the_limit_is_that_of_the_month_of_the_hand_over(shop: Shop) -> None:
    """It is the third of the month; the paper says the 30th of the month before."""
    first, _ = clock.month_bounds(NOW)
    now, then = first + timedelta(days=2), first - timedelta(days=1)
    Gift.objects.filter(pk=shop.gift.pk).update(monthly_limit=1)
    gift = Gift.objects.get(pk=shop.gift.pk)
    give(shop.courier, 9000)
    redeem(shop.courier, gift, station=shop.station, by=shop.worker, at=now)
    slip = entered(shop, at=now, handed_over_at=then)
    slips.approve(slip, by=shop.chief, at=now)
    second = entered(shop, at=now, handed_over_at=then + timedelta(hours=1))
    with pytest.raises(problems.LimitReached, match="交付当月已经兑完。请驳回"):
        slips.approve(second, by=shop.chief, at=now)
    with pytest.raises(problems.LimitReached):
        redeem(shop.courier, gift, station=shop.station, by=shop.worker, at=then + timedelta(hours=2))


def test_a_courier_is_found_by_his_whole_number_only(shop: Shop) -> None:
    phone = shop.courier.user.phone or ""
    seen = slips.find(shop.station, f" {phone[:3]}-{phone[3:]} ", by=shop.worker)
    assert seen.courier == shop.courier
    assert slips.found(seen.token, station=shop.station, by=shop.worker) == shop.courier
    looked = AuditLog.objects.get(verb="courier.found_by_phone")
    assert (looked.actor_id, looked.subject_key, phone in str(looked.changed)) == (
        shop.worker.pk,
        str(shop.courier.pk),
        False,
    )
    for wrong in ("", "139", phone[:-1], f"{phone}0"):
        with pytest.raises(BadValue):
            slips.find(shop.station, wrong, by=shop.worker)
    for nobody in ("13100000000", shop.worker.phone or "", courier(registered=False).user.phone or ""):
        with pytest.raises(CodeUnknown):
            slips.find(shop.station, nobody, by=shop.worker)
    for who in (shop.neighbour, shop.auditor):
        with pytest.raises(NotThere):
            slips.find(shop.station, phone, by=who)


def test_wrong_numbers_count_like_wrong_codes(shop: Shop) -> None:
    for _ in range(6):
        with pytest.raises(CodeUnknown):
            slips.find(shop.station, "13100000000", by=shop.worker)
    for _ in range(4):
        with pytest.raises(CodeUnknown):
            counter.identify(shop.station, by=shop.worker, digits="000000")
    with pytest.raises(TooManyWrongCodes):
        slips.find(shop.station, shop.courier.user.phone or "", by=shop.worker)
    assert slips.find(shop.station, shop.courier.user.phone or "", by=shop.colleague).courier == shop.courier


def test_what_a_number_finds_is_no_ticket_and_nobody_else_s(shop: Shop) -> None:
    token = slips.find(shop.station, shop.courier.user.phone or "", by=shop.worker, at=NOW).token
    with pytest.raises(TicketExpired):
        counter.read_ticket(token, station=shop.station, by=shop.worker, at=NOW)
    with pytest.raises(TicketExpired):
        slips.found(token, station=shop.station, by=shop.colleague, at=NOW)
    with pytest.raises(TicketExpired):
        slips.found(token, station=shop.other, by=shop.worker, at=NOW)
    with pytest.raises(TicketExpired):
        slips.found(token, station=shop.station, by=shop.worker, at=NOW + slips.FOUND_FOR)
    with pytest.raises(TicketExpired):
        slips.found("nonsense", station=shop.station, by=shop.worker)


def test_verify_finds_an_approved_slip_that_its_redemption_is_not(shop: Shop) -> None:
    slips.approve(entered(shop), by=shop.chief)
    for change in ({"gift": shop.dear}, {"handed_over_at": clock.now() - timedelta(hours=6)}, {"by": shop.colleague}):
        with transaction.atomic():
            with pgtrigger.ignore("gifts.PaperSlip:only_decision_changes", "gifts.PaperSlip:decided_is_final"):
                PaperSlip.objects.update(**change)
            found = [text for text in differences() if "slip_is_the_redemption_it_stands_for" in text]
            assert len(found) == 1, change
            transaction.set_rollback(True)


def test_a_slip_older_than_a_count_needs_no_second_count(shop: Shop) -> None:
    """The slip is posted first, as the page of the count asks; then shelf and books agree."""
    slip = entered(shop)
    slips.approve(slip, by=shop.chief)
    taken = stock_takes.begin(shop.station, by=shop.worker)
    assert stock_takes.count(taken, shop.gift, 9, by=shop.worker).difference == 0
    assert not Movement.objects.filter(kind="counted").exists()


@pytest.mark.django_db(transaction=True)
def test_a_closed_day_is_no_hindrance() -> None:
    shop = open_shop()
    slip = after_closing(shop)
    slips.approve(slip, by=shop.chief)
    assert (Redemption.objects.get().at, differences()) == (slip.handed_over_at, [])


@pytest.mark.django_db(transaction=True)
def test_control_posted_on_the_closed_day_the_books_refuse() -> None:
    shop = open_shop()
    slip = after_closing(shop)
    with pytest.raises(DatabaseError, match="is closed"), transaction.atomic():
        hand_over(slip.courier, slip.gift, station=shop.station, points=1000, by=slip.by, at=slip.handed_over_at)


def after_closing(shop: Shop) -> PaperSlip:
    """A slip of a day that the books have closed since."""
    give(shop.courier, 1000, at=NOW - timedelta(days=8))
    slip = entered(shop, handed_over_at=clock.now() - timedelta(days=5))
    assert close_days() > 3
    assert ClosedDay.objects.filter(day=clock.shanghai_day(slip.handed_over_at)).exists()
    return slip


@pytest.mark.django_db(transaction=True)
def test_approved_and_rejected_by_many_at_once() -> None:
    shop = open_shop()
    slip = entered(shop)
    chiefs = [staff(Role.STREET_ADMIN, shop.station.organisation) for _ in range(8)]

    def act(number: int) -> PaperSlip:
        if number % 2:
            return slips.reject(slip, note="重复", by=chiefs[number])
        return slips.approve(slip, by=chiefs[number])

    results = in_parallel(8, act)
    found = Counter("done" if isinstance(r, PaperSlip) else getattr(r, "code", repr(r)) for r in results)
    assert found == {"done": 1, "wrong_state": 7}
    slip.refresh_from_db()
    assert (available(shop), on_hand(shop)) == ((500, 9) if slip.state == "approved" else (1500, 10))
    assert differences() == []


@pytest.mark.django_db(transaction=True)
def test_one_paper_by_many_hands_at_once_is_one_slip() -> None:
    shop = open_shop()
    when = clock.now() - timedelta(hours=2)
    shop.worker.roles  # noqa: B018
    results = in_parallel(8, lambda _: entered(shop, handed_over_at=when))
    found = Counter("done" if isinstance(r, PaperSlip) else getattr(r, "code", repr(r)) for r in results)
    assert found == {"done": 1, "already_entered": 7}


@pytest.mark.django_db(transaction=True)
def test_slips_and_the_counter_at_once_keep_the_month_s_limit() -> None:
    shop = open_shop(points=50_000)
    Gift.objects.filter(pk=shop.gift.pk).update(monthly_limit=3)
    gift = Gift.objects.get(pk=shop.gift.pk)
    then = max(clock.now() - timedelta(hours=1), clock.month_bounds(clock.now())[0])
    papers = [entered(shop, gift=gift, handed_over_at=then + timedelta(microseconds=step)) for step in range(6)]
    for person in (shop.worker, shop.chief):
        person.roles  # noqa: B018

    def act(number: int) -> Any:
        if number % 2:
            return redeem(shop.courier, gift, station=shop.station, by=shop.worker)
        return slips.approve(papers[number // 2], by=shop.chief)

    results = in_parallel(12, act)
    assert Counter(getattr(result, "code", "done") for result in results) == {"done": 3, "limit_reached": 9}
    assert (Redemption.objects.count(), on_hand(shop), differences()) == (3, 7, [])
