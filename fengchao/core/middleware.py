"""What surrounds every view: the request id and the access line, a database that is down, refusals nobody answered."""

import logging
import time
from collections.abc import Callable

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import has_vary_header

from fengchao.core import error_pages, images, requests
from fengchao.core.errors import RuleBroken, TooLarge, WrongType

access = logging.getLogger("fengchao.access")
logger = logging.getLogger(__name__)

UTF_8 = ("utf-8", "utf8", "us-ascii", "ascii")

LARGEST_BODY = images.LARGEST_FILE + 64 * 1024  # what multipart adds

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestIdMiddleware:
    """Outermost, so that every answer carries the id and has its line in the log."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.monotonic()
        request_id = requests.begin(request.headers.get("X-Request-Id"))
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id
            self._log(request, response, started)
            return response
        finally:
            requests.end()

    def _log(self, request: HttpRequest, response: HttpResponseBase, started: float) -> None:
        match = request.resolver_match
        if match is None and request.path_info.startswith(settings.STATIC_URL):
            return
        access.info(
            "request",
            extra={
                "method": request.method,
                # The pattern and not the path: a path may hold a pickup code.
                "route": match.route if match else None,
                "status": response.status_code,
                "ms": round((time.monotonic() - started) * 1000, 1),
            },
        )


class DatabaseDownMiddleware:
    """A view that lost the database answers 503. Middlewares that lost it come to `error_pages.server_error`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not error_pages.is_database_down(exception):
            return None
        logger.warning("database unavailable: %s", type(exception).__name__)
        return error_pages.database_down(request)


class CompressMiddleware(GZipMiddleware):
    """Pages and the API's texts as gzip, since what stands before this server, if anything does, may not do it. Images
    and sheets are compressed already. Django lengthens each answer by a random piece and masks the token of every form
    anew, so that the size of an answer tells nothing of what it holds (BREACH)."""

    TEXTS = ("text/", "application/json", "application/problem+json", "application/geo+json", "application/javascript")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith(self.TEXTS):
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed


class RefusalMiddleware:
    """Refusals that no view answers: a `RuleBroken` that left a page's view, NUL characters, which nothing of ours
    means and PostgreSQL cannot take (a cookie may spell one in octal), content in another encoding than UTF-8, and
    bodies longer than the largest photo, before a byte of them is written to disk: the check of a form's token alone
    would read them whole, whoever sent them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (request.content_params or {}).get("charset", "utf-8").lower() not in UTF_8:
            return error_pages.refused(request, WrongType("只接受 UTF-8 编码的内容。"))
        if _announced_length(request) > LARGEST_BODY:
            return error_pages.refused(request, TooLarge("提交的内容太大，照片请选 20 MB 以内的。"))
        texts = (request.path_info, *request.COOKIES.values())
        if any("\0" in text for text in texts) or "%00" in request.META.get("QUERY_STRING", ""):
            return error_pages.bad_request(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return error_pages.refused(request, exception) if isinstance(exception, RuleBroken) else None


class PrivateAnswersMiddleware:
    """What is answered to somebody who is signed in stays out of caches, and off the disk of a telephone that others
    use too, unless its view says how long it may be kept (photos)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if _is_personal(request, response) and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class ContentPolicyMiddleware(CSPMiddleware):
    """Our pages need no exception from the policy. The admin's Alpine evaluates expressions and its widgets carry style
    attributes; the API's reader has one inline stylesheet. Only their paths get what they need."""

    RELAXED = {
        "/admin/": {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]},
        "/api/docs/": {"style-src": [UNSAFE_INLINE]},
    }

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, update in self.RELAXED.items():
            if request.path_info.startswith(prefix):
                parts.update = {**(parts.update or {}), **update}
        return parts


def _announced_length(request: HttpRequest) -> int:
    """As Django reads it: what announces no length has no body."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() else 0


def _is_personal(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Sent by token, or by the session where the view looked at it."""
    by_session = settings.SESSION_COOKIE_NAME in request.COOKIES and has_vary_header(response, "Cookie")
    return by_session or "Authorization" in request.headers
