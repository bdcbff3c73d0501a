"""腾讯云短信: SendSms (2021-01-11), signed with TC3-HMAC-SHA256 as the provider's own client does it."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings

from accounts.services.sms import wire

ENDPOINT = "https://sms.tencentcloudapi.com"
REGION = "ap-guangzhou"
JSON = "application/json"


def send(phone: str, code: str, at: datetime) -> None:
    """The template has one variable, `{1}`."""
    _send(phone, settings.SMS_TEMPLATE, code, at)


def send_notice(phone: str, text: str, at: datetime) -> None:
    """As that of codes, another template with one variable."""
    _send(phone, settings.SMS_NOTICE_TEMPLATE, text, at)


def _send(phone: str, template: str, variable: str, at: datetime) -> None:
    endpoint = settings.SMS_ENDPOINT or ENDPOINT
    body = json.dumps(
        {
            "PhoneNumberSet": [f"+86{phone}"],
            "SmsSdkAppId": settings.SMS_APP_ID,
            "TemplateId": template,
            "SignName": settings.SMS_SIGN_NAME,
            "TemplateParamSet": [variable],
        }
    ).encode()
    host = urlsplit(endpoint).netloc
    headers = {
        "Host": host,
        "Content-Type": JSON,
        "X-TC-Action": "SendSms",
        "X-TC-Version": "2021-01-11",
        "X-TC-Region": REGION,
        "X-TC-Timestamp": str(int(at.timestamp())),
        "Authorization": authorization(host, body, at, settings.SMS_ACCESS_KEY, settings.SMS_SECRET),
    }
    answer = wire.post(f"{endpoint}/", headers=headers, body=body).get("Response")
    if not isinstance(answer, dict):
        raise wire.refused("no-response")
    if error := answer.get("Error"):
        raise wire.refused(error.get("Code") if isinstance(error, dict) else error)
    match answer.get("SendStatusSet"):
        case [{"Code": "Ok"}]:
            return
        case [{"Code": reason}]:
            raise wire.refused(reason)
    raise wire.refused("no-status")


def authorization(host: str, body: bytes, at: datetime, key: str, secret: str) -> str:
    """The header of this name for a POST of JSON to `/`."""
    day = at.astimezone(UTC).strftime("%Y-%m-%d")
    signed, scope = "content-type;host", f"{day}/sms/tc3_request"
    request = f"POST\n/\n\ncontent-type:{JSON}\nhost:{host}\n\n{signed}\n{sha256(body).hexdigest()}"
    text = f"TC3-HMAC-SHA256\n{int(at.timestamp())}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    derived = f"TC3{secret}".encode()
    for part in (day, "sms", "tc3_request"):
        derived = hmac.new(derived, part.encode(), sha256).digest()
    signature = hmac.new(derived, text.encode(), sha256).hexdigest()
    return f"TC3-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={signed}, Signature={signature}"
