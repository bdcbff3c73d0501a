"""How the addresses of activities, deeds, visits and what is lent are asked for a thing of a place."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Courier
from accounts.services.codes import show_code
from activities.models import Activity, Enrolment, Kit
from activities.services import posters as activity_posters
from fengchao.core import clock
from reports.models import Category
from tests.matrix import acts
from tests.matrix.asking import WISH, Call, Maker, digits, ticket
from tests.matrix.reports import CATEGORY
from tests.matrix.world import COURIER, Actor, Place, picture


def _visit(which: str, **body: Any) -> Maker:
    return lambda actor, place: Call({"visit_id": getattr(place.outreach, which)}, body=body)


def _in_days(days: int) -> str:
    return (clock.shanghai_day(clock.now()) + timedelta(days=days)).isoformat()


def _kit() -> int:
    return int(Kit.objects.get().pk)


def _digits_of(courier: int) -> str:
    found = Courier.objects.filter(pk=courier).first()
    return show_code(found).digits if found else "000000"


DEED = {"key": "k", "text": "扶老人", "place": "路口", "minutes": "15", "witness": "店主"}


def _act(form: Callable[[acts.Acts], dict[str, str]] = lambda given: {}, **path: str) -> Maker:
    """Of the activity that begins soon."""
    return lambda actor, place: Call({"activity_id": place.acts.open, **path}, form=form(place.acts))


def _ask_for(actor: Actor, place: Place) -> Call:
    office = actor.user.memberships.values_list("organisation", flat=True).first() if actor.user else None
    start = (clock.now() + timedelta(days=5)).astimezone(clock.SHANGHAI)
    form = {"borrower": office or 0, "starts_at": f"{start:%Y-%m-%dT10:00}", "ends_at": f"{start:%Y-%m-%dT12:00}",
            "purpose": "培训", "key": "k"}  # fmt: skip
    return Call({"key": place.lent["resource"]}, form=form)


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
        return Call({"activity_id": key}, body={"ticket": ticket(actor, place)})
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


def _category() -> int:
    return int(Category.objects.get(code=CATEGORY).pk)


CALLS: dict[tuple[str, str], Maker] = {
    ("api_activities", "POST"): _write_activity,
    ("api_activity", "*"): _activity("draft"),
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
        form={**WISH, "price": "60", "station": place.station, "key": "k", "code": digits(actor, place)},
    ),
    ("desk_care_need_report", "*"): lambda actor, place: Call(
        {"key": place.outreach.need},
        form={
            "category": _category(),
            "text": "门口有垃圾",
            "place": "门口",
            "key": "k",
            "code": digits(actor, place),
        },
    ),
    ("desk_care_need_settle", "*"): lambda actor, place: Call(
        {"key": place.outreach.need}, form={"key": "k", "outcome": "当场解决"}
    ),
    ("desk_resource", "*"): lambda actor, place: Call({"key": place.lent["resource"]}),
    ("desk_resource", "POST"): _ask_for,
    ("desk_loan", "*"): lambda actor, place: Call({"key": place.lent["requested"]}),
    ("desk_loan_move", "*"): lambda actor, place: Call(
        {"key": place.lent["requested"], "name": "decline"}, form={"note": "不用了", "key": "k"}
    ),
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
}
