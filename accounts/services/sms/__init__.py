"""How a code leaves the house: one small backend per setting SMS_BACKEND."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from django.conf import settings

from accounts.problems import SmsUnanswered, SmsUnavailable
from accounts.services.sms import aliyun, local, tencent

log = logging.getLogger(__name__)

Send = Callable[[str, str, datetime], None]

BACKENDS: dict[str, Send] = {
    "console": local.console,
    "file": local.file,
    "aliyun": aliyun.send,
    "tencent": tencent.send,
}
PROVIDERS = {
    "aliyun": ("SMS_ACCESS_KEY", "SMS_SECRET", "SMS_SIGN_NAME", "SMS_TEMPLATE"),
    "tencent": ("SMS_ACCESS_KEY", "SMS_SECRET", "SMS_SIGN_NAME", "SMS_TEMPLATE", "SMS_APP_ID"),
}
"""Backends that call a provider, with the settings that each cannot do without."""

LONGEST_WAIT = 4.5  # seconds a person waits for a provider, name look-up and slow answers included
_callers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="sms")


def send_code(phone: str, code: str, *, at: datetime) -> None:
    """Hand the code to the backend, and know within five seconds what became of it.

    Raises SmsUnavailable when nothing has left, SmsUnanswered when it is not known. The log names the provider's reason
    and neither number nor code, which is why no exception of a backend goes on from here.
    """
    try:
        if settings.SMS_BACKEND in PROVIDERS:
            _wait_for(_callers.submit(BACKENDS[settings.SMS_BACKEND], phone, code, at))
        else:
            BACKENDS[settings.SMS_BACKEND](phone, code, at)
    except SmsUnavailable as failure:
        log.error("sms_failed backend=%s reason=%s", settings.SMS_BACKEND, failure.facts.get("reason"))
        raise
    except Exception as fault:
        log.error("sms_failed backend=%s reason=%s", settings.SMS_BACKEND, type(fault).__name__)
        raise SmsUnanswered from None


def _wait_for(call: Future[None]) -> None:
    try:
        call.result(timeout=LONGEST_WAIT)
    except TimeoutError:
        if call.cancel():
            raise SmsUnavailable(reason="all-callers-busy") from None
        raise SmsUnanswered(reason="too-slow") from None
