"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest | None) -> dict[str, Any]:
    return {"site_name": settings.SITE_NAME, "district_name": settings.DISTRICT_NAME, "demo": settings.DEMO}
