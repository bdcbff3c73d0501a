"""二次放号: who signs in after 90 idle days sees nothing of the account until he knows whose it was."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Courier, Organisation, SmsChallenge, User
from accounts.models.users import WRONG_ANSWERS
from accounts.problems import NotRecognised
from accounts.roles import Role
from accounts.services import recycled, signin
from fengchao.core.errors import BadValue, RuleBroken
from fengchao.core.models import AuditLog
from points.services import grant, standing
from tests import factories
from tests.factories import Api
from tests.matrix.routes import methods, walk
from tests.meeting import Meeting

pytestmark = pytest.mark.django_db
NAME, OUTLET = "欧阳小蜂", "古田二路网点"
VERSION = "2026-11"


@pytest.fixture
def last_code(settings, tmp_path: Path) -> Callable[[], str]:
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path / "sms.jsonl")
    return lambda: json.loads(Path(settings.SMS_FILE).read_text().splitlines()[-1])["code"]


@pytest.fixture
def rider() -> Courier:
    """Verified, with 60 points, and for 90 days not seen."""
    place = factories.district()
    found = factories.courier(factories.outlet(place.community, name=OUTLET), name=NAME)
    grant(found, 40, reason="帮老人搬米", by=factories.staff(Role.STREET_ADMIN, place.street, name="周工"))
    away(found, days=90)
    return found


def away(rider: Courier, **ago: float) -> None:
    User.objects.filter(pk=rider.pk).update(last_login=timezone.now() - timedelta(**ago))


def doubted(rider: Courier) -> User:
    User.objects.filter(pk=rider.pk).update(doubted_at=timezone.now())
    user = User.objects.get(pk=rider.pk)
    user.acts_as_staff = False
    return user


def api_of_holder(rider: Courier, last_code) -> tuple[Api, dict]:
    Api().post("auth/code/", {"phone": rider.user.phone}, status=204)
    answer = Api().post("auth/token/", {"phone": rider.user.phone, "code": last_code()})
    return Api(answer["token"]), answer["user"]


def browser_of_holder(rider: Courier, last_code, next_url: str = "") -> tuple[Client, str]:
    client = Client()
    client.post("/sign-in/", {"phone": rider.user.phone, "next": next_url})
    return client, client.post("/sign-in/code/", {"code": last_code()}).headers["Location"]


def signed_in_at(rider: Courier, last_code, at) -> User:
    signin.send_code(rider.user.phone, ip="10.0.0.1", at=at)
    return signin.sign_in(rider.user.phone, last_code(), at=at)


class TestPages:
    def test_the_owner_says_name_and_outlet_and_goes_on(self, rider, last_code):
        client, step = browser_of_holder(rider, last_code, "/points/")
        assert step == "/sign-in/former/?next=%2Fpoints%2F"
        assert "好久不见" in client.get(step).content.decode()
        said = {"name": " 欧阳 小蜂", "outlet": rider.outlet_id}
        assert client.post(step, said).headers["Location"] == "/points/"
        assert "帮老人搬米" in client.get("/points/").content.decode()
        assert client.get(step).headers["Location"] == "/"

    def test_nothing_of_the_account_is_shown_before(self, rider, last_code):
        client, step = browser_of_holder(rider, last_code)
        client.post(step, {"name": "邓蜜", "outlet": ""})
        pages = ("/", step, "/sign-in/", "/me/", "/points/", "/code/", "/register/", "/gifts/", "/desk/", "/admin/")
        words = ("欧阳", "小蜂", "帮老人搬米", f'value="{rider.outlet_id}" selected')
        for path in pages:
            page = client.get(path, follow=True).content.decode()
            assert not [word for word in words if word in page], path
        assert client.get("/api/v1/me/").status_code == 401

    def test_the_pages_of_a_courier_lead_to_the_question_and_back(self, rider, last_code):
        client, _ = browser_of_holder(rider, last_code)
        for path in ("/me/", "/points/", "/code/", "/register/"):
            assert client.get(path).headers["Location"].startswith("/sign-in/former/?next=%2F")
        assert client.get("/sign-in/").headers["Location"].startswith("/sign-in/former/")

    def test_not_mine_makes_a_new_account(self, rider, last_code):
        client, step = browser_of_holder(rider, last_code)
        assert client.post(step, {"not_mine": "1"}).headers["Location"] == "/register/"
        page = client.get("/register/").content.decode()
        assert "已新开账号" in page
        assert NAME not in page
        heir = User.objects.by_phone(rider.user.phone)
        assert client.session["_auth_user_id"] == str(heir.pk) != str(rider.pk)

    def test_a_wrong_answer_says_how_often_more_and_the_third_makes_a_new_account(self, rider, last_code):
        client, step = browser_of_holder(rider, last_code)
        wrong = {"name": "邓蜜", "outlet": rider.outlet_id}
        assert "对不上，还可以再试 2 次" in client.post(step, wrong).content.decode()
        assert "请填写姓名" in client.post(step, {**wrong, "name": ""}).content.decode()
        assert "对不上，还可以再试 1 次" in client.post(step, wrong).content.decode()
        assert client.post(step, wrong).headers["Location"] == "/register/"

    def test_the_question_can_be_left(self, rider, last_code):
        client, step = browser_of_holder(rider, last_code)
        client.post("/sign-out/")
        assert client.get(step).headers["Location"] == "/"
        assert "手机号登录" in client.get("/sign-in/").content.decode()

    def test_nobody_is_sent_away_by_next(self, rider, last_code):
        client, _ = browser_of_holder(rider, last_code)
        said = {"name": NAME, "outlet": rider.outlet_id}
        assert client.post("/sign-in/former/?next=https://example.com/", said).headers["Location"] == "/"


class TestApi:
    def test_the_owner_says_name_and_outlet_and_goes_on(self, rider, last_code):
        api, me = api_of_holder(rider, last_code)
        assert (me["former_account"], me["registered"], me["name"], me["outlet"]) == (True, False, "", None)
        mine = api.patch("me/", {"name": NAME, "outlet": rider.outlet_id})
        assert (mine["id"], mine["name"], mine["verified"], mine["former_account"]) == (rider.pk, NAME, True, False)
        assert api.get("me/points/")["balance"] == 40

    def test_nothing_of_the_account_is_shown_or_done_before(self, rider, last_code):
        api, _ = api_of_holder(rider, last_code)
        for path in ("me/points/", "me/entries/", "me/code/", "me/data/"):
            assert api.get(path, status=403)["code"] == "confirmation_required"
        assert api.delete("me/", status=403)["code"] == "confirmation_required"
        assert api.post("photos/", status=403)["code"] == "confirmation_required"
        assert NAME not in json.dumps(api.get("me/"), ensure_ascii=False)
        assert api.get("stations/")["results"] == []
        api.delete("auth/token/")

    def test_a_wrong_answer_is_a_refusal_and_the_third_a_new_account_with_the_same_token(self, rider, last_code):
        api, _ = api_of_holder(rider, last_code)
        wrong = {"name": "邓蜜", "outlet": rider.outlet_id}
        for _ in range(WRONG_ANSWERS - 1):
            assert api.patch("me/", wrong, status=409)["code"] == "not_recognised"
        heir = api.patch("me/", wrong)
        assert (heir["registered"], heir["former_account"], heir["name"]) == (False, False, "")
        assert heir["id"] != rider.pk
        assert api.get("me/code/", status=403)["code"] == "registration_required"
        mine = api.patch("me/", {**wrong, "consent_version": VERSION})
        assert (mine["id"], mine["name"], mine["verified"]) == (heir["id"], "邓蜜", False)
        assert api.get("me/points/")["balance"] == 0

    def test_not_mine_makes_a_new_account_and_a_repeat_gets_it_again(self, rider, last_code):
        api, _ = api_of_holder(rider, last_code)
        heir = api.patch("me/", {"former_account": False})
        assert heir["id"] != rider.pk
        assert api.patch("me/", {"former_account": False}) == heir
        assert User.objects.filter(phone_hash__isnull=False, courier__isnull=False).count() == 1

    @pytest.mark.parametrize(
        "body", [{}, {"name": ""}, {"name": NAME, "outlet": 999_999}, {"name": "x" * 21}, {"former_account": "?"}, []]
    )
    def test_a_malformed_answer_is_refused_and_counts_nothing(self, rider, last_code, body):
        api, _ = api_of_holder(rider, last_code)
        assert api.patch("me/", body, status=400)["status"] == 400
        assert User.objects.get(pk=rider.pk).wrong_answers == 0


def test_every_address_that_takes_no_argument_shows_a_holder_in_doubt_what_it_shows_anybody(rider, last_code):
    api, _ = api_of_holder(rider, last_code)
    SmsChallenge.objects.all().delete()
    browser, _ = browser_of_holder(rider, last_code)
    asked = [route for route in walk() if "GET" in methods(route.view) and not set("<(") & set(route.path)]
    assert len(asked) > 60
    for route in asked:
        path = f"/{route.path}"
        seen, seen_by_anybody = browser.get(path), Client().get(path)
        assert route.name == "former_account" or seen.status_code in (seen_by_anybody.status_code, 302), path
        told = api.client.get(path, headers=api.headers)
        assert told.status_code < 500, path
        for answer in (seen, told):
            assert NAME not in answer.content.decode(errors="replace"), path


class TestRule:
    def test_ninety_days_to_the_second(self, rider, last_code):
        now = timezone.now()
        User.objects.filter(pk=rider.pk).update(last_login=now - signin.IDLE + timedelta(seconds=1))
        assert signed_in_at(rider, last_code, now).doubted_at is None
        User.objects.filter(pk=rider.pk).update(last_login=now)
        assert signed_in_at(rider, last_code, now + signin.IDLE).doubted_at == now + signin.IDLE

    def test_who_has_never_signed_in_is_as_old_as_his_account(self, last_code):
        clerk = factories.user(name=NAME, created_at=timezone.now() - timedelta(days=90))
        Courier.objects.create(user=clerk)
        assert signed_in_at(clerk.courier, last_code, timezone.now()).doubted_at

    def test_an_account_without_a_name_has_nothing_to_hide(self, last_code):
        newcomer = factories.courier(registered=False)
        away(newcomer, days=400)
        assert signed_in_at(newcomer, last_code, timezone.now()).doubted_at is None

    def test_doubt_stays_however_often_he_signs_in(self, rider, last_code):
        now = timezone.now()
        signed_in_at(rider, last_code, now)
        assert signed_in_at(rider, last_code, now + timedelta(minutes=2)).doubted_at == now

    def test_what_was_open_before_ends(self, rider, last_code):
        old_token, old_browser = factories.api_of(rider.user), factories.page_client(rider.user)
        away(rider, days=90)
        api_of_holder(rider, last_code)
        old_token.get("me/", status=401)
        assert old_browser.get("/me/").headers["Location"].startswith("/sign-in/?")

    def test_without_an_outlet_the_street_counts_and_without_both_the_name(self):
        place = factories.district()
        walker = factories.courier(place.street, name=NAME)
        for outlet, street in ((None, None), (None, place.other_street), (factories.outlet(), place.street)):
            with pytest.raises(NotRecognised):
                recycled.answer(doubted(walker), name=NAME, outlet=outlet, street=street)
            User.objects.update(wrong_answers=0)
        assert recycled.answer(doubted(walker), name=NAME, outlet=None, street=place.street) == walker.user
        free = factories.courier(name=NAME)
        assert recycled.answer(doubted(free), name=NAME, outlet=None, street=place.street) == free.user

    def test_the_old_account_keeps_its_points_frozen_and_without_a_number(self, rider):
        number = rider.user.phone
        heir = recycled.disown(doubted(rider))
        old = Courier.objects.select_related("user").get(pk=rider.pk)
        assert (old.is_frozen, old.user.phone, old.user.phone_hash, standing(old).balance) == (True, None, None, 40)
        assert (heir.phone, heir.name, heir.courier.is_registered, standing(heir.courier).balance) == (
            number, "", False, 0,
        )  # fmt: skip
        assert User.objects.by_phone(number) == heir

    def test_every_step_stands_in_the_log_without_a_name(self, rider, last_code):
        signed_in_at(rider, last_code, timezone.now())
        user = doubted(rider)
        with pytest.raises(NotRecognised):
            recycled.answer(user, name="邓蜜", outlet=None, street=None)
        heir = recycled.disown(user)
        rows = AuditLog.objects.filter(verb__in=VERBS).order_by("pk")
        assert [(row.verb, row.actor_id, row.changed) for row in rows] == [
            ("user.doubted", None, {}),
            ("user.not_recognised", None, {"left": 2}),
            ("user.number_passed_on", heir.pk, {"heir": heir.pk, "because": "disowned"}),
            ("courier.frozen", heir.pk, {"reason": "手机号已归新机主"}),
        ]

    def test_being_recognised_stands_in_the_log_and_forgets_wrong_answers(self, rider):
        with pytest.raises(NotRecognised):
            recycled.answer(doubted(rider), name="邓蜜", outlet=None, street=None)
        user = recycled.answer(doubted(rider), name=NAME, outlet=rider.outlet, street=None)
        assert (user.doubted_at, user.wrong_answers) == (None, 0)
        assert AuditLog.objects.get(verb="user.recognised").actor_id == rider.pk

    def test_a_repeat_gets_the_first_result(self, rider):
        user = doubted(rider)
        heir = recycled.disown(user)
        assert recycled.disown(user) == heir
        assert recycled.answer(user, name=NAME, outlet=rider.outlet, street=None) == heir
        with pytest.raises(RuleBroken) as refused:
            recycled.answer(User.objects.get(pk=rider.pk), name=NAME, outlet=rider.outlet, street=None)
        assert refused.value.code == "account_frozen"

    def test_a_token_that_came_too_late_still_shows_nothing(self, rider):
        recycled.disown(doubted(rider))
        late = factories.api_of(rider.user)
        assert NAME not in json.dumps(late.get("me/"), ensure_ascii=False)
        late.get("me/data/", status=403)
        late.patch("me/", {"name": NAME, "outlet": rider.outlet_id}, status=403)

    def test_a_name_nobody_can_have_counts_nothing(self, rider):
        with pytest.raises(BadValue):
            recycled.answer(doubted(rider), name=" ", outlet=None, street=None)
        assert User.objects.get(pk=rider.pk).wrong_answers == 0

    def test_the_database_counts_no_fourth_wrong_answer_and_gives_no_number_to_two(self, rider):
        heir = recycled.disown(doubted(rider))
        for change in ({"wrong_answers": WRONG_ANSWERS + 1}, {"phone_hash": heir.phone_hash}):
            with pytest.raises(DatabaseError), transaction.atomic():
                User.objects.filter(pk=rider.pk).update(**change)

    def test_staff_with_password_and_second_factor_are_not_asked(self, rider):
        place = factories.district()
        clerk = factories.staff(Role.STREET_ADMIN, place.street)
        User.objects.filter(pk=clerk.pk).update(doubted_at=timezone.now())
        assert factories.staff_client(clerk).get("/desk/").status_code == 200
        assert factories.page_client(clerk).get("/desk/").headers["Location"].startswith("/staff/login/")
        assert factories.api_of(clerk, staff=True).get("me/")["name"] == "周工"

    def test_staff_see_that_the_number_is_gone(self, rider):
        recycled.disown(doubted(rider))
        boss = factories.staff(Role.DISTRICT_ADMIN, Organisation.objects.get_root(rider.outlet.organisation))
        page = factories.staff_client(boss).get(f"/admin/accounts/courier/{rider.pk}/change/").content.decode()
        assert "（已归新机主）" in page
        assert "已冻结" in page


@pytest.mark.django_db(transaction=True)
def test_fifty_wrong_answers_at_once_make_one_new_account(rider):
    user = doubted(rider)
    answers = _in_parallel(50, lambda: recycled.answer(user, name="邓蜜", outlet=None, street=None))
    heirs = {answer.pk for answer in answers if isinstance(answer, User)}
    assert heirs == {User.objects.by_phone(rider.user.phone).pk}
    assert sum(isinstance(answer, NotRecognised) for answer in answers) == WRONG_ANSWERS - 1
    assert AuditLog.objects.filter(verb="user.number_passed_on").count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_more_answers_are_heard(rider, monkeypatch):
    meeting = Meeting(WRONG_ANSWERS)

    def unlocked(user: User, at: datetime) -> User:
        found = User.objects.get(pk=user.pk)
        meeting.wait()
        return found

    monkeypatch.setattr(recycled, "_locked", unlocked)
    user = doubted(rider)
    answers = _in_parallel(WRONG_ANSWERS, lambda: recycled.answer(user, name="邓蜜", outlet=None, street=None))
    assert sum(isinstance(answer, NotRecognised) for answer in answers) == WRONG_ANSWERS


@pytest.mark.django_db(transaction=True)
def test_signing_in_while_the_number_passes_on_never_fails(rider, last_code):
    number, now = rider.user.phone, timezone.now()
    for _ in range(5):
        SmsChallenge.objects.all().delete()
        User.objects.filter(phone_hash=rider.user.phone_hash).update(name=NAME, doubted_at=now)
        holder = User.objects.by_phone(number)
        signin.send_code(number, ip="10.0.0.1", at=now)
        with ThreadPoolExecutor(max_workers=2) as pool:
            came = pool.submit(_closing, partial(signin.sign_in, number, last_code(), at=now))
            heir = pool.submit(_closing, partial(recycled.disown, holder))
        assert came.result() in (holder, heir.result())
        assert heir.result() == User.objects.by_phone(number) != holder


VERBS = ("user.doubted", "user.not_recognised", "user.number_passed_on", "courier.frozen")


def _in_parallel(count: int, act: Callable[[], User]) -> list[User | RuleBroken]:
    def one(_: int) -> User | RuleBroken:
        try:
            return _closing(act)
        except RuleBroken as refusal:
            return refusal

    with ThreadPoolExecutor(max_workers=16) as pool:
        return list(pool.map(one, range(count)))


def _closing(act: Callable[[], User]) -> User:
    try:
        return act()
    finally:
        connection.close()
