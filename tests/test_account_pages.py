"""My account, as pages without script."""

import json
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import Courier, User
from accounts.roles import Role
from fengchao.core import clock, notices
from gifts.models import Reservation
from gifts.services import expire_reservations, remind_of_reservations, reserve
from points.services import approve, grant, reject, take_back
from tests import factories
from tests.factories import page_client, staff_client
from tests.factories.privacy import publish_notice
from tests.gifts.shop import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def last_codes(settings, tmp_path: Path):
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path / "sms.jsonl")
    return lambda: {
        line["phone"]: line["code"] for line in map(json.loads, Path(settings.SMS_FILE).read_text().splitlines())
    }


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def titles(courier: Courier) -> list[str]:
    return [told.title for told in notices.of(courier)]


def test_unread_on_the_bar_until_it_is_opened():
    rider = factories.courier(factories.outlet())
    client = page_client(rider.user)
    assert "有未读" not in text(client, "/")
    notices.tell(rider, "test", "60 分到账", text="值守", link="/points/")
    for address in ("/", "/me/", "/stations/", "/gifts/"):
        assert "有未读" in text(client, address)
    assert "有未读" not in text(Client(), "/stations/")
    told = notices.of(rider).get()
    assert "60 分到账" in text(client, "/notices/")
    assert client.post(f"/notices/{told.pk}/").headers["Location"] == "/points/"
    assert "有未读" not in text(client, "/")
    other = page_client(factories.courier(factories.outlet()).user)
    assert other.post(f"/notices/{told.pk}/").status_code == 404


def test_pages_of_notices_and_all_read_at_once():
    rider = factories.courier(factories.outlet())
    client = page_client(rider.user)
    assert "还没有通知" in text(client, "/notices/")
    for number in range(21):
        notices.tell(rider, "test", f"第 {number} 条")
    first = client.get("/notices/")
    assert "第 0 条" not in first.content.decode()
    assert "第 0 条" in text(client, f"/notices/{first.context['next_url']}")
    client.post("/notices/read/", {"up_to": first.context["newest"]})
    assert not notices.has_unread(rider)
    for nonsense in ("", "x", "9" * 30):
        assert client.post("/notices/read/", {"up_to": nonsense}).status_code == 400


def test_what_is_decided_about_his_points_is_told():
    place = factories.district()
    rider = factories.courier(factories.outlet(place.community))
    clerk, chief = factories.staff(Role.STREET_ADMIN, place.street), factories.staff(Role.DISTRICT_ADMIN, place.root)
    grant(rider, 10, reason="值守", by=clerk)
    assert titles(rider) == []  # at once: his statement says it
    given = approve(grant(rider, 60, reason="值守", by=clerk), by=chief)
    reject(grant(rider, 70, reason="值守", by=clerk), by=chief, note="写给经办人")
    take_back(given, reason="误发", by=chief)
    assert titles(rider) == ["60 分已收回", "70 分的发放没有通过", "60 分到账"]
    assert "写给经办人" not in text(page_client(rider.user), "/notices/")


def test_a_reservation_that_ends_is_told_once_before_and_once_after():
    shop = open_shop()
    made = reserve(shop.courier, shop.gift, station=shop.station)
    assert remind_of_reservations() == 0
    for _ in range(2):
        remind_of_reservations(made.expires_at - (made.expires_at - made.at) / 16)
    assert titles(shop.courier) == [f"{shop.gift.name}快到期了"]
    for _ in range(2):
        expire_reservations(made.expires_at)
    assert titles(shop.courier) == [f"{shop.gift.name}没有来取，预约已到期", f"{shop.gift.name}快到期了"]
    assert Reservation.objects.get().state == "expired"


def test_another_number_by_page(last_codes):
    rider = factories.courier(factories.outlet())
    client, elsewhere = page_client(rider.user), page_client(rider.user)
    old, new = rider.user.phone, factories.phone_number()
    assert "11 位" in client.post("/me/number/", {"phone": "1"}).content.decode()
    assert client.get("/me/number/codes/").headers["Location"] == "/me/number/"
    assert client.post("/me/number/", {"phone": new}).headers["Location"] == "/me/number/codes/"
    sent = last_codes()
    page = text(client, "/me/number/codes/")
    assert not any(secret in page for secret in (old, new, *sent.values()))
    refused = client.post("/me/number/codes/", {"old_code": "12345", "new_code": sent[new]}).content.decode()
    assert "6 位数" in refused
    done = client.post("/me/number/codes/", {"old_code": sent[old], "new_code": sent[new]})
    assert done.headers["Location"] == "/me/"
    assert f"139****{new[-4:]}" in text(client, "/me/")
    assert elsewhere.get("/me/").status_code == 302
    assert User.objects.by_phone(new) == rider.user


def test_another_number_by_staff_in_the_admin():
    place = factories.district()
    rider = factories.courier(factories.outlet(place.community))
    clerk, new = factories.staff(Role.STREET_ADMIN, place.street), factories.phone_number()
    form = {"action": "change_number", "_selected_action": [rider.pk], "select_across": "0"}
    client = staff_client(clerk)
    asked = client.post("/admin/accounts/courier/", form)
    assert "怎么核实的本人" in asked.content.decode()
    sent = {**form, "asked": "yes", "phone": new, "reason": "带工牌到街道", "key": asked.context["form"]["key"].value()}
    client.post("/admin/accounts/courier/", sent)
    assert User.objects.by_phone(new) == rider.user


def test_my_data_as_a_file_holds_the_notices():
    rider = factories.courier(factories.outlet())
    notices.tell(rider, "test", "60 分到账")
    answer = page_client(rider.user).get("/me/data/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    assert json.loads(answer.content)["notices"][0]["title"] == "60 分到账"


def test_closing_the_account_takes_a_tick():
    rider = factories.courier(factories.outlet())
    notices.tell(rider, "test", "60 分到账")
    client = page_client(rider.user)
    assert "请先勾选" in client.post("/me/close/", {}).content.decode()
    assert User.objects.get(pk=rider.pk).is_active
    assert client.post("/me/close/", {"sure": "on"}).headers["Location"] == "/"
    user = User.objects.get(pk=rider.pk)
    assert (user.is_active, user.phone, notices.of(user).count()) == (False, None, 0)
    assert client.get("/me/").status_code == 302


def test_staff_do_not_close_by_text_message():
    rider = factories.courier(factories.outlet(factories.district().community))
    rider.user.memberships.create(organisation=rider.outlet.organisation, role=Role.COUNTER)
    assert "还有任职" in page_client(rider.user).post("/me/close/", {"sure": "on"}).content.decode()
    assert User.objects.get(pk=rider.pk).is_active


def sign_in(client: Client, phone: str, last_codes) -> str:
    client.post("/sign-in/", {"phone": phone, "next": "/points/"})
    return client.post("/sign-in/code/", {"code": last_codes()[phone]}).headers["Location"]


def test_a_new_notice_of_privacy_is_agreed_to_at_the_next_sign_in(settings, last_codes, monkeypatch, tmp_path):
    rider = factories.courier(factories.outlet())
    before = page_client(rider.user)
    publish_notice(monkeypatch, settings, tmp_path, "2027-01", "新写的一段")
    assert before.get("/points/").status_code == 200  # who is signed in goes on
    client = Client()
    assert sign_in(client, rider.user.phone, last_codes) == "/privacy/agree/?next=%2Fpoints%2F"
    for address in ("/", "/points/", "/me/"):
        assert client.get(address).headers["Location"].startswith("/privacy/agree/?next=")
    asked = "/privacy/agree/?next=/points/"
    assert "2027-01" in text(client, asked) and "新写的一段" in text(client, asked)
    assert "请阅读并同意" in client.post(asked, {"consent_version": "2027-01"}).content.decode()
    stale = {"consent": "on", "consent_version": "2026-11"}
    assert "最新" in client.post(asked, stale).content.decode()
    assert client.post(asked, {**stale, "consent_version": "2027-01"}).headers["Location"] == "/points/"
    agreed = Courier.objects.get(pk=rider.pk)
    assert agreed.consent_version == "2027-01"
    assert clock.now() > agreed.consent_at > rider.consent_at
    assert client.get("/points/").status_code == 200


def test_who_agreed_to_this_one_is_not_asked(last_codes):
    rider = factories.courier(factories.outlet())
    assert sign_in(Client(), rider.user.phone, last_codes) == "/points/"
