"""What couriers would like to see on the shelf."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Courier
from accounts.roles import Role
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.models import AuditLog
from gifts.models import Suggestion
from gifts.problems import SuggestionAnswered, TooManySuggestions
from gifts.services.catalogue import answer, suggest
from gifts.states import SuggestionState
from tests.factories import courier, organisation, page_client, staff, staff_client
from tests.gifts.shop import Shop

PAGE = "/gifts/suggestions/"


@pytest.fixture
def rider(shop: Shop) -> Courier:
    return courier(shop.station.organisation)


@pytest.fixture
def phone(rider: Courier) -> Client:
    return page_client(rider.user)


def official(shop: Shop) -> object:
    return staff(Role.DISTRICT_ADMIN, shop.auditor.memberships.get().organisation)


def test_a_suggestion_is_kept_and_shown_with_its_answer(shop: Shop, phone: Client) -> None:
    assert phone.post(PAGE, {"text": " 大容量  充电宝 "})["Location"] == PAGE
    made = Suggestion.objects.get()
    assert (made.text, made.state) == ("大容量 充电宝", "new")
    answer(made, SuggestionState.ACCEPTED, reply="下个月上架", by=official(shop))  # type: ignore[arg-type]
    shown = phone.get(PAGE).content.decode()
    assert "大容量 充电宝" in shown
    assert "已采纳" in shown
    assert "下个月上架" in shown
    assert AuditLog.objects.filter(verb="suggestion.accepted").count() == 1


@pytest.mark.parametrize("text", ["", "   ", "长" * 61, "a\x00b"])
def test_bad_words_are_refused_beside_the_field(phone: Client, text: str) -> None:
    answered = phone.post(PAGE, {"text": text})
    assert answered.status_code == 200
    assert 'role="alert"' in answered.content.decode()
    assert not Suggestion.objects.exists()


def test_the_service_refuses_bad_words_too(rider: Courier) -> None:
    for text in ("", "长" * 61, "a\x07b"):
        with pytest.raises(BadValue):
            suggest(rider, text)


def test_the_same_words_again_are_the_first_ones(rider: Courier) -> None:
    assert suggest(rider, "雨衣") == suggest(rider, " 雨衣 ")


def test_three_may_wait_for_an_answer(shop: Shop, rider: Courier) -> None:
    first = suggest(rider, "雨衣")
    suggest(rider, "手套")
    suggest(rider, "充电宝")
    with pytest.raises(TooManySuggestions):
        suggest(rider, "头盔")
    answer(first, SuggestionState.DECLINED, reply="仓库放不下", by=official(shop))  # type: ignore[arg-type]
    suggest(rider, "头盔")


def test_only_the_district_answers_and_only_once(shop: Shop, rider: Courier) -> None:
    made = suggest(rider, "雨衣")
    for by in (shop.chief, shop.worker, shop.auditor):
        with pytest.raises(NotAllowed):
            answer(made, SuggestionState.ACCEPTED, reply="好", by=by)
    elsewhere = staff(Role.DISTRICT_ADMIN, organisation(name="江汉区"))
    with pytest.raises(NotThere):
        answer(made, SuggestionState.ACCEPTED, reply="好", by=elsewhere)
    with pytest.raises(BadValue):
        answer(made, SuggestionState.ACCEPTED, reply=" ", by=official(shop))  # type: ignore[arg-type]
    answer(made, SuggestionState.ACCEPTED, reply="好", by=official(shop))  # type: ignore[arg-type]
    with pytest.raises(SuggestionAnswered):
        answer(made, SuggestionState.DECLINED, reply="不", by=official(shop))  # type: ignore[arg-type]


def test_answered_in_bulk_in_the_admin(shop: Shop, rider: Courier) -> None:
    made = [suggest(rider, text) for text in ("雨衣", "手套")]
    client = staff_client(official(shop))  # type: ignore[arg-type]
    address = reverse("admin:gifts_suggestion_changelist")
    chosen = {"action": "accept_chosen", "_selected_action": [row.pk for row in made]}
    form = client.post(address, chosen).context["form"]
    asked = {**chosen, "asked": "yes", "key": form["key"].value()}
    assert "reply" in client.post(address, {**asked, "reply": ""}).context["form"].errors
    client.post(address, {**asked, "reply": "下月上架"})
    assert set(Suggestion.objects.values_list("state", "reply")) == {("accepted", "下月上架")}
