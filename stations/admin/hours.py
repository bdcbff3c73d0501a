"""Opening hours in the station's form, with the days they produce, and the dated changes of many stations at once."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesRadioFilter, RadioFilter
from unfold.decorators import action, display

from fengchao.core import clock, geo
from fengchao.core.admin import BaseAdmin, me
from fengchao.core.errors import RuleBroken
from stations import opening
from stations.models import HoursOverride, Station
from stations.services import hours

TWO_WEEKS = 14
STANDINGS = {"生效中": "success", "未开始": "info", "已结束": "default", "已撤销": "danger"}


class StationForm(forms.ModelForm):
    def clean_opening_hours(self) -> str:
        return _checked(self.cleaned_data["opening_hours"], "opening_hours")

    def clean_holiday_hours(self) -> str:
        return _checked(self.cleaned_data["holiday_hours"], "holiday_hours")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("lat") is not None and given.get("lng") is not None:
            try:
                geo.checked(given["lat"], given["lng"], field="lat")
            except RuleBroken as refusal:
                self.add_error(refusal.field, refusal.message)
        return given


class WithHours(BaseAdmin):
    """A station's form shows the coming two weeks as saved, and before saving as written."""

    form = StationForm
    actions = ("change_hours",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [path("hours/", view, name="stations_station_hours"), *super().get_urls()]

    @display(description="未来两周")
    def coming(self, station: Station) -> str:
        days = opening.days(station, clock.shanghai_day(clock.now()), TWO_WEEKS) if station.pk else []
        context = {"days": days, "station": station, "preview": reverse("admin:stations_station_hours")}
        return render_to_string("admin/stations/coming.html", context)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The two weeks that the texts of the form would produce, with the overrides that stand; nothing is saved."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        written = {name: request.POST.get(name, "")[:300] for name in ("opening_hours", "holiday_hours")}
        station, faults = self._written(request), {}
        for name, text in written.items():
            try:
                setattr(station, name, opening.check(text, field=name))
            except RuleBroken as refusal:
                faults[str(Station._meta.get_field(name).verbose_name)] = refusal.message  # type: ignore[union-attr]
        days = [] if faults else opening.days(station, clock.shanghai_day(clock.now()), TWO_WEEKS)
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": "按这样写，未来两周", "days": days,
            "faults": faults, "written": station,
        }  # fmt: skip
        return TemplateResponse(request, "admin/stations/preview.html", context)

    def _written(self, request: HttpRequest) -> Station:
        """The station of the form, for its overrides, or a new one."""
        pk = request.POST.get("hours_of", "")
        known = pk.isascii() and pk.isdecimal() and len(pk) < 19
        found: Station | None = self.get_queryset(request).filter(pk=pk).first() if known else None
        return found or Station()

    @action(description="延长或调整开放时间", permissions=["change"])
    def change_hours(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        marks = ",".join(str(station.pk) for station in self._few(request, chosen))
        return HttpResponseRedirect(
            f"{reverse('admin:stations_hoursoverride_add')}?{urlencode({'stations': marks})}"
            if marks
            else request.get_full_path()
        )


class OverrideForm(forms.ModelForm):
    """What is right is the service's; the form says it beside the field."""

    class Meta:
        model = HoursOverride
        fields = ("stations", "kind", "hours", "first_day", "last_day", "reason")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        try:
            if "kind" in given and "hours" in given:
                given["hours"] = hours.fitting(given["kind"], given["hours"])
            if "first_day" in given and "last_day" in given:
                hours.refuse_days(given["first_day"], given["last_day"], clock.now())
        except RuleBroken as refusal:
            self.add_error(refusal.field, refusal.message)
        return given


class StandingFilter(RadioFilter):
    title = "状态"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "生效中或未开始")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "yes":
            return queryset
        return queryset.filter(withdrawn_at=None, last_day__gte=clock.shanghai_day(clock.now()))


@admin.register(HoursOverride)
class HoursOverrideAdmin(BaseAdmin):
    """Entered once and then only withdrawn, so that what couriers were told stays on record."""

    form = OverrideForm
    list_display = ("reason", "kind", "hours", "first_day", "last_day", "how_many", "standing", "by")
    list_filter = (StandingFilter, ("kind", ChoicesRadioFilter))
    list_select_related = ("by",)
    search_fields = ("reason", "stations__name", "stations__code")
    search_help_text = "原因、蜂巢名称或编号"
    ordering = ("-pk",)
    filter_horizontal = ("stations",)
    actions = ("withdraw_chosen",)
    fields = ("stations", "kind", "hours", ("first_day", "last_day"), "reason")

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        return super().scoped(queryset, user).annotate(reach=Count("stations"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.fields, ("by", "at"), ("withdrawn_by", "withdrawn_at")) if obj else self.fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        today = clock.shanghai_day(clock.now())
        marks = [mark for mark in request.GET.get("stations", "").split(",") if mark.isascii() and mark.isdecimal()]
        return {"first_day": today, "last_day": today, "kind": HoursOverride.Kind.EXTENDED, "stations": marks}

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = Station.objects.managed_by(me(request)).order_by("code")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: HoursOverride, form: Any, change: bool) -> None:
        given = form.cleaned_data
        made = hours.announce(given.pop("stations").select_related("organisation"), **given, by=me(request))
        obj.pk, obj.at, obj.by = made.pk, made.at, made.by

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """`announce` has named the stations."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """`announce` has written the audit row."""

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().add))

    @action(description="撤销所选", permissions=["withdraw"])
    def withdraw_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        done = "已撤销 {} 次调整，恢复平时的开放时间。"
        self.each(request, chosen, lambda row: hours.withdraw(row, by=me(request)), done=done)

    @display(description="蜂巢数")
    def how_many(self, override: Any) -> int:
        return int(override.reach)

    @display(description="状态", label=STANDINGS)
    def standing(self, override: HoursOverride) -> str:
        today = clock.shanghai_day(clock.now())
        if override.withdrawn_at:
            return "已撤销"
        if override.last_day < today:
            return "已结束"
        return "未开始" if override.first_day > today else "生效中"


def _checked(text: str, field: str) -> str:
    try:
        return opening.check(text, field=field)
    except RuleBroken as refusal:
        raise forms.ValidationError(refusal.message) from refusal
