"""The API of this app, as api.md promises it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.conf import settings as project
from django.utils import timezone

from accounts.models import Courier, Token, User
from accounts.roles import Role
from accounts.services import tokens
from tests import factories
from tests.factories import Api, api_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "honeycomb-26-rain"

pytestmark = pytest.mark.django_db


@pytest.fixture
def last_code(settings, tmp_path: Path):
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path / "sms.jsonl")
    return lambda: json.loads(Path(settings.SMS_FILE).read_text().splitlines()[-1])["code"]


def signed_in(phone: str, last_code) -> tuple[Api, dict]:
    Api().post("auth/code/", {"phone": phone}, status=204)
    answer = Api().post("auth/token/", {"phone": phone, "code": last_code()})
    return Api(answer["token"]), answer


def test_a_new_number_registers_and_becomes_a_courier(last_code):
    outlet = factories.outlet()
    api, answer = signed_in(factories.phone_number(), last_code)
    assert (answer["user"]["registered"], answer["user"]["roles"]) == (False, [])
    assert answer["expires_at"].endswith("+08:00")
    assert api.get("me/code/", status=403)["code"] == "registration_required"
    version = project.PRIVACY_NOTICE_VERSION
    changed = api.patch("me/", {"name": "何小蜂", "outlet": outlet.pk, "consent_version": version})
    assert (changed["registered"], changed["verified"], changed["outlet"]["id"]) == (True, False, outlet.pk)
    assert changed["id"] == answer["user"]["id"] == Courier.objects.get().pk
    assert api.get("me/code/")["digits"].isdigit()


def test_codes_that_do_not_fit_are_one_refusal(last_code):
    phone = factories.phone_number()
    assert Api().post("auth/token/", {"phone": phone, "code": "123456"}, status=400)["code"] == "code_invalid"
    Api().post("auth/code/", {"phone": phone}, status=204)
    wrong = "000000" if last_code() != "000000" else "111111"
    refused = Api().post("auth/token/", {"phone": phone, "code": wrong}, status=400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("code_invalid", "code")


def test_too_many_messages_say_when_to_come_back(last_code):
    phone = factories.phone_number()
    Api().post("auth/code/", {"phone": phone}, status=204)
    api = Api()
    assert api.post("auth/code/", {"phone": phone}, status=429)["code"] == "sms_limit"
    assert 1 <= int(api.last.headers["Retry-After"]) <= 61


@pytest.mark.parametrize("body", [{}, {"phone": "12"}, {"phone": None}, {"phone": ["1"]}, {"phone": "1" * 21}, []])
def test_a_malformed_number_is_refused(body):
    assert Api().post("auth/code/", body, status=400)["status"] == 400


def test_staff_get_a_token_with_their_roles():
    place = factories.district().street
    clerk = factories.staff(Role.STREET_ADMIN, place, password=PASSWORD)
    Authenticator.objects.create(user=clerk, type="totp", data={"secret": encrypt(SECRET)})
    body = {"phone": clerk.phone, "password": PASSWORD, "otp": factories.totp_now(SECRET)}
    answer = Api().post("auth/token/", body)
    assert answer["user"]["roles"] == [{"role": "street_admin", "organisation": place.pk}]
    assert Api(answer["token"]).get("me/")["roles"] == answer["user"]["roles"]
    assert Token.objects.get().expiry < timezone.now() + timedelta(hours=12, seconds=1)
    again = Api().post("auth/token/", body, status=400)
    assert again["code"] == "credentials_invalid"


@pytest.mark.parametrize("change", [{"password": "wrong-password"}, {"otp": "000000"}, {"phone": "13000000000"}])
def test_whatever_is_wrong_of_the_credentials_is_one_refusal(change):
    clerk = factories.staff(Role.STREET_ADMIN, factories.district().street, password=PASSWORD)
    Authenticator.objects.create(user=clerk, type="totp", data={"secret": encrypt(SECRET)})
    body = {"phone": clerk.phone, "password": PASSWORD, "otp": factories.totp_now(SECRET), **change}
    assert Api().post("auth/token/", body, status=400)["code"] == "credentials_invalid"


def test_staff_without_a_second_factor_get_no_token():
    clerk = factories.staff(Role.STREET_ADMIN, factories.district().street, password=PASSWORD)
    body = {"phone": clerk.phone, "password": PASSWORD, "otp": ""}
    Api().post("auth/token/", body, status=400)
    assert Api().post("auth/token/", {**body, "otp": "123456"}, status=400)["code"] == "credentials_invalid"


def test_a_token_won_by_text_message_carries_no_role(last_code):
    place = factories.district().street
    clerk = factories.staff(Role.STREET_ADMIN, place, password=PASSWORD)
    rider = factories.courier(factories.outlet(place), verified=False)
    api, answer = signed_in(clerk.phone, last_code)
    assert answer["user"]["roles"] == []
    assert api.post(f"couriers/{rider.pk}/verify/", status=403)["code"] == "not_allowed"
    assert api.delete("me/", status=403)["code"] == "not_allowed"


@pytest.mark.parametrize("header", ["Bearer", "Bearer x y", "Bearer ÿþ", "Bearer " + "0" * 64, "Bearer \x01"])
def test_a_bad_token_is_401(header):
    api = Api()
    api.headers = {"Authorization": header.encode().decode("latin-1")}
    assert api.get("me/", status=401)["code"] == "token_invalid"
    assert api.last.headers["WWW-Authenticate"] == "Bearer"


def test_no_token_is_401():
    assert Api().get("me/", status=401)["code"] == "not_authenticated"
    assert Api().delete("auth/token/", status=401)["status"] == 401


def test_a_token_ends_when_given_back_when_expired_and_when_the_person_may_not_sign_in():
    rider = factories.courier()
    given_back, kept = api_of(rider.user), api_of(rider.user)
    given_back.delete("auth/token/")
    given_back.get("me/", status=401)
    kept.get("me/")
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        kept.get("me/", status=401)
    User.objects.filter(pk=rider.pk).update(is_active=False)
    kept.get("me/", status=401)


def test_an_expired_token_does_not_hinder_signing_in(last_code):
    api = Api("0" * 64)
    api.post("auth/code/", {"phone": factories.phone_number()}, status=204)


def test_looking_a_token_up_is_one_query(django_assert_num_queries):
    rider = factories.courier()
    for _ in range(3):
        token = tokens.issue(rider.user)[1]
    with django_assert_num_queries(2):  # the token with its user, and the courier with his outlet
        Api(token).get("me/")


def test_me_changes_part_by_part_and_a_new_outlet_needs_a_new_verification():
    outlet, other = factories.outlet(), factories.outlet()
    rider = factories.courier(outlet)
    api = api_of(rider.user)
    assert api.patch("me/", {"name": "何大蜂"})["verified"] is False
    Courier.objects.update(verified_at=timezone.now())
    assert api.patch("me/", {"name": "何大蜂"})["verified"] is True
    assert api.patch("me/", {"outlet": other.pk})["verified"] is False
    assert api.patch("me/", {"outlet": None})["outlet"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outlet": 999_999}, "outlet"), ({"outlet": "x"}, "outlet"), ({"outlet": 2**70}, "outlet"),
        ({"street": 999_999}, "street"), ({"name": ""}, "name"), ({"name": "   "}, "name"),
        ({"name": "蜂" * 21}, "name"), ({"name": "何\u0007"}, "name"),
        ({"consent_version": "1999-01"}, "consent_version"),
    ],
)  # fmt: skip
def test_bad_values_name_their_field_and_change_nothing(change, field):
    rider = factories.courier(factories.outlet())
    answer = api_of(rider.user).patch("me/", change, status=400)
    assert field in {error["field"] for error in answer["errors"]} or answer["code"] == "malformed"
    assert User.objects.get(pk=rider.pk).name == "何小蜂"


def test_what_nobody_may_set_is_ignored():
    rider = factories.courier(factories.outlet(), verified=False)
    api_of(rider.user).patch(
        "me/", {"name": "何小蜂", "verified": True, "verified_at": "2020-01-01", "id": 1, "phone": "13000000000"}
    )
    rider.refresh_from_db()
    assert (rider.is_verified, rider.user.phone) == (False, User.objects.get(pk=rider.pk).phone)


def test_my_code_stays_for_its_window_and_is_fresh_once_used():
    from accounts.services.codes import use_code

    rider = factories.courier()
    api = api_of(rider.user)
    first = api.get("me/code/")
    assert api.get("me/code/")["digits"] == first["digits"]
    use_code(digits=first["digits"])
    assert api.get("me/code/")["digits"] != first["digits"]
    assert sorted(first) == ["digits", "expires_at", "renews_at", "token"]


def test_outlets_are_found_by_words_and_come_in_pages():
    company = factories.enterprise("中通")
    for name in ("古田网点", "宝丰网点", "古田二路网点"):
        factories.outlet(company=company, name=name)
    assert [each["name"] for each in Api().get("outlets/", q="古田 中通")["results"]] == ["古田网点", "古田二路网点"]
    page = Api().get("outlets/", limit=2)
    assert len(page["results"]) == 2
    rest = Api().get(page["next"].replace("http://testserver", ""))
    assert [each["name"] for each in rest["results"]] == ["古田二路网点"]
    assert sorted(rest["results"][0]) == ["enterprise", "id", "name"]


@pytest.mark.parametrize("query", [{"q": "\0"}, {"q": "x" * 51}, {"limit": "0"}, {"cursor": "x"}])
def test_a_bad_filter_is_refused(query):
    assert Api().get("outlets/", status=400, **query)["status"] == 400


class TestVerify:
    def test_by_the_counter_the_street_and_the_outlet_manager(self):
        place = factories.district()
        company = factories.enterprise(place=factories.organisation(place.root, kind="new_org"))
        outlet = factories.outlet(place.community, company=company)
        for verifier in (
            factories.staff(Role.COUNTER, place.street),
            factories.staff(Role.STREET_ADMIN, place.street),
            factories.staff(Role.DISTRICT_ADMIN, place.root),
            factories.staff(Role.OUTLET_MANAGER, company.organisation),
        ):
            rider = factories.courier(outlet, verified=False)
            answer = api_of(verifier, staff=True).post(f"couriers/{rider.pk}/verify/")
            assert (answer["verified"], answer["name"], answer["state"], answer["allowed"]) == (
                True,
                "何*",
                "verified",
                [],
            )
            assert answer["phone"] == f"139****{rider.user.phone[-4:]}"
            rider.refresh_from_db()
            assert rider.verified_by == verifier

    def test_not_by_those_who_only_read_nor_by_couriers(self):
        place = factories.district()
        rider = factories.courier(factories.outlet(place.street), verified=False)
        for role in (Role.AUDITOR, Role.SYSTEM_ADMIN, Role.HANDLER, Role.CLAIMER, Role.CLINIC):
            api_of(factories.staff(role, place.root), staff=True).post(f"couriers/{rider.pk}/verify/", status=403)
        api_of(rider.user).post(f"couriers/{rider.pk}/verify/", status=403)
        Api().post(f"couriers/{rider.pk}/verify/", status=401)

    def test_out_of_scope_and_never_existed_look_alike(self):
        place = factories.district()
        rider = factories.courier(factories.outlet(place.other_street), verified=False)
        api = api_of(factories.staff(Role.STREET_ADMIN, place.street), staff=True)
        out = api.post(f"couriers/{rider.pk}/verify/", status=404)
        assert out == api.post("couriers/999999/verify/", status=404)
        assert out == api.post(f"couriers/{2**70}/verify/", status=404)

    def test_never_by_himself(self):
        place = factories.district()
        rider = factories.courier(factories.outlet(place.street), verified=False)
        rider.user.memberships.create(organisation=place.street, role=Role.COUNTER)
        api_of(rider.user, staff=True).post(f"couriers/{rider.pk}/verify/", status=403)

    def test_a_repeat_with_the_key_gets_the_first_answer_and_without_it_a_refusal(self):
        place = factories.district()
        rider = factories.courier(factories.outlet(place.street), verified=False)
        api = api_of(factories.staff(Role.COUNTER, place.street), staff=True)
        first = api.post(f"couriers/{rider.pk}/verify/", key="k1")
        assert api.post(f"couriers/{rider.pk}/verify/", key="k1") == first
        assert api.last.headers["Idempotency-Replayed"] == "true"
        assert api.post(f"couriers/{rider.pk}/verify/", status=409)["code"] == "wrong_state"
        assert (
            api.post(f"couriers/{rider.pk}/verify/", {"x": 1}, key="k1", status=422)["code"] == "idempotency_mismatch"
        )

    def test_an_unregistered_courier_cannot_be_verified(self):
        place = factories.district()
        rider = factories.courier(registered=False)
        Courier.objects.filter(pk=rider.pk).update(street=place.street)
        api = api_of(factories.staff(Role.COUNTER, place.street), staff=True)
        assert api.post(f"couriers/{rider.pk}/verify/", status=400)["status"] == 400


class TestClosing:
    def test_leaves_nothing_that_says_who_it_was(self):
        rider = factories.courier(factories.outlet(), name="欧阳小蜂")
        phone = rider.user.phone
        api = api_of(rider.user)
        browser = factories.page_client(rider.user)
        api.get("me/code/")
        api.delete("me/")
        api.get("me/", status=401)
        assert browser.get("/me/").status_code == 302
        gone = User.objects.get(pk=rider.pk)
        assert (gone.name, gone.phone, gone.phone_hash, gone.is_active) == ("", None, None, False)
        assert (gone.courier.outlet, gone.courier.is_frozen, gone.courier.codes.count()) == (None, True, 0)
        assert User.objects.by_phone(phone) is None

    def test_the_number_may_come_back_as_somebody_new(self, last_code):
        rider = factories.courier()
        phone = rider.user.phone
        api_of(rider.user).delete("me/")
        _, answer = signed_in(phone, last_code)
        assert answer["user"]["id"] != rider.pk


def test_my_data_is_about_me_and_nobody_else():
    rider, other = factories.courier(factories.outlet()), factories.courier(name="邓蜜")
    mine = api_of(rider.user).get("me/data/")
    assert (mine["account"]["phone"], mine["entries"]) == (rider.user.phone, [])
    assert other.user.phone not in json.dumps(mine, ensure_ascii=False)
    assert "邓蜜" not in json.dumps(mine, ensure_ascii=False)


def test_figures_are_open_and_few_queries(django_assert_num_queries):
    # Stations, visits, accounts, totals, the last closed day, reports open and mended, wishes that wait
    # and that are lit.
    with django_assert_num_queries(9):
        answer = Api().get("figures/")
    assert answer == {
        "stations": {"total": 0, "open": 0},
        "visits_today": 0,
        "points": {"issued": 0, "redeemed": 0},
        "reports": {"open": 0, "resolved_30d": 0},
        "wishes": {"open": 0, "lit": 0},
    }


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_address_that_is_none_answers_with_a_problem(method):
    client = Api().client
    for path in ("/api/v1/nothing/", "/api/", "/api/v2/me/"):
        answer = getattr(client, method)(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_schema_and_its_reader_are_there():
    client = Api().client
    assert client.get("/api/schema/").status_code == 200
    assert client.get("/api/docs/").status_code == 200
