"""What stops the start: a way to send text messages that cannot work, a privacy notice without its text."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from accounts import privacy
from accounts.services.sms import BACKENDS, PROVIDERS


@register(Tags.security)
def sms_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    backend = settings.SMS_BACKEND
    if backend not in BACKENDS:
        return [Error(f"SMS_BACKEND 只能是 {'、'.join(BACKENDS)} 之一。", id="accounts.sms_backend", obj="SMS_BACKEND")]
    faults = []
    if missing := [name for name in PROVIDERS.get(backend, ()) if not getattr(settings, name)]:
        faults.append(f"SMS_BACKEND={backend} 还需要设置 {'、'.join(missing)}。")
    if settings.SMS_ENDPOINT and not settings.SMS_ENDPOINT.startswith(_allowed_endpoints()):
        faults.append(f"SMS_ENDPOINT 必须以 {' 或 '.join(_allowed_endpoints())} 开头。")
    return [Error(fault, id="accounts.sms_provider", obj="SMS_BACKEND") for fault in faults]


@register(Tags.security)
def privacy_notice(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Nobody may agree to a version whose text is not there."""
    if privacy.current().version == settings.PRIVACY_NOTICE_VERSION:
        return []
    fault = "PRIVACY_NOTICE_VERSION 要和 accounts/privacy.py 里最后一版相同。"
    return [Error(fault, id="accounts.privacy_notice", obj="PRIVACY_NOTICE_VERSION")]


def _allowed_endpoints() -> tuple[str, ...]:
    """In clear only where it is tried out: the request holds numbers and codes."""
    return ("https://",) if settings.PRODUCTION else ("https://", "http://")
