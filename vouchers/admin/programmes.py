"""Programmes: what a sponsor gives, changed by the district, never below what has been given out."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from accounts.admin.organisations import InTree, OrganisationChoice
from accounts.models import Organisation
from accounts.rules import organisations_of
from fengchao.core.admin import me
from fengchao.core.errors import RuleBroken
from fengchao.core.export import ExportAdmin
from vouchers.models import Allotment, Item, Programme
from vouchers.services import terms


class ProgrammeEditForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        """Under the lock of the programme, until it is written."""
        given: dict[str, Any] = super().clean() or {}
        first, last, quota = (given.get(name) for name in ("valid_from", "valid_until", "quota"))
        if first and last and last < first:
            self.add_error("valid_until", "截止日期不能早于开始日期。")
        if self.instance.pk:
            terms.refresh(self.instance)
            if quota is not None:
                _say(self, lambda: terms.refuse_quota(self.instance, quota))
        return given


class ItemForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "order" in self.fields:  # not for who only reads
            self.fields["order"].required = False


class ItemFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        for place, form in enumerate(kept, 1):
            if form.cleaned_data.get("order") is None:
                form.instance.order = place
        added = any(form.instance.pk is None and form not in self.deleted_forms for form in kept)
        if self.instance.pk:
            _say(self, lambda: terms.refuse_items(
                self.instance, [form.instance for form in self.deleted_forms if form.instance.pk], added=added
            ))  # fmt: skip


class AllotmentForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "enterprise" in self.fields:
            self.fields["enterprise"].disabled = True

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("places") is not None and given.get("enterprise") and self.instance.programme_id:
            self.instance.enterprise = given["enterprise"]
            _say(self, lambda: terms.refuse_places(self.instance, given["places"]))
        return given


class AllotmentFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            if form.instance.pk:
                _say(self, lambda row=form.instance: terms.refuse_removal(row))


class OfProgramme(TabularInline):
    """Whoever may change the programme may change these."""

    extra = 0
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(me(request).has_role(*self.admin_site.rights[Programme._meta.label].change))

    has_change_permission = has_delete_permission = has_add_permission


class Items(OfProgramme):
    model = Item
    form = ItemForm
    formset = ItemFormSet
    fields = ("order", "name")
    verbose_name_plural = "检查项目（按顺序）"


class Allotments(OfProgramme):
    model = Allotment
    form = AllotmentForm
    formset = AllotmentFormSet
    fields = ("enterprise", "places", "issued")
    readonly_fields = ("issued",)
    verbose_name_plural = "企业名额（一家也不填，所有企业都可以发）"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found: QuerySet = super().get_queryset(request).select_related("enterprise").order_by("pk")
        return found


@admin.register(Programme)
class ProgrammeAdmin(ExportAdmin, InTree):
    list_display = ("name", "sponsor", "centre", "span", "given", "left", "waits", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("centre", "organisation")
    search_fields = ("name", "sponsor")
    search_help_text = "名称或赞助单位"
    ordering = ("-valid_from", "pk")
    form = ProgrammeEditForm
    inlines = (Items, Allotments)
    readonly_fields = ("standing",)
    fieldsets = (
        (
            None,
            {"fields": ("standing", ("name", "organisation"), ("sponsor", "face_value"), ("is_active", "is_example"))},
        ),
        ("体检中心", {"fields": (("centre", "phone"), "address")}),
        ("名额和期限", {"fields": ("quota", ("valid_from", "valid_until"))}),
        ("发给谁", {"fields": (("needs_verified", "excludes_served"), "needs_honour")}),
    )
    view_on_site = False
    export_name = "体检项目"
    export_columns = {
        "名称": "name",
        "赞助单位": "sponsor",
        "体检中心": "centre",
        "地址": "address",
        "电话": "phone",
        "面值（元）": "face_value",
        "总名额": "quota",
        "已发放": "issued",
        "剩余": "left",
        "候补": "waits",
        "开始日期": "valid_from",
        "截止日期": "valid_until",
    }

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        return super().scoped(queryset, user).annotate(in_line=Count("waiting"))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "centre":
            reached = organisations_of(me(request), *self.rights().change)
            return OrganisationChoice(
                queryset=reached.filter(kind=Organisation.Kind.CLINIC), label="体检中心", empty_label="请选择",
                help_text="在“组织”里类别是体检机构的",
            )  # fmt: skip
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """With items and places as they are now, where one of them was changed."""
        changed, personal = super().construct_change_message(request, form, formsets, add)
        for formset in formsets or ():
            if formset.has_changed():
                changed.update(_as_they_are(form.instance, formset.model))
        return changed, personal

    @display(description="期限")
    def span(self, row: Programme) -> str:
        return f"{row.valid_from} 至 {row.valid_until}"

    @display(description="已发 / 名额")
    def given(self, row: Programme) -> str:
        return f"{row.issued} / {row.quota}"

    @display(description="剩余")
    def left(self, row: Programme) -> int:
        return row.left

    @display(description="候补")
    def waits(self, row: Any) -> int:
        return int(row.in_line)

    @display(description="现在")
    def standing(self, row: Any) -> str:
        if row.pk is None:
            return "还没有发放"
        cards, line = reverse("admin:vouchers_voucher_changelist"), reverse("admin:vouchers_waiting_changelist")
        return format_html(
            '已发 {}，名额 {}，剩 {}，候补 {}。<a class="case-link" href="{}?programme={}">看体检卡</a>　'
            '<a class="case-link" href="{}?programme={}">看候补</a>',
            row.issued, row.quota, row.left, row.in_line, cards, row.pk, line, row.pk,
        )  # fmt: skip


def _as_they_are(programme: Programme, model: type[Any]) -> dict[str, Any]:
    if model is Item:
        return {"items": "、".join(programme.items.values_list("name", flat=True))}
    rows = programme.allotments.select_related("enterprise").order_by("pk")
    return {"allotments": "、".join(f"{row.enterprise} {row.places}" for row in rows)}


def _say(form: Any, check: Any) -> None:
    """A refusal beside the field of the form, or above the rows."""
    try:
        check()
    except RuleBroken as refusal:
        if isinstance(form, forms.ModelForm):
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            raise forms.ValidationError(refusal.message) from refusal
