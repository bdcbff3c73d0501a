"""The desk's pages of one need: what it becomes, of whom, and how it was solved. They span apps."""

import uuid
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from activities.desk.care import organiser_page
from activities.desk.care_forms import KeyForm
from activities.models import Need
from activities.organisers import organises
from activities.services import needs as need_services
from fengchao import needs
from fengchao.core import standings
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.masking import mask_name
from reports.models import Category
from reports.services.filing import PLACE_LENGTH, TEXT_LENGTH
from stations import counter
from stations.models import Station
from wishes.forms import WishForm
from wishes.services.hanging import NOBODY

CODE = "请输入快递小哥手机上的 6 位动态码。"


class CodeForm(KeyForm):
    """With the code of whoever has the need, unless it was read when the need was written down."""

    code = forms.CharField(
        label="小哥的动态码", max_length=600, required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="请他打开“我的码”，念 6 位数字，60 秒内有效。",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, known: bool = False, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.known = known
        if known:
            del self.fields["code"]

    def clean_code(self) -> str:
        text: str = "".join(self.cleaned_data["code"].split())
        if not text:
            raise forms.ValidationError(CODE)
        return text

    @property
    def read(self) -> str:
        return str(self.cleaned_data.get("code", ""))


class NeededWish(CodeForm, WishForm):
    station = forms.ModelChoiceField(
        Station.objects.active().order_by("code"), label="挂在哪个蜂巢", to_field_name="code", empty_label="请选择",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选一个蜂巢。"),
    )  # fmt: skip


class NeededReport(CodeForm):
    category = forms.ModelChoiceField(
        Category.objects.none(), label="哪一类", empty_label="请选择",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选一个类别。"),
    )  # fmt: skip
    text = forms.CharField(
        label="什么情况", widget=forms.Textarea(attrs={"rows": 3, "maxlength": TEXT_LENGTH}),
        error_messages={"required": "请写一句说明。"},
    )  # fmt: skip
    place = forms.CharField(
        label="在什么地方", max_length=PLACE_LENGTH, error_messages={"required": "请写清楚在什么地方。"}
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        found = needs.can_be_told_for_others().select_related("parent").order_by("parent__pk", "pk")
        self.fields["category"].queryset = found  # type: ignore[attr-defined]  # of a ModelChoiceField


class SettleForm(KeyForm):
    outcome = forms.CharField(
        label="怎么解决的", max_length=need_services.TEXT_LENGTH, help_text="如：当场送了一把伞。",
        error_messages={"required": "请写一句说明。", "max_length": f"不能超过 {need_services.TEXT_LENGTH} 个字。"},
    )  # fmt: skip


@require_safe
@organiser_page
def need(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    return _page(request, worker, _one(worker, key))


@require_POST
@organiser_page
def wish(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    found = _one(worker, key)
    form = NeededWish(request.POST, known=found.courier_id is not None)

    def act() -> Need:
        station = form.cleaned_data["station"]
        needs.become_wish(found, station=station, code=form.read, by=worker, **form.said())
        return found

    return _made(request, worker, found, form, "wish", act, "已替他挂上心愿，等街道审核。")


@require_POST
@organiser_page
def report(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    found = _one(worker, key)
    form = NeededReport(request.POST, known=found.courier_id is not None)

    def act() -> Need:
        said = form.cleaned_data
        needs.become_report(
            found, category=said["category"], text=said["text"], place=said["place"], code=form.read, by=worker
        )
        return found

    return _made(request, worker, found, form, "report", act, "已替他上报，办理情况在下面看。")


@require_POST
@organiser_page
def settle(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    found, form = _one(worker, key), SettleForm(request.POST)
    return _made(
        request, worker, found, form, "settle",
        lambda: need_services.settle(found, outcome=form.cleaned_data["outcome"], by=worker),
        "已记下，这条需要解决了。",
    )  # fmt: skip


def _made(
    request: HttpRequest, worker: User, found: Need, form: Any, name: str, act: Callable[[], Need], told: str
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, worker, found, **{name: form}, status=400)
    try:
        # Around the transaction: the count of wrong codes must outlive the refusal.
        with counter.wrong_codes_counted(worker) if getattr(form, "read", "") else nullcontext():
            messages.success(request, act_once(request, worker, form.cleaned_data["key"], act, lambda _: told))
    except RuleBroken as refusal:
        wrong_code = isinstance(refusal, counter.WRONG)
        say_refusal(form, refusal, field="code" if wrong_code else None)
        return _page(request, worker, _one(worker, found.pk), **{name: form}, status=refusal.status)
    return redirect("desk_care_visit", found.visit_id)


def _one(worker: User, key: int) -> Need:
    found: Need | None = Need.objects.in_scope(worker).shown().filter(pk=key).first()
    if found is None:
        raise NotThere
    return found


def _page(
    request: HttpRequest, worker: User, found: Need, *, wish: Any = None, report: Any = None, settle: Any = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Each way has its form; the one that was sent is open, with what is wrong."""
    known, visit = found.courier_id is not None, found.visit
    acts = found.is_open and organises(worker, visit.organisation)
    place = f"{visit.outlet.address or visit.outlet}"[:PLACE_LENGTH]
    key = {"key": uuid.uuid4().hex}
    context = {
        "need": found,
        "became": standings.of([(found.state, found.became_key)], worker).get((found.state, found.became_key)),
        "acts": acts,
        "sent": next((name for name, form in (("wish", wish), ("report", report), ("settle", settle)) if form), ""),
        "wish": wish or NeededWish(known=known, initial={**key, "title": found.text[:30], "station": _tree(found)}),
        "report": report or NeededReport(known=known, initial={**key, "text": found.text, "place": place}),
        "settle": settle or SettleForm(),
        "who": mask_name(found.courier.user.name) if found.courier else "",
        "nobody": NOBODY,
        "back": reverse("desk_care_visit", args=[found.visit_id]),
    }
    return render(request, "desk/care_need.html", context, status=status)


def _tree(found: Need) -> Station | None:
    """The tree that stands nearest in the organisations: of the visitors, else of the street."""
    visit = found.visit
    for path in (visit.organisation.path, visit.outlet.organisation.street.path):
        tree = Station.objects.active().filter(organisation__path__startswith=path).order_by("code").first()
        if tree is not None:
            return tree
    return None
