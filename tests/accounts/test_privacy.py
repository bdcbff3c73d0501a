"""The privacy notice: published texts stay, and a changed one is agreed to by pages and programs alike."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts import privacy
from accounts.checks import privacy_notice
from accounts.models import Courier
from fengchao.core import clock
from fengchao.core.models import AuditLog
from tests import factories
from tests.factories import api_of, page_client
from tests.factories.privacy import publish_notice

pytestmark = pytest.mark.django_db
NEW = "2027-01"


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Callable[[], None]:
    return lambda: publish_notice(monkeypatch, settings, tmp_path, NEW, "新写的一段")


def digest(notice: privacy.PrivacyNotice) -> str:
    """Of the words alone, so that the looks may change."""
    html = render_to_string(notice.template, {"site_name": "江城蜂巢", "district_name": "硚口区"})
    words = re.sub(r"\s+", "", re.sub(r"<[^>]*>", "|", html))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def test_a_published_text_is_never_changed(publish: Callable[[], None]) -> None:
    """A new text is a new version: docs/operations.md. The control is a version without the digest of its words."""

    def changed() -> dict[str, str]:
        return {notice.version: found for notice in privacy.NOTICES if (found := digest(notice)) != notice.digest}

    assert changed() == {}
    publish()
    assert list(changed()) == [NEW]


def test_every_text_has_its_version_and_days_are_in_order() -> None:
    texts = sorted(path.stem for path in Path("templates/accounts/privacy").glob("*.html"))
    assert texts == sorted(notice.version for notice in privacy.NOTICES)
    days = [notice.since for notice in privacy.NOTICES]
    assert days == sorted(set(days))


def test_a_version_without_its_text_stops_the_start(settings: Any) -> None:
    assert privacy_notice(None) == []
    settings.PRIVACY_NOTICE_VERSION = NEW
    assert [fault.id for fault in privacy_notice(None)] == ["accounts.privacy_notice"]


def test_earlier_versions_stay_readable(publish: Callable[[], None]) -> None:
    client, first = Client(), privacy.current()
    page = client.get("/privacy/").content.decode()
    assert ("以前的版本" in page, "不跟踪你的行踪" in page) == (False, True)
    assert client.get(f"/privacy/{NEW}/").status_code == 404
    publish()
    page = client.get("/privacy/").content.decode()
    assert ("新写的一段" in page, "不跟踪你的行踪" in page) == (True, False)
    assert "版本 2027-01，2027 年 1 月 5 日起" in page
    assert f'href="/privacy/{first.version}/"' in page and "2026 年 11 月 24 日起" in page
    page = client.get(f"/privacy/{first.version}/").content.decode()
    assert ("这是以前的版本" in page, "不跟踪你的行踪" in page, "新写的一段" in page) == (True, True, False)
    assert "这是以前的版本" not in client.get(f"/privacy/{NEW}/").content.decode()
    for unknown in ("2020-01", "..", "x" * 99):
        assert client.get(f"/privacy/{unknown}/").status_code == 404


def test_a_program_is_asked_at_once_and_sends_the_consent(publish: Callable[[], None]) -> None:
    rider = factories.courier(factories.outlet())
    api = api_of(rider.user)
    assert api.get("me/code/")["digits"].isdigit()
    publish()
    refused = api.get("me/code/", status=403)
    assert (refused["code"], refused["errors"][0]["field"]) == ("consent_required", "consent_version")
    assert "版本 2027-01" in refused["detail"]
    known = api.get("me/")
    assert (known["consent_version"], known["privacy_version"]) == (privacy.NOTICES[0].version, NEW)
    stale = api.patch("me/", {"consent_version": known["consent_version"]}, status=400)
    assert stale["errors"][0]["field"] == "consent_version"
    # Something else of his cannot be changed around it.
    assert api.patch("me/", {"name": "何大蜂"}, status=400)["errors"][0]["field"] == "consent_version"
    assert api.patch("me/", {"consent_version": NEW})["consent_version"] == NEW
    assert api.get("me/code/")["digits"].isdigit()
    agreed = Courier.objects.get(pk=rider.pk)
    assert agreed.consent_at is not None and rider.consent_at is not None
    assert rider.consent_at < agreed.consent_at <= clock.now()
    assert agreed.verified_at is not None  # as no change of name or outlet
    assert AuditLog.objects.get(verb="courier.consented").changed == {"version": NEW}


def test_our_pages_reading_the_api_ask_when_the_pages_do(publish: Callable[[], None]) -> None:
    """Whoever was signed in when the notice changed goes on until his next sign-in."""
    rider = factories.courier(factories.outlet())
    client = page_client(rider.user)
    publish()
    assert client.get("/api/v1/me/code/").status_code == 200
    session = client.session
    session[privacy.CONSENT_DUE] = True
    session.save()
    assert client.get("/api/v1/me/code/").json()["code"] == "consent_required"
    assert client.get("/code/").headers["Location"].startswith("/privacy/agree/")
