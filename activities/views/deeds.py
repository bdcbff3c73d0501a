"""A courier tells of a good deed he did unasked, and sees what became of it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import CourierRequest, courier_page
from activities import services
from activities.forms import DeedForm
from activities.models import Deed
from activities.services import hours
from activities.services.deeds import MOST_PHOTOS
from activities.states import DEED_PHOTO, DEED_TONES, DeedState
from fengchao.core import photos
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.uploads import Pictures, lost, pictures_of
from stations import finding
from stations.models import Station

A_PAGE = 20
STATIONS_OFFERED = 300
GONE = "有照片已过期或已经用过，请重新选。"


@never_cache
@require_safe
@courier_page
def my_deeds(request: CourierRequest) -> HttpResponse:
    mine = Deed.objects.of_courier(request.courier).order_by("-told_at", "-pk")
    page = Paginator(mine, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": [(deed, DEED_TONES[DeedState(deed.state)]) for deed in page],
        "next_url": f"{reverse('deeds')}?page={page.next_page_number()}" if page.has_next() else None,
    }
    return render(request, "activities/deeds.html", context)


@never_cache
@require_safe
@courier_page
def deed(request: CourierRequest, deed_id: int) -> HttpResponse:
    """One of his own; another's is not there."""
    found = Deed.objects.of_courier(request.courier).select_related("organisation").filter(pk=deed_id).first()
    if found is None:
        raise NotThere
    context = {
        "deed": found,
        "tone": DEED_TONES[DeedState(found.state)],
        "long": hours.in_words(found.minutes),
        "photos": photos.of(str(found.pk), DEED_PHOTO),
    }
    return render(request, "activities/deed.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def new_deed(request: CourierRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, DeedForm(), Pictures(most=MOST_PHOTOS))
    form, given = DeedForm(request.POST), pictures_of(request, most=MOST_PHOTOS)
    if not form.is_valid() or given.refused:
        return _page(request, form, given, status=400)

    def act() -> Deed:
        # Inside, for a form that is sent again has used its pictures by now.
        if lost(request, given):
            raise BadValue(GONE, field="photos")
        return services.tell_of(request.courier, photo_ids=given.ids, **form.said())

    try:
        key = act_once(request, request.user, form.cleaned_data["key"], act, lambda made: str(made.pk))
    except RuleBroken as refusal:
        if refusal.field == "photos":
            given.refused.append(refusal.message)
        else:
            say_refusal(form, refusal)
        return _page(request, form, given, status=refusal.status)
    return redirect("deed", int(key))


def _page(request: CourierRequest, form: DeedForm, given: Pictures, *, status: int = 200) -> HttpResponse:
    stations = list(Station.objects.active().select_related("organisation").order_by("code")[:STATIONS_OFFERED])
    context = {"form": form, "given": given, "most_photos": MOST_PHOTOS, "streets": finding.by_street(stations)}
    return render(request, "activities/new_deed.html", context, status=status)
