"""Sign-in by text message: exact limits, whatever arrives at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import SmsChallenge, User
from accounts.problems import CodeInvalid, GuessLimit, SmsLimit
from accounts.services import signin
from fengchao.core import clock
from fengchao.core.errors import RuleBroken
from tests import factories
from tests.meeting import Meeting

NOON = clock.day_bounds(clock.shanghai_day(timezone.now()))[0] + timedelta(hours=12)


@pytest.fixture
def sent(settings, tmp_path: Path):
    """What left the house: [(number, code)]."""
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path / "sms.jsonl")

    def read() -> list[tuple[str, str]]:
        path = Path(settings.SMS_FILE)
        lines = path.read_text().splitlines() if path.exists() else []
        return [(message["phone"], message["code"]) for message in map(json.loads, lines)]

    return read


def in_parallel(count: int, act) -> list:
    def one(number: int):
        try:
            return act(number)
        except RuleBroken as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=24) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.django_db
def test_a_code_signs_a_new_number_in_once(sent):
    phone = factories.phone_number()
    signin.send_code(phone, ip="10.0.0.1", at=NOON)
    [(number, code)] = sent()
    assert number == phone
    user = signin.sign_in(phone, code, at=NOON)
    assert (user.phone, user.courier.is_registered, user.has_usable_password()) == (phone, False, False)
    with pytest.raises(CodeInvalid):
        signin.sign_in(phone, code, at=NOON)


@pytest.mark.django_db
def test_the_number_is_kept_encrypted(sent):
    phone = factories.phone_number()
    signin.send_code(phone, ip="10.0.0.1", at=NOON)
    signin.sign_in(phone, sent()[0][1], at=NOON)
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, phone_hash FROM accounts_user")
        [(stored, hashed)] = cursor.fetchall()
    assert phone not in stored
    assert phone not in hashed


@pytest.mark.django_db(transaction=True)
def test_200_requests_at_once_send_one_message(sent):
    phone = factories.phone_number()
    answers = in_parallel(200, lambda n: signin.send_code(phone, ip="10.0.0.1", at=NOON))
    assert len(sent()) == 1
    assert sum(isinstance(answer, SmsLimit) for answer in answers) == 199
    assert all(answer.retry_after == 61 for answer in answers if isinstance(answer, SmsLimit))


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_sends_more_than_one(sent, monkeypatch):
    meeting = Meeting(2)

    def unlocked(phone_hash, at):
        SmsChallenge.objects.bulk_create([SmsChallenge(phone_hash=phone_hash)], ignore_conflicts=True)
        challenge = SmsChallenge.objects.get(phone_hash=phone_hash)
        meeting.wait()
        return challenge

    phone = factories.phone_number()
    signin.send_code(phone, ip="10.0.0.1", at=NOON - timedelta(hours=2))  # inserting the row would be a lock, too
    monkeypatch.setattr(signin, "locked_challenge", unlocked)
    in_parallel(200, lambda n: signin.send_code(phone, ip="10.0.0.1", at=NOON))
    assert len(sent()) > 2


@pytest.mark.django_db(transaction=True)
def test_200_guesses_at_once_count_five(sent):
    phone = factories.phone_number()
    signin.send_code(phone, ip="10.0.0.1", at=NOON)
    code = sent()[0][1]
    wrong = "000000" if code != "000000" else "111111"
    answers = in_parallel(200, lambda n: signin.sign_in(phone, wrong, at=NOON))
    assert sum(isinstance(answer, CodeInvalid) for answer in answers) == 5
    assert sum(isinstance(answer, GuessLimit) for answer in answers) == 195
    with pytest.raises(GuessLimit):
        signin.sign_in(phone, code, at=NOON)


@pytest.mark.django_db(transaction=True)
def test_one_code_used_50_times_at_once_signs_in_once(sent):
    phone = factories.phone_number()
    signin.send_code(phone, ip="10.0.0.1", at=NOON)
    code = sent()[0][1]
    answers = in_parallel(50, lambda n: signin.sign_in(phone, code, at=NOON))
    assert sum(isinstance(answer, User) for answer in answers) == 1
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_200_couriers_behind_one_address_all_get_in(sent):
    numbers = [factories.phone_number() for _ in range(200)]
    in_parallel(200, lambda n: signin.send_code(numbers[n], ip="10.0.0.1", at=NOON))
    codes = dict(sent())
    answers = in_parallel(200, lambda n: signin.sign_in(numbers[n], codes[numbers[n]], at=NOON))
    assert sum(isinstance(answer, User) for answer in answers) == 200


@pytest.mark.django_db
def test_a_code_lives_five_minutes(sent):
    phone = factories.phone_number()
    signin.send_code(phone, ip="10.0.0.1", at=NOON)
    with pytest.raises(CodeInvalid):
        signin.sign_in(phone, sent()[0][1], at=NOON + timedelta(minutes=5))


@pytest.mark.django_db
def test_the_pause_doubles_and_five_a_day_is_the_end(sent):
    phone = factories.phone_number()
    at = NOON
    for pause in (60, 120, 240, 480):
        signin.send_code(phone, ip="10.0.0.1", at=at)
        with pytest.raises(SmsLimit):
            signin.send_code(phone, ip="10.0.0.1", at=at + timedelta(seconds=pause - 1))
        at += timedelta(seconds=pause)
    signin.send_code(phone, ip="10.0.0.1", at=at)
    with pytest.raises(SmsLimit) as refused:
        signin.send_code(phone, ip="10.0.0.1", at=at + timedelta(hours=5))
    assert refused.value.retry_after == int((NOON + timedelta(hours=12) - at - timedelta(hours=5)).total_seconds()) + 1
    signin.send_code(phone, ip="10.0.0.1", at=NOON + timedelta(hours=12))


@pytest.mark.django_db
def test_ten_wrong_guesses_close_the_number_for_the_day(sent):
    phone = factories.phone_number()
    for minutes in (0, 2):
        signin.send_code(phone, ip="10.0.0.1", at=NOON + timedelta(minutes=minutes))
        for _ in range(5):
            with pytest.raises(CodeInvalid):
                signin.sign_in(phone, "wrong", at=NOON + timedelta(minutes=minutes))
    signin.send_code(phone, ip="10.0.0.1", at=NOON + timedelta(minutes=10))
    with pytest.raises(GuessLimit):
        signin.sign_in(phone, sent()[-1][1], at=NOON + timedelta(minutes=10))


@pytest.mark.django_db
def test_the_hourly_budget_is_for_all_numbers(sent, settings):
    settings.SMS_HOURLY_BUDGET = 2
    for _ in range(2):
        signin.send_code(factories.phone_number(), ip="10.0.0.1", at=NOON)
    with pytest.raises(SmsLimit):
        signin.send_code(factories.phone_number(), ip="10.0.0.1", at=NOON)
    assert len(sent()) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["+86 138-1234-3721", "13812343721", "138 1234 3721"])
def test_numbers_are_read_as_people_type_them(sent, typed):
    signin.send_code(typed, ip="10.0.0.1", at=NOON)
    assert sent()[0][0] == "13812343721"


@pytest.mark.django_db
def test_a_frozen_courier_stays_out(sent):
    rider = factories.courier()
    rider.frozen_at = NOON
    rider.save()
    signin.send_code(rider.user.phone, ip="10.0.0.1", at=NOON)
    with pytest.raises(RuleBroken) as refused:
        signin.sign_in(rider.user.phone, sent()[0][1], at=NOON)
    assert refused.value.code == "account_frozen"
