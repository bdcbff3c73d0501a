"""appoint and expire, as an operator runs them."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Membership, Organisation, SmsChallenge, User
from fengchao.core.models import Counter, IdempotencyKey
from tests import factories

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_first_administrator_of_an_empty_database():
    said = run("appoint", "13800000001", "--role", "district_admin", "--organisation", "硚口区", "--name", "王主任")
    password = re.search(r"初始密码.*:(\S+)", said).group(1)
    membership = Membership.objects.select_related("user", "organisation").get()
    assert (membership.role, membership.organisation.name, membership.user.name) == (
        "district_admin",
        "硚口区",
        "王主任",
    )
    assert membership.user.check_password(password)


def test_a_repeat_changes_nothing_and_shows_no_password():
    run("appoint", "13800000001", "--role", "counter", "--organisation", "硚口区")
    before = User.objects.get().password
    assert "密码(" not in run("appoint", "13800000001", "--role", "counter", "--organisation", "硚口区")
    assert (User.objects.get().password, Membership.objects.count()) == (before, 1)


def test_an_organisation_by_id_and_one_that_nobody_has():
    place = factories.district()
    run("appoint", "13800000001", "--role", "street_admin", "--organisation", str(place.street.pk))
    assert Membership.objects.get().organisation == place.street
    factories.organisation(place.root, name="古田街道")
    for wrong in ("没有街道", "999999", "古田街道"):
        with pytest.raises(CommandError):
            run("appoint", "13800000001", "--role", "street_admin", "--organisation", wrong)


@pytest.mark.parametrize("arguments", [["123", "--role", "counter"], ["13800000001", "--role", "king"]])
def test_bad_arguments_fail_and_make_nothing(arguments):
    with pytest.raises(CommandError):
        run("appoint", *arguments, "--organisation", "硚口区")
    assert not User.objects.exists()


def test_expire_forgets_what_is_over_and_keeps_the_rest():
    now = timezone.now()
    SmsChallenge.objects.create(phone_hash="old", sent_at=now - timedelta(days=3))
    SmsChallenge.objects.create(phone_hash="new", sent_at=now)
    SmsChallenge.objects.create(phone_hash="only guessed", day=now - timedelta(days=4))
    for value, age in (("old", 31), ("new", 1)):
        IdempotencyKey.objects.create(
            user_id=1, value=value, method="POST", path="/", digest="", created_at=now - timedelta(days=age)
        )
    Counter.objects.create(
        key="old", window_start=now - timedelta(hours=2), window_end=now - timedelta(hours=1), count=1
    )
    for _ in range(2):
        run("expire")
        assert [row.phone_hash for row in SmsChallenge.objects.all()] == ["new"]
        assert [row.value for row in IdempotencyKey.objects.all()] == ["new"]
        assert not Counter.objects.exists()
    run("expire", "--at", (now + timedelta(days=3)).isoformat())
    assert not SmsChallenge.objects.exists()
    with pytest.raises(CommandError):
        run("expire", "--at", "morgen")


def test_appointing_makes_no_organisation_when_there_are_some():
    factories.district()
    with pytest.raises(CommandError):
        run("appoint", "13800000001", "--role", "counter", "--organisation", "新街道")
    assert not Organisation.objects.filter(name="新街道").exists()
