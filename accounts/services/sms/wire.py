"""One signed request to a provider, and what is known afterwards.

Small clients of our own instead of the providers' packages: those need 15 and 3 more packages and 46 and 19 MB in every
process, and theirs keep to themselves whether a message can have left, which decides here whether it counts.
"""

import json
import re
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from accounts.problems import SmsUnanswered, SmsUnavailable

SECONDS_A_STEP = 2.0  # to connect, and between two parts of an answer
LARGEST_ANSWER = 64 * 1024


def post(url: str, *, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """The provider's answer, whatever its status below 500.

    Raises SmsUnavailable when the request cannot have reached it, SmsUnanswered when it may have.
    """
    request = Request(url, data=body, headers=headers, method="POST")
    try:
        with urlopen(request, timeout=SECONDS_A_STEP) as answer:
            return _decoded(answer.read(LARGEST_ANSWER))
    except HTTPError as refused:
        if refused.code >= 500:
            raise SmsUnanswered(reason=f"http-{refused.code}") from None
        return _decoded(refused.read(LARGEST_ANSWER))
    except URLError as unreached:
        raise SmsUnavailable(reason=type(unreached.reason).__name__) from None
    except (OSError, HTTPException) as lost:
        raise SmsUnanswered(reason=type(lost).__name__) from None


def refused(code: object) -> SmsUnavailable:
    """The provider said no: nothing has left. Its code goes to the log: words, in which no number can hide."""
    return SmsUnavailable(reason=re.sub(r"[^A-Za-z._-]", "", str(code))[:60] or "refused")


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise SmsUnanswered(reason="unreadable")
    return answer
