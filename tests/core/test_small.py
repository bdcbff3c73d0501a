"""The small modules: clock, masking, codes, crypto, encrypted field, filters, checks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet, InvalidToken
from django.core.exceptions import FieldError
from django.db import connection
from django.template import Context, Template

from accounts.models import User
from fengchao.core import checks, clock, codes, crypto, masking
from fengchao.core.codes import BadCode, ExpiredCode


def test_days_turn_at_midnight_in_shanghai() -> None:
    before, after = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC), datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert (clock.shanghai_day(before), clock.shanghai_day(after)) == (date(2026, 11, 30), date(2026, 12, 1))
    assert clock.day_bounds(date(2026, 11, 30)) == (after - timedelta(days=1), after)
    assert clock.month_bounds(before)[1] == clock.month_bounds(after)[0] == after
    assert clock.month_bounds(after)[1] == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)


def test_masks() -> None:
    assert masking.mask_phone("13812343721") == "138****3721"
    assert masking.mask_phone("110") == "***"
    names = ["何小蜂", "何蜂", "何", " 欧阳小蜂 ", "欧阳", ""]
    assert [masking.mask_name(name) for name in names] == ["何*", "何*", "何*", "欧阳*", "欧*", ""]


def test_random_codes() -> None:
    assert set(codes.random_code(2000)) == set(codes.ALPHABET)
    assert not set(codes.ALPHABET) & set("01OILZS5B")
    assert (len(codes.random_code()), len(codes.random_digits())) == (8, 6)


def test_a_code_is_read_as_it_was_meant() -> None:
    for typed in ("ABCD2346", "abcd 2346", " ａｂｃｄ－２３４６\u3000", "AB-CD-23-46\r\n", "abcd\u00a02346"):
        assert codes.as_meant(typed) == "ABCD2346"
    assert codes.as_meant(" - ") == ""


def test_a_signed_token_comes_back() -> None:
    token = codes.sign("ticket", [1, "a"])
    assert codes.unsign("ticket", token) == [1, "a"]


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "蜂", "\ud800", "\0", "x" * 10_000])
def test_a_token_that_is_not_ours(token: str) -> None:
    with pytest.raises(BadCode):
        codes.unsign("ticket", token)


def test_a_token_of_another_purpose() -> None:
    with pytest.raises(BadCode):
        codes.unsign("poster", codes.sign("ticket", []))


def test_a_token_that_is_old() -> None:
    with time_machine.travel("2026-11-26T10:00:00Z", tick=False) as now:
        token = codes.sign("ticket", [])
        now.shift(60)
        assert codes.unsign("ticket", token, max_age=timedelta(seconds=60)) == []
        now.shift(1)
        with pytest.raises(ExpiredCode):
            codes.unsign("ticket", token, max_age=timedelta(seconds=60))


def test_a_new_key_in_front_reads_old_text_and_keeps_the_hash(settings: Any) -> None:
    token, hashed = crypto.encrypt("13812343721"), crypto.keyed_hash("13812343721")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    assert (crypto.decrypt(token), crypto.keyed_hash("13812343721")) == ("13812343721", hashed)
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert crypto.keyed_hash("13812343721") != hashed
    with pytest.raises(InvalidToken):
        crypto.decrypt(token)


def test_an_encrypted_field_is_encrypted_and_cannot_be_searched(user: User) -> None:
    User.objects.filter(pk=user.pk).update(phone="13812343721")
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM accounts_user WHERE id = %s", [user.pk])
        assert "13812343721" not in cursor.fetchone()[0]
    assert User.objects.get(pk=user.pk).phone == "13812343721"
    assert not User.objects.filter(phone__isnull=True).exists()
    with pytest.raises(FieldError):
        User.objects.filter(phone="13812343721")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ 1480|points }}", "1,480"),
        ("{{ cost|points }}", "−1,000"),
        ("{{ 20|signed }}", "+20"),
        ("{{ cost|signed }}", "−1,000"),
        ("{{ 0|signed }}", "0"),
        ("{{ '何小蜂'|masked_name }}", "何*"),
        ("{{ '13812343721'|masked_phone }}", "138****3721"),
        ("{{ today|clock }}", "10:24"),
        ("{{ today|day }}", "11月26日"),
        ("{{ last_year|day }}", "2025年11月26日"),
        ("{{ today|when }}", "今天 10:24"),
        ("{{ yesterday|when }}", "昨天 10:24"),
        ("{{ earlier|when }}", "11月2日 10:24"),
        ("{% icon '' %}{% icon 'no-such-icon' %}", ""),
    ],
)
@time_machine.travel("2026-11-26T04:00:00Z", tick=False)
def test_how_values_look(source: str, text: str) -> None:
    today = datetime(2026, 11, 26, 2, 24, tzinfo=UTC)
    context = {
        "cost": -1000,
        "today": today,
        "yesterday": today - timedelta(days=1),
        "earlier": today - timedelta(days=24),
        "last_year": today - timedelta(days=365),
    }
    assert Template("{% load fengchao %}" + source).render(Context(context)) == text


def test_an_icon_is_silent() -> None:
    drawn = Template("{% load fengchao %}{% icon 'gift' size=20 %}").render(Context())
    assert drawn.startswith("<svg ")
    assert ' width="20"' in drawn
    assert ' aria-hidden="true"' in drawn


GOOD = {"SECRET_KEY": "s" * 50, "FIELD_KEYS": "k"}


def faults(settings: Any) -> list[str]:
    return [str(fault.obj) for fault in checks.production_settings(None)]


def test_production_refuses_what_is_meant_for_a_desk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRODUCTION = True
    settings.DEBUG = settings.DEMO = True
    settings.SMS_BACKEND, settings.ALLOWED_HOSTS = "console", ["*"]
    for name in GOOD:
        monkeypatch.delenv(name, raising=False)
    assert faults(settings) == ["DEBUG", "DEMO", "SECRET_KEY", "FIELD_KEYS", "SMS_BACKEND", "ALLOWED_HOSTS"]
    settings.PRODUCTION = False
    assert faults(settings) == []


def test_production_starts_when_all_is_named(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRODUCTION = True
    settings.DEBUG = settings.DEMO = False
    settings.SMS_BACKEND, settings.ALLOWED_HOSTS = "file", ["fengchao.example"]
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    assert faults(settings) == []


@pytest.mark.django_db
def test_production_wants_commits_on_disk(settings: Any) -> None:
    settings.PRODUCTION = True
    assert checks.synchronous_commit(None, databases=["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    assert [fault.obj for fault in checks.synchronous_commit(None, databases=["default"])] == ["synchronous_commit"]
