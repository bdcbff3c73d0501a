"""Refusals as GeoReport says them: a list of code and description, whoever refused."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from fengchao.core.problems import CONTENT_TYPE
from reports.open311.documents import Document, Json, Xml

PREFIX = "/open311/"
OWN_CODES = (400, 403, 404, 405, 429, 500, 503)
"""The specification's 400, 403 and 404, and what no client can take for one of them. All else is a 400."""
HEADERS = ("Retry-After", "Allow", "Access-Control-Allow-Origin")


class Open311ErrorsMiddleware:
    """Translates the problem documents of this prefix, so that every door and every middleware in front of them may
    refuse as it does everywhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_ours = request.path_info.startswith(PREFIX) and response.get("Content-Type") == CONTENT_TYPE
        return _translated(request, response) if is_ours and isinstance(response, HttpResponse) else response


def _translated(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    status = response.status_code if response.status_code in OWN_CODES else 400
    problem = json.loads(response.content)
    errors = [{"code": status, "description": words} for words in _descriptions(problem)]
    renderer = Xml() if request.path_info.endswith(".xml") else Json()
    return HttpResponse(
        renderer.render(Document("errors", errors)),
        status=status,
        content_type=f"{renderer.media_type}; charset={renderer.charset}",
        headers={name: response[name] for name in HEADERS if response.has_header(name)},
    )


def _descriptions(problem: dict[str, Any]) -> Iterator[str]:
    named = [f"{error['field']}: {error['detail']}" for error in problem["errors"] if error["field"]]
    yield from named or [problem["detail"]]
