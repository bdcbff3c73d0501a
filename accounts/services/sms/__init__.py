"""How a code or a notice leaves the house: one small backend per setting SMS_BACKEND."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import cache

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
NOTICES: dict[str, Send] = {
    "console": local.console_notice,
    "file": local.file_notice,
    "aliyun": aliyun.send_notice,
    "tencent": tencent.send_notice,
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
    _hand_over(BACKENDS[settings.SMS_BACKEND], phone, code, at)


def send_notice(phone: str, text: str, *, at: datetime) -> None:
    """Tell `phone` that something has happened; as `send_code`, whose refusals it raises. Callers ask `sends_notices`
    before, and count for themselves."""
    _hand_over(NOTICES[settings.SMS_BACKEND], phone, text, at)


@cache
def sends_notices(backend: str, template: str) -> bool:
    """Whether notices leave by `backend`: a provider needs a template for them, of its own. Without one nobody is told
    by text message, which stands in the log of each process once."""
    if backend in PROVIDERS and not template:
        log.warning("sms_notices_off backend=%s reason=no-SMS_NOTICE_TEMPLATE", backend)
        return False
    return True


def _hand_over(send: Send, phone: str, words: str, at: datetime) -> None:
    try:
        if settings.SMS_BACKEND in PROVIDERS:
            _wait_for(_callers.submit(send, phone, words, at))
        else:
            send(phone, words, at)
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
