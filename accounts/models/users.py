"""The person who signs in, whatever he comes for."""

import re
import secrets
import unicodedata
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.problems import ConfirmationRequired
from accounts.roles import ADMIN_SITE, Role
from fengchao.core import notices
from fengchao.core.crypto import keyed_hash
from fengchao.core.errors import BadValue, RuleBroken
from fengchao.core.fields import EncryptedTextField
from fengchao.core.masking import mask_name

WRONG_ANSWERS = 3  # at the last of them a number gets a new account
MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


def random_handle() -> str:
    return "u" + secrets.token_hex(8)


def random_salt() -> str:
    return secrets.token_hex(8)


def clean_phone(text: str) -> str:
    """The 11 digits of a mainland mobile number as people type it: full-width digits, blanks, dashes and +86 are fine.

    Raises BadValue for anything else.
    """
    digits = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text))
    digits = re.sub(r"^(\+86|0086)", "", digits)
    if not MOBILE.fullmatch(digits):
        raise BadValue("请输入 11 位手机号码。", field="phone")
    return digits


def clean_code(text: str) -> str:
    """A code as people type it: full-width characters, blanks and dashes do not count."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).lower()


class UserManager(BaseUserManager["User"]):
    def by_phone(self, phone: str) -> "User | None":
        return self.filter(phone_hash=keyed_hash(phone)).first()

    def create_with_phone(self, phone: str, **fields: Any) -> "User":
        user = self.model(**fields)
        user.set_phone(phone)
        if user.password:
            user.set_password(user.password)
        else:
            user.set_unusable_password()
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):  # type: ignore[django-manager-missing]  # the tokens' manager is knox's, untyped
    """One person with one telephone number: courier, worker, official, or several of these at once."""

    username = models.CharField("账号", max_length=32, unique=True, default=random_handle, editable=False)
    phone = EncryptedTextField("手机号", null=True, editable=False)
    # Null and not empty for closed accounts: the unique index lets any number of nulls in.
    phone_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001
    name = models.CharField("姓名", max_length=40, blank=True)
    is_active = models.BooleanField("可登录", default=True)
    # 二次放号 (services.recycled): since when it is doubtful that whoever has the number is whose account this is.
    doubted_at = models.DateTimeField("号码存疑时间", null=True, editable=False)
    wrong_answers = models.PositiveSmallIntegerField(default=0, editable=False)
    session_salt = models.CharField(max_length=16, default=random_salt, editable=False)
    created_at = models.DateTimeField("注册时间", default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    is_superuser = False  # nobody is: every right comes from a membership

    # Set by the face that let the person in. A session or token won by SMS alone carries no staff role, whatever
    # memberships the person holds: the second factor cannot be skipped.
    acts_as_staff = True

    class Meta:
        verbose_name = "用户"
        verbose_name_plural = "用户"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrong_answers__lte=WRONG_ANSWERS), name="user_wrong_answers_limited"
            ),
        ]

    def __str__(self) -> str:
        return mask_name(self.name) if self.name else self.username

    def set_phone(self, phone: str) -> None:
        self.phone = phone
        self.phone_hash = keyed_hash(phone)

    def get_session_auth_hash(self) -> str:
        """Changes with the password and with `session_salt`: a new salt ends every session at once."""
        return salted_hmac(
            "accounts.User.session", f"{self.password}{self.session_salt}", algorithm="sha256"
        ).hexdigest()

    def get_session_auth_fallback_hash(self) -> Any:
        return iter(())

    def get_full_name(self) -> str:
        return self.name

    get_short_name = get_full_name

    @cached_property
    def held_roles(self) -> list[tuple[str, int, str]]:
        """(role, organisation id, tree path) of each membership: one query a request."""
        return list(self.memberships.values_list("role", "organisation_id", "organisation__path"))

    @cached_property
    def has_unread(self) -> bool:
        """Whether he was told something he has not read: `rules.courier_of` brings it along with the courier."""
        return notices.has_unread(self)

    @property
    def roles(self) -> list[tuple[str, int, str]]:
        return self.held_roles if self.acts_as_staff and self.is_active else []

    def has_role(self, *roles: Role | str) -> bool:
        return any(role in roles for role, _, _ in self.roles)

    @property
    def in_doubt(self) -> bool:
        """Signed in by text message alone after 90 idle days, and not recognised yet: nothing is shown to him."""
        return self.doubted_at is not None and not self.acts_as_staff

    @property
    def barred_by(self) -> RuleBroken | None:
        """Why this person may do nothing yet (core.permissions.SignedIn)."""
        return ConfirmationRequired() if self.in_doubt else None

    @property
    def is_staff(self) -> bool:
        """May enter the admin site (Django's word for it)."""
        return self.has_role(*ADMIN_SITE)

    # Django asks these of templates and related widgets; rights live in rules.py and in the admin's own table.
    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False

    def has_perms(self, perms: Any, obj: object = None) -> bool:
        return False

    def has_module_perms(self, label: str) -> bool:
        return self.is_staff
