"""What stops the start in production: `manage.py check --database default` names each setting in a sentence."""

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.security)
def production_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION:
        return []
    faults = {
        "DEBUG": ("DEBUG 在正式环境必须关闭。", settings.DEBUG),
        "DEMO": ("DEMO 在正式环境必须关闭。", settings.DEMO),
        "SECRET_KEY": ("正式环境必须设置 SECRET_KEY，至少 32 个字符。", len(os.environ.get("SECRET_KEY", "")) < 32),
        "FIELD_KEYS": ("正式环境必须设置 FIELD_KEYS。", not os.environ.get("FIELD_KEYS")),
        "SMS_BACKEND": ("SMS_BACKEND=console 不能用于正式环境。", settings.SMS_BACKEND == "console"),
        "ALLOWED_HOSTS": ("ALLOWED_HOSTS 不能含 *。", "*" in settings.ALLOWED_HOSTS),
    }
    return [
        Error(message, id=f"core.{name.lower()}", obj=name) for name, (message, is_wrong) in faults.items() if is_wrong
    ]


@register(Tags.database)
def synchronous_commit(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """With it off PostgreSQL acknowledges what a power cut takes back."""
    if not settings.PRODUCTION or "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        value = cursor.fetchone()[0]
    if value != "off":
        return []
    return [Error("数据库的 synchronous_commit 不能为 off。", id="core.synchronous_commit", obj="synchronous_commit")]
