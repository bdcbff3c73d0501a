"""Answers where no view gives one: a Chinese page for people, a problem document for programs.

The pages need no database, no session and no context processor, so they stand when the rest does not.
"""

import sys

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from fengchao.core import context
from fengchao.core.errors import RuleBroken
from fengchao.core.problems import BUSY, NOT_FOUND, RETRY_SECONDS, is_api, problem, refusal, unavailable


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    status = getattr(exception, "status_code", 413 if _is_too_big(exception) else 400)
    if is_api(request):
        code, detail = ("too_large", "提交的内容太大。") if status == 413 else ("invalid", "请求有误。")
        return problem(status, code, detail)
    return page("400", status=status)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_api(request):
        return problem(403, "not_allowed", "您没有权限这样做。")
    return page("403", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_api(request):
        return problem(404, "not_found", NOT_FOUND)
    return page("404", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django comes here from inside its `except`; a database that failed in a middleware is seen only here."""
    if is_database_down(sys.exc_info()[1]):
        return database_down(request)
    if is_api(request):
        return problem(500, "server_error", "服务出错了，我们会尽快处理。")
    return page("500", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if is_api(request):
        return problem(403, "csrf_failed", "页面已过期，请刷新后再试。")
    return page("csrf", status=403)


def database_down(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return unavailable()
    response = page("503", status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def refused(request: HttpRequest, exc: RuleBroken) -> HttpResponse:
    """A refusal that no view put beside a field."""
    if is_api(request):
        return refusal(exc)
    if exc.status == 404:
        return page("404", status=404)
    response = page("refused", status=exc.status, message=exc.message)
    if exc.retry_after is not None:
        response["Retry-After"] = str(exc.retry_after)
    return response


def is_database_down(exc: BaseException | None) -> bool:
    """Also true for a lock or a statement that took too long: in each case the person may try again."""
    return isinstance(exc, OperationalError | InterfaceError)


def page(name: str, *, status: int, message: str = "") -> HttpResponse:
    try:
        text = render_to_string(f"errors/{name}.html", {**context.site(None), "message": message})
    except ValueError:
        # Static files that nobody collected have no address; the sentence matters more than the looks.
        return HttpResponse(message or BUSY, status=status, content_type="text/plain; charset=utf-8")
    response = HttpResponse(text, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _is_too_big(exception: Exception | None) -> bool:
    return isinstance(exception, SuspiciousOperation) and type(exception).__name__ == "RequestDataTooBig"
