"""Who stands at the counter: a courier's code becomes a ticket with which he can be served."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import zxingcpp
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Courier, User
from accounts.problems import CodeExpired, CodeUnknown, CodeUsed
from accounts.services.codes import use_code
from fengchao.core import clock, codes, images, limits, rows
from fengchao.core.errors import BadValue, NotThere, RuleBroken, TooMany
from fengchao.core.transactions import unit_of_work
from stations.models import Station
from stations.problems import CodeUnreadable, TicketExpired, TooManyWrongCodes, WrongStation
from stations.rules import serves

PURPOSE = "counter-ticket"
TICKET_LIFE = timedelta(minutes=10)
WRONG_CODES = 10
WRONG_CODES_WINDOW = timedelta(minutes=10)
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
WRONG = (CodeUnknown, CodeExpired, CodeUsed, codes.BadCode, codes.ExpiredCode)


@dataclass(frozen=True)
class Identified:
    ticket: str
    expires_at: datetime
    courier: Courier


def identify(
    station: Station,
    *,
    by: User,
    token: str | None = None,
    digits: str | None = None,
    image: UploadedFile | None = None,
    at: datetime | None = None,
) -> Identified:
    """The courier whose code was scanned, typed or photographed, and a ticket to serve him with; the code is spent.

    Exactly one of `token`, `digits` and `image` is given. A ticket is bound to the worker, the station and the courier,
    lives 10 minutes and serves any number of times. Raises NotThere when `by` does not serve the station, the refusals
    of `core.images` for a bad picture, CodeUnreadable for one without a code, CodeUnknown, CodeExpired, CodeUsed,
    AccountFrozen, and TooManyWrongCodes after 10 wrong codes of this worker in 10 minutes.
    """
    at = at or clock.now()
    with wrong_codes_counted(by, at=at):
        return recognise(station, by=by, token=token, digits=digits, image=image, at=at)


@contextmanager
def wrong_codes_counted(by: User, *, at: datetime | None = None) -> Iterator[None]:
    """Count the try before it is made and take the count back when the code was not wrong.

    So the limit is exact for any number of tries at once. A door that keeps an idempotency key opens this around the
    key's transaction, for the count must outlive the refusal.
    """
    tries = limits.wrong_tries(f"wrong-codes:{by.pk}", limit=WRONG_CODES, window=WRONG_CODES_WINDOW, wrong=WRONG, at=at)
    with ExitStack() as counted:
        try:
            counted.enter_context(tries)
        except TooMany as full:
            raise TooManyWrongCodes(retry_after=full.retry_after or 1) from full
        yield


def recognise(
    station: Station,
    *,
    by: User,
    token: str | None = None,
    digits: str | None = None,
    image: UploadedFile | None = None,
    at: datetime | None = None,
) -> Identified:
    """`identify` without the count, for a door that counts itself."""
    at = at or clock.now()
    if not serves(by, station):
        raise NotThere
    if sum(given is not None for given in (token, digits, image)) != 1:
        raise BadValue("请在 token、digits、image 中只提供一个。", field="token")
    if image is not None:
        token = read_image(image, size=image.size or 0)
    with unit_of_work():
        courier = use_code(token=token, digits=digits, at=at)
    expires_at = at + TICKET_LIFE
    ticket = codes.sign(PURPOSE, [by.pk, station.pk, courier.pk, int(expires_at.timestamp())])
    return Identified(ticket, datetime.fromtimestamp(int(expires_at.timestamp()), UTC), courier)


def read_ticket(ticket: str, *, station: Station, by: User, at: datetime | None = None) -> Courier:
    """The courier a ticket stands for. Raises TicketExpired (also for another worker's) and WrongStation."""
    at = at or clock.now()
    try:
        worker_id, station_id, courier_id, expires = codes.unsign(PURPOSE, ticket)
    except (codes.BadCode, codes.ExpiredCode, ValueError, TypeError) as error:
        raise TicketExpired from error
    if worker_id != by.pk or at.timestamp() >= expires:
        raise TicketExpired
    if station_id != station.pk:
        raise WrongStation
    found = rows.first(
        "FROM accounts_courier c JOIN accounts_user u ON u.id = c.user_id WHERE c.user_id = %s AND c.frozen_at IS NULL",
        [courier_id], c=Courier, u=User,
    )  # fmt: skip
    if found is None:
        raise TicketExpired
    courier: Courier
    courier, courier.user = found
    if not courier.user.is_active:
        raise TicketExpired
    return courier


def read_image(image: UploadedFile, *, size: int) -> str:
    """The text of the one QR code in a picture, which is shrunk before it is searched, and kept nowhere."""
    try:
        picture = images.shrunk(image, size=size)  # type: ignore[arg-type]  # a file in all but its type
    except RuleBroken as refusal:
        refusal.field = "image"
        raise
    found = {code.text for code in zxingcpp.read_barcodes(picture.convert("L"), formats=QR_CODES)}
    if not found:
        raise CodeUnreadable(field="image")
    if len(found) > 1:
        raise CodeUnreadable("照片里有好几个码，请只拍快递小哥的动态码。", field="image")
    return found.pop()
