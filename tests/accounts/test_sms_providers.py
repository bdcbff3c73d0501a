"""Codes that leave by a provider: what is sent, and what a person gets when the provider fails."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import checks
from accounts.models import SmsChallenge
from accounts.problems import CodeInvalid, SmsLimit, SmsUnanswered, SmsUnavailable
from accounts.services import signin
from accounts.services.sms import PROVIDERS, aliyun, tencent, wire
from fengchao.core import clock, limits
from fengchao.core.errors import RuleBroken
from tests import factories
from tests.accounts import provider as providers
from tests.accounts.provider import Provider
from tests.factories import Api

SOON = 0.3  # seconds
NOON = clock.day_bounds(clock.shanghai_day(timezone.now()))[0] + timedelta(hours=12)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(params=PROVIDERS)
def provider(request, settings) -> Iterator[Provider]:
    settings.SMS_BACKEND = request.param
    settings.SMS_ACCESS_KEY, settings.SMS_SECRET = "ak", "not-for-logs"
    settings.SMS_SIGN_NAME, settings.SMS_TEMPLATE, settings.SMS_APP_ID = "江城蜂巢", "SMS_1", "14"
    with providers.running() as server:
        settings.SMS_ENDPOINT = server.url
        server.answer = providers.ACCEPTED[request.param]
        yield server


def ask(phone: str, at: datetime = NOON) -> signin.Sent:
    return signin.send_code(phone, ip="10.0.0.1", at=at)


@pytest.mark.django_db
def test_the_provider_gets_number_and_code_and_the_code_signs_in(provider):
    phone = factories.phone_number()
    assert ask(phone).resend_after == 60
    [(number, code)] = provider.sent
    assert number == phone
    assert provider.headers[0]["authorization"].startswith(("ACS3-HMAC-SHA256 ", "TC3-HMAC-SHA256 "))
    assert signin.sign_in(phone, code, at=NOON).phone == phone


def test_signatures_are_those_of_the_providers_own_clients():
    """Caught from alibabacloud-dysmsapi20170525 4.6.0 and tencentcloud-sdk-python-sms 3.1.153, keys ak and sk."""
    headers = {
        "host": "127.0.0.1:36337",
        "x-acs-version": "2017-05-25",
        "x-acs-action": "SendSms",
        "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2",
        "x-acs-date": "2026-11-24T05:40:28Z",
        "x-acs-signature-nonce": "47000a5b069814674c1c71da2d019102",
        "accept": "application/json",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-credentials-provider": "static_ak",
    }
    query = {
        "PhoneNumbers": "13812343721",
        "SignName": "江城蜂巢",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"code":"123456"}',
    }
    signed = aliyun.authorization(query, headers, "ak", "sk")
    assert signed.endswith("Signature=78095bf2fe9bde9095003254f49038068e841aaa6cb7f88cad0a5c61c652bab6")
    body = (
        b'{"PhoneNumberSet": ["+8613812343721"], "SmsSdkAppId": "14", "TemplateId": "1", '
        b'"SignName": "\\u6c5f\\u57ce\\u8702\\u5de2", "TemplateParamSet": ["123456", "5"]}'
    )
    at = datetime.fromtimestamp(1795498829, UTC)
    assert tencent.authorization("127.0.0.1:36337", body, at, "ak", "sk") == (
        "TC3-HMAC-SHA256 Credential=ak/2026-11-24/sms/tc3_request, SignedHeaders=content-type;host, "
        "Signature=6228be8a3a76ff8ad4a92079cc47e2d71a0531435d09d724cbd8a8fdb5385089"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["limited", "unknown key", "unreachable"])
def test_what_has_certainly_not_left_counts_nothing(provider, settings, how):
    phone = factories.phone_number()
    if how == "limited":
        provider.answer = providers.LIMITED[settings.SMS_BACKEND]
    elif how == "unknown key":
        provider.status, provider.answer = providers.UNKNOWN_KEY[settings.SMS_BACKEND]
    else:
        settings.SMS_ENDPOINT = "http://127.0.0.1:9"
    for _ in range(signin.CODES_A_DAY + 1):
        with pytest.raises(SmsUnavailable) as refused:
            ask(phone)
        assert type(refused.value) is SmsUnavailable
    assert limits.peek(signin.BUDGET, at=NOON) == 0
    settings.SMS_ENDPOINT, provider.status = provider.url, 200
    provider.answer = providers.ACCEPTED[settings.SMS_BACKEND]
    assert ask(phone).resend_after == 60
    assert SmsChallenge.objects.get().sent_today == 1


@pytest.mark.django_db
def test_an_older_code_is_good_again_when_the_next_one_did_not_leave(provider, settings):
    phone = factories.phone_number()
    ask(phone)
    provider.answer = providers.LIMITED[settings.SMS_BACKEND]
    later = NOON + timedelta(seconds=61)
    with pytest.raises(SmsUnavailable):
        ask(phone, later)
    with pytest.raises(CodeInvalid):
        signin.sign_in(phone, provider.sent[1][1], at=later)
    assert SmsChallenge.objects.get().guesses == 1
    assert signin.sign_in(phone, provider.sent[0][1], at=later).phone == phone


@pytest.mark.django_db
@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]"])
def test_what_may_arrive_signs_in_and_grows_the_pause_but_takes_no_day_away(provider, answer):
    phone, at = factories.phone_number(), NOON
    provider.answer = answer
    for pause in (60, 120, 240, 480, 960, 1920, 1920):
        with pytest.raises(SmsUnanswered) as failed:
            ask(phone, at)
        assert failed.value.retry_after == pause
        with pytest.raises(SmsLimit):
            ask(phone, at + timedelta(seconds=pause - 1))
        assert limits.peek(signin.BUDGET, at=at) > 0
        at += timedelta(seconds=pause)
    assert (len(provider.sent), SmsChallenge.objects.get().sent_today) == (7, 0)
    assert signin.sign_in(phone, provider.sent[-1][1], at=at - timedelta(seconds=1900)).phone == phone


@pytest.mark.django_db
def test_a_server_error_of_the_provider_may_have_sent(provider):
    provider.status = 503
    with pytest.raises(SmsUnanswered):
        ask(factories.phone_number())


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_hangs_is_answered_within_five_seconds(provider, monkeypatch):
    provider.hangs = True
    client, api, phone = Client(), Api(), factories.phone_number()
    started = time.monotonic()
    answer = api.post("auth/code/", {"phone": phone}, status=503)
    assert time.monotonic() - started < 5
    assert (answer["code"], answer["title"]) == ("sms_unavailable", "暂时无法服务")
    assert 1 <= int(api.last.headers["Retry-After"]) <= 60
    monkeypatch.setattr(wire, "SECONDS_A_STEP", SOON)  # the same wait, which was measured above
    page = client.post("/sign-in/", {"phone": factories.phone_number(), "next": ""}, follow=True)
    assert page.redirect_chain == [("/sign-in/code/", 302)]
    assert "验证码可能会晚到" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_while_the_provider_hangs_send_one_message(provider, monkeypatch):
    provider.hangs = True
    monkeypatch.setattr(wire, "SECONDS_A_STEP", SOON)
    phone = factories.phone_number()

    def one(_: int) -> type[RuleBroken]:
        try:
            ask(phone)
        except RuleBroken as refusal:
            return type(refusal)
        finally:
            connection.close()
        raise AssertionError("a provider that hangs has sent nothing")

    with ThreadPoolExecutor(max_workers=20) as pool:
        answers = list(pool.map(one, range(100)))
    assert len(provider.sent) == 1
    assert (answers.count(SmsUnanswered), answers.count(SmsLimit)) == (1, 99)


@pytest.mark.django_db
def test_a_refusal_is_a_sentence_beside_the_number_and_a_resend_says_it_too(provider, settings):
    client, phone = Client(), factories.phone_number()
    provider.answer = providers.LIMITED[settings.SMS_BACKEND]
    assert "短信暂时发不出去" in client.post("/sign-in/", {"phone": phone, "next": ""}).content.decode()
    provider.answer = providers.ACCEPTED[settings.SMS_BACKEND]
    assert client.post("/sign-in/", {"phone": phone, "next": ""}).status_code == 302
    SmsChallenge.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
    provider.answer = providers.LIMITED[settings.SMS_BACKEND]
    assert "短信暂时发不出去" in client.post("/sign-in/code/", {"resend": "1"}).content.decode()


@pytest.mark.django_db
def test_number_code_and_secret_stay_out_of_the_log(provider, settings, caplog):
    caplog.set_level(logging.DEBUG)
    phone = factories.phone_number()
    for answer in (providers.LIMITED[settings.SMS_BACKEND], b"", {"Code": phone, "Response": {"Error": {"Code": "x"}}}):
        provider.answer = answer
        with pytest.raises(SmsUnavailable):
            ask(phone)
        SmsChallenge.objects.all().delete()
    assert "sms_failed" in caplog.text
    secrets = {phone, settings.SMS_SECRET, *(code for _, code in provider.sent)}
    for line in (record.getMessage() for record in caplog.records if record.name.startswith(("accounts", "urllib"))):
        assert not any(secret in line for secret in secrets), line


@pytest.mark.django_db
def test_a_file_that_cannot_be_written_is_no_error_of_the_server(settings, tmp_path):
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path)
    Api().post("auth/code/", {"phone": factories.phone_number()}, status=503)


def said(settings) -> list[str]:
    return [fault.msg for fault in checks.sms_settings(None)]


def test_the_start_stops_at_what_a_provider_lacks(settings):
    settings.SMS_BACKEND, settings.SMS_ACCESS_KEY = "tencent", "ak"
    assert said(settings) == ["SMS_BACKEND=tencent 还需要设置 SMS_SECRET、SMS_SIGN_NAME、SMS_TEMPLATE、SMS_APP_ID。"]
    settings.SMS_BACKEND = "aliyun"
    settings.SMS_SECRET, settings.SMS_SIGN_NAME, settings.SMS_TEMPLATE = "sk", "江城蜂巢", "SMS_1"
    assert said(settings) == []
    settings.SMS_BACKEND = "pigeon"
    assert said(settings) == ["SMS_BACKEND 只能是 console、file、aliyun、tencent 之一。"]


def test_codes_go_in_clear_to_no_provider_in_production(settings):
    settings.SMS_BACKEND, settings.SMS_ENDPOINT = "file", "http://127.0.0.1:9"
    assert said(settings) == []
    settings.PRODUCTION = True
    assert said(settings) == ["SMS_ENDPOINT 必须以 https:// 开头。"]
