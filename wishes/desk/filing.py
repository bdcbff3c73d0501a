"""The counter files a wish from paper for the courier it has identified, and sees which wishes wait to be fetched."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Courier, User
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import BadValue, RuleBroken
from fengchao.core.masking import mask_name
from fengchao.core.uploads import Pictures, lost, pictures_of
from stations import counter
from stations.guards import counter_page
from stations.models import Station
from wishes import services
from wishes.forms import PaperForm
from wishes.models import Step, Wish
from wishes.services.hanging import NOBODY, public_name
from wishes.states import WishState

ONE = 1
TO_FETCH_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def file_wish(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    """Opened with a ticket (and `start`) it shows the form; without one only what waits to be fetched."""
    if request.method != "POST":
        return _page(request, worker, station)
    if "start" in request.POST:
        return _begin(request, worker, station)
    form, given = PaperForm(request.POST), pictures_of(request, most=ONE)
    if not form.is_valid() or given.refused:
        return _page(request, worker, station, form, given, status=400)

    def act() -> Wish:
        # Inside, for a form that is sent again has used its picture by now.
        if lost(request, given):
            raise BadValue("照片已过期或已经用过，请重新选。", field="photo")
        photo_id = next(iter(given.ids), None)
        said = form.cleaned_data
        return services.hang_with_ticket(said["ticket"], station=station, by=worker, photo_id=photo_id, **form.said())

    try:
        messages.success(request, act_once(request, worker, form.cleaned_data["key"], act, _told))
    except RuleBroken as refusal:
        if refusal.field == "photo":
            given = given.without(refusal.message)
        else:
            say_refusal(form, refusal)
        return _page(request, worker, station, form, given, status=refusal.status)
    return redirect("counter", station.code)


def _told(wish: Wish) -> str:
    return f"已登记{mask_name(wish.courier.user.name)}的心愿“{wish.title}”，等街道审核。"


def _begin(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    """Whom he cannot serve, and who has a wish already, is told so before anything is written: the title of a wish is
    public, so what lies here is handed to him whose code says that it is his."""
    ticket = request.POST.get("ticket", "")
    form = PaperForm(initial={"ticket": ticket, "key": uuid.uuid4().hex})
    try:
        courier = counter.read_ticket(ticket, station=station, by=worker)
    except RuleBroken as refusal:
        return _page(request, worker, station, refused=refusal.message, status=refusal.status)
    live = Wish.objects.of_courier(courier).live().first()
    if live is not None and live.state == WishState.DELIVERED and live.station_id == station.pk:
        return _page(request, worker, station, to_hand=live)
    if live is not None:
        words = f"他还有一个心愿没有结束：“{live.title}”（{WishState(live.state).label}）。等它点亮或撤回后再登记。"
        return _page(request, worker, station, refused=words, status=409)
    return _page(request, worker, station, form)


def _page(
    request: HttpRequest,
    worker: User,
    station: Station,
    form: PaperForm | None = None,
    given: Pictures | None = None,
    *,
    refused: str = "",
    to_hand: Wish | None = None,
    status: int = 200,
) -> HttpResponse:
    """With `form` only while its ticket lasts."""
    courier = None
    if form is not None:
        try:
            courier = counter.read_ticket(str(form["ticket"].value() or ""), station=station, by=worker)
        except RuleBroken as refusal:
            refused, status = refusal.message, refusal.status
    waiting = Wish.objects.to_fetch().filter(station=station).order_by("delivered_at", "pk")
    context = {
        "station": station,
        "many_stations": Station.objects.served_by(worker).exclude(pk=station.pk).exists(),
        "form": form if courier else None,
        "given": given or Pictures(most=ONE),
        "courier": _seen(courier) if courier else None,
        "my_name": public_name(courier) if courier else "",
        "nobody": NOBODY,
        "refused": refused,
        "to_hand": to_hand,
        "to_fetch": _with_notes(list(waiting[:TO_FETCH_SHOWN])),
    }
    return render(request, "wishes/counter.html", context, status=status)


def _seen(courier: Courier) -> dict[str, str]:
    outlet = str(courier.outlet) if courier.outlet else ""
    return {"name": mask_name(courier.user.name), "outlet": outlet, "tail": (courier.user.phone or "")[-4:]}


def _with_notes(waiting: list[Wish]) -> list[tuple[Wish, str]]:
    """Each with what was said when it was brought: where it lies. One look for all."""
    brought = Step.objects.filter(wish__in=waiting, move="deliver").order_by("pk")
    notes = dict(brought.values_list("wish_id", "text"))
    return [(wish, notes.get(wish.pk, "")) for wish in waiting]
