"""Pictures of how it was: several are added at once, each can be taken away again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts.models import User
from activities import services
from activities.desk.activities import organised, show
from activities.desk.forms import PhotoForm
from activities.guards import organiser_page
from activities.services.organising import MOST_PHOTOS
from fengchao.core.errors import RuleBroken
from fengchao.core.uploads import pictures_of


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def add(request: HttpRequest, worker: User, activity_id: int) -> HttpResponse:
    """What can be used is kept, what cannot is said."""
    found = organised(worker, activity_id)
    if request.method != "POST":
        return redirect("desk_activity", found.pk)
    given = pictures_of(request, most=MOST_PHOTOS)
    faults = list(given.refused)
    if not given.ids and not faults:
        faults.append("请先选照片。")
    if given.ids:
        try:
            services.show_photos(found, given.ids, by=worker)
        except RuleBroken as refusal:
            faults.append(refusal.message)
    if faults:
        return show(request, worker, found, photo_faults=faults, status=400)
    messages.success(request, f"加上了 {len(given.ids)} 张照片，大家都能看到。")
    return redirect("desk_activity", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def remove(request: HttpRequest, worker: User, activity_id: int) -> HttpResponse:
    found = organised(worker, activity_id)
    form = PhotoForm(request.POST)
    if request.method == "POST" and form.is_valid():
        try:
            services.remove_photo(found, form.cleaned_data["photo"], by=worker)
        except RuleBroken as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, "照片删掉了。")
    return redirect("desk_activity", found.pk)
