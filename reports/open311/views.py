"""The addresses of GeoReport v2."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Q
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.parsers import StrictFormParser
from fengchao.core.permissions import Anyone
from reports import services
from reports.models import ApiKey, Category, Report
from reports.open311 import shapes
from reports.open311.documents import Document, Json, Xml
from reports.open311.reading import LAST_PAGE, MOST_NUMBERS, MOST_ROWS, ROWS_OF_A_PAGE, Parameters, Span, with_plus
from reports.problems import KeyUnknown
from reports.querysets import CategoryQuerySet, ReportQuerySet
from reports.services import Call
from reports.services.filing import KEY_LENGTH
from reports.states import OVER, QuestionKind

WINDOW = timedelta(days=90)
"""How far back a list goes that names no time."""

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


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
    parser_classes = (StrictFormParser, MultiPartParser)
    renderer_classes = (Json, Xml)
    content_negotiation_class = ByAddress
    metadata_class = None
    schema = None  # described by the specification

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """What a browser asks before it sends Idempotency-Key from a page of another site."""
        allowed = {"Access-Control-Allow-Methods": ", ".join(self.allowed_methods),
                   "Access-Control-Allow-Headers": "Idempotency-Key, Content-Type"}  # fmt: skip
        return Response(status=204, headers=allowed)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Pages of others may read what everybody may read."""
        made = super().finalize_response(request, response, *args, **kwargs)
        made["Access-Control-Allow-Origin"] = "*"
        return made


class Discovery(GeoReport):
    """Where the service is. One entry for each form: some clients cannot read a list of one."""

    def get(self, request: Request, format: str) -> Response:
        base, changed = request.build_absolute_uri("/open311/v2"), _changed()
        endpoints = [
            {
                "specification": SPECIFICATION,
                "url": base,
                "changeset": changed,
                "type": "production",
                "formats": [renderer.media_type],
            }
            for renderer in (Xml, Json)
        ]
        about = {
            "changeset": changed,
            "contact": settings.OPEN311_CONTACT or f"{settings.DISTRICT_NAME}{settings.SITE_NAME}",
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
        given = Parameters(_body(request))
        key = _key(given, Parameters(request.query_params))
        try:
            report = _filed(given, key, _call(request, given))
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


def _body(request: Request) -> QueryDict:
    if not request.headers.get("Content-Length") or request.headers.get("Content-Encoding"):
        raise BadValue("请不压缩、不分块，并带上 Content-Length。")
    try:
        body = request.data
    except UnsupportedMediaType:
        body = None
    if not isinstance(body, QueryDict):
        raise BadValue("请用表单格式提交（application/x-www-form-urlencoded）。")
    return body


def _filed(given: Parameters, key: ApiKey, call: Call | None) -> Report:
    if (sent := services.sent_by_call(key, call)) is not None:
        return sent
    category = _service(_needed(given, "service_code"))
    report, _ = services.file_for_partner(
        key,
        category,
        text=given.text("description"),
        place=given.text("address_string"),
        position=given.position(),
        answers=_answers(category, given),
        media_url=given.text("media_url"),
        call=call,
    )
    return report


def _answers(category: Category, given: Parameters) -> dict[str, list[str]]:
    """A time may have lost its `+`; the notice, which asks nothing, may come back with the form made of it."""
    answers = given.attributes()
    times = {question.code for question in category.questions.all() if question.kind == QuestionKind.DATETIME}
    for code in times & answers.keys():
        answers[code] = [with_plus(text) for text in answers[code]]
    answers.pop(shapes.NOTICE, None)
    return answers


def _named_here(field: str) -> str:
    """The specification's name of a field of ours."""
    if field.startswith("answers."):
        return f"attribute[{field.removeprefix('answers.')}]"
    return {"text": "description", "place": "address_string", "lng": "long"}.get(field, field)


def _changed() -> str | None:
    """When the offer last changed: clients that keep it look for that."""
    return clock.iso(Category.objects.aggregate(Max("changed_at"))["changed_at__max"])


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
    if len(numbers) > MOST_NUMBERS:
        raise BadValue(f"一次最多 {MOST_NUMBERS} 个。", field="service_request_id")
    return list(_public().filter(number__in=numbers))


def _narrowed(given: Parameters, at: datetime) -> list[Report]:
    """What was filed, or changed, when it was asked for; with no time at all the last 90 days."""
    filed, changed = given.span("start_date", "end_date"), given.span("updated_after", "updated_before")
    if filed == changed == Span(None, None):
        filed = Span(at - WINDOW, None)
    found = _within(_within(_public(), "filed_at", filed), "updated_at", changed)
    if filed == Span(None, None):
        found = found.order_by("-updated_at", "-pk")  # as the index has them that is asked here
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


def _call(request: Request, given: Parameters) -> Call | None:
    text: str = request.headers.get("Idempotency-Key", "")
    if len(text) > KEY_LENGTH or not (text.isascii() and text.isprintable()):
        raise BadValue(f"最多 {KEY_LENGTH} 个可见的 ASCII 字符。", field="Idempotency-Key")
    said = ("service_code", "description", "address_string", "lat", "long", "media_url")
    return Call(text, given.digest(*said)) if text else None
