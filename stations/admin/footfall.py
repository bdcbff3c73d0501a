"""The footfall page of the district's staff: drawn as SVG, handed out as Excel."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from openpyxl import Workbook  # type: ignore[import-untyped]  # ships no types
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget

from accounts.models import User
from fengchao.core import audit, clock
from fengchao.core.export import as_text
from stations.models import Station
from stations.services.footfall import Footfall, footfall

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AT_FIRST = 14  # days
MOST_DAYS = 366
WIDTH, HEIGHT = 700, 100  # of a chart, in its own units
LABELS = 16  # that fit under a chart


class Bar(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    middle: float
    above: float
    label: str
    title: str
    visits: int


class SpanForm(forms.Form):
    first = forms.DateField(label="从", widget=UnfoldAdminSingleDateWidget)
    last = forms.DateField(label="到", widget=UnfoldAdminSingleDateWidget)
    station = forms.ModelChoiceField(
        Station.objects.none(), label="蜂巢", required=False, empty_label="全部", to_field_name="code",
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip

    def __init__(self, *args: Any, stations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["station"].queryset = stations  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self.errors and not 0 <= (given["last"] - given["first"]).days < MOST_DAYS:
            self.add_error("first", f"起止日期要先后有序，最多 {MOST_DAYS} 天。")
        return given


def page(request: HttpRequest, user: User, context: dict[str, Any]) -> HttpResponse:
    """Of the stations in the person's scope; `?excel=1` is the same as a workbook."""
    stations = Station.objects.in_scope(user).order_by("code")
    form = SpanForm(_asked(request), stations=stations)
    found = None
    if form.is_valid():
        one = form.cleaned_data["station"]
        chosen = stations.filter(pk=one.pk) if one else stations
        found = footfall(chosen, form.cleaned_data["first"], form.cleaned_data["last"])
        if request.GET.get("excel"):
            return workbook(found, user)
    query = request.GET.copy()
    query["excel"] = "1"
    context |= {"title": "客流统计", "form": form, "footfall": found, "excel": f"?{query.urlencode()}"}
    if found is not None:
        context |= {"days": day_bars(found), "hours": hour_bars(found), "stations": station_rows(found)}
    return TemplateResponse(request, "admin/stations/footfall.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    """What the address names; the last fortnight where it names nothing."""
    today = clock.shanghai_day(clock.now())
    fortnight = {"first": str(today - timedelta(days=AT_FIRST - 1)), "last": str(today), "station": ""}
    return {name: request.GET.get(name) or fallback for name, fallback in fortnight.items()}


def day_bars(found: Footfall) -> list[Bar]:
    return _bars((f"{day.month}.{day.day}", f"{day:%Y-%m-%d}", found.by_day[day]) for day in found.days)


def hour_bars(found: Footfall) -> list[Bar]:
    return _bars((str(hour), f"{hour}:00–{hour}:59", found.by_hour[hour]) for hour in range(24))


def station_rows(found: Footfall) -> list[dict[str, Any]]:
    most = max([*found.by_station.values(), 1])
    days = len(found.days)
    return [
        {"station": station, "visits": visits, "a_day": visits / days, "width": visits / most * 200}
        for station, visits in found.ranked
    ]


def workbook(found: Footfall, user: User) -> HttpResponse:
    """Counts only; the taking of it is recorded."""
    book = Workbook(write_only=True)
    rows = _fill(book, "按蜂巢", _station_sheet(found))
    rows += _fill(book, "按日", _day_sheet(found))
    rows += _fill(book, "按小时", _hour_sheet(found))
    rows += _fill(book, "明细", _cell_sheet(found))
    audit.record(user, "footfall.exported", ("stations.footfall", f"{found.first}..{found.last}"), {"rows": rows})
    file = io.BytesIO()
    book.save(file)
    response = HttpResponse(file.getvalue(), content_type=EXCEL)
    name = f"客流-{found.first:%Y%m%d}-{found.last:%Y%m%d}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Cache-Control"] = "no-store"
    return response


def _station_sheet(found: Footfall) -> Iterator[Sequence[Any]]:
    yield ["蜂巢编号", "蜂巢", "等级", "到站人次", "日均"]
    for station, visits in found.ranked:
        grade = Station.Grade(station.grade).label
        yield [station.code, station.name, grade, visits, round(visits / len(found.days), 1)]
    yield ["合计", "", "", found.total, round(found.total / len(found.days), 1)]


def _day_sheet(found: Footfall) -> Iterator[Sequence[Any]]:
    yield ["日期", "到站人次"]
    yield from ([f"{day:%Y-%m-%d}", found.by_day[day]] for day in found.days)


def _hour_sheet(found: Footfall) -> Iterator[Sequence[Any]]:
    yield ["时段", "到站人次"]
    yield from ([f"{hour:02}:00", found.by_hour[hour]] for hour in range(24))


def _cell_sheet(found: Footfall) -> Iterator[Sequence[Any]]:
    yield ["日期", "蜂巢编号", "蜂巢", "时段", "到站人次"]
    places = {station.pk: station for station in found.stations}
    for station_id, day, hour, visits in found.cells:
        station = places[station_id]
        yield [f"{day:%Y-%m-%d}", station.code, station.name, f"{hour:02}:00", visits]


def _fill(book: Workbook, title: str, rows: Iterator[Sequence[Any]]) -> int:
    """Texts as texts, numbers as numbers; how many rows stand under the heading."""
    sheet = book.create_sheet(title)
    count = 0
    for row in rows:
        sheet.append([cell if isinstance(cell, int | float) else as_text(cell) for cell in row])
        count += 1
    return count - 1


def _bars(parts: Iterable[tuple[str, str, int]]) -> list[Bar]:
    shown = list(parts)
    most = max([*(count for _, _, count in shown), 1])
    step = WIDTH / len(shown)
    every = -(-len(shown) // LABELS)  # names of days stand apart where there are many
    return [
        Bar(
            x=place * step + step * 0.15, y=HEIGHT - count / most * 85, width=step * 0.7, height=count / most * 85,
            middle=place * step + step / 2, above=HEIGHT - count / most * 85 - 4,
            label=label if place % every == 0 or step > WIDTH / 25 else "", title=title, visits=count,
        )
        for place, (label, title, count) in enumerate(shown)
    ]  # fmt: skip
