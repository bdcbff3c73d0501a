"""A need that visitors heard becomes a wish or a report of the courier who has it: exactly once, with a link to it and
back. Above the apps, for none of them knows the others."""

from datetime import datetime
from typing import Any

from accounts.models import Courier, User
from accounts.services.codes import use_code
from activities.care_problems import NeedFollowedUp, OwnNeed
from activities.care_states import NeedState
from activities.models import Need
from activities.services.needs import become, locked_for
from fengchao.core import clock, notices
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from reports.models import Category, Report
from reports.services.filing import file, sent_before
from stations.models import Station
from wishes.models import Wish
from wishes.services import hang

NOTICE = "need.report"


def become_wish(
    need: Need, *, station: Station, by: User, code: str = "", at: datetime | None = None, **wish: Any
) -> Wish:  # fmt: skip
    """Hang what was needed at the tree of `station`, for the courier whose `code` (digits or token) was read now, or
    when the need was written down. `wish` is what `wishes.services.hang` takes.

    A repeat gives the first wish. Raises what `hang` and `courier_of` raise, NotThere, MayNotVisit, NeedFollowedUp when
    it became something else. Locks the need, then the courier's row.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = locked_for(need, by)
        if locked.state == NeedState.WISH:
            return Wish.objects.get(pk=locked.became_key)
        _refuse_ended(locked)
        courier = courier_of(locked, code, by=by, at=at)
        made = hang(courier, station=station, filed_by=by, at=at, **wish)
        become(locked, NeedState.WISH, str(made.pk), courier=courier, by=by, at=at)
    return made


def become_report(
    need: Need, *, category: Category, text: str, place: str, by: User, code: str = "", at: datetime | None = None
) -> Report:
    """File what was needed as a report of the courier whose `code` was read; he is told, and earns as by his own.

    A repeat gives the first report. Raises what `file` and `courier_of` raise, NotThere, MayNotVisit, NeedFollowedUp,
    BadValue for a category that only its reporter can fill in. Locks the need, then the courier's row.
    """
    at = at or clock.now()
    if category.is_confidential or not can_be_told_for_others().filter(pk=category.pk).exists():
        raise BadValue("这一类要由本人在手机上报。", field="category")
    with unit_of_work():
        locked = locked_for(need, by)
        if locked.state == NeedState.REPORT:
            return Report.objects.get(number=locked.became_key)
        _refuse_ended(locked)
        courier = courier_of(locked, code, by=by, at=at)
        key = f"need-{locked.pk}"
        made = sent_before(courier, key) or file(
            courier, category, text=text, place=place, station=_near(locked), client_key=key, at=at
        )[0]  # fmt: skip
        become(locked, NeedState.REPORT, made.number, courier=courier, by=by, at=at)
        words = f"{locked.visit.organisation}走访时替你登记：{made.category.name}"
        notices.tell(courier, NOTICE, "走访时说的事已上报", text=words, link=made.get_absolute_url(), at=at)
    return made


def courier_of(need: Need, code: str, *, by: User, at: datetime) -> Courier:
    """Whose need it is: who showed his code then, or shows it now. Raises BadValue without either, CodeUnknown,
    CodeExpired, CodeUsed, AccountFrozen, OwnNeed for who writes it down."""
    code = code.strip()
    if not code and need.courier is None:
        raise BadValue("请输入快递小哥手机上的 6 位动态码。", field="code")
    courier = read_code(code, at=at) if code else need.courier
    if courier is None or (need.courier is not None and need.courier_id != courier.pk):
        raise BadValue("这条需要是另一位快递小哥的。", field="code")
    if courier.pk == by.pk:
        raise OwnNeed
    return courier


def read_code(code: str, *, at: datetime | None = None) -> Courier:
    """The registered courier whose code was typed or scanned; it is spent. The caller counts wrong ones
    (`stations.counter.wrong_codes_counted`). Raises what `use_code` raises, and NotThere."""
    digits = code if code.isascii() and code.isdecimal() else None
    courier = use_code(digits=digits, token=None if digits else code, at=at)
    if not courier.is_registered:
        raise NotThere("这位快递小哥还没有登记，请他先在手机上填好姓名。")
    return courier


def can_be_told_for_others() -> Any:
    """Categories whose questions need not be answered, and that are not for the unit's eyes alone."""
    return Category.objects.fileable().filter(is_confidential=False).exclude(questions__is_required=True)


def _near(need: Need) -> Station | None:
    """A station of the outlet's street: it says whose staff decide."""
    street = need.visit.outlet.organisation.street.path
    found: Station | None = (
        Station.objects.active().filter(organisation__path__startswith=street).select_related("organisation").first()
    )
    return found


def _refuse_ended(need: Need) -> None:
    if not need.is_open:
        raise NeedFollowedUp(state=NeedState(need.state).label)
