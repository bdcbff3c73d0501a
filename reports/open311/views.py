"""The addresses of GeoReport v2."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.permissions import Anyone
from reports import services
from reports.models import ApiKey, Category, Report
from reports.open311 import shapes
from reports.open311.documents import Document, Json, Xml
from reports.open311.reading import LAST_PAGE, MOST_ROWS, ROWS_OF_A_PAGE, Parameters, Span
from reports.problems import KeyUnknown
from reports.querysets import CategoryQuerySet, ReportQuerySet
from reports.services.filing import KEY_LENGTH
from reports.states import OVER

WINDOW = timedelta(days=90)
"""How far back a list goes that names no time."""

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGED = "2026-12-01T00:00:00+08:00"
"""When the offer last changed; clients that keep the discovery look for it."""


class ByAddress(BaseContentNegotiation):
    """The end of the address says in which form; what a client says it accepts refuses nobody."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        sent = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        found: BaseRenderer = next((one for one in renderers if one.format == format_suffix), renderers[0])
        return found, found.media_type


class GeoReport(APIView):
    """Knows no caller but by his key, so that every answer is the same for everybody."""

    authentication_classes = ()
    permission_classes = (Anyone,)
    parser_classes = (FormParser, MultiPartParser)
    renderer_classes = (Json, Xml)
    content_negotiation_class = ByAddress
    metadata_class = None
    schema = None  # described by the specification

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Pages of others may read what everybody may read."""
        made = super().finalize_response(request, response, *args, **kwargs)
        made["Access-Control-Allow-Origin"] = "*"
        return made


class Discovery(GeoReport):
    """Where the service is. One entry for each form: some clients cannot read a list of one."""

    def get(self, request: Request, format: str) -> Response:
        base = request.build_absolute_uri("/open311/v2/")
        endpoints = [
            {
                "specification": SPECIFICATION,
                "url": base,
                "changeset": CHANGED,
                "type": "production",
                "formats": [renderer.media_type],
            }
            for renderer in (Xml, Json)
        ]
        about = {
            "changeset": CHANGED,
            "contact": f"{settings.DISTRICT_NAME}{settings.SITE_NAME}",
            "key_service": "密钥由区管理员发放，请联系本区蜂巢管理单位",
            "endpoints": endpoints,
        }
        return Response(Document("discovery", about))


class Services(GeoReport):
    def get(self, request: Request, format: str) -> Response:
        Parameters(request.query_params)
        return Response(Document("services", [shapes.service(category) for category in _offered()]))


class Definition(GeoReport):
    def get(self, request: Request, code: str, format: str) -> Response:
        Parameters(request.query_params)
        return Response(Document("service_definition", shapes.definition(_service(code))))


class Requests(GeoReport):
    """The list, newest first, and one more."""

    def get(self, request: Request, format: str) -> Response:
        given = Parameters(request.query_params)
        extensions = given.flag("extensions")
        numbers = given.texts("service_request_id")
        found = _named(numbers) if numbers else _narrowed(given, clock.now())
        return Response(Document("service_requests", shapes.requests(found, extensions=extensions)))

    def post(self, request: Request, format: str) -> Response:
        body = request.data
        if not isinstance(body, QueryDict):
            raise BadValue("请用表单格式提交（application/x-www-form-urlencoded）。")
        given = Parameters(body)
        key = _key(given, Parameters(request.query_params))
        try:
            report = _filed(given, key, _call(request))
        except BadValue as refusal:
            raise BadValue(refusal.message, field=_named_here(refusal.field or "")) from refusal
        filed = {
            "service_request_id": report.number,
            "service_notice": report.category.stop_notice or None,
            "account_id": None,
        }
        return Response(Document("service_requests", [filed]))


class OneRequest(GeoReport):
    def get(self, request: Request, number: str, format: str) -> Response:
        given = Parameters(request.query_params)
        found = _named([number])
        if not found:
            raise NotThere("没有这件上报。")
        return Response(Document("service_requests", shapes.requests(found, extensions=given.flag("extensions"))))


class Token(GeoReport):
    """Reports get their number at once, so no token is ever handed out; who asks with the number gets it back."""

    def get(self, request: Request, token: str, format: str) -> Response:
        Parameters(request.query_params)
        if not _named([token]):
            raise NotThere("没有这个 token。")
        return Response(Document("service_requests", [{"service_request_id": token, "token": token}]))


def _filed(given: Parameters, key: ApiKey, call: str) -> Report:
    report, _ = services.file_for_partner(
        key,
        _service(_needed(given, "service_code")),
        text=given.text("description"),
        place=given.text("address_string"),
        position=given.position(),
        answers=given.attributes(),
        media_url=given.text("media_url"),
        call=call,
    )
    return report


def _named_here(field: str) -> str:
    """The specification's name of a field of ours."""
    if field.startswith("answers."):
        return f"attribute[{field.removeprefix('answers.')}]"
    return {"text": "description", "place": "address_string", "lng": "long"}.get(field, field)


def _offered() -> CategoryQuerySet:
    """What may be filed here, as the tree reads, with what `shapes` asks."""
    ordinary: CategoryQuerySet = Category.objects.fileable().filter(is_confidential=False).select_related("parent")
    return ordinary.prefetch_related("questions").order_by("parent__order", "parent", "order", "pk")


def _service(code: str) -> Category:
    found: Category | None = _offered().filter(code=code).first()
    if found is None:
        raise NotThere("没有这个 service_code。")
    return found


def _public() -> ReportQuerySet:
    found: ReportQuerySet = Report.objects.public_kind().shown().order_by("-filed_at", "-pk")
    return found


def _named(numbers: list[str]) -> list[Report]:
    if len(numbers) > MOST_ROWS:
        raise BadValue(f"一次最多 {MOST_ROWS} 个。", field="service_request_id")
    return list(_public().filter(number__in=numbers))


def _narrowed(given: Parameters, at: datetime) -> list[Report]:
    """What was filed, or changed, when it was asked for; with no time at all the last 90 days."""
    filed, changed = given.span("start_date", "end_date"), given.span("updated_after", "updated_before")
    if filed == changed == Span(None, None):
        filed = Span(at - WINDOW, None)
    found = _within(_within(_public(), "filed_at", filed), "updated_at", changed)
    if codes := given.texts("service_code"):
        found = found.filter(category__in=_categories(codes))
    wanted = given.status()
    if len(wanted) == 1:
        closed = Q(state__in=OVER)
        found = found.filter(closed if wanted == {"closed"} else ~closed)
    page, size = given.count("page", most=LAST_PAGE), given.count("page_size", most=MOST_ROWS)
    rows = size or (ROWS_OF_A_PAGE if page else MOST_ROWS)
    first = ((page or 1) - 1) * rows
    return list(found[first : first + rows])


def _within(found: ReportQuerySet, field: str, span: Span) -> ReportQuerySet:
    if span.start:
        found = found.filter(**{f"{field}__gte": span.start})
    return found.filter(**{f"{field}__lt": span.end}) if span.end else found


def _categories(codes: list[str]) -> list[int]:
    """Also those out of use: what was filed stays to be read."""
    known = dict(Category.objects.filter(code__in=codes, is_confidential=False).values_list("code", "pk"))
    if unknown := [code for code in codes if code not in known]:
        raise NotThere(f"没有这个 service_code：{unknown[0][:40]}")
    return list(known.values())


def _key(*sources: Parameters) -> ApiKey:
    texts = {text for given in sources if (text := given.text("api_key"))}
    key = services.live_key(texts.pop()) if len(texts) == 1 else None
    if key is None:
        raise KeyUnknown
    return key


def _needed(given: Parameters, name: str) -> str:
    if not (text := given.text(name)):
        raise BadValue("没有提供。", field=name)
    return text


def _call(request: Request) -> str:
    text: str = request.headers.get("Idempotency-Key", "")
    if len(text) > KEY_LENGTH or not (text.isascii() and text.isprintable()):
        raise BadValue(f"最多 {KEY_LENGTH} 个可见的 ASCII 字符。", field="Idempotency-Key")
    return text
