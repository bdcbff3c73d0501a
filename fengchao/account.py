"""My account: what I was told, what is kept of me, another number, the end."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.adapter import address_of
from accounts.forms import BothCodesForm, CloseForm, NewNumberForm
from accounts.guards import CourierRequest, courier_page, local
from accounts.problems import SmsUnanswered
from accounts.services import numbers
from fengchao import erasure
from fengchao.core import clock, crypto, notices
from fengchao.core.errors import BadValue, RuleBroken
from fengchao.core.masking import mask_phone
from fengchao.mydata import everything_about

NOTICES_A_PAGE = 20
NEW_NUMBER = "new_number"  # in the session: the number that the codes were sent for


@never_cache
@require_safe
@courier_page
def my_notices(request: CourierRequest) -> HttpResponse:
    found = notices.of(request.user)
    if before := request.GET.get("before"):
        found = found.filter(pk__lt=_number(before))
    rows = list(found[: NOTICES_A_PAGE + 1])
    shown = rows[:NOTICES_A_PAGE]
    context = {
        "notices": shown,
        "newest": shown[0].pk if shown else 0,
        "next_url": f"?before={shown[-1].pk}" if len(rows) > NOTICES_A_PAGE else None,
    }
    return render(request, "accounts/notices.html", context)


@require_POST
@courier_page
def open_notice(request: CourierRequest, notice_id: int) -> HttpResponse:
    """Read, and on to what it is about."""
    notice = notices.read(request.user, notice_id)
    return HttpResponseRedirect(local(notice.link) or reverse("notices"))


@require_POST
@courier_page
def read_notices(request: CourierRequest) -> HttpResponse:
    """All up to the newest that the page showed: what came since stays unread."""
    notices.read_all(request.user, up_to=_number(request.POST.get("up_to", "")))
    return redirect("notices")


@never_cache
@require_safe
@courier_page
def my_data(request: CourierRequest) -> HttpResponse:
    """Everything kept about me, as a file."""
    answer = JsonResponse(
        everything_about(request.user, request.courier), json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    day = clock.shanghai_day(clock.now())
    answer["Content-Disposition"] = f'attachment; filename="fengchao-{day:%Y%m%d}.json"'
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def change_number(request: CourierRequest) -> HttpResponse:
    form = NewNumberForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            shown = _send(request, form.cleaned_data["phone"])
        except RuleBroken as refusal:
            form.add_error("phone", refusal.message)
        else:
            request.session[NEW_NUMBER] = {"phone": crypto.encrypt(form.cleaned_data["phone"]), "shown": shown}
            return redirect("change_number_codes")
    context = {"form": form, "phone_masked": mask_phone(request.user.phone or "")}
    return render(request, "accounts/change_number.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def change_number_codes(request: CourierRequest) -> HttpResponse:
    pending = request.session.get(NEW_NUMBER)
    if pending is None:
        return redirect("change_number")
    phone, user = crypto.decrypt(pending["phone"]), request.user
    form = BothCodesForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            numbers.change(user, phone, **form.cleaned_data)
        except RuleBroken as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return _signed_in_anew(request)
    context = {
        "form": form,
        "old_masked": mask_phone(user.phone or ""),
        "new_masked": mask_phone(phone),
        "demo_codes": pending["shown"],
    }
    return render(request, "accounts/change_number_codes.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def close_account(request: CourierRequest) -> HttpResponse:
    form = CloseForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            erasure.close_account(request.user, by=request.user)
        except RuleBroken as refusal:
            form.add_error(None, refusal.message)
        else:
            logout(request)
            messages.success(request, "账号已注销，姓名和手机号已抹去。一路平安。")
            return redirect("home")
    return render(request, "accounts/close.html", {"form": form})


def _send(request: CourierRequest, phone: str) -> list[str] | None:
    """The codes of a demonstration, new number first."""
    try:
        sent = numbers.send_codes(request.user, phone, ip=address_of(request))
    except SmsUnanswered as late:
        messages.warning(request, late.message)
        return None
    shown = [one.demo_code for one in sent if one.demo_code]
    return shown or None


def _signed_in_anew(request: CourierRequest) -> HttpResponse:
    """Every session has ended; this one goes on as what it was."""
    request.session.pop(NEW_NUMBER, None)
    update_session_auth_hash(request, request.user)
    messages.success(request, "手机号换好了，下次用新号码登录。其他设备已退出。")
    return redirect("me")


def _number(text: Any) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadValue("找不到这一页，请从头看起。")
    return int(text)
