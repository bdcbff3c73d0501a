"""What events earn, changed by versions."""

from datetime import datetime

from django.db import connection
from django.db.models import Max, Q
from django.db.models.functions import Greatest

from accounts.models import User
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue
from fengchao.core.transactions import unit_of_work
from points.models import EarningRule
from points.problems import MaySetNoRules, RuleIsOver
from points.rules import may_set_rules


def revise(rule: EarningRule, *, by: User) -> EarningRule:
    """Save `rule`, which is new, as the next version of its event: from its `valid_from` on the event earns by it.

    The version before need not be ended, because the newest valid one counts; when the new one has an end, the one
    before, if it still runs, counts again from then on. Raises MaySetNoRules, BadValue for an end before the start.
    Rules are changed one at a time, so that two versions never get one number; who only reads them does not wait.
    """
    if not may_set_rules(by):
        raise MaySetNoRules
    if rule.valid_until is not None and rule.valid_until <= rule.valid_from:
        raise BadValue("失效时间要晚于生效时间。", field="valid_until")
    with unit_of_work(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE points_earningrule IN SHARE ROW EXCLUSIVE MODE")
        last = EarningRule.objects.filter(event=rule.event).aggregate(version=Max("version"))["version"]
        rule.version = (last or 0) + 1
        rule.save(force_insert=True)
        facts = {name: getattr(rule, name) for name in ("event", "version", "points", "day_cap", "month_cap")}
        audit.record(by, "earningrule.revised", rule, facts)
    return rule


def stop(rule: EarningRule, *, by: User, at: datetime | None = None) -> EarningRule:
    """Let `rule` earn nothing from `at` on, nor any version before it, which would otherwise count again.

    A version that has not begun never will. Raises MaySetNoRules, RuleIsOver when it has ended before. What was earned
    stays, and a newer version runs on.
    """
    at = at or clock.now()
    if not may_set_rules(by):
        raise MaySetNoRules
    with unit_of_work(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE points_earningrule IN SHARE ROW EXCLUSIVE MODE")
        running = EarningRule.objects.filter(
            Q(valid_until=None) | Q(valid_until__gt=Greatest("valid_from", at)),
            event=rule.event, version__lte=rule.version,
        )  # fmt: skip
        if not running.filter(pk=rule.pk).exists():
            raise RuleIsOver
        running.update(valid_until=Greatest("valid_from", at))
        audit.record(by, "earningrule.stopped", rule, {"event": rule.event, "version": rule.version})
    rule.refresh_from_db()
    return rule
