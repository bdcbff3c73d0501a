"""A courier by his whole telephone number, for whoever may look him up: it finds, and is never shown or recorded."""

import unicodedata
from collections.abc import Iterable

from accounts.models import Courier, User
from accounts.models.users import clean_phone
from fengchao.core.crypto import keyed_hash
from fengchao.core.errors import BadValue, NotThere


def courier_named(phone: str, name: str, *, by: User) -> Courier:
    """The courier of the number, when `name` is his: what is meant for one goes to nobody else by a slip of a digit.

    Raises BadValue for a malformed number (field phone) and for another name (field name), NotThere where no courier in
    the scope of `by` has the number.
    """
    digits = clean_phone(phone)
    found = couriers_by_phone([digits], by=by).get(digits)
    if found is None:
        raise NotThere("您的范围内没有这个号码的快递小哥。", field="phone")
    refuse_other_name(found, name)
    return found


def couriers_by_phone(phones: Iterable[str], *, by: User) -> dict[str, Courier]:
    """Clean number → courier in the scope of `by`, in one query however many."""
    hashes = {keyed_hash(phone): phone for phone in phones}
    found = Courier.objects.in_scope(by).filter(user__phone_hash__in=hashes)
    rows = found.select_related("user", "outlet__enterprise", "outlet__organisation", "street")
    return {hashes[courier.user.phone_hash or ""]: courier for courier in rows}


def refuse_other_name(courier: Courier, name: str) -> None:
    """Blanks and full-width letters do not count. Raises BadValue, which does not say the right name."""
    if not _plain(name) or _plain(name) != _plain(courier.user.name):
        raise BadValue("姓名和这个号码登记的不一样，请核对号码和姓名。", field="name")


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
