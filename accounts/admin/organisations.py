"""The tree of organisations."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import Organisation
from accounts.rules import organisations_of
from fengchao.core.admin import BaseAdmin, me

INDENT = "　"


class OrganisationChoice(forms.ModelChoiceField):
    """The tree as an indented list."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Organisation.objects.order_by("path"))
        super().__init__(**{"widget": UnfoldAdminSelectWidget, **kwargs})

    def label_from_instance(self, obj: Organisation) -> str:
        return f"{INDENT * (obj.depth - 1)}{obj.name}"


class InTree(BaseAdmin):
    """Rows that belong to an organisation: its choice is limited to where the person may write."""

    place = "organisation"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is Organisation:
            roles = {*self.rights().change, *self.rights().add}
            return OrganisationChoice(
                queryset=organisations_of(me(request), *roles),
                label=db_field.verbose_name,
                required=not db_field.blank,
                empty_label="请选择",
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class OrganisationForm(forms.ModelForm):
    parent = OrganisationChoice(label="上级组织", empty_label="请选择")

    class Meta:
        model = Organisation
        fields = ("parent", "name", "kind", "is_example")
        widgets = {"name": UnfoldAdminTextInputWidget, "kind": UnfoldAdminSelectWidget}


class OrganisationEditForm(forms.ModelForm):
    class Meta:
        model = Organisation
        fields = ("name", "kind", "is_example")
        widgets = {"name": UnfoldAdminTextInputWidget, "kind": UnfoldAdminSelectWidget}


@admin.register(Organisation)
class OrganisationAdmin(BaseAdmin):
    place = "self"
    list_display = ("indented", "kind", "staff")
    list_filter = ("kind",)
    search_fields = ("name",)
    ordering = ("path",)
    list_per_page = 100

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        reached = organisations_of(user, *self.rights().see)
        return queryset.filter(pk__in=reached.values("pk")).annotate(people=Count("memberships"))

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(
            request, obj, change, **{**kwargs, "form": OrganisationEditForm if obj else OrganisationForm}
        )
        if obj is None and "parent" in form.base_fields:
            form.base_fields["parent"].queryset = organisations_of(me(request), *self.rights().add)
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "kind", "is_example") if obj else ("parent", "name", "kind", "is_example")

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        parent = Organisation.objects.select_for_update().get(pk=form.cleaned_data["parent"].pk)
        Organisation.objects.add_child(parent, instance=obj)

    @display(description="名称")
    def indented(self, organisation: Organisation) -> str:
        return f"{INDENT * (organisation.depth - 1)}{organisation.name}"

    @display(description="任职人数")
    def staff(self, organisation: Any) -> int:
        return int(organisation.people)
