"""The blur tool: boxes drawn with the pointer or typed as numbers, a preview, and the picture replaced."""

import base64
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from fengchao.core import photos
from fengchao.core.admin import BaseAdmin, me
from fengchao.core.errors import BadValue, RuleBroken
from fengchao.core.images import Box
from fengchao.core.models import Photo
from reports.models import Report
from reports.rules import triages
from reports.services import blurring
from reports.services.filing import AFTER_PHOTO, ANSWER_PHOTO, PHOTO

SIDES = ("x", "y", "w", "h")
ROWS = 6  # to fill in without a script; a script adds more


def page(lists: BaseAdmin, request: HttpRequest, object_id: int, photo_id: int) -> HttpResponse:
    report = lists.get_queryset(request).filter(pk=object_id).first()
    photo = Photo.objects.filter(pk=photo_id, kind__in=(PHOTO, ANSWER_PHOTO, AFTER_PHOTO)).first()
    if report is None or photo is None or photo.subject_key != report.number:
        raise Http404
    if not triages(me(request), report):
        raise PermissionDenied
    rows: list[dict[str, str]] = []
    fault, seen, status = "", "", 200
    if request.method == "POST":
        rows = _rows(request)
        try:
            boxes = _boxes(rows)
            if request.POST.get("then") != "preview":
                blurring.blur(photo, boxes, by=me(request))
                messages.success(request, f"已打码 {len(boxes)} 处，原图已删除，大家看到的都是打码后的照片。")
                return HttpResponseRedirect(reverse("admin:reports_report_change", args=[report.pk]))
            made = blurring.preview(photo, boxes, by=me(request))
            seen = f"data:image/webp;base64,{base64.b64encode(made.full).decode()}"
        except RuleBroken as refusal:
            fault, status = refusal.message, refusal.status
    context = {
        **lists.admin_site.each_context(request), **_shown(lists, report, photo), "fault": fault, "preview": seen,
        "rows": _filled_up(rows),
    }  # fmt: skip
    return TemplateResponse(request, "admin/reports/blur.html", context, status=status)


def _shown(lists: BaseAdmin, report: Report, photo: Photo) -> dict[str, Any]:
    return {
        "opts": lists.opts,
        "title": f"给照片打码 · {report.number}",
        "report": report,
        "photo": photo,
        "picture": photos.address(photo),
        "most": blurring.MOST_BOXES,
        "back": reverse("admin:reports_report_change", args=[report.pk]),
    }


def _rows(request: HttpRequest) -> list[dict[str, str]]:
    """Rows that say anything, as typed. One more than may be is enough to be refused."""
    columns = [request.POST.getlist(side) for side in SIDES]
    length = min(max(map(len, columns)), 10 * blurring.MOST_BOXES)
    rows = [
        {side: column[nr].strip()[:20] if nr < len(column) else "" for side, column in zip(SIDES, columns, strict=True)}
        for nr in range(length)
    ]
    return [row for row in rows if any(row.values())][: blurring.MOST_BOXES + 1]


def _boxes(rows: list[dict[str, str]]) -> list[Box]:
    found = []
    for nr, row in enumerate(rows, 1):
        try:
            found.append(Box(*(float(row[side]) for side in SIDES)))
        except ValueError:
            raise BadValue(f"第 {nr} 个框要填四个数字。", field="boxes") from None
    return found


def _filled_up(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    more = max(ROWS - len(rows), 1) if len(rows) < blurring.MOST_BOXES else 0
    return [*rows, *[dict.fromkeys(SIDES, "") for _ in range(more)]]
