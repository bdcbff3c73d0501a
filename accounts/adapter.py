"""How allauth's staff sign-in fits this house: numbers instead of names, our limits, our words, no sign-up, no mail."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse

from accounts.forms import WRONG_CODE, PhoneField
from accounts.models import User
from accounts.models.users import clean_phone
from accounts.roles import ADMIN_SITE, DESK_STAFF
from accounts.second_factor import PASSWORD_JUST_GIVEN, password_given
from accounts.services import staff
from fengchao.core import clock, crypto
from fengchao.core.errors import RuleBroken
from fengchao.core.masking import mask_phone


class StaffAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "phone_password_mismatch": "手机号或密码不对。",
        "incorrect_password": "密码不对。",
        "enter_current_password": "请输入现在的密码。",
        "too_many_login_attempts": "登录失败次数太多，请稍后再试。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            staff.count_attempt(credentials.get("phone") or "", ip=address_of(request))
        except RuleBroken as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        self._login_failed_rl_usage = None  # allauth takes its own count back, and we have none
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            staff.forget_attempts(credentials.get("phone") or "")
        return user

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        request.session.set_expiry(clock.now() + staff.SESSION_LIFE)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        user = request.user
        held = {role for role, _, _ in user.held_roles} if isinstance(user, User) else set()
        if held & set(ADMIN_SITE):
            return reverse("admin:index")
        return reverse("desk") if held & set(DESK_STAFF) else reverse("home")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        request = context.request
        return not password_given(request, request.user, within=PASSWORD_JUST_GIVEN)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """A new password ends what the old one opened, programs included."""
        super().set_password(user, password)
        if isinstance(user, User):
            user.auth_token_set.all().delete()

    def phone_form_field(self, **kwargs: Any) -> forms.Field:
        return PhoneField(**kwargs)

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.by_phone(phone)

    def get_phone(self, user: AbstractBaseUser) -> tuple[str, bool] | None:
        return (user.phone, True) if isinstance(user, User) and user.phone else None

    def set_phone(self, user: AbstractBaseUser, phone: str, verified: bool) -> None:
        assert isinstance(user, User)
        user.set_phone(clean_phone(phone))
        user.save(update_fields=["phone", "phone_hash"])

    def set_phone_verified(self, user: AbstractBaseUser, phone: str) -> None:
        """Every number is: it was typed by who appointed the person, or proved by a text message."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nobody here has a mail address."""

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Its pages say what happened themselves."""


class StaffMfaAdapter(DefaultMFAAdapter):
    error_messages: ClassVar[dict[str, Any]] = {**DefaultMFAAdapter.error_messages, "incorrect_code": WRONG_CODE}

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """What the authenticator app shows beside the code."""
        return mask_phone(user.phone) if isinstance(user, User) and user.phone else str(user)

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)


def address_of(request: HttpRequest) -> str:
    """Where the request comes from, as far as the server can vouch for it."""
    return str(request.META.get("REMOTE_ADDR") or "")
