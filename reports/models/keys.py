"""What lets a partner's program file reports in its own name (Open311's `api_key`)."""

import secrets
from hashlib import sha256

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

LETTERS = 8
"""How much of a key stays readable, so that people can tell two apart."""


class ApiKey(models.Model):
    """A key of one partner. Only its digest is kept: whoever loses it gets another. Revoked, never deleted, since the
    reports that came with it say so."""

    partner = models.CharField("接入方", max_length=40, help_text="哪个单位的什么系统，如“市民通小程序”")
    letters = models.CharField("密钥开头", max_length=LETTERS)
    digest = models.CharField("密钥摘要", max_length=64, unique=True)
    per_day = models.PositiveIntegerField("每天最多上报", default=5000, help_text="24 小时内的件数，防止程序出错时刷屏")
    created_at = models.DateTimeField("创建时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="创建人", db_index=False
    )
    revoked_at = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        verbose_name = "接入密钥"
        verbose_name_plural = "接入密钥"
        constraints = [
            models.CheckConstraint(condition=~Q(partner=""), name="apikey_names_its_partner"),
            models.CheckConstraint(condition=Q(per_day__range=(1, 100_000)), name="apikey_per_day_in_reason"),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(revoked_at__isnull=False, revoked_at__gte=F("created_at")),
                name="apikey_revoked_after_made",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="stays_revoked",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__revoked_at__isnull=False)
                & (
                    pgtrigger.Q(new__revoked_at__isnull=True)
                    | ~pgtrigger.Q(new__revoked_at=pgtrigger.F("old__revoked_at"))
                ),
            ),
            pgtrigger.ReadOnly(name="stays_itself", fields=["letters", "digest", "created_at", "created_by"]),
        ]

    def __str__(self) -> str:
        return f"{self.partner}（{self.letters}…）"


def new_key() -> str:
    """A key nobody can guess: 40 hexadecimal digits, which survive any form and any address."""
    return secrets.token_hex(20)


def digest_of(key: str) -> str:
    """SHA-256 in hexadecimal: a random key needs no salt and no slow hash."""
    return sha256(key.encode()).hexdigest()
