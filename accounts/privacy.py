"""The privacy notice in all its published versions, and who has to agree anew.

What somebody agreed to must stay readable, so a published text is never changed: each version is a template of its own
in `templates/accounts/privacy/`, and a changed text is a new version (docs/operations.md says how).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings

from accounts.models import Courier

CONSENT_DUE = "consent_due"  # in the session of who signed in after the privacy notice had changed


@dataclass(frozen=True)
class PrivacyNotice:
    """A version, the day from which it held, and the digest of its words, by which a changed one is found out."""

    version: str
    since: date
    digest: str

    @property
    def template(self) -> str:
        return f"accounts/privacy/{self.version}.html"


NOTICES: tuple[PrivacyNotice, ...] = (PrivacyNotice("2026-11", date(2026, 11, 24), "b526ff15ebce8108"),)
"""Oldest first; the last one holds, and is settings.PRIVACY_NOTICE_VERSION."""


def current() -> PrivacyNotice:
    return NOTICES[-1]


def find(version: str) -> PrivacyNotice | None:
    return next((notice for notice in NOTICES if notice.version == version), None)


def consent_due(courier: Courier, session: Mapping[str, Any] | None) -> bool:
    """Whether he has to agree before he goes on: a program (without a session) as soon as the notice has changed, since
    it can show and send the consent in one step; on our pages whoever signs in afterwards, and who was signed in
    already at his next sign-in, not with a customer at the door."""
    if courier.consent_version == settings.PRIVACY_NOTICE_VERSION:
        return False
    return session is None or CONSENT_DUE in session
