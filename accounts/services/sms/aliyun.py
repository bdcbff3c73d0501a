"""阿里云短信服务: SendSms (2017-05-25), signed with ACS3-HMAC-SHA256 as the provider's own client does it."""

import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote, urlsplit

from django.conf import settings

from accounts.services.sms import wire

ENDPOINT = "https://dysmsapi.aliyuncs.com"


def send(phone: str, code: str, at: datetime) -> None:
    """The template has one variable, `code`."""
    _send(phone, settings.SMS_TEMPLATE, {"code": code}, at)


def send_notice(phone: str, text: str, at: datetime) -> None:
    """The template has one variable, `text`."""
    _send(phone, settings.SMS_NOTICE_TEMPLATE, {"text": text}, at)


def _send(phone: str, template: str, variables: Mapping[str, str], at: datetime) -> None:
    endpoint = settings.SMS_ENDPOINT or ENDPOINT
    query = {
        "PhoneNumbers": phone,
        "SignName": settings.SMS_SIGN_NAME,
        "TemplateCode": template,
        "TemplateParam": json.dumps(variables),
    }
    headers = {
        "host": urlsplit(endpoint).netloc,
        "x-acs-action": "SendSms",
        "x-acs-version": "2017-05-25",
        "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-content-sha256": sha256(b"").hexdigest(),
    }
    headers["Authorization"] = authorization(query, headers, settings.SMS_ACCESS_KEY, settings.SMS_SECRET)
    answer = wire.post(f"{endpoint}/?{_encoded(query)}", headers=headers, body=b"")
    if answer.get("Code") != "OK":
        raise wire.refused(answer.get("Code"))


def authorization(query: Mapping[str, str], headers: Mapping[str, str], key: str, secret: str) -> str:
    """The header of this name for a POST to `/` with an empty body. `headers` (lower case) are all signed."""
    names = sorted(headers)
    signed = ";".join(names)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    request = f"POST\n/\n{_encoded(query)}\n{lines}\n{signed}\n{headers['x-acs-content-sha256']}"
    text = f"ACS3-HMAC-SHA256\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), sha256).hexdigest()
    return f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={signed},Signature={signature}"


def _encoded(query: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
