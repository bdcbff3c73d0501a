"""A centre learns the name of who comes and nothing else of him, other couriers and other enterprises nothing at all:
marked strings, over every address there is."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import Courier, Enterprise, Outlet, User
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.masking import mask_name, mask_phone
from tests.factories import Api, api_of, courier, outlet, page_client, staff, staff_client
from tests.factories.places import Kind, organisation
from tests.factories.vouchers import VoucherScene, fresh, programme
from tests.matrix.routes import methods, walk
from tests.reports.test_identity import ID, MARK, PHONE, whole
from tests.shares import share
from tests.wishes.test_identity import ELSEWHERE
from vouchers import rules, services
from vouchers.models import Booking, Slot, Voucher
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState
NAME, PLACE = f"{MARK}名", "秘站"
REASON = "只说给本人的话"
OUTSIDERS = ("stranger", "other", "rival")
OUTLETS = {f"{address}: {PLACE}" for address in ("/api/v1/outlets/", "/register/")}
"""The list from which everybody picks an outlet when he registers names all of them, and belongs to no card."""


@pytest.fixture
def scene(scene: VoucherScene) -> VoucherScene:
    """The rider's every mark stands where the platform keeps it."""
    user = User.objects.create_with_phone(PHONE, name=NAME, id=ID)
    Enterprise.objects.filter(pk=scene.post.pk).update(name=f"{PLACE}企业")
    Outlet.objects.filter(pk=scene.rider.outlet_id).update(name=f"{PLACE}网点", address=f"{PLACE}地址")
    known = scene.rider
    made = Courier.objects.create(
        user=user, outlet=Outlet.objects.get(pk=known.outlet_id), registered_at=known.registered_at,
        consent_version=known.consent_version, consent_at=known.registered_at, verified_at=known.registered_at,
    )  # fmt: skip
    scene.rider = Courier.objects.select_related("user", "outlet__enterprise").get(pk=made.pk)
    return scene


def private() -> list[str]:
    """What is none of the centre's business."""
    return [PHONE, mask_phone(PHONE), PLACE, str(ID), User.objects.get(pk=ID).username, REASON]


def everything() -> list[str]:
    return [*private(), NAME, mask_name(NAME)]


def cards(scene: VoucherScene) -> list[Voucher]:
    """One in each state of which a centre or its day may speak, for times of today; and a void one with its words."""
    now = clock.now()
    begun = max(now - timedelta(minutes=5), clock.day_bounds(clock.shanghai_day(now))[0])
    return [_card(scene, state, begun) for state in (S.ISSUED, S.BOOKED, S.CHECKED_IN, S.PARTIAL, S.VOID)]


def _card(scene: VoucherScene, state: VoucherState, begun: datetime) -> Voucher:
    before = begun - timedelta(hours=2)
    gift = programme(scene.district.root, scene.clinic, name=f"体检{state}")
    slot = Slot.objects.create(programme=gift, starts_at=begun, ends_at=begun + timedelta(hours=1), capacity=5)
    Slot.objects.create(
        programme=gift, starts_at=begun + timedelta(days=3), ends_at=begun + timedelta(days=4), capacity=5
    )
    voucher = services.issue(gift, scene.rider, by=scene.chief, at=before)
    if state == S.VOID:
        services.void(voucher, reason=REASON, by=scene.chief)
    elif state != S.ISSUED:
        services.book(voucher, slot, by=scene.rider.user, at=before)
    if state in (S.CHECKED_IN, S.PARTIAL):
        services.check_in(fresh(voucher), by=scene.nurse)
    if state == S.PARTIAL:
        services.complete(fresh(voucher), by=scene.nurse)
    assert fresh(voucher).state == state
    return fresh(voucher)


def addresses(vouchers: list[Voucher]) -> Iterator[str]:
    """Every address that answers a GET, with these cards and their bookings in the place of whatever it names."""
    values: dict[str, list[Any]] = {
        "code": [voucher.code for voucher in vouchers],
        "booking_id": list(Booking.objects.values_list("pk", flat=True)),
        "programme_id": [voucher.programme_id for voucher in vouchers],
        "name": ["book", "change", "cancel", "wait"], "move": ["check-in", "tick", "complete", "no-show"],
    }  # fmt: skip
    shapes = ((), ("code",), ("booking_id",), ("programme_id",), ("code", "name"), ("code", "move"))
    for route in walk():
        if "GET" not in methods(route.view) or route.name.startswith(ELSEWHERE):
            continue
        for shape in shapes:
            for chosen in itertools.product(*(values[part] for part in shape)):
                try:
                    yield reverse(route.name, kwargs=dict(zip(shape, chosen, strict=True)))
                except NoReverseMatch:
                    break


def doors(scene: VoucherScene, who: str) -> tuple[Client, Api]:
    """By session and by token."""
    if who in ("rider", "other"):
        rider = scene.rider.user if who == "rider" else courier(outlet(scene.district.community)).user
        return page_client(rider), api_of(rider)
    if who == "rival":
        body = organisation(scene.district.root, kind=Kind.NEW_ORG, name="别的企业")
        member = staff(Role.OUTLET_MANAGER, body)
    else:
        member = getattr(scene, who)
    member.set_password("so that pages about it open")
    member.save()
    return staff_client(member), api_of(member, staff=True)


def everything_fetched(
    scene: VoucherScene, who: str, vouchers: list[Voucher], *, part: int = 0, of: int = 1
) -> dict[str, bytes]:
    """Address → headers and body, and the answers to each move that he tries; of the addresses a part."""
    browser, api = doors(scene, who)
    asked = share(sorted(set(addresses(vouchers))), part, of=of)
    found = {address: whole(browser.get(address)) for address in {"/api/v1/outlets/", "/register/", *asked}}
    return found | by_token(api, vouchers) | dict(moves(api, vouchers))


def by_token(api: Api, vouchers: list[Voucher]) -> dict[str, bytes]:
    queries = ("", f"?day={clock.shanghai_day(clock.now())}", "?limit=1", *(f"?state={state}" for state in S), *(
        f"?programme={voucher.programme_id}" for voucher in vouchers))  # fmt: skip
    asked = [
        *(f"vouchers/{query}" for query in queries), *(f"vouchers/{voucher.code}/" for voucher in vouchers),
        "programmes/", *(f"slots/?programme={voucher.programme_id}" for voucher in vouchers),
    ]  # fmt: skip
    return {f"token {address}": whole(api.client.get(f"/api/v1/{address}", headers=api.headers)) for address in asked}


def moves(api: Api, vouchers: list[Voucher]) -> Iterator[tuple[str, bytes]]:
    bodies: dict[str, dict[str, Any]] = {"check-in": {}, "complete": {}, "no-show": {}, "void": {"reason": "x"}}
    for voucher in vouchers:
        item = {"item": voucher.programme.items.all()[0].pk, "done": True}
        for move, body in {**bodies, "tick": item}.items():
            with transaction.atomic():
                answer = api.client.post(
                    f"/api/v1/vouchers/{voucher.code}/{move}/", body, content_type="application/json",
                    headers=api.headers,
                )  # fmt: skip
                transaction.set_rollback(True)
            yield f"move {move} {voucher.state} {answer.status_code}", whole(answer)


def shows(fetched: dict[str, bytes], marks: list[str]) -> set[str]:
    return {f"{address}: {mark}" for address, said in fetched.items() for mark in marks if mark.encode() in said}


def test_the_centre_learns_a_name_and_nothing_else(scene: VoucherScene) -> None:
    vouchers = cards(scene)
    fetched = everything_fetched(scene, "nurse", vouchers)
    found = shows(fetched, private())
    assert f"/api/v1/outlets/: {PLACE}" in found  # so it is looked for
    assert found - OUTLETS == set()
    named = shows(fetched, [NAME])
    assert {f"token vouchers/{voucher.code}/: {NAME}" for voucher in vouchers} <= named
    assert f"token vouchers/: {NAME}" in named
    done = {name for name in fetched if name.startswith("move ") and name.endswith(" 200")}
    made = ("check-in booked", "no-show booked", "tick checked_in", "complete checked_in")
    assert done == {f"move {move} 200" for move in made}
    assert all("vouchers/" in where or "/desk/clinic/" in where or where.startswith("move ") for where in named)


@pytest.mark.parametrize("who", OUTSIDERS)
def test_others_learn_nothing_at_all(scene: VoucherScene, who: str) -> None:
    """Each asks at every second address, his neighbour at the others."""
    others_learn_nothing(scene, who, of=2)


@pytest.mark.slow
@pytest.mark.parametrize("who", OUTSIDERS)
def test_others_learn_nothing_at_any_address(scene: VoucherScene, who: str) -> None:
    others_learn_nothing(scene, who, of=1)


def others_learn_nothing(scene: VoucherScene, who: str, *, of: int) -> None:
    vouchers = cards(scene)
    fetched = everything_fetched(scene, who, vouchers, part=OUTSIDERS.index(who), of=of)
    found = shows(fetched, everything())
    assert f"/api/v1/outlets/: {PLACE}" in found
    assert (who, found - OUTLETS) == (who, set())
    listed = [name for name in fetched if name.startswith("token vouchers/?") or name == "token vouchers/"]
    assert listed and not any(voucher.code.encode() in fetched[name] for name in listed for voucher in vouchers)
    assert all(b'"status": 404' in fetched[f"token vouchers/{voucher.code}/"] for voucher in vouchers)
    assert not any(name.endswith(" 200") for name in fetched if name.startswith("move "))


def test_the_marks_would_be_found(scene: VoucherScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls: who may know reads them; and so would centre and other enterprise, were the rules not there."""
    vouchers = cards(scene)
    void = f"token vouchers/{vouchers[-1].code}/"
    for who, read in (
        ("rider", {NAME, str(ID), REASON}), ("chief", {mask_name(NAME), str(ID), REASON}),
        ("manager", {mask_name(NAME), str(ID)}),
    ):  # fmt: skip
        found = shows({void: by_token(doors(scene, who)[1], vouchers)[void]}, everything())
        assert (who, found) == (who, {f"{void}: {mark}" for mark in read})
    browser = page_client(scene.rider.user)
    assert shows({"me": whole(browser.get("/api/v1/me/"))}, [NAME]) == {f"me: {NAME}"}
    with monkeypatch.context() as patch:
        patch.setattr(rules, "reads_as_centre", lambda user, voucher: False)
        patch.setattr(rules, "may_read_history", lambda user, voucher: True)
        centre = shows(by_token(doors(scene, "nurse")[1], vouchers), private())
        assert {f"{void}: {ID}", f"{void}: {REASON}"} <= centre
    with monkeypatch.context() as patch:
        patch.setattr("vouchers.querysets._reached", lambda user: ~Q(pk__in=[]))
        for who in OUTSIDERS:
            found = shows(by_token(doors(scene, who)[1], vouchers), everything())
            assert {f"{void}: {ID}", f"token vouchers/: {ID}", f"token vouchers/: {mask_name(NAME)}"} <= found
