"""Who hung a wish, and what never hung on the tree, is in nothing that others can fetch: marked strings, over every
address there is."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import Courier, Outlet, User
from fengchao.core import clock
from fengchao.core.masking import mask_name, mask_phone
from fengchao.core.models import Photo
from tests.factories import Api, api_of, courier, outlet, page_client, staff_client
from tests.factories.reports import picture
from tests.factories.wishes import WishScene
from tests.matrix.routes import methods, walk
from tests.reports.test_identity import ID, MARK, PHONE, signed_picture, whole
from tests.shares import share
from wishes import rules, services
from wishes.models import Claim, Wish
from wishes.states import DELIVERY_PHOTO, PHOTO, PUBLIC, WishCategory, WishState

pytestmark = pytest.mark.django_db
S = WishState
UNSEEN = "没上树的话"
OUTSIDERS = ("public", "other", "league", "company")
ELSEWHERE = ("admin:", "api_schema")
"""The admin lets none of these in (tests/matrix/test_admin.py); the schema is long and of no row."""
OUTLETS = {f"/api/v1/outlets/: {MARK}", f"/register/: {MARK}"}
"""The list from which everybody picks an outlet when he registers names all of them, and belongs to no wish."""
QUERIES = ("", "mine=false", "mine=true", "limit=1", "station=GT-1", *(f"state={state}" for state in (*S, "lit")),
           *(f"category={category}" for category in WishCategory))  # fmt: skip


PHONES = {state: str(int(PHONE) + number) for number, state in enumerate(PUBLIC)}


class Marked(WishScene):
    """With one rider for a wish in each public state, whose every mark stands where the platform keeps it."""

    riders: dict[WishState, Courier]


@pytest.fixture
def scene(scene: WishScene) -> Marked:
    place = Outlet.objects.get(pk=scene.rider.outlet_id)
    place.name, place.address = f"{MARK}网点", f"{MARK}地址"
    place.save()
    marked = Marked(**vars(scene))
    marked.riders = {state: _rider(scene.rider, place, number) for number, state in enumerate(PUBLIC)}
    return marked


def _rider(known: Courier, place: Outlet, number: int) -> Courier:
    user = User.objects.create_with_phone(PHONES[PUBLIC[number]], name=f"{MARK}名", id=ID + number)
    return Courier.objects.create(
        user=user, outlet=place, registered_at=known.registered_at, consent_version=known.consent_version,
        consent_at=known.registered_at, verified_at=known.registered_at,
    )  # fmt: skip


def marks(scene: Marked) -> list[str]:
    """The surname stands in the public name, so it is no mark; the number stands in his words, too."""
    own = [
        mark
        for state, rider in scene.riders.items()
        for mark in (PHONES[state], mask_phone(PHONES[state]), str(rider.pk), rider.user.username)
    ]
    return [MARK, mask_name(f"{MARK}名"), UNSEEN, *own]


def hung(scene: Marked, rider: Courier, words: str) -> Wish:
    return scene.hung(rider=rider, title=f"想要{words}", text=f"因为{words}", for_whom=f"给{words}",
                      photo_id=signed_picture(rider.user))  # fmt: skip


def unseen(scene: Marked, rider: Courier) -> list[Wish]:
    """One of each state that is not public, each with its words and a picture: the rider's, and another's."""
    refused = services.reject(hung(scene, rider, UNSEEN), reason=f"不行，{UNSEEN}", by=scene.street)
    back = services.withdraw(hung(scene, rider, UNSEEN), reason=f"算了，{UNSEEN}", by=rider.user)
    waiting = hung(scene, courier(outlet(scene.district.community)), UNSEEN)
    assert {refused.state, back.state, waiting.state} == set(S) - set(PUBLIC)
    return [refused, back, waiting]


def led_to(scene: Marked, state: WishState) -> Wish:
    """One of the state's rider that `league` took on, was reminded of and spoke of, up to there; lit with thanks."""
    rider, phone = scene.riders[state], PHONES[state]
    wish = services.approve(hung(scene, rider, phone), by=scene.street)
    if state == S.OPEN:
        return wish
    wish = services.claim(wish, organisation=scene.youth_league, by=scene.league)
    services.warn_due(clock.now() + timedelta(days=5, hours=1))
    assert Claim.objects.get(wish=wish).warned_at
    wish = services.progress(wish, note="已下单", by=scene.league)
    if state == S.CLAIMED:
        return wish
    wish = services.deliver(wish, text="放在柜台", photo_id=picture(scene.league).pk, by=scene.league)
    return wish if state == S.DELIVERED else services.thank(wish, text=f"谢谢，{phone}", by=rider.user)


def addresses(wishes: list[Wish]) -> Iterator[str]:
    """Every address that answers a GET, with these wishes and their pictures in the place of whatever it names."""
    keys = [wish.pk for wish in wishes]
    shots = Photo.objects.filter(kind__in=(PHOTO, DELIVERY_PHOTO)).values_list("pk", flat=True)
    values: dict[str, list[Any]] = {
        "key": keys, "wish_id": keys, "photo_id": list(shots), "size": ["full", "thumb"],
        "code": ["GT-1"], "name": ["withdraw", "thank"], "move": ["claim", "progress", "deliver", "release"],
    }  # fmt: skip
    shapes = ((), ("key",), ("wish_id",), ("code",), ("photo_id", "size"), ("key", "name"),
              ("key", "move"))  # fmt: skip
    for route in walk():
        if "GET" not in methods(route.view) or route.name.startswith(ELSEWHERE):
            continue
        for shape in shapes:
            for chosen in itertools.product(*(values[part] for part in shape)):
                try:
                    yield reverse(route.name, kwargs=dict(zip(shape, chosen, strict=True)))
                except NoReverseMatch:
                    break


def doors(scene: Marked, who: str) -> tuple[Client, Api]:
    """By session and by token."""
    if who == "public":
        return page_client(), Api()
    if who == "other":
        rider = courier(outlet(scene.district.community)).user
        return page_client(rider), api_of(rider)
    member: User = getattr(scene, who)
    member.set_password("so that pages about it open")
    member.save()
    return staff_client(member), api_of(member, staff=True)


def everything_fetched(scene: Marked, who: str, wishes: list[Wish], *, of: int) -> dict[str, bytes]:
    """Address → headers and body, and the answers to each move that he tries; of the addresses a part."""
    browser, api = doors(scene, who)
    every = sorted(set(addresses(wishes)))
    asked = {*share(every, OUTSIDERS.index(who), of=of), *(place for place in every if place.startswith("/photos/"))}
    found = {address: whole(browser.get(address)) for address in {"/api/v1/outlets/", "/register/", *asked}}
    for page in ("wishes", "my_wishes", "desk_wishes"):
        for query in ("?state=lit", "?state=review", "?show=claimed", "?show=lit", "?show=past", "?station=GT-1"):
            found[page + query] = whole(browser.get(reverse(page) + query))
    return found | by_token(api, wishes) | dict(moves(scene, api, wishes))


def by_token(api: Api, wishes: list[Wish]) -> dict[str, bytes]:
    asked = [*(f"?{query}" for query in QUERIES), *(f"{wish.pk}/" for wish in wishes)]
    return {
        f"token {address}": whole(api.client.get(f"/api/v1/wishes/{address}", headers=api.headers)) for address in asked
    }


def moves(scene: Marked, api: Api, wishes: list[Wish]) -> Iterator[tuple[str, bytes]]:
    bodies: dict[str, dict[str, Any]] = {
        "claim": {"organisation": scene.youth_league.pk}, "progress": {"note": "快了"}, "release": {"reason": "没货"},
        "deliver": {"text": "到了"}, "confirm": {}, "thank": {"text": "谢"}, "withdraw": {"reason": "x"},
        "approve": {}, "reject": {"reason": "x"},
    }  # fmt: skip
    for wish, (move, body) in itertools.product(wishes, bodies.items()):
        with transaction.atomic():
            answer = api.client.post(
                f"/api/v1/wishes/{wish.pk}/{move}/", body, content_type="application/json",
                headers={**api.headers, "Idempotency-Key": "one"},
            )  # fmt: skip
            transaction.set_rollback(True)
        yield f"move {move} {wish.pk} {answer.status_code}", whole(answer)


def shows(scene: Marked, fetched: dict[str, bytes]) -> list[str]:
    return [f"{address}: {mark}" for address, said in fetched.items() for mark in marks(scene) if mark.encode() in said]


@pytest.mark.parametrize("who", OUTSIDERS)
def test_nobody_outside_learns_who_hung_it_or_what_never_hung(scene: Marked, who: str) -> None:
    """Each asks at every second address, his neighbour at the others; for pictures everybody."""
    nobody_learns(scene, who, of=2)


@pytest.mark.slow
@pytest.mark.parametrize("who", OUTSIDERS)
def test_nobody_outside_learns_it_at_any_address(scene: Marked, who: str) -> None:
    nobody_learns(scene, who, of=1)


def nobody_learns(scene: Marked, who: str, *, of: int) -> None:
    hidden, public = unseen(scene, scene.riders[S.OPEN]), [led_to(scene, state) for state in PUBLIC]
    fetched = everything_fetched(scene, who, [*public, *hidden], of=of)
    for wish in public:
        shown = fetched[f"token {wish.pk}/"].decode("utf-8", "replace")
        assert f'"state":"{wish.state}"' in shown and "秘师傅·中通" in shown and "〔电话已隐去〕" in shown
    assert all(b'"status": 404' in fetched[f"token {each.pk}/"] for each in hidden)
    found = set(shows(scene, fetched))
    assert f"/api/v1/outlets/: {MARK}" in found
    assert found - OUTLETS == set()
    served = [address for address, said in fetched.items() if address.startswith("/photos/") and b"image/webp" in said]
    brought = 2 if who == "league" else 0  # pictures of a delivery, for who made it; each in two sizes
    assert len(served) == 2 * (len(public) + brought)


@pytest.mark.parametrize(("state", "made"), [(S.OPEN, ["claim"]), (S.CLAIMED, ["progress", "release", "deliver"])])
def test_the_claimants_own_moves_are_among_what_was_fetched(scene: Marked, state: WishState, made: list[str]) -> None:
    """So that their answers have been looked at above."""
    wish = led_to(scene, state)
    answers = dict(moves(scene, doors(scene, "league")[1], [wish]))
    assert [name for name in answers if name.endswith(" 200")] == [f"move {move} {wish.pk} 200" for move in made]
    assert shows(scene, answers) == []


def test_the_marks_would_be_found(scene: Marked, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls: courier and street read them; and so would the claimant, were the rules not there."""
    rider = scene.riders[S.FULFILLED].user
    hidden, wish = unseen(scene, scene.riders[S.FULFILLED]), led_to(scene, S.FULFILLED)
    masked, phone, key = mask_name(rider.name), PHONES[S.FULFILLED], str(rider.pk)
    for api, read in (
        (api_of(rider), {masked, phone, key, UNSEEN}),
        (api_of(scene.street, staff=True), {masked, phone, key, UNSEEN}),
    ):
        fetched = {
            "list": whole(api.client.get("/api/v1/wishes/", headers=api.headers)),
            "one": whole(api.client.get(f"/api/v1/wishes/{wish.pk}/", headers=api.headers)),
            **{
                str(each.pk): whole(api.client.get(f"/api/v1/wishes/{each.pk}/", headers=api.headers))
                for each in hidden
            },
        }
        assert shows(scene, {"list": fetched["list"]}) == [f"list: {mark}" for mark in marks(scene) if mark in read]
        assert f"one: {phone}" in shows(scene, fetched)
        assert f"{hidden[0].pk}: {UNSEEN}" in shows(scene, fetched)
    browser = page_client(rider)
    assert f"me: {MARK}" in shows(scene, {"me": whole(browser.get("/api/v1/me/"))})
    monkeypatch.setattr(rules, "may_see_courier", lambda user, wish: True)
    league = by_token(doors(scene, "league")[1], [wish])
    assert {f"token {wish.pk}/: {mark}" for mark in (masked, phone, key)} <= set(shows(scene, league))


def test_what_never_hung_would_be_found(scene: Marked, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = unseen(scene, scene.riders[S.OPEN])
    monkeypatch.setattr("wishes.querysets.PUBLIC", tuple(S))
    found = shows(scene, by_token(Api(), hidden))
    assert {f"token {each.pk}/: {UNSEEN}" for each in hidden} <= set(found)
    assert f"token ?: {UNSEEN}" in found
