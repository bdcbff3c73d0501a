"""A report is made: the page, its pictures on their way, what is like it nearby, and the page for a lost network."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import CourierRequest, courier_page
from fengchao.core import clock, geo, photos
from fengchao.core.context import person_mark
from fengchao.core.errors import BadValue, RuleBroken
from fengchao.core.geo import Position
from fengchao.core.uploads import Pictures, lost, pictures_of
from reports import services
from reports.forms import FileForm
from reports.models import Category, Question, Report
from reports.problems import SomebodyElse
from reports.services.filing import KEY_LENGTH, MOST_PHOTOS, SIMILAR_M
from reports.states import QuestionKind, ReportState
from stations.models import Station

PREFIX = "q-"
STATIONS_OFFERED = 300
GONE = "有照片已过期或已经用过，请重新选。"


@dataclass(frozen=True)
class Asked:
    """A question of the category's own with what was answered, as reports/_question.html shows it."""

    question: Question
    given: Sequence[str] = ()
    error: str = ""

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.question.code}"

    @property
    def id(self) -> str:
        """Unique also where two categories ask by the same code."""
        return f"{self.name}-{self.question.category_id}"

    @property
    def first(self) -> str:
        return self.given[0] if self.given else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def new_report(request: CourierRequest) -> HttpResponse:
    """Without a script: first the category, then its form. With one it is one page, which sends by program."""
    if request.method != "POST":
        return _page(request, FileForm(initial={"category": request.GET.get("category", "")}))
    by_program = "application/json" in request.headers.get("Accept", "")
    if by_program and request.POST.get("person") != person_mark(request):
        return _refused(SomebodyElse())
    form, given = FileForm(request.POST, needs_place=not settings.MAP_TILES), pictures_of(request, most=MOST_PHOTOS)
    if made := _sent_before(request):
        return _done(made, by_program=by_program)
    if lost(request, given):
        given.refused.append(GONE)
    if "add" in request.POST:
        return _page(request, form, given, bare=True)
    understood, faults = form.is_valid(), {}
    if understood and not given.refused:
        if not by_program and "sure" not in request.POST and (near := _near(form)):
            return _page(request, form, given, similar=near)
        try:
            made, _ = _file(request, form, given)
        except RuleBroken as refusal:
            faults = _beside(form, given, refusal)
        else:
            return _done(made, by_program=by_program)
    status = faults.pop("", 400)
    if by_program:
        return JsonResponse({"errors": _in_words(form, given, faults)}, status=status)
    return _page(request, form, given, faults, status=status)


@never_cache
@require_POST
@courier_page
def photos_in(request: CourierRequest) -> HttpResponse:
    """The entrance of every picture, for the pages: one picture a request."""
    upload = request.FILES.get("file")
    try:
        if upload is None or not upload.size:
            raise BadValue("照片是空的，请换一张。", field="file")
        photo = photos.take_in(upload, by=request.user)
    except RuleBroken as refusal:
        return _refused(refusal)
    return JsonResponse({"id": photo.pk, "thumbnail": photos.address(photo, "thumb")}, status=201)


@never_cache
@require_safe
@courier_page
def similar_reports(request: CourierRequest) -> HttpResponse:
    """A piece of the page: open reports like the one that is being written."""
    category = Category.objects.fileable().filter(code=request.GET.get("category", "")).first()
    if category is None:
        raise BadValue("没有这个类别。", field="category")
    where = geo.read(request.GET.get("near", ""), field="near")
    near = services.similar(category, where)
    return render(request, "reports/_similar.html", {"similar": near, "within_m": SIMILAR_M})


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The form for a lost network: the same bytes for everybody, the session is not looked at. It keeps and does not
    send; what it keeps is sent by the pages that know who is there."""
    context = {"site_name": settings.SITE_NAME, **_offered(FileForm(), Pictures(most=MOST_PHOTOS))}
    answer = HttpResponse(render_to_string("reports/offline.html", context))
    answer["Cache-Control"] = "no-cache"
    return answer


def _sent_before(request: CourierRequest) -> Report | None:
    """The report that this draft has become already. Asked after its pictures: those of a draft that is being sent a
    second time are in use by now, which is no fault of his."""
    key = request.POST.get("client_key", "")
    if not _is_key(key):
        return None
    found: Report | None = Report.objects.of_courier(request.courier).filter(client_key=key).first()
    return found


def _done(made: Report, *, by_program: bool) -> HttpResponse:
    return JsonResponse({"url": made.get_absolute_url()}) if by_program else redirect(made)


def _file(request: CourierRequest, form: FileForm, given: Pictures) -> tuple[Report, bool]:
    said = form.cleaned_data
    return services.file(
        request.courier, said["category"], text=said["text"], place=said["place"], position=said["position"],
        accuracy_m=said["accuracy_m"], station=said["station"], answers=_answers(said["category"], request.POST),
        photo_ids=given.ids, happened_at=said["happened_at"], client_key=said["client_key"], by_sms=said["by_sms"],
    )  # fmt: skip


def _near(form: FileForm) -> list[Report]:
    """What may be the same thing: around the position, else around the station that stands for it."""
    said = form.cleaned_data
    station: Station | None = said["station"]
    where = said["position"] or (Position(station.lat, station.lng) if station else None)
    return services.similar(said["category"], where) if where else []


def _answers(category: Category, posted: Mapping[str, Any]) -> dict[str, Any]:
    """Only what this category asks: a form may still hold what another was asked."""
    found = {}
    for question in category.questions.all():
        values = [value for value in posted.getlist(f"{PREFIX}{question.code}") if value]  # type: ignore[attr-defined]
        if values:
            found[question.code] = values if question.kind == QuestionKind.MULTI else values[0]
    return found


def _beside(form: FileForm, given: Pictures, refusal: RuleBroken) -> dict[str, Any]:
    """The refusal where it belongs: the form's field, the pictures, a question (code → sentence). "" is the status."""
    field = refusal.field or ""
    if field.startswith("answers."):
        return {field.removeprefix("answers."): refusal.message, "": refusal.status}
    if field == "photos":
        given.refused.append(refusal.message)
    else:
        form.add_error(field if field in form.fields else None, refusal.message)
    return {"": refusal.status}


def _in_words(form: FileForm, given: Pictures, faults: dict[str, str]) -> dict[str, str]:
    """Input → sentence, for the program that sends the page."""
    words = {name: " ".join(map(str, errors)) for name, errors in form.errors.items()}
    words |= {f"{PREFIX}{code}": sentence for code, sentence in faults.items()}
    return words | ({"photos": " ".join(given.refused)} if given.refused else {})


def _refused(refusal: RuleBroken) -> HttpResponse:
    return JsonResponse({"errors": {"": refusal.message}, "code": refusal.code}, status=refusal.status)


def _page(
    request: CourierRequest,
    form: FileForm,
    given: Pictures | None = None,
    faults: dict[str, str] | None = None,
    *,
    similar: Sequence[Report] = (),
    bare: bool = False,
    status: int = 200,
) -> HttpResponse:
    """`bare` without complaints: he has only sent pictures ahead."""
    offered = _offered(form, given or Pictures(most=MOST_PHOTOS))
    context = {
        **offered,
        "asked": _asked(offered["category"], form, faults or {}),
        "key": _key(form),
        "similar": similar,
        "within_m": SIMILAR_M,
        "shows_errors": form.is_bound and not bare,
    }
    return render(request, "reports/new.html", context, status=status)


def _offered(form: FileForm, given: Pictures) -> dict[str, Any]:
    """What the form offers to everybody alike, and what it holds."""
    categories = list(
        Category.objects.fileable().select_related("parent").prefetch_related("questions__category").order_by(
            "parent__order", "parent_id", "order", "pk"
        )
    )  # fmt: skip
    chosen = str(form["category"].value() or "")
    stations = Station.objects.active().order_by("code").only("code", "name", "lat", "lng")
    return {
        "form": form,
        "given": given,
        "groups": _groups(categories),
        "category": next((one for one in categories if one.code == chosen), None),
        "categories": [(one, [Asked(question) for question in one.questions.all()]) for one in categories],
        "stations": stations[:STATIONS_OFFERED],
        "most_photos": MOST_PHOTOS,
        "tiles": " ".join(settings.MAP_TILES),
        "tiles_attribution": settings.MAP_TILES_ATTRIBUTION,
        "tiles_subdomains": settings.MAP_TILES_SUBDOMAINS,
        "now": clock.now(),
        "unlooked": ReportState.SUBMITTED,
    }


def _groups(categories: Sequence[Category]) -> list[tuple[Category, list[Category]]]:
    """The upper level with what lies below it; what has no upper level stands for itself."""
    found: dict[int, tuple[Category, list[Category]]] = {}
    for one in categories:
        above = one.parent or one
        found.setdefault(above.pk, (above, []))[1].append(one)
    return sorted(found.values(), key=lambda group: (group[0].order, group[0].pk))


def _asked(category: Category | None, form: FileForm, faults: dict[str, str]) -> list[Asked]:
    if category is None:
        return []
    posted: Any = form.data if form.is_bound else QueryDict()
    return [
        Asked(question, posted.getlist(f"{PREFIX}{question.code}"), faults.get(question.code, ""))
        for question in category.questions.all()
    ]


def _key(form: FileForm) -> str:
    """The draft's: stays through every look at the form, so that what is sent twice is one report."""
    given = str(form["client_key"].value() or "")
    return given if _is_key(given) else str(uuid.uuid4())


def _is_key(text: str) -> bool:
    return 0 < len(text) <= KEY_LENGTH and text.isascii() and text.isprintable()
