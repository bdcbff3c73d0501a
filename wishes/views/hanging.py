"""A courier hangs a wish."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.guards import CourierRequest, courier_page
from accounts.models import Courier
from fengchao.core.errors import RuleBroken
from fengchao.core.uploads import Pictures, lost, pictures_of
from stations import finding
from stations.models import Station, Visit
from wishes import services
from wishes.forms import HangForm
from wishes.models import Wish
from wishes.problems import OneAtATime
from wishes.services.hanging import NOBODY, public_name

STATIONS_OFFERED = 300
ONE = 1
GONE = "照片已过期或已经用过，请重新选。"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def new_wish(request: CourierRequest) -> HttpResponse:
    """The form, until there is a live wish: then that one, also for who sends the form twice."""
    form = HangForm(request.POST) if request.method == "POST" else None
    if live := live_one(request.courier):
        return _lead(request, live, form)
    if form is None:
        return _page(request, None, Pictures(most=ONE))
    given = pictures_of(request, most=ONE)
    if lost(request, given):
        if live := live_one(request.courier):  # sent twice: the first has just taken the picture along
            return _lead(request, live, form)
        given.refused.append(GONE)
    status = 400
    if form.is_valid() and not given.refused:
        try:
            return redirect(services.hang(request.courier, photo_id=next(iter(given.ids), None), **form.said()))
        except OneAtATime:  # sent twice at the same moment
            if live := live_one(request.courier):
                return _lead(request, live, form)
            return redirect("wish_new")
        except RuleBroken as refusal:
            given, status = say_refusal(form, given, refusal), refusal.status
    return _page(request, form, given, status=status)


def live_one(courier: Courier) -> Wish | None:
    found: Wish | None = Wish.objects.of_courier(courier).live().first()
    return found


def say_refusal(form: HangForm, given: Pictures, refusal: RuleBroken) -> Pictures:
    """Beside the field at fault, or above the form. The pictures that are left."""
    if refusal.field == "photo":
        return given.without(refusal.message)
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    return given


def _lead(request: CourierRequest, live: Wish, form: HangForm | None) -> HttpResponse:
    """To the wish that is there, with a sentence unless it is the one that was just sent."""
    again = form is not None and " ".join(form.data.get("title", "").split()) == live.title
    if not again:
        messages.info(request, OneAtATime.message)
    return redirect(live)


def _page(request: CourierRequest, form: HangForm | None, given: Pictures, *, status: int = 200) -> HttpResponse:
    stations = list(Station.objects.active().select_related("organisation").order_by("code")[:STATIONS_OFFERED])
    if form is None:
        chosen = next((one for one in stations if one.code == request.GET.get("station")), None)
        chosen = chosen or _likely(request.courier, stations)
        form = HangForm(initial={"station": chosen.code if chosen else ""})
    context = {
        "form": form,
        "given": given,
        "most_photos": ONE,
        "streets": finding.by_street(stations),
        "my_name": public_name(request.courier),
        "nobody": NOBODY,
    }
    return render(request, "wishes/new.html", context, status=status)


def _likely(courier: Courier, stations: Sequence[Station]) -> Station | None:
    """Where he was last, else the nearest in the tree of organisations: of his community, his street, the district."""
    last = Visit.objects.of_courier(courier).order_by("-at", "-pk").values_list("station_id", flat=True).first()
    place = courier.outlet.organisation if courier.outlet else courier.street
    home = place.path if place else ""

    def far(station: Station) -> tuple[bool, int]:
        shared = 0
        for ours, theirs in zip(home, station.organisation.path, strict=False):
            if ours != theirs:
                break
            shared += 1
        return station.pk != last, -shared

    return min(stations, key=far, default=None)
