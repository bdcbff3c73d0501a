"""Pages to come in and go out by: sign-in by text message, registration, leaving; and the staff's own door."""

import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.views import LoginView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import privacy as notices
from accounts import second_factor
from accounts.adapter import address_of
from accounts.forms import WRONG_CODE, CodeForm, ConsentForm, PhoneForm, RegisterForm, WhoForm
from accounts.guards import consent_due, doubted_in, local, missing_step
from accounts.models import Courier, User
from accounts.problems import CredentialsInvalid, SmsUnanswered
from accounts.rules import courier_of
from accounts.services import recycled, registration, signin, staff
from fengchao.core import crypto
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.masking import mask_phone

PENDING = "sign_in"  # in the session: whose code is awaited


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.method != "POST" and doubted_in(request):
        return missing_step(request, None)
    form = PhoneForm(request.POST or None, initial={"next": request.GET.get("next", "")})
    if request.method == "POST" and form.is_valid():
        pending = {"phone": crypto.encrypt(form.cleaned_data["phone"]), "next": local(form.cleaned_data["next"])}
        try:
            _send(request, pending)
        except RuleBroken as refusal:
            form.add_error("phone", refusal.message)
        else:
            return redirect("sign_in_code")
    return render(request, "accounts/sign_in.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    pending = request.session.get(PENDING)
    if pending is None:
        return redirect("sign_in")
    resend = request.method == "POST" and "resend" in request.POST
    form = CodeForm(request.POST if request.method == "POST" and not resend else None)
    refusal: RuleBroken | None = None
    try:
        if resend:
            _send(request, pending)
            return redirect("sign_in_code")
        if form.is_bound and form.is_valid():
            user = signin.sign_in(crypto.decrypt(pending["phone"]), form.cleaned_data["code"])
            return _welcome(request, user, pending["next"])
    except RuleBroken as broken:
        refusal = broken
    if refusal is not None and form.is_bound:
        form.add_error("code", refusal.message)
    context = {
        "form": form,
        "phone_masked": mask_phone(crypto.decrypt(pending["phone"])),
        "demo_code": pending.get("demo_code"),
        "resend_after": max(0, int(pending["resend_at"] - time.time())),
    }
    if refusal is not None and resend:
        messages.warning(request, refusal.message)
    return render(request, "accounts/sign_in_code.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def former_account(request: HttpRequest) -> HttpResponse:
    """Asks who signed in after 90 idle days for the name and outlet of the account that his number had."""
    user = doubted_in(request)
    if user is None:
        return redirect("home")
    not_mine = request.method == "POST" and "not_mine" in request.POST
    form = WhoForm(request.POST if request.method == "POST" and not not_mine else None)
    try:
        if not_mine:
            return _settled(request, user, recycled.disown(user))
        if form.is_bound and form.is_valid():
            return _settled(request, user, recycled.answer(user, **form.cleaned_data))
    except RuleBroken as refusal:
        form.add_error(None, refusal.message)
    return render(request, "accounts/former_account.html", {"form": form, "phone_masked": mask_phone(user.phone or "")})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    courier = courier_of(request.user)
    if courier is None:
        return missing_step(request, None)
    initial = {"name": courier.user.name, "outlet": courier.outlet_id, "street": courier.street_id}
    form = RegisterForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _registered(courier, form):
        return HttpResponseRedirect(local(request.GET.get("next")) or reverse("home"))
    return render(
        request,
        "accounts/register.html",
        {
            "form": form,
            "phone_masked": mask_phone(courier.user.phone or ""),
            "changing": courier.is_registered,
            "privacy_version": settings.PRIVACY_NOTICE_VERSION,
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """The privacy notice has changed: who signs in reads and agrees before he goes on."""
    courier = courier_of(request.user)
    if courier is None or not courier.is_registered:
        return missing_step(request, courier)
    onward = local(request.GET.get("next")) or reverse("home")
    if not consent_due(request, courier):
        return HttpResponseRedirect(onward)
    form = ConsentForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            registration.consent(courier, form.cleaned_data["consent_version"])
        except RuleBroken as refusal:
            form.add_error(None, refusal.message)
        else:
            request.session.pop(notices.CONSENT_DUE, None)
            return HttpResponseRedirect(onward)
    return render(request, "accounts/consent.html", {"form": form, "notice": notices.current()})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The notice that holds, and the way to those before it."""
    context = {"notice": notices.current(), "earlier": notices.NOTICES[-2::-1]}
    return render(request, "accounts/privacy.html", context)


@require_safe
def privacy_version(request: HttpRequest, version: str) -> HttpResponse:
    """One that was published, for who agreed to it."""
    notice = notices.find(version)
    if notice is None:
        raise NotThere
    return render(request, "accounts/privacy.html", {"notice": notice, "is_over": notice != notices.current()})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, "已退出登录。")
    return redirect("home")


@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        signin.end_all_sessions(request.user)
    logout(request)
    messages.success(request, "所有设备都已退出登录。")
    return redirect("home")


def _send(request: HttpRequest, pending: dict[str, Any]) -> None:
    """Send the code, and keep in the session for whom: the number never stands in an address or a page."""
    try:
        sent = signin.send_code(crypto.decrypt(pending["phone"]), ip=address_of(request))
    except SmsUnanswered as late:
        messages.warning(request, late.message)
        sent = signin.Sent(resend_after=late.retry_after or 0, demo_code=None)
    resend_at = int(time.time()) + sent.resend_after
    request.session[PENDING] = {**pending, "resend_at": resend_at, "demo_code": sent.demo_code}


def _welcome(request: HttpRequest, user: User, next_url: str) -> HttpResponse:
    user.acts_as_staff = False  # a text message opens no staff's door
    request.session.pop(PENDING, None)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.set_expiry(None)
    courier = courier_of(user)
    if courier is not None and courier.is_registered and courier.consent_version != settings.PRIVACY_NOTICE_VERSION:
        request.session[notices.CONSENT_DUE] = True
        return HttpResponseRedirect(reverse("consent") + (f"?{urlencode({'next': next_url})}" if next_url else ""))
    if user.in_doubt or (courier is not None and not courier.is_registered):
        step = reverse("former_account" if user.in_doubt else "register")
        return HttpResponseRedirect(step + (f"?{urlencode({'next': next_url})}" if next_url else ""))
    return HttpResponseRedirect(next_url or reverse("home"))


def _settled(request: HttpRequest, former: User, user: User) -> HttpResponse:
    answer = _welcome(request, user, local(request.GET.get("next")))
    if user != former:
        messages.info(request, "已新开账号，请填写姓名和网点。")
    return answer


def _registered(courier: Courier, form: RegisterForm) -> bool:
    facts = {name: form.cleaned_data[name] for name in ("name", "outlet", "street", "consent_version")}
    try:
        registration.register(courier.user, **facts)
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return False
    return True


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class StaffLogin(LoginView):
    """Open also to who is signed in by text message: his session ends, and one of staff begins."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if self.request.user.is_authenticated:
            logout(self.request)
        response: HttpResponse = super().form_valid(form)
        return response


class ActivateSecondFactor(ActivateTOTPView):
    """Setting the authenticator app up proves it, so the session has its second factor from here on."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        user = self.request.user
        assert isinstance(user, User)
        try:
            staff.mark_spent(user, form.cleaned_data["code"])
        except CredentialsInvalid:
            form.add_error("code", WRONG_CODE)
            refused: HttpResponse = self.form_invalid(form)
            return refused
        response: HttpResponse = super().form_valid(form)
        second_factor.enrolled(self.request, user)
        return response


class DeactivateSecondFactor(DeactivateTOTPView):
    """Without it nobody is staff, so every session of his ends."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        super().form_valid(form)
        assert isinstance(self.request.user, User)
        signin.end_all_sessions(self.request.user)
        logout(self.request)
        messages.success(self.request, "验证器已解除，请重新登录并绑定新的。")
        return redirect("account_login")
