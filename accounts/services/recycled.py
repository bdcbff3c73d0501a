"""二次放号: a number that was given up goes to somebody else after about three months.

Whoever signs in after 90 idle days has proved that he holds the number, not that he is who held it then. The account is
put in doubt (`signin`) and shows nothing until he says the name and outlet that it was registered with. Who cannot, or
says that it is not his, gets a new account; the old one stays with its points, frozen and without the number.
"""

import unicodedata
from datetime import datetime

from accounts.models import Courier, Organisation, Outlet, User
from accounts.models.users import WRONG_ANSWERS
from accounts.problems import AccountFrozen, NotRecognised
from accounts.services import signin
from accounts.services.registration import cleaned_name
from fengchao.core import audit, clock
from fengchao.core.transactions import unit_of_work


def answer(
    user: User, *, name: str, outlet: Outlet | None, street: Organisation | None, at: datetime | None = None
) -> User:
    """The account that the number has after this answer: `user` when name and outlet (or without one the street) are
    his, a new one at the third wrong answer.

    Raises NotRecognised for a wrong answer before that, counted in a transaction that commits first, and BadValue for a
    name nobody can have, which counts nothing. Locks the number's challenge, then the user. A repeat gets the first
    result.
    """
    at = at or clock.now()
    name = cleaned_name(name)
    with unit_of_work():
        locked = _locked(user, at)
        if locked.doubted_at is None:
            return locked
        if _is_his(locked, name, outlet, street):
            locked.doubted_at, locked.wrong_answers = None, 0
            locked.save(update_fields=["doubted_at", "wrong_answers"])
            audit.record(locked, "user.recognised", locked)
            return locked
        locked.wrong_answers += 1
        locked.save(update_fields=["wrong_answers"])
        left = WRONG_ANSWERS - locked.wrong_answers
        audit.record(None, "user.not_recognised", locked, {"left": left})
        if not left:
            return _passed_on(locked, "wrong_answers", at)
    raise NotRecognised(left=left)


def disown(user: User, *, at: datetime | None = None) -> User:
    """A new account for who says that the doubted one is not his. Locks as `answer`; a repeat gets the first result."""
    at = at or clock.now()
    with unit_of_work():
        locked = _locked(user, at)
        return locked if locked.doubted_at is None else _passed_on(locked, "disowned", at)


def _locked(user: User, at: datetime) -> User:
    """Who has the number now: `user`, or who got it from him while this waited for the lock."""
    if user.phone_hash is None:
        raise AccountFrozen
    signin.locked_challenge(user.phone_hash, at)
    holder = User.objects.select_for_update().filter(phone_hash=user.phone_hash).first()
    if holder is None:
        raise AccountFrozen
    return holder


def _is_his(user: User, name: str, outlet: Outlet | None, street: Organisation | None) -> bool:
    if _plain(name) != _plain(user.name):
        return False
    courier = user.courier
    if courier.outlet_id or outlet:
        return outlet is not None and outlet.pk == courier.outlet_id
    return courier.street_id is None or (street is not None and street.pk == courier.street_id)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _passed_on(old: User, because: str, at: datetime) -> User:
    """The number's new account. What was signed in while the old one was in doubt was signed in by its new holder, so
    his tokens come along; everything else of the old account ends. It stays in doubt: nothing shows it again."""
    number = old.phone
    assert number is not None
    old.phone = old.phone_hash = None
    old.save(update_fields=["phone", "phone_hash"])
    heir = User.objects.create_with_phone(number, last_login=at)
    Courier.objects.create(user=heir)
    old.auth_token_set.filter(staff=False).update(user=heir)
    signin.end_all_sessions(old)
    courier = Courier.objects.select_for_update(of=("self",)).get(user=old)
    courier.codes.all().delete()
    courier.frozen_at = courier.frozen_at or at
    courier.save(update_fields=["frozen_at"])
    audit.record(heir, "user.number_passed_on", old, {"heir": heir.pk, "because": because})
    audit.record(heir, "courier.frozen", courier, {"reason": "手机号已归新机主"})
    return heir
