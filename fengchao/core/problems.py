"""Errors of the API as problem documents (RFC 9457): one handler for whatever a view raises."""

import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions, status
from rest_framework.exceptions import ErrorDetail

from fengchao.core.errors import RuleBroken

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5

TITLES = {
    400: "请求有误",
    401: "需要登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持的方法",
    406: "没有可用的格式",
    409: "规则不允许",
    413: "内容太大",
    415: "不支持的格式",
    422: "幂等键不符",
    429: "太频繁了",
    500: "服务出错",
    503: "暂时无法服务",
}
NOT_FOUND = "没有找到。"
BUSY = "系统暂时无法服务，请稍后再试。"


class FieldError(TypedDict):
    """`field` is the path of the input ("photos.0"), empty when the whole body is meant."""

    field: str
    code: str
    detail: str


def problem(
    status: int, code: str, detail: str, errors: Sequence[FieldError] = (), *, headers: dict[str, str] | None = None
) -> HttpResponse:
    """The document itself; also for where no view is reached (unknown addresses, CSRF, a database that is down)."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, "请求未完成"),
        "status": status,
        "code": code,
        "detail": detail,
        "errors": list(errors),
    }
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(text, status=status, content_type=CONTENT_TYPE, headers=headers)


def unavailable() -> HttpResponse:
    return problem(503, "unavailable", BUSY, headers={"Retry-After": str(RETRY_SECONDS)})


def refusal(exc: RuleBroken) -> HttpResponse:
    errors = [FieldError(field=exc.field, code=exc.code, detail=exc.message)] if exc.field else []
    headers = {} if exc.retry_after is None else {"Retry-After": str(exc.retry_after)}
    return problem(exc.status, exc.code, exc.message, errors, headers=headers)


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks. What it gets at `/open311/` is translated once more (`reports.open311.errors`)."""
    return request.path_info.startswith(("/api/", "/open311/"))


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Translate; None for what is our own fault, which becomes a 500 and a line in the log."""
    if isinstance(exc, RuleBroken):
        return refusal(exc)
    if isinstance(exc, OperationalError | InterfaceError):
        logger.warning("database unavailable: %s", type(exc).__name__)
        return unavailable()
    known = _as_api_exception(exc)
    return None if known is None else _from_api_exception(known)


def _as_api_exception(exc: Exception) -> exceptions.APIException | None:
    """Django's own exceptions in the words of REST framework."""
    match exc:
        case exceptions.APIException():
            return exc
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case ValidationError():
            return exceptions.ValidationError(_details(exc))
        case RequestDataTooBig():
            return _TooLarge()
        case SuspiciousOperation() | BadRequest() | UnreadablePostError():
            return exceptions.ParseError()
        case DataError():
            # A number or character the column cannot hold: what a client sent, past a check of ours.
            logger.warning("value refused by the database: %s", type(exc.__cause__).__name__)
            return exceptions.ParseError("提交了无法保存的内容。", code="invalid")
    return None


class _TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def _details(exc: ValidationError) -> Any:
    return exc.message_dict if hasattr(exc, "error_dict") else exc.messages


# Sentences of ours where REST framework's say too much, too little, or English. Who raises with a code of his own is
# quoted instead.
CODES: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.ValidationError: ("invalid", "提交的内容有误。"),
    exceptions.ParseError: ("parse_error", "提交的内容无法读取。"),
    exceptions.NotFound: ("not_found", NOT_FOUND),
    exceptions.PermissionDenied: ("not_allowed", "您没有权限这样做。"),
    exceptions.NotAuthenticated: ("not_authenticated", "请先登录。"),
    exceptions.AuthenticationFailed: ("not_authenticated", "登录已失效，请重新登录。"),
    exceptions.MethodNotAllowed: ("method_not_allowed", "这个地址不支持这种方法。"),
    exceptions.NotAcceptable: ("not_acceptable", "只提供 JSON 格式。"),
    exceptions.UnsupportedMediaType: ("unsupported_media_type", "不支持这种内容类型。"),
    exceptions.Throttled: ("too_many_requests", "操作太频繁，请稍后再试。"),
    _TooLarge: ("too_large", "提交的内容太大。"),
}


def _from_api_exception(exc: exceptions.APIException) -> HttpResponse:
    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, int(wait)))
    for kind, (code, detail) in CODES.items():
        if isinstance(exc, kind):
            errors = list(_flatten(exc.detail)) if isinstance(exc, exceptions.ValidationError) else []
            if isinstance(exc.detail, ErrorDetail) and exc.detail.code != kind.default_code:
                code, detail = exc.detail.code or code, str(exc.detail)
            return problem(exc.status_code, code, detail, errors, headers=headers)
    if isinstance(exc.detail, ErrorDetail):
        return problem(exc.status_code, exc.detail.code or exc.default_code, str(exc.detail), headers=headers)
    return problem(exc.status_code, exc.default_code, "提交的内容有误。", headers=headers)


def _flatten(detail: Any, path: tuple[str, ...] = ()) -> Iterator[FieldError]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flatten(inner, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(detail, list | tuple):
        for number, inner in enumerate(detail):
            # A list of sentences is about one field; a list of dicts and lists is about its members.
            yield from _flatten(inner, path if isinstance(inner, str) else (*path, str(number)))
    else:
        code = detail.code if isinstance(detail, ErrorDetail) else "invalid"
        yield FieldError(field=".".join(path), code=code or "invalid", detail=str(detail))
