"""The table of moves, walked move by move: who may make which from where, and what is refused."""

from contextlib import suppress

import pytest
from django.db import transaction

from accounts.models import User
from fengchao.core.errors import BadValue, RuleBroken
from fengchao.core.models import AuditLog, Notice
from tests.factories.people import courier, outlet
from tests.factories.wishes import WAYS, WishScene
from wishes import rules, services
from wishes.models import Claim, Wish
from wishes.problems import AlreadyThanked, MayNot, NothingDelivered, NotYourOrganisation, SelfDealing, WrongState
from wishes.states import MOVES, PUBLIC, WishState

pytestmark = pytest.mark.django_db
S = WishState

OWNERS = {
    "approve": ("street", "chief"), "reject": ("street", "chief"), "withdraw": ("rider", "street", "chief"),
    "claim": ("league", "company"), "progress": ("league",), "release": ("league",), "deliver": ("league",),
    "confirm": ("rider",), "thank": ("rider",),
}  # fmt: skip
PEOPLE = ("rider", "street", "chief", "league", "company", "worker", "elsewhere")


def person(scene: WishScene, who: str) -> User:
    return scene.rider.user if who == "rider" else getattr(scene, who)


def outcome(scene: WishScene, wish: Wish, move: str, who: str) -> str:
    by = person(scene, who)
    try:
        if (move, who) == ("claim", "company"):
            return services.claim(wish, organisation=scene.shop, by=by).state
        return scene.make(wish, move, by=by).state
    except RuleBroken as refusal:
        return f"{refusal.code} {refusal.field}" if refusal.field else refusal.code


def expected(state: WishState, move: str, who: str) -> str:
    """What domain.md says, worked out apart from the code under test."""
    if move == "claim" and who not in OWNERS["claim"]:
        return "invalid organisation"
    if state not in PUBLIC and who in ("league", "company", "worker", "elsewhere"):
        return "not_found"
    nobodys = move in ("progress", "release", "deliver") and state not in (S.CLAIMED, S.DELIVERED, S.FULFILLED)
    if who not in OWNERS[move] or nobodys:
        return "not_allowed"
    before, after = MOVES[move]
    return after if state in before else "wrong_state"


class Undone(Exception):
    """Takes a try back."""


@pytest.mark.parametrize("state", WAYS)
def test_every_move_from_every_state_by_everybody(scene: WishScene, state: WishState) -> None:
    wish = scene.in_state(state)
    for who in PEOPLE:
        for move in MOVES:
            said = move in rules.allowed(Wish.objects.shown().get(pk=wish.pk), person(scene, who))
            with suppress(Undone), transaction.atomic():
                came = outcome(scene, wish, move, who)
                raise Undone
            assert (who, move, came) == (who, move, expected(state, move, who))
            assert (who, move, said) == (who, move, came in set(WishState))
        wish.refresh_from_db()
        assert wish.state == state


def test_the_way_from_the_hanging_to_the_light(scene: WishScene) -> None:
    wish = scene.make(scene.make(scene.in_state(S.CLAIMED), "progress"), "deliver")
    wish = scene.make(wish, "thank")
    assert (wish.state, wish.public_thanks, wish.shown_name, wish.flags) == (
        S.FULFILLED,
        "谢谢团区委",
        "何师傅·中通",
        [],
    )
    assert [(step.move, step.party, str(step.organisation)) for step in wish.steps.all()] == [
        ("hang", "courier", "None"), ("approve", "staff", "古田街道"), ("claim", "claimant", "团区委"),
        ("progress", "claimant", "团区委"), ("deliver", "claimant", "团区委"), ("thank", "courier", "None"),
    ]  # fmt: skip
    titles = list(Notice.objects.filter(user_id=scene.rider.pk).order_by("pk").values_list("title", flat=True))
    told = ["挂上心愿树了", "有人认领了", "有新进展", "送到了"]
    assert titles == [f"“新风扇”{what}" for what in told]
    verbs = list(AuditLog.objects.filter(verb__startswith="wish.").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["wish.approve", "wish.claim", "wish.progress", "wish.deliver"]
    with pytest.raises(AlreadyThanked):
        scene.make(wish, "thank")


def test_confirmed_first_it_can_still_be_thanked_for(scene: WishScene) -> None:
    wish = scene.in_state(S.FULFILLED)
    lit_at = wish.lit_at
    wish = scene.make(wish, "thank")
    assert (wish.state, wish.thanks, wish.lit_at) == (S.FULFILLED, "谢谢团区委", lit_at)


def test_a_released_wish_can_be_claimed_by_another(scene: WishScene) -> None:
    wish = scene.make(scene.in_state(S.CLAIMED), "release")
    assert (wish.claimed_by, Claim.objects.live().count()) == (None, 0)
    wish = services.claim(wish, organisation=scene.shop, by=scene.company)
    assert wish.claimed_by == scene.shop
    assert [claim.organisation for claim in Claim.objects.order_by("pk")] == [scene.youth_league, scene.shop]


def test_claimed_only_in_the_name_of_an_own_organisation_and_in_its_reach(scene: WishScene) -> None:
    wish = scene.in_state(S.OPEN)
    with pytest.raises(NotYourOrganisation):
        services.claim(wish, organisation=scene.youth_league, by=scene.company)
    far = services.approve(
        scene.hung(rider=courier(outlet(scene.district.other_street)), station=scene.other_station), by=scene.chief
    )
    with pytest.raises(MayNot):
        services.claim(far, organisation=scene.shop, by=scene.company)  # a company of the other street
    assert services.claim(far, organisation=scene.youth_league, by=scene.league).state == S.CLAIMED
    reached = Wish.objects.in_reach(rules.reaches(scene.company))
    assert list(reached) == [wish]


def test_nobody_deals_with_his_own(scene: WishScene) -> None:
    moderator = courier(scene.district.street)
    moderator.user.memberships.create(organisation=scene.district.street, role="street_admin")
    moderator.user.memberships.create(organisation=scene.youth_league, role="claimer")
    wish = scene.hung(rider=moderator)
    for act in (
        lambda: services.approve(wish, by=moderator.user),
        lambda: services.reject(wish, reason="不行", by=moderator.user),
    ):
        with pytest.raises(SelfDealing):
            act()
    wish = services.approve(wish, by=scene.street)
    with pytest.raises(SelfDealing):
        services.claim(wish, organisation=scene.youth_league, by=moderator.user)
    assert rules.allowed(wish, moderator.user) == ["withdraw"]
    with pytest.raises(SelfDealing):
        scene.hung(rider=moderator, filed_by=moderator.user)


def test_what_a_move_needs(scene: WishScene) -> None:
    wish = scene.in_state(S.CLAIMED)
    with pytest.raises(NothingDelivered):
        services.deliver(wish, by=scene.league)
    for act in (
        lambda: services.progress(wish, note=" ", by=scene.league),
        lambda: services.progress(wish, note="长" * 301, by=scene.league),
    ):
        with pytest.raises(BadValue) as refusal:
            act()
        assert refusal.value.field == "note"
    other = scene.hung(rider=courier(outlet(scene.district.community)))
    for act in (
        lambda: services.reject(other, reason="", by=scene.street),
        lambda: services.withdraw(other, by=scene.street),
    ):
        with pytest.raises(BadValue) as refusal:
            act()
        assert refusal.value.field == "reason"
    assert services.withdraw(other, by=other.courier.user).state == S.WITHDRAWN


def test_thanks_can_be_hidden_by_the_street_alone(scene: WishScene) -> None:
    wish = scene.in_state(S.DELIVERED)
    with pytest.raises(WrongState):
        services.hide_thanks(wish, reason="没有道谢", by=scene.street)
    wish = scene.make(wish, "thank")
    for by in (scene.league, scene.rider.user, scene.elsewhere):
        with pytest.raises(MayNot):
            services.hide_thanks(wish, reason="有广告", by=by)
    for _ in range(2):
        wish = services.hide_thanks(wish, reason="有广告", by=scene.street)
    assert (wish.thanks, wish.public_thanks) == ("谢谢团区委", "")
    assert AuditLog.objects.filter(verb="wish.hide_thanks").count() == 1
