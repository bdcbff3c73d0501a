"""Points that an event earns by rule."""

from datetime import datetime

from django.db.models import Sum

from accounts.models import Courier, User
from fengchao.core import clock
from fengchao.core.transactions import unit_of_work
from points import ledger
from points.ledger import Leg, Posting, Source
from points.models import Balance, EarningRule, Entry, RefusedAward, Transfer
from points.problems import AlreadyPosted


def earn(
    courier: Courier,
    event: str,
    *,
    source: Source,
    worth: int | None = None,
    by: User | None = None,
    at: datetime | None = None,
) -> Posting | None:
    """Credit what `event` earns by the rule valid at `at`, and nothing the second time for the same source.

    `worth` takes the place of the rule's points where each thing has its own (a report's by category); validity, caps
    and programme stay the rule's.

    Beyond the rule's cap for the Shanghai day or month the award is cut to what is left; when nothing is left it is
    recorded as refused (`cap_reached`) and what earned it goes on. None means that nothing was credited. The caps are
    exact: they are read under the lock of the courier's balance. An award taken back does not count.
    """
    at = at or clock.now()
    rule = EarningRule.objects.valid(at).filter(event=event).order_by("-version").first()
    if rule is None:
        return None
    with unit_of_work():
        account_id = ledger.courier_account(courier.pk)
        Balance.objects.select_for_update().get(account_id=account_id)
        if Transfer.objects.filter(
            kind=event, source_kind=source.kind, source_key=source.key, source_round=source.round
        ).exists():
            return None
        points = min([rule.points if worth is None else worth, *_left(rule, account_id, at)])
        if points <= 0:
            _refuse(courier, rule, source, at)
            return None
        try:
            return ledger.post(
                [
                    Leg(ledger.programme_account(rule.programme, clock.shanghai_day(at).year), -points),
                    Leg(account_id, points),
                ],
                kind=event,
                source=source,
                by=by,
                title=rule.title,
                rule=rule,
                at=at,
            )
        except AlreadyPosted:  # for another courier, at this very moment
            return None


def claw_back(source: Source, *, by: User | None, title: str, at: datetime | None = None) -> int:
    """Take back what `source` has earned in its round; how many points. 0 the second time.

    The balance may go below zero, visibly, and then blocks spending. The caller raises the round, so that the source
    may earn again. Locks the courier's balance.
    """
    at = at or clock.now()
    taken = 0
    earned = Transfer.objects.filter(
        source_kind=source.kind, source_key=source.key, source_round=source.round, reverses=None, reversed_by=None
    )
    with unit_of_work():
        for transfer in earned.order_by("pk"):
            ledger.reverse(transfer, by=by, title=title, overdraft=True, at=at)
            taken += sum(max(0, amount) for amount in transfer.entries.values_list("amount", flat=True))
    return taken


def _left(rule: EarningRule, account_id: int, at: datetime) -> list[int]:
    """What each cap of the rule leaves."""
    spans = [(rule.day_cap, clock.day_bounds(clock.shanghai_day(at))), (rule.month_cap, clock.month_bounds(at))]
    return [cap - _earned(rule.event, account_id, *span) for cap, span in spans if cap is not None]


def _earned(event: str, account_id: int, start: datetime, end: datetime) -> int:
    earned = Entry.objects.filter(
        account_id=account_id,
        transfer__kind=event,
        transfer__created_at__gte=start,
        transfer__created_at__lt=end,
        transfer__reversed_by=None,
    ).aggregate(points=Sum("amount"))["points"]
    return earned or 0


def _refuse(courier: Courier, rule: EarningRule, source: Source, at: datetime) -> None:
    RefusedAward.objects.bulk_create(
        [
            RefusedAward(
                courier=courier, event=rule.event, code="cap_reached", at=at,
                source_kind=source.kind, source_key=source.key, source_round=source.round,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
