"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from fengchao.core.crypto import keyed_hash


def site(request: HttpRequest | None) -> dict[str, Any]:
    """`person` and `unread` ask for the user, so only pages that show them do."""
    return {
        "site_name": settings.SITE_NAME,
        "district_name": settings.DISTRICT_NAME,
        "demo": settings.DEMO,
        "person": lambda: person_mark(request),
        "unread": lambda: bool(request and request.user.is_authenticated and request.user.has_unread),
    }


def person_mark(request: HttpRequest | None) -> str:
    """Differs for every person and with every sign-out everywhere, and says nothing else: by it the telephone knows
    whose things it has put by, and clears them away for anybody else (static/js/shell.js)."""
    if request is None or not request.user.is_authenticated:
        return ""
    return keyed_hash(f"shell:{request.user.pk}:{request.user.get_session_auth_hash()}")[:16]
