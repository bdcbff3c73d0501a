"""How each address is asked for a thing of a place: what stands in its path, its query and its body."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Courier
from fengchao.core import clock, codes
from gifts.services import slips
from stations.models import Station
from stations.services import posters
from tests.matrix import calls_of_activities, wishes
from tests.matrix.asking import WISH, Call, Maker, digits, ticket
from tests.matrix.reports import CATEGORY
from tests.matrix.vouchers import Cards
from tests.matrix.world import COURIER, Actor, Place, picture


def call(name: str, method: str, actor: Actor, place: Place) -> Call:
    maker = CALLS.get((name, method)) or CALLS.get((name, "*"))
    return maker(actor, place) if maker else Call()


def _station(actor: Actor, place: Place) -> Call:
    return Call({"code": place.station})


def _poster(place: Place) -> str:
    station = Station.objects.filter(code=place.station).first()
    return posters.token_for(station) if station else "none"


def _check_in(actor: Actor, place: Place) -> Call:
    body = {"poster": _poster(place)} if actor.name == COURIER else {"ticket": ticket(actor, place)}
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


def _hang(actor: Actor, place: Place) -> Call:
    body = {**WISH, "price": 60, "station": place.station, "anonymous": False}
    return Call(body=body if actor.name == COURIER else {**body, "ticket": ticket(actor, place)})


def _wish_page(state: str, **path: str) -> Maker:
    return lambda actor, place: Call({"key": _own(actor, place, state), **path}, form={"text": "谢谢", "key": "k"})


def _paper_wish(actor: Actor, place: Place) -> Call:
    form = {**WISH, "price": "60", "ticket": ticket(actor, place), "key": "k"}
    return Call({"code": place.station}, form=form)


def _card(card: str, body: Callable[[Cards], dict[str, Any]] = lambda cards: {}) -> Maker:
    return lambda actor, place: Call({"code": place.cards.codes[card]}, body=body(place.cards))


def _slot_wait(actor: Actor, place: Place) -> Call:
    slot = place.cards.full_slot
    return Call({"code": place.cards.codes["issued"]}, {"slot": slot}, body={"slot": slot})


CALLS: dict[tuple[str, str], Maker] = {
    **calls_of_activities.CALLS,
    ("open311_discovery", "*"): lambda actor, place: Call({"format": "json"}),
    ("open311_services", "*"): lambda actor, place: Call({"format": "json"}),
    ("open311_definition", "*"): lambda actor, place: Call({"format": "json", "code": CATEGORY}),
    ("open311_requests", "*"): lambda actor, place: Call({"format": "xml"}, form={"service_code": CATEGORY}),
    ("open311_request", "*"): lambda actor, place: Call({"format": "xml", "number": place.reports["accepted"]}),
    ("open311_token", "*"): lambda actor, place: Call({"format": "json", "token": place.reports["accepted"]}),
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
        body={"station": place.station, "digits": digits(actor, place)}
    ),
    ("api_gifts", "GET"): _of_station,
    ("api_reservations", "POST"): lambda actor, place: Call(body={"gift": "tissue", "station": place.station}),
    ("api_reservation", "*"): _reservation,
    ("api_redemptions", "GET"): _of_station,
    ("api_redemptions", "POST"): lambda actor, place: Call(
        body={"ticket": ticket(actor, place), "gift": "tissue", "station": place.station}
    ),
    ("api_redemption", "*"): lambda actor, place: Call({"number": place.redemption}),
    ("api_redemption_annul", "*"): lambda actor, place: Call({"number": place.redemption}, body={"reason": "给错了"}),
    ("api_stock", "GET"): _of_station,
    ("api_movements", "POST"): lambda actor, place: Call(
        body={"station": place.station, "gift": "tissue", "kind": "received", "quantity": 2, "note": "补货"}
    ),
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
    ("counter", "*"): _station,
    ("counter_wish", "*"): _paper_wish,
    ("counter_identify", "*"): lambda actor, place: Call({"code": place.station}, form={"code": digits(actor, place)}),
    ("counter_redeem", "*"): lambda actor, place: Call(
        {"code": place.station}, form={"ticket": ticket(actor, place), "gift": "tissue", "key": "matrix-key"}
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
        {"code": place.station}, form={"ticket": ticket(actor, place, place.courier)}
    ),
    ("check_in", "*"): lambda actor, place: Call({"code": place.station}, query={"k": _poster(place)}),
    ("visit", "*"): lambda actor, place: Call({"visit_id": place.visit}),
    ("counter_check_in", "*"): lambda actor, place: Call(
        {"code": place.station}, form={"ticket": ticket(actor, place)}
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
