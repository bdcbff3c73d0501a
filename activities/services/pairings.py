"""Party organisations of enterprises and the communities they work with."""

from datetime import date, datetime

from accounts.models import Organisation, User
from accounts.roles import MANAGERS
from accounts.scope import covers
from activities.models import Pairing
from activities.sharing_problems import AlreadyPaired, LoanMayNot, PairingOver
from activities.sharing_states import COMMUNITIES, PARTIES
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence

WHAT_LENGTH, CONTACT_LENGTH = 300, 100


def pair(
    party: Organisation,
    community: Organisation,
    *,
    since: date,
    what: str,
    contact: str = "",
    by: User,
    at: datetime | None = None,
) -> Pairing:
    """`party` and `community` work together from `since`. Raises BadValue, LoanMayNot, AlreadyPaired.

    Locks the community: two of the same pairing written at once are one.
    """
    at = at or clock.now()
    what = sentence(what, most=WHAT_LENGTH, field="what", needed=True)
    contact = sentence(contact, most=CONTACT_LENGTH, field="contact")
    if party.kind not in PARTIES:
        raise BadValue("请选择党组织或两新组织。", field="party")
    if community.kind not in COMMUNITIES:
        raise BadValue("请选择社区或街道。", field="community")
    if since > clock.shanghai_day(at):
        raise BadValue("开始日期不能晚于今天。", field="since")
    if not covers(by, community.path, *MANAGERS):
        raise LoanMayNot
    with unit_of_work():
        Organisation.objects.select_for_update(no_key=True).get(pk=community.pk)
        if Pairing.objects.live().filter(party=party, community=community).exists():
            raise AlreadyPaired(field="party")
        made = Pairing.objects.create(
            party=party, community=community, since=since, what=what, contact=contact, by=by, at=at
        )  # fmt: skip
        audit.record(by, "pairing.begin", made, {"party": party.pk, "community": community.pk})
    return made


def describe(pairing: Pairing, *, what: str, contact: str, by: User) -> Pairing:
    """Other words for what they do and how to reach them. Raises BadValue, NotThere, LoanMayNot, PairingOver."""
    what = sentence(what, most=WHAT_LENGTH, field="what", needed=True)
    contact = sentence(contact, most=CONTACT_LENGTH, field="contact")
    with unit_of_work():
        locked = _locked(pairing, by)
        locked.what, locked.contact = what, contact
        locked.save(update_fields=["what", "contact"])
        audit.record(by, "pairing.describe", locked, {"what": what})
    return locked


def end(pairing: Pairing, *, on: date, by: User, at: datetime | None = None) -> Pairing:
    """They work together until `on`, today at the latest. Raises BadValue, NotThere, LoanMayNot, PairingOver."""
    at = at or clock.now()
    with unit_of_work():
        locked = _locked(pairing, by)
        if not locked.since <= on <= clock.shanghai_day(at):
            raise BadValue("结束日期在开始日期和今天之间。", field="on")
        locked.until = on
        locked.save(update_fields=["until"])
        audit.record(by, "pairing.end", locked, {"until": on})
    return locked


def _locked(pairing: Pairing, by: User) -> Pairing:
    rows = Pairing.objects.select_for_update(of=("self",), no_key=True).select_related("community", "party")
    locked: Pairing | None = rows.filter(pk=pairing.pk).first()
    if locked is None or not Pairing.objects.in_scope(by).filter(pk=locked.pk).exists():
        raise NotThere
    if not covers(by, locked.community.path, *MANAGERS):
        raise LoanMayNot
    if locked.until is not None:
        raise PairingOver
    return locked
