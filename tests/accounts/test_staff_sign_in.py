"""Staff sign-in: password, then a second factor, and no way round it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.problems import CredentialsInvalid, SignInLimit
from accounts.roles import Role
from accounts.services import staff as staff_services
from fengchao.core.errors import RuleBroken
from tests import factories

PASSWORD = "honeycomb-26-rain"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return factories.staff(Role.DISTRICT_ADMIN, factories.district().root, password=PASSWORD)


@pytest.fixture
def enrolled(clerk: User) -> User:
    from allauth.mfa.utils import encrypt

    Authenticator.objects.create(user=clerk, type="totp", data={"secret": encrypt(SECRET)})
    return clerk


def enter_password(client: Client, person: User, password: str = PASSWORD, next_url: str = "/desk/"):
    return client.post("/staff/login/", {"login": person.phone, "password": password, "next": next_url})


def test_first_sign_in_enrols_and_then_the_role_counts(clerk):
    client = Client()
    assert enter_password(client, clerk).headers["Location"] == "/desk/"
    led = client.get("/desk/")
    assert led.headers["Location"].startswith("/staff/2fa/totp/")
    page = client.get("/staff/2fa/totp/")
    secret = page.context["form"].secret
    done = client.post("/staff/2fa/totp/", {"code": factories.totp_now(secret)})
    assert done.headers["Location"] == "/staff/2fa/recovery/"
    assert client.get("/staff/2fa/recovery/").status_code == 200
    assert client.get("/desk/").status_code == 200


def test_later_sign_ins_ask_for_the_code(enrolled):
    client = Client()
    assert enter_password(client, enrolled).headers["Location"] == "/staff/2fa/authenticate/"
    assert client.get("/desk/").headers["Location"].startswith("/staff/login/")
    assert client.get("/staff/2fa/authenticate/").status_code == 200
    wrong = client.post("/staff/2fa/authenticate/", {"code": "000000"})
    assert "动态验证码不对" in wrong.content.decode()
    done = client.post("/staff/2fa/authenticate/", {"code": factories.totp_now(SECRET)})
    assert done.headers["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200


def test_a_recovery_code_serves_once(enrolled):
    code = RecoveryCodes.activate(enrolled).get_unused_codes()[0]
    client = Client()
    enter_password(client, enrolled)
    assert client.post("/staff/2fa/authenticate/", {"code": code}).headers["Location"] == "/desk/"
    again = Client()
    enter_password(again, enrolled)
    assert again.post("/staff/2fa/authenticate/", {"code": code}).status_code == 200


def test_a_code_of_the_app_serves_once_also_the_one_of_enrolment(clerk):
    client = Client()
    enter_password(client, clerk)
    secret = client.get("/staff/2fa/totp/").context["form"].secret
    code = factories.totp_now(secret)
    client.post("/staff/2fa/totp/", {"code": code})
    again = Client()
    enter_password(again, clerk)
    assert again.post("/staff/2fa/authenticate/", {"code": code}).status_code == 200
    assert again.get("/desk/").status_code == 302


@pytest.mark.parametrize("path", ["/desk/", "/admin/", "/admin/accounts/user/"])
def test_a_text_message_opens_no_door_of_the_staff(clerk, path):
    client = factories.page_client(clerk)
    assert client.get(path).headers["Location"].startswith("/staff/login/?next=")
    assert factories.page_client().get(path).headers["Location"].startswith("/staff/login/?next=")


@pytest.mark.parametrize(
    "path",
    [
        "/staff/2fa/", "/staff/2fa/totp/", "/staff/2fa/totp/off/", "/staff/2fa/recovery/", "/staff/2fa/recovery/new/",
        "/staff/2fa/recovery/file/", "/staff/2fa/reauthenticate/", "/staff/reauthenticate/", "/staff/password/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_session_won_by_text_message_cannot_enrol_or_prove_anything(clerk, path, method):
    """The telephone is stolen, the account has no authenticator yet, perhaps not even a password."""
    for person in (clerk, factories.staff(Role.STREET_ADMIN, factories.district().street)):
        client = factories.page_client(person)
        answer = getattr(client, method)(path, {"code": factories.totp_now(SECRET), "password": PASSWORD})
        assert answer.headers["Location"].startswith("/staff/login/?next=")
    assert not Authenticator.objects.exists()


def test_password_without_code_is_nobody(enrolled):
    client = Client()
    enter_password(client, enrolled)
    for path in ("/desk/", "/admin/", "/staff/2fa/", "/staff/2fa/totp/", "/staff/password/"):
        assert client.get(path).headers["Location"].startswith("/staff/login/")
    assert client.get("/api/v1/me/").status_code == 401


def test_who_came_by_text_message_may_sign_in_as_staff(enrolled):
    client = factories.page_client(enrolled)
    assert client.get("/staff/login/?next=/desk/").status_code == 200
    assert enter_password(client, enrolled).headers["Location"] == "/staff/2fa/authenticate/"
    client.post("/staff/2fa/authenticate/", {"code": factories.totp_now(SECRET)})
    assert client.get("/desk/").status_code == 200


def test_a_staff_session_ends_after_twelve_hours(enrolled):
    with time_machine.travel(timezone.now(), tick=True) as clock:
        client = Client()
        enter_password(client, enrolled)
        client.post("/staff/2fa/authenticate/", {"code": factories.totp_now(SECRET)})
        clock.shift(timedelta(hours=11, minutes=59))
        assert client.get("/desk/").status_code == 200
        clock.shift(timedelta(minutes=2))
        assert client.get("/desk/").headers["Location"].startswith("/staff/login/")
        assert client.get("/api/v1/me/").status_code == 401


def test_wrong_password_and_unknown_number_look_alike(clerk):
    known = enter_password(Client(), clerk, "not-the-password").content.decode()
    other = factories.user()
    number, other.phone = clerk.phone, factories.phone_number()
    unknown = enter_password(Client(), other, "not-the-password").content.decode()
    assert "手机号或密码不对" in known
    assert _without_token(known).replace(number, "N") == _without_token(unknown).replace(other.phone, "N")


def test_ten_failures_close_the_number_for_a_quarter_of_an_hour(clerk):
    with time_machine.travel(timezone.now(), tick=True) as clock:
        for _ in range(10):
            enter_password(Client(), clerk, "not-the-password")
        assert "失败次数太多" in enter_password(Client(), clerk).content.decode()
        clock.shift(timedelta(minutes=15, seconds=1))
        assert enter_password(Client(), clerk).status_code == 302


def test_the_limit_is_the_same_for_a_number_nobody_has():
    number = factories.phone_number()
    for _ in range(10):
        with pytest.raises(CredentialsInvalid):
            staff_services.sign_in(number, "not-the-password", "000000", ip="10.0.0.1")
    with pytest.raises(SignInLimit):
        staff_services.sign_in(number, "not-the-password", "000000", ip="10.0.0.1")


@pytest.mark.django_db(transaction=True)
def test_forty_parallel_sign_ins_with_one_code_open_one_session():
    person = factories.staff(Role.COUNTER, factories.district().street, password=PASSWORD)
    from allauth.mfa.utils import encrypt

    Authenticator.objects.create(user=person, type="totp", data={"secret": encrypt(SECRET)})
    code = factories.totp_now(SECRET)

    def spend(_: int) -> bool:
        try:
            staff_services.spend_second_factor(person, code)
        except RuleBroken:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(max_workers=20) as pool:
        assert sum(pool.map(spend, range(40))) == 1


def test_taking_the_authenticator_away_ends_every_session(enrolled):
    client = Client()
    enter_password(client, enrolled)
    client.post("/staff/2fa/authenticate/", {"code": factories.totp_now(SECRET)})
    other = factories.staff_client(enrolled)
    assert client.post("/staff/2fa/totp/off/").headers["Location"] == "/staff/login/"
    assert other.get("/desk/").headers["Location"].startswith("/staff/login/")


def test_a_role_taken_away_is_gone_with_the_next_request(clerk):
    client = factories.staff_client(clerk)
    assert client.get("/desk/").status_code == 200
    clerk.memberships.all().delete()
    assert client.get("/desk/").status_code == 403


def test_sign_up_and_the_rest_of_allauth_are_not_there(clerk):
    for path in ("signup/", "password/reset/", "email/", "phone/change/", "login/code/"):
        assert Client().get(f"/staff/{path}").status_code == 404


def test_nobody_is_sent_away_by_next(clerk):
    client = Client()
    answer = enter_password(client, clerk, next_url="https://example.com/")
    assert not answer.headers["Location"].startswith("https://example.com")


def test_the_secret_is_not_kept_in_clear(clerk):
    TOTP.activate(clerk, SECRET)
    assert SECRET not in str(Authenticator.objects.get(user=clerk).data)


def _without_token(page: str) -> str:
    import re

    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
