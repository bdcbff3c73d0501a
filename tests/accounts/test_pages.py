"""The courier's pages, without script."""

import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from accounts.services.codes import show_code, use_code
from gifts.models import Gift
from points.services import grant
from stations.models import Facility, Station
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def last_code(settings, tmp_path: Path):
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path / "sms.jsonl")
    return lambda: json.loads(Path(settings.SMS_FILE).read_text().splitlines()[-1])["code"]


def ask_for_code(client: Client, phone: str, next_url: str = ""):
    return client.post("/sign-in/", {"phone": phone, "next": next_url})


def test_from_number_to_home(last_code):
    place = factories.district()
    outlet = factories.outlet(place.community)
    client, phone = Client(), factories.phone_number()
    assert client.get("/sign-in/").status_code == 200
    assert ask_for_code(client, phone).headers["Location"] == "/sign-in/code/"
    page = client.get("/sign-in/code/").content.decode()
    assert f"139****{phone[-4:]}" in page
    assert phone not in page
    assert last_code() not in page
    wrong = "000000" if last_code() != "000000" else "111111"
    assert "验证码不对" in client.post("/sign-in/code/", {"code": wrong}).content.decode()
    assert client.post("/sign-in/code/", {"code": last_code()}).headers["Location"] == "/register/"
    assert client.get("/").headers["Location"].startswith("/register/")
    form = {"name": "何小蜂", "outlet": outlet.pk, "consent": "on", "consent_version": "2026-11"}
    assert "就差一步" in client.get("/register/").content.decode()
    assert client.post("/register/", form).headers["Location"] == "/"
    home = client.get("/").content.decode()
    assert "何师傅" in home
    assert "就差一步" not in client.get("/register/").content.decode()
    assert client.get("/sign-in/code/").headers["Location"] == "/sign-in/"


def test_the_pages_of_a_courier_lead_to_sign_in_and_back(last_code):
    rider = factories.courier(factories.outlet())
    client = Client()
    for path in ("/code/", "/points/", "/me/", "/register/", "/code/fragment/"):
        assert client.get(path).headers["Location"].startswith("/sign-in/?next=%2F")
    ask_for_code(client, rider.user.phone, "/points/?before=7")
    assert client.post("/sign-in/code/", {"code": last_code()}).headers["Location"] == "/points/?before=7"


def test_a_new_courier_comes_back_to_the_whole_address(last_code):
    client = Client()
    ask_for_code(client, factories.phone_number(), "/stations/?q=a&page=2")
    answer = client.post("/sign-in/code/", {"code": last_code()})
    assert answer.headers["Location"] == "/register/?next=%2Fstations%2F%3Fq%3Da%26page%3D2"


@pytest.mark.parametrize(
    "evil", ["https://example.com/", "//example.com", "/\\example.com", "javascript:alert(1)", "\thttps://x"]
)
def test_nobody_is_sent_away_by_next(last_code, evil):
    rider = factories.courier(factories.outlet())
    client = Client()
    ask_for_code(client, rider.user.phone, evil)
    assert client.post("/sign-in/code/", {"code": last_code()}).headers["Location"] == "/"
    ask_again = {
        "name": "何小蜂",
        "street": factories.district().street.pk,
        "consent": "on",
        "consent_version": "2026-11",
    }
    assert client.post("/register/?" + f"next={evil}", ask_again).headers["Location"] == "/"


def test_a_limit_is_a_sentence_beside_the_field(last_code):
    client, phone = Client(), factories.phone_number()
    ask_for_code(client, phone)
    assert "后再获取验证码" in ask_for_code(client, phone).content.decode()
    page = client.post("/sign-in/code/", {"resend": "1"}).content.decode()
    assert "后再获取验证码" in page
    assert "请输入 11 位手机号码" in ask_for_code(client, "123").content.decode()


def test_registration_says_beside_the_field_what_is_missing():
    factories.district()
    rider = factories.courier(registered=False)
    client = factories.page_client(rider.user)
    page = client.post("/register/", {"consent_version": "2026-11"}).content.decode()
    for sentence in ("请填写姓名", "请选一个常跑的街道", "请阅读并同意隐私说明"):
        assert sentence in page
    old = {"name": "何", "street": User.objects.none(), "consent": "on", "consent_version": "1999-01"}
    assert client.post("/register/", old).status_code == 200
    rider.refresh_from_db()
    assert not rider.is_registered


def test_the_session_keeps_the_number_encrypted(last_code):
    client, phone = Client(), factories.phone_number()
    ask_for_code(client, phone)
    assert phone not in str(dict(client.session))


def test_sign_out_and_sign_out_everywhere():
    rider = factories.courier(factories.outlet())
    here, there, token = (
        factories.page_client(rider.user),
        factories.page_client(rider.user),
        factories.api_of(rider.user),
    )
    assert here.get("/sign-out/").status_code == 405
    here.post("/sign-out/")
    assert here.get("/me/").status_code == 302
    assert there.get("/me/").status_code == 200
    factories.page_client(rider.user).post("/sign-out/everywhere/")
    assert there.get("/me/").status_code == 302
    token.get("me/", status=401)


def test_home_takes_six_queries_however_much_there_is(django_assert_num_queries):
    place = factories.district()
    rider = factories.courier(factories.outlet(place.community))
    client = factories.page_client(rider.user)
    client.get("/")
    with django_assert_num_queries(6):
        client.get("/")
    clerk = factories.staff(Role.STREET_ADMIN, place.street)
    for number in range(3):
        grant(rider, 20, reason=f"好事{number}", by=clerk)
        station = _station(place.community, f"QK-{number}")
        station.facilities.add(Facility.objects.get_or_create(code="water", name="饮水", icon="cup-soda")[0])
    Gift.objects.create(code="tissue", name="手提纸", points=1000)
    with django_assert_num_queries(6):
        page = client.get("/").content.decode()
    for words in ("60", "再得 940 分可换手提纸", "好事2", "饮水", "全部 3 个"):
        assert words in page


def test_the_nearest_station_is_the_one_of_the_own_community():
    place = factories.district()
    _station(place.other_street, "A-1", name="别处蜂巢")
    _station(place.street, "B-1", name="街道蜂巢")
    rider = factories.courier(factories.outlet(place.community))
    page = factories.page_client(rider.user).get("/").content.decode()
    assert "街道蜂巢" in page
    assert "别处蜂巢" not in page


def test_visitors_and_staff_have_a_home_of_their_own():
    place = factories.district()
    _station(place.street, "B-1", name="街道蜂巢")
    assert "街道蜂巢" in Client().get("/").content.decode()
    assert factories.staff_client(factories.staff(Role.COUNTER, place.street)).get("/").headers["Location"] == "/desk/"
    assert factories.staff_client(factories.staff(Role.AUDITOR, place.root)).get("/").headers["Location"] == reverse(
        "admin:index"
    )


class TestMyCode:
    def test_shows_the_code_of_the_moment(self):
        rider = factories.courier(factories.outlet())
        page = factories.page_client(rider.user).get("/code/")
        digits = show_code(rider).digits
        assert f"{digits[:3]} {digits[3:]}" in page.content.decode()
        assert "<svg" in page.content.decode()
        assert "no-store" in page.headers["Cache-Control"]

    def test_turns_to_identified_when_the_counter_has_read_it(self):
        rider = factories.courier(factories.outlet())
        client = factories.page_client(rider.user)
        since = client.get("/code/").context["since"]
        use_code(digits=show_code(rider).digits)
        assert "柜台已认出你" in client.get(f"/code/fragment/?since={since}").content.decode()

    def test_an_opening_afterwards_shows_a_code_again(self):
        rider = factories.courier(factories.outlet())
        use_code(digits=show_code(rider).digits)
        assert factories.page_client(rider.user).get("/code/").context["outcome"] is None

    @pytest.mark.parametrize("since", ["x", "-1", "9" * 15, "9" * 40, "0", "١٢"])
    def test_a_strange_since_is_now(self, since):
        rider = factories.courier(factories.outlet())
        assert factories.page_client(rider.user).get(f"/code/fragment/?since={since}").status_code == 200


class TestStatement:
    def test_comes_in_pages_newest_first(self):
        place = factories.district()
        rider = factories.courier(factories.outlet(place.street))
        for start in (0, 11):
            clerk = factories.staff(Role.STREET_ADMIN, place.street)
            for number in range(start, start + 11):
                grant(rider, 2, reason=f"第{number:02}件", by=clerk)
        client = factories.page_client(rider.user)
        first = client.get("/points/")
        assert [entry["title"] for entry in first.context["entries"]] == [f"第{n:02}件" for n in range(21, 1, -1)]
        rest = client.get(first.context["next_url"])
        assert [entry["title"] for entry in rest.context["entries"]] == ["第01件", "第00件"]
        assert rest.context["next_url"] is None

    def test_a_page_that_is_none_is_refused(self):
        rider = factories.courier(factories.outlet())
        assert factories.page_client(rider.user).get("/points/?before=x").status_code == 400


def test_me_shows_the_number_masked_and_the_desk_to_who_has_one():
    place = factories.district()
    rider = factories.courier(factories.outlet(place.street))
    page = factories.page_client(rider.user).get("/me/").content.decode()
    assert f"139****{rider.user.phone[-4:]}" in page
    assert rider.user.phone not in page
    assert "/desk/" not in page
    rider.user.memberships.create(organisation=place.street, role=Role.COUNTER)
    assert "/desk/" in factories.page_client(rider.user).get("/me/").content.decode()


def test_the_privacy_notice_names_its_version():
    assert "2026-11" in Client().get("/privacy/").content.decode()


def _station(place, code: str, *, name: str = "") -> Station:
    return Station.objects.create(
        code=code, name=name or code, grade=2, organisation=place, address="解放大道 1 号", lat=30.58, lng=114.21
    )
