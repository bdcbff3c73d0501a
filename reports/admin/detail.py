"""What stands below the facts of one report: pictures, answers, history, points, reports nearby, and the next step."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from fengchao.core import links as where
from fengchao.core import photos
from points.models import Account, Entry
from reports import rules
from reports.admin.forms import named
from reports.models import Report
from reports.services import answers, history, offers
from reports.services.filing import AFTER_PHOTO, ANSWER_PHOTO, PHOTO
from reports.services.rewards import KIND
from reports.states import MOVE_NAMES, ReportState
from stations.navigation import Destination, links

TITLES = {PHOTO: "现场照片", ANSWER_PHOTO: "补充照片", AFTER_PHOTO: "办结照片"}
ACTIONS = ("accept", "assign", "ask", "reject", "reopen", "disprove")
SERIOUS = ("reject", "disprove")


def beside(report: Report, user: User) -> dict[str, Any]:
    decides = rules.triages(user, report) and not rules.is_reporter(user, report)
    shots = photos.of(report.number, *TITLES)
    return {
        "report": report,
        "decides": decides,
        "is_own": rules.is_reporter(user, report),
        "moves": _moves(report, user) if decides else [],
        "list_address": reverse("admin:reports_report_changelist"),
        "courier_address": reverse("admin:accounts_courier_change", args=[report.courier_id])
        if report.courier_id and rules.may_see_reporter(user, report)
        else "",
        "shelves": [
            {"title": title, "photos": found}
            for kind, title in TITLES.items()
            if (found := [shot for shot in shots if shot.kind == kind])
        ],
        "answers": answers.in_words(report.category, report.answers),
        "steps": history.in_words(report, as_reporter=False),
        "entries": _earned(report),
        "earlier": [{"words": named(one), "address": _address(one)} for one in offers.earlier(report)],
        "ways": _ways(report),
        "feedback": getattr(report, "feedback", None),
        "origin": where.of([("origin:report", report.number)], user).get(("origin:report", report.number), ""),
    }


def _moves(report: Report, user: User) -> list[dict[str, Any]]:
    now = rules.allowed(report, user)
    found = [
        {"action": f"{move}_chosen", "label": MOVE_NAMES[move], "is_serious": move in SERIOUS}
        for move in ACTIONS
        if move in now
    ]
    if "reject" in now:
        found.append({"action": "merge_chosen", "label": "并入先报的一件", "is_serious": False})
    if report.state in (ReportState.SUBMITTED, ReportState.ACCEPTED):
        found.append({"action": "recategorise_chosen", "label": "改类别", "is_serious": False})
    return found


def _earned(report: Report) -> list[Entry]:
    found = Entry.objects.filter(
        transfer__source_kind=KIND, transfer__source_key=report.number, account__kind=Account.Kind.COURIER
    )
    return list(found.select_related("transfer").order_by("pk"))


def _ways(report: Report) -> list[Any]:
    if report.lat is None or report.lng is None:
        return []
    name = f"随手拍 {report.number}"
    return list(links(Destination(name, report.place or name, report.lat, report.lng)))


def _address(report: Report) -> str:
    return reverse("admin:reports_report_change", args=[report.pk])
