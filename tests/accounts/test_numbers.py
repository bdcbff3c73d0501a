"""Another telephone number: both must be proved, or staff have checked."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import Courier, User
from accounts.problems import (
    CodeInvalid,
    GuessLimit,
    HoldsOffice,
    NumberTaken,
    SameNumber,
    SmsLimit,
)
from accounts.roles import Role
from accounts.services import numbers, recycled, signin, tokens
from fengchao.core import clock, notices
from fengchao.core.errors import BadValue, NotThere, TooMany
from fengchao.core.models import AuditLog
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def codes(settings, tmp_path: Path):
    """The code last sent to each number."""
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path / "sms.jsonl")

    def read() -> dict[str, str]:
        lines = [json.loads(line) for line in Path(settings.SMS_FILE).read_text().splitlines()]
        return {line["phone"]: line["code"] for line in lines}

    return read


@pytest.fixture
def rider():
    place = factories.district()
    found = factories.courier(factories.outlet(place.community))
    found.clerk = factories.staff(Role.STREET_ADMIN, place.street)
    found.other_clerk = factories.staff(Role.STREET_ADMIN, place.other_street)
    return found


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def test_with_both_codes(rider, codes):
    user, old, new = rider.user, rider.user.phone, factories.phone_number()
    salt = user.session_salt
    tokens.issue(user)
    numbers.send_codes(user, f"+86 {new}", ip="::1")
    sent = codes()
    assert set(sent) == {old, new}
    numbers.change(user, new, old_code=sent[old], new_code=sent[new])
    assert User.objects.by_phone(new) == user
    assert User.objects.by_phone(old) is None
    user.refresh_from_db()
    assert (user.session_salt != salt, user.auth_token_set.count()) == (True, 0)
    entry = AuditLog.objects.get(verb="user.number_changed")
    assert new not in json.dumps(entry.changed)
    assert old not in json.dumps(entry.changed)
    assert notices.of(user).get().kind == "number_changed"


def test_each_wrong_code_is_counted_and_the_right_one_stays_good(rider, codes):
    user, old, new = rider.user, rider.user.phone, factories.phone_number()
    numbers.send_codes(user, new, ip="::1")
    sent = codes()
    for _ in range(signin.GUESSES_A_CODE):
        with pytest.raises(CodeInvalid) as refused:
            numbers.change(user, new, old_code=wrong(sent[old]), new_code=sent[new])
        assert refused.value.field == "old_code"
    with pytest.raises(GuessLimit):
        numbers.change(user, new, old_code=sent[old], new_code=sent[new])
    assert User.objects.by_phone(old) == user
    assert signin.sign_in(new, sent[new]).phone == new  # the other was not spent


def test_a_code_serves_once(rider, codes):
    user, old, new = rider.user, rider.user.phone, factories.phone_number()
    numbers.send_codes(user, new, ip="::1")
    sent = codes()
    numbers.change(user, new, old_code=sent[old], new_code=sent[new])
    with pytest.raises(CodeInvalid):
        signin.sign_in(old, sent[old])
    with pytest.raises(SameNumber):
        numbers.change(user, new, old_code=sent[old], new_code=sent[new])


def test_the_limits_of_signing_in_hold_for_both(rider, codes):
    signin.send_code(rider.user.phone, ip="::1")
    with pytest.raises(SmsLimit):
        numbers.send_codes(rider.user, factories.phone_number(), ip="::1")
    other = factories.courier(rider.outlet)
    new = factories.phone_number()
    signin.send_code(new, ip="::1")
    with pytest.raises(SmsLimit):
        numbers.send_codes(other.user, new, ip="::1")
    assert other.user.phone not in codes()


def test_a_number_in_use_is_refused_only_to_who_holds_it(rider, codes):
    user, taken = rider.user, factories.courier(rider.outlet).user
    numbers.send_codes(user, taken.phone, ip="::1")
    sent = codes()
    with pytest.raises(CodeInvalid):
        numbers.change(user, taken.phone, old_code=sent[user.phone], new_code=wrong(sent[taken.phone]))
    with pytest.raises(NumberTaken):
        numbers.change(user, taken.phone, old_code=sent[user.phone], new_code=sent[taken.phone])
    assert User.objects.by_phone(taken.phone) == taken


def test_neither_the_same_nor_a_malformed_number_nor_by_text_message_for_staff(rider):
    with pytest.raises(SameNumber):
        numbers.send_codes(rider.user, rider.user.phone, ip="::1")
    with pytest.raises(BadValue):
        numbers.send_codes(rider.user, "12345", ip="::1")
    rider.clerk.acts_as_staff = False
    with pytest.raises(HoldsOffice):
        numbers.send_codes(rider.clerk, factories.phone_number(), ip="::1")


def test_by_staff_with_a_reason(rider):
    old, new, salt = rider.user.phone, factories.phone_number(), rider.user.session_salt
    numbers.change_by_staff(rider, new, reason="本人带工牌到街道", by=rider.clerk)
    user = User.objects.by_phone(new)
    assert (user, User.objects.by_phone(old)) == (rider.user, None)
    assert user.session_salt != salt
    entry = AuditLog.objects.get(verb="user.number_changed")
    assert (entry.actor_id, entry.changed["reason"]) == (rider.clerk.pk, "本人带工牌到街道")
    assert new not in json.dumps(entry.changed)


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201])
def test_staff_give_a_reason(rider, reason):
    with pytest.raises(BadValue):
        numbers.change_by_staff(rider, factories.phone_number(), reason=reason, by=rider.clerk)


def test_who_may_not(rider):
    new = factories.phone_number()
    with pytest.raises(NotThere):
        numbers.change_by_staff(rider, new, reason="核实", by=rider.other_clerk)
    auditor = factories.staff(Role.AUDITOR, rider.outlet.organisation)
    with pytest.raises(NotThere):
        numbers.change_by_staff(rider, new, reason="核实", by=auditor)
    own = Courier.objects.create(user=rider.clerk, outlet=rider.outlet)
    with pytest.raises(NotThere):
        numbers.change_by_staff(own, new, reason="核实", by=rider.clerk)
    colleague = factories.staff(Role.COUNTER, rider.outlet.organisation)
    with pytest.raises(HoldsOffice):
        numbers.change_by_staff(
            Courier.objects.create(user=colleague, outlet=rider.outlet), new, reason="核实", by=rider.clerk
        )
    assert User.objects.by_phone(new) is None


def test_staff_give_nobody_a_number_in_use_and_not_without_end(rider):
    taken = factories.courier(rider.outlet).user.phone
    for _ in range(numbers.CHANGES_A_DAY):
        with pytest.raises(NumberTaken):
            numbers.change_by_staff(rider, taken, reason="核实", by=rider.clerk)
    with pytest.raises(TooMany):
        numbers.change_by_staff(rider, factories.phone_number(), reason="核实", by=rider.clerk)


def test_who_lost_his_number_to_its_new_holder_gets_his_account_back(rider, codes):
    number = rider.user.phone
    User.objects.filter(pk=rider.pk).update(last_login=clock.now() - timedelta(days=91))
    signin.send_code(number, ip="::1")
    heir = recycled.disown(signin.sign_in(number, codes()[number]))
    assert heir != rider.user
    new = factories.phone_number()
    numbers.change_by_staff(rider, new, reason="本人到场，网点负责人确认", by=rider.clerk)
    user = User.objects.by_phone(new)
    assert (user, user.doubted_at) == (rider.user, None)
    assert Courier.objects.get(pk=rider.pk).is_frozen  # staff unfreeze it as any other
    assert User.objects.by_phone(number) == heir
