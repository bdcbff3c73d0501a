"""The stock-take's page: a number for each gift, confirm, and what the street does with it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import NotThere, RuleBroken
from gifts.desk.forms import CountForm, StockTakeForm, name_of
from gifts.desk.stock import shown_levels
from gifts.models import Gift, PaperSlip, StockTake, StockTakeLine
from gifts.rules import stock_take_moves
from gifts.services import stock_takes
from gifts.states import LIVE_STOCK_TAKES, StockTakeState
from stations.guards import counter_page
from stations.models import Station

EARLIER = 5


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def count(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    """The page; posted, it writes the numbers down, and confirms them when that button was pressed."""
    if request.method != "POST":
        return _page(request, worker, station)
    taken = _live(station)
    if taken is None:
        messages.error(request, "本站现在没有进行中的盘点。")
        return redirect("stock_count", station.code)
    form = CountForm(request.POST, gifts=[level.gift for level in shown_levels(station)])
    if not form.is_valid():
        return _page(request, worker, station, form=form)
    counts, confirming = form.counts(), request.POST.get("then") == "confirm"
    if not counts and not confirming:
        form.add_error(None, "还没有填数，数好一样就填一样。")
        return _page(request, worker, station, form=form)

    def act() -> StockTake:
        if counts:
            stock_takes.count_all(taken, counts, by=worker)
        return stock_takes.confirm(taken, by=worker) if confirming else taken

    saved = f"已记下 {len(counts)} 样的实盘数。" if counts else ""
    told = f"{saved}盘点已确认，等街道审定。" if confirming else saved
    try:
        messages.success(request, act_once(request, worker, form.cleaned_data["key"], act, lambda _: told))
    except RuleBroken as refusal:
        say_refusal(form, refusal, field=name_of(refusal.field) if refusal.field else None)
        return _page(request, worker, station, form=form, status=refusal.status)
    return redirect("stock_count", station.code)


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def move(request: HttpRequest, worker: User, station: Station, name: str) -> HttpResponse:
    """begin, reopen, finish or cancel."""
    if name not in TOLD:
        raise NotThere
    if request.method != "POST":
        return redirect("stock_count", station.code)
    form = StockTakeForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            told = act_once(
                request, worker, given["key"], lambda: _act(name, station, given, worker), lambda _: TOLD[name]
            )
            messages.success(request, told)
        except RuleBroken as refusal:
            messages.error(request, refusal.message)
    else:
        messages.error(request, "这一页已失效，请重新操作。")
    return redirect("stock_count", station.code)


def _of_page(station: Station, given: dict[str, Any]) -> StockTake:
    taken: StockTake | None = StockTake.objects.filter(station=station, number=given["number"]).first()
    if taken is None:
        raise NotThere("没有这次盘点，请刷新页面。")
    return taken


TOLD = {
    "begin": "盘点开始了，数好一样填一样。",
    "reopen": "已退回重盘，改好后再确认。",
    "finish": "盘点已审定，差异已经入账。",
    "cancel": "盘点已作废，账面没有变。",
}


def _act(name: str, station: Station, given: dict[str, Any], by: User) -> StockTake:
    if name == "begin":
        return stock_takes.begin(station, by=by)
    taken = _of_page(station, given)
    match name:
        case "reopen":
            return stock_takes.reopen(taken, by=by)
        case "finish":
            return stock_takes.finish(taken, by=by)
    return stock_takes.cancel(taken, reason=given["reason"], by=by)


def _live(station: Station) -> StockTake | None:
    found = StockTake.objects.live().filter(station=station)
    taken: StockTake | None = found.select_related("station__organisation", "begun_by", "confirmed_by").first()
    return taken


def _page(
    request: HttpRequest, worker: User, station: Station, *, form: CountForm | None = None, status: int = 200
) -> HttpResponse:
    taken = _live(station)
    levels = sorted(shown_levels(station), key=lambda level: not level.came)
    form = form or CountForm(gifts=[level.gift for level in levels], initial={"key": uuid.uuid4().hex})
    lines = {line.gift_id: line for line in taken.lines.select_related("gift", "by")} if taken else {}
    shown = [
        level.gift for level in levels if (taken and taken.state == StockTakeState.DRAFT) or level.gift.pk in lines
    ]
    following = next((gift for gift in shown if gift.pk not in lines), None)
    if following and not form.is_bound:
        form.fields[name_of(following.code)].widget.attrs["autofocus"] = True
    earlier = StockTake.objects.filter(station=station).select_related("confirmed_by", "ended_by")
    context = {
        "station": station,
        "many_stations": Station.objects.served_by(worker).exclude(pk=station.pk).exists(),
        "taken": taken,
        "moves": stock_take_moves(taken, worker) if taken else [],
        "form": form,
        "rows": [_row(gift, form, lines.get(gift.pk)) for gift in shown],
        "counted": len(lines),
        "differing": sum(line.difference != 0 for line in lines.values()),
        "act_key": uuid.uuid4().hex,
        "pending_slips": PaperSlip.objects.pending().filter(station=station).count(),
        "earlier": earlier.exclude(state__in=LIVE_STOCK_TAKES).order_by("-begun_at", "-pk")[:EARLIER],
    }
    return render(request, "gifts/count.html", context, status=status)


def _row(gift: Gift, form: CountForm, line: StockTakeLine | None) -> dict[str, Any]:
    return {"gift": gift, "field": form[name_of(gift.code)], "line": line, "off": abs(line.difference) if line else 0}
