"""How each address is asked for a thing of a place: what stands in its path, its query and its body."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Courier, User
from accounts.services.codes import show_code
from activities.models import Activity, Enrolment, Kit
from activities.services import posters as activity_posters
from fengchao.core import clock, codes
from gifts.services import slips
from reports.models import Category
from stations.models import Station
from stations.services import posters
from tests.matrix import acts, wishes
from tests.matrix.reports import CATEGORY
from tests.matrix.vouchers import Cards
from tests.matrix.world import COURIER, Actor, Place, picture, ticket_for


@dataclass
class Call:
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    form: dict[str, Any] | None = None
    """Sent as a page's form; `body` is JSON."""

    def send(self, client: Client, name: str, method: str, **headers: str) -> Any:
        address = reverse(name, kwargs=self.path)
        if self.query:
            address += "?" + urlencode(self.query)
        ask = getattr(client, method.lower())
        if method in ("GET", "HEAD", "OPTIONS"):
            return ask(address, headers=headers)
        if method == "POST" and (self.form is not None or not name.startswith("api_")):
            return ask(address, self.form or {}, headers=headers)
        return ask(address, self.body or {}, content_type="application/json", headers=headers)


Maker = Callable[[Actor, Place], Call]


def call(name: str, method: str, actor: Actor, place: Place) -> Call:
    maker = CALLS.get((name, method)) or CALLS.get((name, "*"))
    return maker(actor, place) if maker else Call()


def _visit(which: str, **body: Any) -> Maker:
    return lambda actor, place: Call({"visit_id": getattr(place.outreach, which)}, body=body)


def _in_days(days: int) -> str:
    return (clock.shanghai_day(clock.now()) + timedelta(days=days)).isoformat()


def _kit() -> int:
    return int(Kit.objects.get().pk)


def _category() -> int:
    return int(Category.objects.get(code=CATEGORY).pk)


def _ticket(actor: Actor, place: Place, courier: int = 0) -> str:
    """A valid ticket of the asker's own, whoever he is."""
    return ticket_for(actor.user or User(pk=0), place.station, courier or place.regular)


def _digits(actor: Actor, place: Place) -> str:
    courier = Courier.objects.filter(pk=place.regular).first()
    return show_code(courier).digits if courier else "000000"


def _digits_of(courier: int) -> str:
    found = Courier.objects.filter(pk=courier).first()
    return show_code(found).digits if found else "000000"


DEED = {"key": "k", "text": "扶老人", "place": "路口", "minutes": "15", "witness": "店主"}


def _act(form: Callable[[acts.Acts], dict[str, str]] = lambda given: {}, **path: str) -> Maker:
    """Of the activity that begins soon."""
    return lambda actor, place: Call({"activity_id": place.acts.open, **path}, form=form(place.acts))


def _station(actor: Actor, place: Place) -> Call:
    return Call({"code": place.station})


def _poster(place: Place) -> str:
    station = Station.objects.filter(code=place.station).first()
    return posters.token_for(station) if station else "none"


def _check_in(actor: Actor, place: Place) -> Call:
    body = {"poster": _poster(place)} if actor.name == COURIER else {"ticket": _ticket(actor, place)}
    return Call({"code": place.station}, body=body)


def _of_station(actor: Actor, place: Place) -> Call:
    return Call(query={"station": place.station})


def _phone(place: Place) -> str:
    courier = Courier.objects.select_related("user").filter(pk=place.regular).first()
    return str(courier.user.phone) if courier else "13512345678"


def _paper(actor: Actor, place: Place) -> dict[str, str]:
    """With a token of the asker's own, whoever he is."""
    station = Station.objects.filter(code=place.station).values_list("pk", flat=True).first() or 2**40
    expires = int((clock.now() + timedelta(minutes=5)).timestamp())
    token = codes.sign(slips.PURPOSE, [actor.user.pk if actor.user else 0, station, place.regular, expires])
    then = (clock.now() - timedelta(hours=1)).astimezone(clock.SHANGHAI)
    return {"token": token, "gift": "tissue", "handed_over_at": f"{then:%Y-%m-%dT%H:%M}", "reason": "停电", "key": "k"}


def _slip(actor: Actor, place: Place) -> Call:
    return Call({"code": place.station, "number": place.redemption}, form={"reason": "给错了"})


def _reservation(actor: Actor, place: Place) -> Call:
    return Call({"pickup_code": place.reservation})


def _ask_for(actor: Actor, place: Place) -> Call:
    office = actor.user.memberships.values_list("organisation", flat=True).first() if actor.user else None
    start = (clock.now() + timedelta(days=5)).astimezone(clock.SHANGHAI)
    form = {"borrower": office or 0, "starts_at": f"{start:%Y-%m-%dT10:00}", "ends_at": f"{start:%Y-%m-%dT12:00}",
            "purpose": "培训", "key": "k"}  # fmt: skip
    return Call({"key": place.lent["resource"]}, form=form)


def _move(state: str, body: Callable[[Place], dict[str, Any]] = lambda place: {}) -> Maker:
    return lambda actor, place: Call({"number": place.reports[state]}, body=body(place))


def _own(actor: Actor, place: Place, state: str) -> int:
    """The place's wish in this state, in the hands of the courier where the place is his."""
    key = place.wishes[state]
    if actor.name == COURIER and actor.user is not None and place.station == "MX-near":
        wishes.give(key, actor.user)
    return key


def _wish(state: str, **body: Any) -> Maker:
    return lambda actor, place: Call({"wish_id": _own(actor, place, state)}, body=body)


def _claim(actor: Actor, place: Place) -> Call:
    return Call({"wish_id": _own(actor, place, "open")}, body={"organisation": place.street})


WISH = {"category": "daily", "title": "雨衣", "text": "旧的破了", "for_whom": "自己"}


def _hang(actor: Actor, place: Place) -> Call:
    body = {**WISH, "price": 60, "station": place.station, "anonymous": False}
    return Call(body=body if actor.name == COURIER else {**body, "ticket": _ticket(actor, place)})


def _wish_page(state: str, **path: str) -> Maker:
    return lambda actor, place: Call({"key": _own(actor, place, state), **path}, form={"text": "谢谢", "key": "k"})


def _activity(name: str, **body: Any) -> Maker:
    return lambda actor, place: Call({"activity_id": place.activities[name]}, body=body)


def _joined(actor: Actor, place: Place) -> Call:
    """In which the courier has a place, wherever it is."""
    _give_place(actor, place.activities["joined"])
    return Call({"activity_id": place.activities["joined"]})


def _attend(actor: Actor, place: Place) -> Call:
    """By his own poster, or by a ticket of the asker's own."""
    key = place.activities["running"]
    if actor.name != COURIER:
        return Call({"activity_id": key}, body={"ticket": _ticket(actor, place)})
    _give_place(actor, key)
    return Call({"activity_id": key}, body={"poster": activity_posters.token_for(Activity(pk=key))})


def _give_place(actor: Actor, key: int) -> None:
    if actor.name == COURIER and Activity.objects.filter(pk=key).exists():
        mine = {"activity_id": key, "courier_id": actor.user.pk if actor.user else 0}
        Enrolment.objects.get_or_create(**mine, defaults={"state": "enrolled", "at": clock.now()})


ACTIVITY = {"kind": "study", "title": "安全骑行课", "capacity": 20}


def _write_activity(actor: Actor, place: Place) -> Call:
    start = clock.now() + timedelta(days=9)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
    return Call(body={**ACTIVITY, **times, "organisation": place.organisation, "station": place.station})


def _deed(**body: Any) -> Maker:
    return lambda actor, place: Call({"deed_id": place.activities["deed"]}, body=body)


def _tell_deed(actor: Actor, place: Place) -> Call:
    day = clock.shanghai_day(clock.now()).isoformat()
    words = {"text": "扶人过马路", "place": "路口", "witness": "交警", "minutes": 10, "happened_on": day}
    return Call(body={**words, "photos": [place.photo]})


def _paper_wish(actor: Actor, place: Place) -> Call:
    form = {**WISH, "price": "60", "ticket": _ticket(actor, place), "key": "k"}
    return Call({"code": place.station}, form=form)


def _card(card: str, body: Callable[[Cards], dict[str, Any]] = lambda cards: {}) -> Maker:
    return lambda actor, place: Call({"code": place.cards.codes[card]}, body=body(place.cards))


def _slot_wait(actor: Actor, place: Place) -> Call:
    slot = place.cards.full_slot
    return Call({"code": place.cards.codes["issued"]}, {"slot": slot}, body={"slot": slot})


CALLS: dict[tuple[str, str], Maker] = {
    ("api_auth_code", "POST"): lambda actor, place: Call(body={"phone": "13512345678"}),
    ("api_auth_token", "POST"): lambda actor, place: Call(body={"phone": "13512345678", "code": "000000"}),
    ("api_me", "PATCH"): lambda actor, place: Call(
        body={"name": "何小蜂", "outlet": place.outlet, "consent_version": settings.PRIVACY_NOTICE_VERSION}
    ),
    ("api_courier_verify", "*"): lambda actor, place: Call({"courier_id": place.courier}),
    ("api_grants", "POST"): lambda actor, place: Call(
        body={"courier": place.courier, "points": 5, "reason": "协助值守"}
    ),
    ("api_grant", "*"): lambda actor, place: Call({"grant_id": place.grant}),
    ("api_grant_approve", "*"): lambda actor, place: Call({"grant_id": place.grant}),
    ("api_grant_reject", "*"): lambda actor, place: Call({"grant_id": place.grant}, body={"reason": "先核实"}),
    ("api_station", "*"): _station,
    ("api_observations", "*"): lambda actor, place: Call(
        {"code": place.station}, body={"facility": "water", "value": "broken", "note": "不出水"}
    ),
    ("api_check_ins", "*"): _check_in,
    ("api_identify", "POST"): lambda actor, place: Call(
        body={"station": place.station, "digits": _digits(actor, place)}
    ),
    ("api_gifts", "GET"): _of_station,
    ("api_reservations", "POST"): lambda actor, place: Call(body={"gift": "tissue", "station": place.station}),
    ("api_reservation", "*"): _reservation,
    ("api_redemptions", "GET"): _of_station,
    ("api_redemptions", "POST"): lambda actor, place: Call(
        body={"ticket": _ticket(actor, place), "gift": "tissue", "station": place.station}
    ),
    ("api_redemption", "*"): lambda actor, place: Call({"number": place.redemption}),
    ("api_redemption_annul", "*"): lambda actor, place: Call({"number": place.redemption}, body={"reason": "给错了"}),
    ("api_stock", "GET"): _of_station,
    ("api_movements", "POST"): lambda actor, place: Call(
        body={"station": place.station, "gift": "tissue", "kind": "received", "quantity": 2, "note": "补货"}
    ),
    ("api_activities", "POST"): _write_activity,
    ("api_activity", "GET"): _activity("draft"),
    ("api_activity", "PATCH"): _activity("draft", capacity=30),
    ("api_activity_enrolments", "*"): _activity("running"),
    ("api_activity_enrol", "*"): _activity("published"),
    ("api_activity_leave", "*"): _joined,
    ("api_activity_attend", "*"): _attend,
    ("api_activity_publish", "*"): _activity("draft"),
    ("api_activity_start", "*"): _activity("published"),
    ("api_activity_finish", "*"): _activity("running"),
    ("api_activity_cancel", "*"): _activity("published", reason="下雨"),
    ("api_activity_confirm", "*"): lambda actor, place: Call(
        {"activity_id": place.activities["running"]}, body={"couriers": [place.regular]}
    ),
    ("api_activity_no_show", "*"): lambda actor, place: Call(
        {"activity_id": place.activities["running"]}, body={"courier": place.regular}
    ),
    ("api_deeds", "POST"): _tell_deed,
    ("api_deed", "*"): _deed(),
    ("api_deed_approve", "*"): _deed(),
    ("api_deed_reject", "*"): _deed(reason="看不出来"),
    ("api_reports", "POST"): lambda actor, place: Call(
        body={"category": CATEGORY, "text": "路上有坑", "place": "路口", "station": place.station, "client_key": "one"}
    ),
    ("api_reports_similar", "GET"): lambda actor, place: Call(query={"category": CATEGORY, "lat": 30.5, "lng": 114.2}),
    ("api_report", "*"): _move("assigned"),
    ("api_report_accept", "*"): _move("submitted"),
    ("api_report_assign", "*"): _move("accepted", lambda place: {"organisation": place.street}),
    ("api_report_start", "*"): _move("assigned"),
    ("api_report_return", "*"): _move("assigned", lambda place: {"reason": "不归我们管"}),
    ("api_report_ask", "*"): _move("assigned", lambda place: {"text": "在哪个门口？"}),
    ("api_report_answer", "*"): _move("waiting_for_reporter", lambda place: {"text": "东门"}),
    ("api_report_reopen", "*"): _move("resolved", lambda place: {"text": "又坏了"}),
    ("api_report_appeal", "*"): _move("rejected", lambda place: {"text": "真的有"}),
    ("api_report_resolve", "*"): _move("in_progress", lambda place: {"text": "补好了", "photos": [place.work_done]}),
    ("api_report_reject", "*"): _move("submitted", lambda place: {"reason": "not_true", "text": "现场没有"}),
    ("api_report_rate", "*"): _move("resolved", lambda place: {"stars": 5, "text": "快"}),
    ("api_report_disprove", "*"): _move("resolved", lambda place: {"text": "照片是旧的"}),
    ("api_report_category", "*"): _move("submitted", lambda place: {"category": CATEGORY}),
    ("api_wishes", "POST"): _hang,
    ("api_wish", "*"): _wish("review"),
    ("api_wish_approve", "*"): _wish("review"),
    ("api_wish_reject", "*"): _wish("review", reason="请换一个"),
    ("api_wish_claim", "*"): _claim,
    ("api_wish_progress", "*"): _wish("claimed", note="已下单"),
    ("api_wish_release", "*"): _wish("claimed"),
    ("api_wish_deliver", "*"): _wish("claimed", text="放在柜台"),
    ("api_wish_confirm", "*"): _wish("delivered"),
    ("api_wish_thank", "*"): _wish("fulfilled", text="谢谢"),
    ("api_wish_withdraw", "*"): _wish("review", reason="重复了"),
    ("api_programme_wait", "*"): lambda actor, place: Call(
        {"programme_id": place.cards.full}, body={"courier": place.regular}
    ),
    ("api_vouchers", "POST"): lambda actor, place: Call(
        body={"programme": place.cards.unissued, "courier": place.regular}
    ),
    ("api_voucher", "*"): _card("booked"),
    ("api_voucher_check_in", "*"): _card("today"),
    ("api_voucher_tick", "*"): _card("checked_in", lambda cards: {"item": cards.item, "done": True}),
    ("api_voucher_complete", "*"): _card("checked_in"),
    ("api_voucher_no_show", "*"): _card("today"),
    ("api_voucher_void", "*"): _card("issued", lambda cards: {"reason": "登记错了"}),
    ("api_voucher_wait", "*"): _slot_wait,
    ("api_slots", "GET"): lambda actor, place: Call(query={"programme": place.cards.programme}),
    ("api_bookings", "POST"): lambda actor, place: Call(
        body={"voucher": place.cards.codes["issued"], "slot": place.cards.free_slot}
    ),
    ("api_booking", "*"): lambda actor, place: Call(
        {"booking_id": place.cards.booking}, body={"slot": place.cards.other_slot}
    ),
    ("voucher", "*"): _card("booked"),
    ("voucher_calendar", "*"): _card("booked"),
    ("voucher_slots", "*"): _card("issued"),
    ("voucher_move", "*"): lambda actor, place: Call(
        {"code": place.cards.codes["issued"], "name": "book"}, form={"slot": place.cards.free_slot}
    ),
    ("desk_clinic", "POST"): lambda actor, place: Call(form={"code": place.cards.codes["today"]}),
    ("desk_clinic_voucher", "*"): _card("today"),
    ("desk_clinic_move", "*"): lambda actor, place: Call(
        {"code": place.cards.codes["checked_in"], "move": "tick"},
        form={"item": place.cards.item, "done": "1", "key": "k"},
    ),
    ("api_care_visits", "POST"): lambda actor, place: Call(
        body={"outlets": [place.outlet], "organisation": place.organisation, "planned_on": _in_days(3)}
    ),
    ("api_care_visit", "*"): _visit("done"),
    ("api_care_visit_done", "*"): _visit("planned", contact="met", couriers_reached=2),
    ("api_care_visit_cancel", "*"): _visit("planned", reason="下暴雨"),
    ("api_care_visit_needs", "*"): _visit("done", text="想要把伞"),
    ("desk_care_plan", "POST"): lambda actor, place: Call(
        form={"key": "k", "outlets": place.outlet, "organisation": place.organisation, "planned_on": _in_days(0)}
    ),
    ("desk_care_kits", "POST"): lambda actor, place: Call(
        form={"key": "k", "organisation": place.organisation, "kind": "received", "kit": _kit(), "pieces": "5"}
    ),
    ("desk_care_visit", "*"): lambda actor, place: Call({"key": place.outreach.done}),
    ("desk_care_visit", "POST"): lambda actor, place: Call(
        {"key": place.outreach.planned}, form={"key": "k", "contact": "closed", "visited_at": f"{_in_days(0)}T00:00"}
    ),
    ("desk_care_cancel", "*"): lambda actor, place: Call(
        {"key": place.outreach.planned}, form={"key": "k", "reason": "下暴雨"}
    ),
    ("desk_care_need_add", "*"): lambda actor, place: Call(
        {"key": place.outreach.done}, form={"key": "k", "text": "想要把伞"}
    ),
    ("desk_care_need", "*"): lambda actor, place: Call({"key": place.outreach.need}),
    ("desk_care_need_wish", "*"): lambda actor, place: Call(
        {"key": place.outreach.need},
        form={**WISH, "price": "60", "station": place.station, "key": "k", "code": _digits(actor, place)},
    ),
    ("desk_care_need_report", "*"): lambda actor, place: Call(
        {"key": place.outreach.need},
        form={
            "category": _category(),
            "text": "门口有垃圾",
            "place": "门口",
            "key": "k",
            "code": _digits(actor, place),
        },
    ),
    ("desk_care_need_settle", "*"): lambda actor, place: Call(
        {"key": place.outreach.need}, form={"key": "k", "outcome": "当场解决"}
    ),
    ("api_schema", "GET"): lambda actor, place: Call(query={"format": "json"}),
    ("api_photos", "POST"): lambda actor, place: Call(
        form={"file": SimpleUploadedFile("a.png", picture(), "image/png")}
    ),
    ("photo", "*"): lambda actor, place: Call({"photo_id": place.photo, "size": "thumb"}),
    ("station", "*"): _station,
    ("station_say", "*"): lambda actor, place: Call({"code": place.station}, form={"said": "water:broken"}),
    ("station_confirm", "*"): _station,
    ("station_correct", "*"): lambda actor, place: Call(
        {"code": place.station}, form={"subject": "phone", "proposed": "027-83000000"}
    ),
    ("desk_facilities", "*"): lambda actor, place: Call({"code": place.station}, form={"said": "water:ok"}),
    ("desk_report", "*"): lambda actor, place: Call({"number": place.reports["assigned"]}),
    ("desk_report_move", "*"): lambda actor, place: Call(
        {"number": place.reports["assigned"], "move": "ask"}, form={"text": "在哪个门口？", "key": "k"}
    ),
    ("desk_wish_notices", "POST"): lambda actor, place: Call(form={"up_to": str(place.notice)}),
    ("desk_wish", "*"): _wish_page("open"),
    ("desk_wish_move", "*"): _wish_page("claimed", move="deliver"),
    ("desk_resource", "*"): lambda actor, place: Call({"key": place.lent["resource"]}),
    ("desk_resource", "POST"): _ask_for,
    ("desk_loan", "*"): lambda actor, place: Call({"key": place.lent["requested"]}),
    ("desk_loan_move", "*"): lambda actor, place: Call(
        {"key": place.lent["requested"], "name": "decline"}, form={"note": "不用了", "key": "k"}
    ),
    ("counter", "*"): _station,
    ("counter_wish", "*"): _paper_wish,
    ("counter_identify", "*"): lambda actor, place: Call({"code": place.station}, form={"code": _digits(actor, place)}),
    ("counter_redeem", "*"): lambda actor, place: Call(
        {"code": place.station}, form={"ticket": _ticket(actor, place), "gift": "tissue", "key": "matrix-key"}
    ),
    ("counter_pick_up", "*"): lambda actor, place: Call(
        {"code": place.station}, form={"pickup_code": place.reservation, "key": "matrix-key"}
    ),
    ("gift_suggestions", "POST"): lambda actor, place: Call(form={"text": "想要一副防滑手套"}),
    ("reserve", "GET"): lambda actor, place: Call(query={"gift": "tissue", "station": place.station}),
    ("reserve", "POST"): lambda actor, place: Call(
        form={"gift": "tissue", "station": place.station, "key": "matrix-key"}
    ),
    ("reservation", "*"): _reservation,
    ("reservation_cancel", "*"): _reservation,
    ("counter_verify", "*"): lambda actor, place: Call(
        {"code": place.station}, form={"ticket": _ticket(actor, place, place.courier)}
    ),
    ("check_in", "*"): lambda actor, place: Call({"code": place.station}, query={"k": _poster(place)}),
    ("visit", "*"): lambda actor, place: Call({"visit_id": place.visit}),
    ("counter_check_in", "*"): lambda actor, place: Call(
        {"code": place.station}, form={"ticket": _ticket(actor, place)}
    ),
    ("poster", "*"): lambda actor, place: Call({"code": place.station}, form={"reason": "被拍走", "key": "k"}),
    ("counter_annul", "*"): _slip,
    ("stock", "*"): lambda actor, place: Call(
        {"code": place.station},
        form={"kind": "received", "gift": "tissue", "quantity": "2", "note": "补货", "key": "k"},
    ),
    ("stock_count", "*"): lambda actor, place: Call({"code": place.station}, form={"n-tissue": "7", "key": "k"}),
    ("stock_count_move", "*"): lambda actor, place: Call(
        {"code": place.station, "name": "cancel"}, form={"number": place.stock_take, "reason": "数错了", "key": "k"}
    ),
    ("desk_hours", "*"): lambda actor, place: Call({"code": place.station}, form={"reason": "停水停电"}),
    ("slips", "*"): _station,
    ("slips_find", "*"): lambda actor, place: Call({"code": place.station}, form={"phone": _phone(place)}),
    ("slips_enter", "*"): lambda actor, place: Call({"code": place.station}, form=_paper(actor, place)),
    ("report_new", "POST"): lambda actor, place: Call(
        form={
            "category": CATEGORY,
            "text": "一堆垃圾",
            "place": "路口",
            "client_key": "matrix",
            "sure": "1",
        }
    ),
    ("report_similar", "GET"): lambda actor, place: Call(query={"category": CATEGORY, "near": "30.5,114.2"}),
    ("report_photos", "POST"): lambda actor, place: Call(
        form={"file": SimpleUploadedFile("a.png", picture(), "image/png")}
    ),
    ("report", "*"): lambda actor, place: Call({"number": place.reports["assigned"]}),
    ("report_move", "*"): lambda actor, place: Call(
        {"number": place.reports["waiting_for_reporter"], "name": "answer"}, form={"text": "东门"}
    ),
    ("wish_new", "POST"): lambda actor, place: Call(form={**WISH, "price": "60", "station": place.station}),
    ("wish", "*"): _wish_page("review"),
    ("wish_move", "*"): _wish_page("delivered", name="thank"),
    ("activity", "*"): _act(),
    ("activity_calendar", "*"): _act(),
    ("activity_here", "*"): lambda actor, place: Call({"activity_id": place.acts.open}, {"k": place.acts.poster}),
    ("activity_move", "*"): _act(name="leave"),
    ("my_certificate", "*"): lambda actor, place: Call({"year": place.acts.year}),
    ("certificate", "*"): lambda actor, place: Call({"token": place.acts.certificate}),
    ("deed_new", "POST"): lambda actor, place: Call(
        form={**DEED, "happened_on": clock.shanghai_day(clock.now()).isoformat(), "photo": str(place.photo)}
    ),
    ("deed", "*"): lambda actor, place: Call({"deed_id": place.acts.deed}),
    ("desk_activity_new", "POST"): lambda actor, place: Call(form=acts.form(place.acts)),
    ("desk_activity", "*"): _act(),
    ("desk_activity_edit", "*"): _act(acts.form),
    ("desk_activity_poster", "*"): _act(),
    ("desk_activity_scan", "*"): _act(lambda given: {"key": "k", "code": _digits_of(given.courier)}),
    ("desk_activity_tick", "*"): _act(lambda given: {"key": "k", "courier": str(given.courier), "act": "confirm"}),
    ("desk_activity_photos", "*"): lambda actor, place: Call(
        {"activity_id": place.acts.over}, form={"photos": SimpleUploadedFile("a.png", picture(), "image/png")}
    ),
    ("desk_activity_photo_remove", "*"): _act(lambda given: {"photo": "1"}),
    ("desk_activity_move", "*"): _act(lambda given: {"key": "k"}, move="start"),
    ("desk_deed", "*"): lambda actor, place: Call({"deed_id": place.acts.deed}),
    ("desk_deed_move", "*"): lambda actor, place: Call(
        {"deed_id": place.acts.deed, "move": "approve"}, form={"key": "k"}
    ),
    ("api_notice_read", "*"): lambda actor, place: Call({"notice_id": place.notice}),
    ("notice", "*"): lambda actor, place: Call({"notice_id": place.notice}),
    ("notices_read", "POST"): lambda actor, place: Call(form={"up_to": str(place.notice)}),
    ("privacy_version", "*"): lambda actor, place: Call({"version": settings.PRIVACY_NOTICE_VERSION}),
    ("change_number", "POST"): lambda actor, place: Call(form={"phone": "13512345678"}),
    ("close_account", "POST"): lambda actor, place: Call(form={"sure": "on"}),
    ("sign_in", "POST"): lambda actor, place: Call(form={"phone": "13512345678"}),
    ("register", "POST"): lambda actor, place: Call(
        form={
            "name": "何小蜂",
            "outlet": place.outlet,
            "consent": "on",
            "consent_version": settings.PRIVACY_NOTICE_VERSION,
        }
    ),
}
