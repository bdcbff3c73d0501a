"""Courier pages that show what several apps know: home, my code, points, me."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.guards import CourierRequest, consent_due, courier_page, missing_step
from accounts.models import Courier, Organisation, User
from accounts.roles import ADMIN_SITE, COUNTER_STAFF
from accounts.rules import courier_of
from accounts.services.codes import show_code
from fengchao import next_activity
from fengchao.core import clock, codes, links
from fengchao.core.errors import BadValue
from fengchao.core.masking import mask_name, mask_phone
from fengchao.core.words import without_phone_numbers
from gifts.models import Gift, Redemption, Reservation
from points.models import EarningRule, Entry, Grant
from points.services import Standing, expiring, expiring_of, expiring_soon, holds, standing, statement
from reports.models import Report
from reports.states import TONES, ReportState
from stations import navigation, opening
from stations.models import Facility, Station
from stations.services import alerts, observations
from vouchers.models import Booking, Voucher
from vouchers.states import TONES as VOUCHER_TONES
from vouchers.states import VoucherState
from wishes.models import Wish
from wishes.states import TONES as WISH_TONES
from wishes.states import WishState

WATCHED_FOR = timedelta(minutes=10)  # as long as a counter's ticket lives
SERVED_WITHIN = timedelta(minutes=2)  # then the courier has gone on, and wants a code again
ENTRIES_A_PAGE = 20
STATIONS_ON_WELCOME = 3
REPORTS_ON_HOME = 3
DAYS = {0: "今天", 1: "昨天", 2: "前天"}


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Six queries for a courier: session, user, courier, newest entries with the balance, next gift, stations; and one
    more where something is held."""
    if not request.user.is_authenticated:
        stations = _stations()
        return render(
            request,
            "accounts/welcome.html",
            {
                "stations": stations[:STATIONS_ON_WELCOME],
                "station_count": len(stations),
                "alert": alerts.for_everybody(station["row"] for station in stations),
            },
        )
    courier = courier_of(request.user)
    if courier is None:
        return _home_of_staff(request.user)
    if not courier.is_registered or consent_due(request, courier):
        return missing_step(request, courier)
    newest = list(
        Entry.objects.of_courier(courier).select_related("transfer", "account__balance").order_by("-version")[:3]
    )
    balance = newest[0].account.balance if newest else None
    points = Standing.of(balance)
    stations = _stations(courier)
    nearest = _nearest(courier, stations)
    context = {
        "courier": courier,
        "greeting": f"{mask_name(courier.user.name).rstrip('*')}师傅",
        "standing": points,
        "expiring": expiring_soon(expiring_of(balance)),
        "next_gift": _next_gift(points),
        "reservations": _waiting(courier) if points.held else [],
        "station": nearest,
        "alert": alerts.reaching((station["row"] for station in stations), _path_of(courier)),
        "refuge": nearest if nearest and nearest["open_state"].is_open else None,
        "pending": sum(stations[0]["row"].pending) if stations else 0,
        "station_count": len(stations),
        "reports": _reports(stations[0]["row"].reports) if stations else [],
        "wish": _wish(stations[0]["row"].wish) if stations else None,
        "lit_nearby": _lit(stations[0]["row"].lit) if stations else None,
        "card": _card(stations[0]["row"].card) if stations else None,
        "next_activity": next_activity.read(stations[0]["row"].next_activity) if stations else None,
        "activity": [_line(entry) for entry in newest],
    }
    return render(request, "accounts/home.html", context)


@never_cache
@require_safe
@courier_page
def my_code(request: CourierRequest) -> HttpResponse:
    return render(request, "accounts/code.html", _code(request))


@never_cache
@require_safe
@courier_page
def my_code_fragment(request: CourierRequest) -> HttpResponse:
    return render(request, "accounts/_code.html", _code(request))


@never_cache
@require_safe
@courier_page
def points(request: CourierRequest) -> HttpResponse:
    entries = statement(request.courier)
    if before := request.GET.get("before"):
        if not before.isascii() or not before.isdigit() or len(before) > 18:
            raise BadValue("找不到这一页，请从头看起。", field="before")
        entries = entries.filter(version__lt=int(before))
    rows = list(entries[: ENTRIES_A_PAGE + 1])
    shown = rows[:ENTRIES_A_PAGE]
    more = len(rows) > ENTRIES_A_PAGE
    rules = EarningRule.objects.valid(clock.now()).order_by("event", "-version").distinct("event")
    ends = expiring(request.courier)
    pages = links.of(map(_source, shown), request.user)
    context = {
        "standing": standing(request.courier),
        "soon": expiring_soon(ends),
        "expiring": ends,
        "holds": holds(request.courier),
        "entries": [{**_line(entry), "url": pages.get(_source(entry))} for entry in shown],
        "next_url": f"{reverse('points')}?{urlencode({'before': shown[-1].version})}" if more else None,
        "lasts_until": clock.shanghai_day(clock.now()).year + settings.POINTS_YEARS,
        "rules": [{"name": rule.title, "points": rule.points} for rule in rules],
    }
    return render(request, "points/points.html", context)


@never_cache
@require_safe
@courier_page
def me(request: CourierRequest) -> HttpResponse:
    works_at = {role for role, _, _ in request.user.held_roles}
    context = {
        "courier": request.courier,
        "phone_masked": mask_phone(request.courier.user.phone or ""),
        "standing": standing(request.courier),
        "has_desk": bool(works_at & set(COUNTER_STAFF)),
    }
    return render(request, "accounts/me.html", context)


def _waiting(courier: Courier) -> list[Reservation]:
    return list(Reservation.objects.waiting(clock.now()).of_courier(courier).shown())


def _home_of_staff(user: User) -> HttpResponse:
    """Who is no courier has his work for a home."""
    held = {role for role, _, _ in user.held_roles}
    if held & set(COUNTER_STAFF) or not held & set(ADMIN_SITE):
        return redirect("desk")
    return redirect("admin:index")


def _line(entry: Entry) -> dict[str, Any]:
    """An entry as components/entry.html shows it."""
    transfer = entry.transfer
    return {
        "title": transfer.title or transfer.kind,
        "at": transfer.created_at,
        "points": entry.amount,
        "balance_after": entry.balance_after,
    }


def _source(entry: Entry) -> tuple[str, str]:
    return entry.transfer.source_kind, entry.transfer.source_key


def _next_gift(points: Standing) -> dict[str, Any] | None:
    gift = Gift.objects.on_sale().filter(points__gt=points.available).order_by("points", "pk").first()
    return {"name": gift.name, "missing": gift.points - points.available} if gift else None


def _stations(courier: Courier | None = None) -> list[dict[str, Any]]:
    """The cards of all stations in one query, each with its place in the tree of organisations.

    What else home says in a word comes along with each `row`, since PostgreSQL asks what names no station once and not
    for each: the notices of heat and cold, the points that wait for approval, how his reports, his wish and his card
    stand, his next activity, and the wish of another that was lit last in his street. Of facilities the query brings
    what is out of order.
    """
    facilities = Facility.objects.filter(stations=OuterRef("pk")).order_by("pk")
    rows = Station.objects.active().select_related("organisation").order_by("code")
    now = clock.now()
    pending = Grant.objects.filter(courier=courier, state=Grant.State.PENDING).values("points")
    reports = Report.objects.under_way(courier, now) if courier else Report.objects.none()
    card = JSONObject(number="number", state="state", category="category__name", filed_at="filed_at", place="place")
    wishes, lit = _wishes_of(courier, now)
    cards = alerts.with_alerts(observations.with_conditions(rows, now), now).annotate(
        offers=ArraySubquery(facilities.values(card=JSONObject(pk="pk", name="name", icon="icon"))),
        pending=ArraySubquery(pending),
        reports=ArraySubquery(reports.values(card=card)[:REPORTS_ON_HOME]),
        wish=ArraySubquery(wishes),
        lit=ArraySubquery(lit),
        card=ArraySubquery(_cards_of(courier, now)),
        next_activity=ArraySubquery(next_activity.cards_of(courier, now)),
    )
    return [
        {
            "code": station.code,
            "name": station.name,
            "address": station.address,
            "opening_hours": station.opening_hours,
            "is_example": station.is_example,
            "open_state": opening.state(station, now),
            "navigate_url": navigation.amap(station),
            "facilities": {"all": _offers(station)},
            "path": station.organisation.path,
            "row": station,
        }
        for station in opening.with_overrides(cards, now)
    ]


def _offers(station: Any) -> list[dict[str, Any]]:
    """The facilities of a station as its card shows them, each with its condition."""
    known = observations.conditions_read(station)
    return [{**offer, "condition": known.get(offer["pk"])} for offer in station.offers]


def _reports(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As reports/_line.html shows them."""
    return [
        {
            **card,
            "filed_at": datetime.fromisoformat(card["filed_at"]),
            "tone": TONES[ReportState(card["state"])],
            "get_state_display": ReportState(card["state"]).label,
        }
        for card in cards
    ]


def _wishes_of(courier: Courier | None, now: datetime) -> tuple[Any, Any]:
    """Cards, one at most of each: his own wish, and that of another which was lit last in his street."""
    if courier is None:
        nothing = Wish.objects.none().values("pk")
        return nothing, nothing
    own = JSONObject(pk="pk", state="state", title="title", hung_at="hung_at", station_name="station__name")
    lit = JSONObject(pk="pk", title="title", lit_at="lit_at", station="station__name")
    street = _path_of(courier)[: 2 * Organisation.steplen]
    others = Wish.objects.lit_lately_around(street, now).exclude(courier=courier)
    return Wish.objects.on_mind(courier, now).values(card=own)[:1], others.values(card=lit)[:1]


def _wish(cards: list[dict[str, Any]]) -> dict[str, Any] | None:
    """His wish as wishes/_line.html shows it."""
    for card in cards:
        state = WishState(card["state"])
        return {
            **card,
            "station": {"name": card["station_name"]},
            "public_title": without_phone_numbers(card["title"]),
            "hung_at": datetime.fromisoformat(card["hung_at"]),
            "tone": WISH_TONES[state],
            "get_state_display": state.label,
        }
    return None


def _cards_of(courier: Courier | None, now: datetime) -> Any:
    """His newest card that can be used, with the time that is booked."""
    usable = Voucher.objects.of_courier(courier).usable(now) if courier else Voucher.objects.none()
    booked = Booking.objects.live().filter(voucher=OuterRef("pk")).values("slot__starts_at")[:1]
    card = JSONObject(
        code="code", state="state", valid_until="valid_until", programme="programme__name", starts_at=Subquery(booked)
    )
    return usable.order_by("-issued_at", "-pk").values(card=card)[:1]


def _card(cards: list[dict[str, Any]]) -> dict[str, Any] | None:
    """His check-up card as vouchers/_line.html shows it."""
    for card in cards:
        state = VoucherState(card["state"])
        return {
            **card,
            "programme": {"name": card["programme"]},
            "valid_until": date.fromisoformat(card["valid_until"]),
            "starts_at": datetime.fromisoformat(card["starts_at"]) if card["starts_at"] else None,
            "tone": VOUCHER_TONES[state],
            "get_state_display": state.label,
        }
    return None


def _lit(cards: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Another's wish, by nothing but its name and its station."""
    for card in cards:
        ago = clock.shanghai_day(clock.now()) - clock.shanghai_day(datetime.fromisoformat(card["lit_at"]))
        day = DAYS.get(ago.days, f"{ago.days} 天前")
        return {"pk": card["pk"], "title": without_phone_numbers(card["title"]), "station": card["station"], "day": day}
    return None


def _path_of(courier: Courier) -> str:
    """Where he rides, in the tree of organisations; who says nothing rides in the whole of the first district."""
    place = courier.outlet.organisation if courier.outlet else courier.street
    return place.path if place else "0001"


def _nearest(courier: Courier, stations: list[dict[str, Any]]) -> dict[str, Any] | None:
    """As near as the tree of organisations says (his community, his street, the district), open before closed."""
    home = _path_of(courier)

    def distance(station: dict[str, Any]) -> tuple[int, bool]:
        shared = sum(1 for ours, theirs in zip(home, station["path"], strict=False) if ours == theirs)
        return -shared, station["open_state"].is_open is not True

    return min(stations, key=distance, default=None)


def _code(request: CourierRequest) -> dict[str, Any]:
    """The code, unless the counter has read one, or handed a gift over, since the page was opened."""
    now = clock.now()
    opened = _opened(request, now)
    context: dict[str, Any] = {"courier": request.courier, "since": int(opened.timestamp() * 1000), "outcome": None}
    handed = Redemption.objects.live().filter(courier=request.courier, at__gte=opened).select_related("gift")
    if redemption := handed.order_by("-at").first():
        left = standing(request.courier).available
        context["outcome"] = {
            "kind": "redeemed",
            "gift": redemption.gift.name,
            "points": redemption.points,
            "balance": left,
        }
    elif request.courier.codes.filter(used_at__gte=max(opened, now - SERVED_WITHIN)).exists():
        context["outcome"] = {"kind": "identified"}
    else:
        shown = show_code(request.courier, at=now)
        context["code"] = {
            "svg": codes.qr_code(shown.token, error="l"),
            "digits": f"{shown.digits[:3]} {shown.digits[3:]}",
            "renews_in": max(1, round((shown.renews_at - now).total_seconds())),
        }
    return context


def _opened(request: HttpRequest, now: datetime) -> datetime:
    """When the page was opened, which its fragment says in milliseconds; within reason, or it is opened now."""
    said = request.GET.get("since", "")
    if not said.isascii() or not said.isdigit() or len(said) > 13:
        return now
    opened = datetime.fromtimestamp(int(said) / 1000, UTC)
    return opened if now - WATCHED_FOR <= opened <= now else now
