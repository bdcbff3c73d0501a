"""The code a courier shows: a token for the scanner and six digits for the keyboard, for 30 seconds, good once.

A new one appears every 30 s (or as soon as the last was used) and each is accepted for 60 s, so that a slow hand at the
counter never meets a code that went stale under it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import Courier, CourierCode
from accounts.problems import AccountFrozen, CodeExpired, CodeUnknown, CodeUsed
from fengchao.core import clock, codes
from fengchao.core.transactions import unit_of_work

RENEWED_AFTER = timedelta(seconds=30)
ACCEPTED_FOR = timedelta(seconds=60)
PURPOSE = "courier-code"


@dataclass(frozen=True)
class ShownCode:
    token: str
    digits: str
    issued_at: datetime
    renews_at: datetime
    expires_at: datetime


def show_code(courier: Courier, *, at: datetime | None = None) -> ShownCode:
    """The courier's code of this moment: the same within its 30 s unless used, else a fresh one.

    Locks the courier's row, so two screens that ask at once show the same code.
    """
    at = at or clock.now()
    if courier.is_frozen:
        raise AccountFrozen
    with unit_of_work():
        Courier.objects.select_for_update(of=("self",)).only("pk").get(pk=courier.pk)
        newest = courier.codes.filter(issued_at__gt=at - RENEWED_AFTER).order_by("-issued_at").first()
        if newest is None or newest.used_at is not None:
            newest = _issue(courier, at)
    return _shown(newest)


def use_code(*, token: str | None = None, digits: str | None = None, at: datetime | None = None) -> Courier:
    """The courier whose live code this is; the code is spent by it. One conditional UPDATE decides
    between two counters.

    Raises CodeUnknown, CodeExpired, CodeUsed, AccountFrozen.
    """
    at = at or clock.now()
    row = _by_token(token, at) if token is not None else _by_digits(digits or "")
    if row.issued_at <= at - ACCEPTED_FOR:
        raise CodeExpired
    live = CourierCode.objects.filter(digits=row.digits, issued_at=row.issued_at, used_at=None)
    if not live.update(used_at=at):
        raise CodeUsed
    if row.courier.is_frozen or not row.courier.user.is_active:
        raise AccountFrozen
    return row.courier


def _issue(courier: Courier, at: datetime) -> CourierCode:
    """Take six digits that nobody shows now: the primary key keeps live codes apart, and of a million few are taken."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO accounts_couriercode (digits, courier_id, issued_at) VALUES (%s, %s, %s)
                ON CONFLICT (digits) DO UPDATE
                SET courier_id = EXCLUDED.courier_id, issued_at = EXCLUDED.issued_at, used_at = NULL
                WHERE accounts_couriercode.issued_at <= %s
                RETURNING digits
                """,
                [codes.random_digits(6), courier.pk, at, at - ACCEPTED_FOR],
            )
            row = cursor.fetchone()
        if row:
            return CourierCode(digits=row[0], courier=courier, issued_at=at)


def _shown(code: CourierCode) -> ShownCode:
    return ShownCode(
        token=codes.sign(PURPOSE, [code.courier_id, code.digits, code.issued_at.timestamp()]),
        digits=code.digits,
        issued_at=code.issued_at,
        renews_at=code.issued_at + RENEWED_AFTER,
        expires_at=code.issued_at + ACCEPTED_FOR,
    )


def _by_token(token: str, at: datetime) -> CourierCode:
    courier_id, digits, issued = codes.unsign(PURPOSE, token)
    row = _row(digits)
    if row is None or row.courier_id != courier_id or row.issued_at.timestamp() != issued:
        # Signed by us, so it was shown once; the digits have passed to another since, or were cleared away.
        raise CodeExpired
    return row


def _by_digits(digits: str) -> CourierCode:
    row = _row(digits)
    if row is None:
        raise CodeUnknown
    return row


def _row(digits: str) -> CourierCode | None:
    rows = CourierCode.objects.select_related("courier__user", "courier__outlet__enterprise")
    return rows.filter(digits=digits).first()
