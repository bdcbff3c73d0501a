"""The admin's pages answer as its table says; out of scope looks like nowhere; nobody else gets in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import transaction
from django.urls import NoReverseMatch, reverse

from accounts.models import Membership, User
from points.models import Account, Balance, Entry, Transfer
from tests.matrix.admin_table import LIST_ROWS, PAGE_ROWS, SEATED
from tests.matrix.routes import walk
from tests.matrix.test_who_may_what import answer_of, bare, leaks, text_of
from tests.matrix.world import ACTORS, DISTRICT_WIDE, NOBODY, Place, World
from tests.shares import share

pytestmark = pytest.mark.django_db
LETTERS = {"changelist": "s", "add": "a", "delete": "d", "change": "s", "history": "s"}
OUTSIDERS = [actor for actor in ACTORS if actor not in SEATED]
# The catch-alls, and what answers only with an address of another page or a list's choices.
NO_PAGE = {"view_on_site", "autocomplete", "app_list"}


def _model(name: str) -> Any:
    return apps.get_model(*name.split("_", 1))


# The row of each list that lies in a place; lists without one are shared by the whole district.
PLACED: dict[str, Callable[[Place], Any]] = {
    "accounts_organisation": lambda place: place.street,
    "accounts_membership": lambda place: _first(Membership.objects.filter(organisation=place.street)),
    "accounts_user": lambda place: _first(User.objects.filter(memberships__organisation=place.street)),
    "accounts_outlet": lambda place: place.outlet,
    "accounts_courier": lambda place: place.courier,
    "points_grant": lambda place: place.grant,
    "points_entry": lambda place: _first(
        Entry.objects.filter(account__owner_id=place.regular, account__kind=Account.Kind.COURIER)
    ),
    "points_transfer": lambda place: _first(Transfer.objects.filter(entries__account__owner_id=place.regular)),
    "stations_station": lambda place: _first(_model("stations_station").objects.filter(code=place.station)),
    "stations_alert": lambda place: _first(_model("stations_alert").objects.filter(organisation=place.organisation)),
    "stations_compliance": lambda place: _station(place),
    "stations_observation": lambda place: _first(
        _model("stations_observation").objects.filter(station__code=place.station)
    ),
    "stations_visit": lambda place: _first(_model("stations_visit").objects.filter(station__code=place.station)),
    "stations_hoursoverride": lambda place: _first(
        _model("stations_hoursoverride").objects.filter(stations__code=place.station)
    ),
    "gifts_redemption": lambda place: _first(_model("gifts_redemption").objects.filter(number=place.redemption)),
    "gifts_reservation": lambda place: _first(
        _model("gifts_reservation").objects.filter(station__code=place.station, courier=place.regular)
    ),
    "gifts_movement": lambda place: _first(_model("gifts_movement").objects.filter(station__code=place.station)),
    "gifts_stocktake": lambda place: _first(_model("gifts_stocktake").objects.filter(station__code=place.station)),
    "gifts_paperslip": lambda place: _first(_model("gifts_paperslip").objects.filter(station__code=place.station)),
    "reports_report": lambda place: _first(_model("reports_report").objects.filter(number=place.reports["assigned"])),
    "wishes_wish": lambda place: place.wishes["review"],
    "wishes_claim": lambda place: _first(_model("wishes_claim").objects.filter(wish=place.wishes["claimed"])),
    "wishes_improvement": lambda place: _first(
        _model("wishes_improvement").objects.filter(station__code=place.station)
    ),
    "activities_activity": lambda place: place.activities["draft"],
    "activities_enrolment": lambda place: _first(
        _model("activities_enrolment").objects.filter(activity=place.activities["running"])
    ),
    "activities_deed": lambda place: place.activities["deed"],
    "vouchers_programme": lambda place: place.cards.programme,
    "vouchers_slot": lambda place: place.cards.free_slot,
    "vouchers_voucher": lambda place: _first(
        _model("vouchers_voucher").objects.filter(code=place.cards.codes["issued"])
    ),
    "activities_carevisit": lambda place: place.outreach.done,
    "activities_visitedoutlet": lambda place: place.outlet,
    "activities_need": lambda place: place.outreach.need,
    "activities_kitstock": lambda place: _first(
        _model("activities_kitstock").objects.filter(organisation=place.organisation)
    ),
    "activities_kitmovement": lambda place: _first(
        _model("activities_kitmovement").objects.filter(organisation=place.organisation)
    ),
    "activities_resource": lambda place: place.lent["resource"],
    "activities_loan": lambda place: place.lent["requested"],
    "activities_pairing": lambda place: place.lent["pairing"],
    "points_balance": lambda place: _first(
        Balance.objects.filter(account__kind=Account.Kind.STOCK, account__owner_id=_station(place))
    ),
}


# The books and the log are one: who reads them at a root of the tree reads them whole.
WHOLE_AT_THE_ROOT = {"points_entry", "points_transfer", "core_auditlog"}
# Who manages the staff reads the names of the staff in his scope, never a courier's and never a number.
STAFF_LISTS = {"accounts_user", "accounts_membership"}


def shown_wrongly(world: World, actor: str, name: str, response: Any, text: str) -> list[str]:
    found = leaks(world, actor, response, text)
    if name in WHOLE_AT_THE_ROOT and actor in DISTRICT_WIDE:
        found = [mark for mark in found if mark in world.private]
    if name in STAFF_LISTS:
        staff = set(User.objects.filter(memberships__isnull=False).values_list("name", flat=True))
        found = [mark for mark in found if mark not in staff or mark.startswith("秘far")]
    return found


def _first(rows: Any) -> Any:
    return rows.values_list("pk", flat=True).first() or 2**40


def _station(place: Place) -> int:
    return int(PLACED["stations_station"](place))


def get(world: World, actor: str, name: str, *args: Any, method: str = "get") -> Any:
    client = world.actors[actor].browser()
    with transaction.atomic():
        response = getattr(client, method)(reverse(f"admin:{name}", args=args))
        text = text_of(response)
        transaction.set_rollback(True)
    return response, text


def test_every_list_has_its_row() -> None:
    registered = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    assert registered == set(LIST_ROWS)


def test_every_page_has_its_row() -> None:
    known = {f"{name}_{page}" for name in LIST_ROWS for page in LETTERS} | set(PAGE_ROWS) | NO_PAGE
    plain = [route.name.removeprefix("admin:") for route in walk() if route.name.startswith("admin:")]
    paths = [name for name in plain if name.startswith("admin/")]  # unnamed: to the change page, and the catch-all
    assert sorted(set(plain) - known - set(paths) - TAKES_AN_OBJECT) == []
    assert all(path.endswith("<path:object_id>/") or "(?P<url>" in path for path in paths)


TAKES_AN_OBJECT = {"points_balance_restock", "reports_report_blur"}


@pytest.mark.parametrize("actor", SEATED)
@pytest.mark.parametrize("name", LIST_ROWS)
def test_lists(world: World, name: str, actor: str) -> None:
    cell = LIST_ROWS[name][actor]
    for page in ("changelist", "add"):
        response, text = get(world, actor, f"{name}_{page}")
        assert answer_of(response) == ("200" if LETTERS[page] in cell else "403"), page
        assert shown_wrongly(world, actor, name, response, text) == [], page


@pytest.mark.parametrize("actor", SEATED)
@pytest.mark.parametrize("name", LIST_ROWS)
def test_rows(world: World, name: str, actor: str) -> None:
    """Seen in scope by who sees the list; changed and deleted by whose work it is; elsewhere not there."""
    cell = LIST_ROWS[name][actor]
    near = PLACED.get(name, lambda place: _first(_model(name)._base_manager.all()))(world.places["near"])
    if near == 2**40:
        return  # no such row in this world
    sees, changes, deletes = ("200" if "s" in cell else "403"), "c" in cell, "d" in cell
    response, text = get(world, actor, f"{name}_change", near)
    assert answer_of(response) == sees
    assert shown_wrongly(world, actor, name, response, text) == []
    assert answer_of(get(world, actor, f"{name}_delete", near)[0]) == ("200" if deletes else "403")
    posted = get(world, actor, f"{name}_change", near, method="post")[0].status_code
    assert (posted != 403) if changes else posted == 403
    if name in PLACED and "s" in cell and not (name in WHOLE_AT_THE_ROOT and actor in DISTRICT_WIDE):
        shown = []
        for place in (world.elsewhere(actor), world.places["never"]):
            for page in ("change", "delete", "history"):
                response, text = get(world, actor, f"{name}_{page}", PLACED[name](place))
                assert answer_of(response) in ("404", "403"), page
                assert leaks(world, actor, response, text) == []
                shown.append((page, answer_of(response), bare(text)))
        assert shown[:3] == shown[3:]


@pytest.mark.parametrize("actor", SEATED)
@pytest.mark.parametrize("name", PAGE_ROWS)
def test_pages(world: World, name: str, actor: str) -> None:
    response, text = get(world, actor, name)
    assert answer_of(response) == PAGE_ROWS[name][actor]
    assert leaks(world, actor, response, text) == []


@pytest.mark.parametrize("actor", OUTSIDERS)
def test_nobody_else_gets_in(world: World, actor: str) -> None:
    """Each of them at a third of the doors, and who has no account at all of them."""
    stays_out(world, actor, one_in=1 if actor == NOBODY else 3)


@pytest.mark.slow
@pytest.mark.parametrize("actor", OUTSIDERS)
def test_nobody_else_gets_in_anywhere(world: World, actor: str) -> None:
    stays_out(world, actor, one_in=1)


def stays_out(world: World, actor: str, *, one_in: int) -> None:
    doors = [route for route in walk() if route.name.startswith("admin:")]
    assert len(doors) > 100
    for route in share(doors, OUTSIDERS.index(actor), of=one_in):
        name = route.name.removeprefix("admin:")
        for args in ((), ("1",), ("1", "1")):
            try:
                reverse(f"admin:{name}", args=args)
            except NoReverseMatch:
                continue
            for method in ("get", "post") if not args else ("get",):
                response, text = get(world, actor, name, *args, method=method)
                where = answer_of(response)
                assert where in ("403", "404", "405", "account_login", "admin:login", "account_change_password"), (
                    name,
                    where,
                )
                assert leaks(world, actor, response, text) == []
