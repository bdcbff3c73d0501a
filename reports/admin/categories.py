"""What can be reported, what each kind asks, and the sentences that are ready for answers: the district's."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.admin.organisations import OrganisationChoice
from accounts.models import Organisation
from fengchao.core.admin import BaseAdmin
from reports.models import Category, Question, TextTemplate
from reports.states import MOVE_NAMES


class Options(forms.CharField):
    """A list of options, one on each line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class QuestionForm(forms.ModelForm):
    choices = Options(
        label="选项", required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="单选、多选的选项，一行一个，2 到 20 个。",
    )  # fmt: skip

    class Meta:
        model = Question
        fields = ("category", "code", "label", "kind", "choices", "is_required", "order")


class TopLevel(forms.ModelChoiceField):
    """Upper categories, a new one goes below."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Category.objects.filter(parent=None), **kwargs)


@admin.register(Category)
class CategoryAdmin(BaseAdmin):
    list_display = ("indented", "code", "unit", "time", "earns", "is_confidential", "is_active", "order")
    list_display_links = ("indented",)
    list_filter = ("is_active", "is_confidential", ("parent", RelatedDropdownFilter))
    list_select_related = ("parent", "handler")
    search_fields = ("name", "code")
    search_help_text = "名称或代码"
    list_per_page = 100
    fieldsets = (
        (None, {"fields": (("name", "code"), ("parent", "order"), ("icon", "is_active"), "hint", "stop_notice")}),
        ("办理", {"fields": (("handler", "is_confidential"), ("deadline_days", "deadline_kind"))}),
        ("积分", {"fields": (("points_accepted", "points_resolved", "points_duplicate"),)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()  # programs name it

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """As the tree reads: an upper category, then its lower ones."""
        top = (Coalesce(F("parent__order"), F("order")).asc(), Coalesce(F("parent"), F("pk")).asc())
        return (*top, F("parent").asc(nulls_first=True), "order", "pk")

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is Organisation:
            return OrganisationChoice(
                queryset=Organisation.objects.order_by("path"), label=db_field.verbose_name, required=False,
                empty_label="不指定",
            )  # fmt: skip
        if db_field.name == "parent":
            return TopLevel(
                label=db_field.verbose_name,
                required=False,
                empty_label="没有，它就是大类",
                widget=UnfoldAdminSelectWidget,
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description="名称")
    def indented(self, row: Category) -> str:
        return f"{row.parent} · {row.name}" if row.parent else row.name

    @display(description="默认办理单位")
    def unit(self, row: Category) -> str:
        return row.handler.name if row.handler else "—"

    @display(description="期限")
    def time(self, row: Category) -> str:
        return f"{row.deadline_days} {row.get_deadline_kind_display()}"

    @display(description="积分 受理/办结/补充")
    def earns(self, row: Category) -> str:
        return f"{row.points_accepted} / {row.points_resolved} / {row.points_duplicate}"


@admin.register(Question)
class QuestionAdmin(BaseAdmin):
    form = QuestionForm
    list_display = ("label", "category", "code", "kind", "is_required", "order")
    list_filter = (("category", RelatedDropdownFilter),)
    list_select_related = ("category",)
    search_fields = ("label", "code")
    search_help_text = "问题或代码"
    ordering = ("category__order", "category", "order", "pk")
    fields = (("category", "order"), ("label", "code"), ("kind", "is_required"), "choices")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("category", "code") if obj else ()  # answers given before are kept under them


@admin.register(TextTemplate)
class TextTemplateAdmin(BaseAdmin):
    list_display = ("title", "used_for", "category", "text", "order")
    list_filter = (("category", RelatedDropdownFilter),)
    list_select_related = ("category",)
    search_fields = ("title", "text")
    search_help_text = "名称或内容"
    ordering = ("move", "order", "pk")
    fields = (("move", "category"), ("title", "order"), "text")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "move":
            kwargs["choices"] = [("", "请选择"), *((move, MOVE_NAMES[move]) for move in STAFF_MOVES)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @display(description="用在", ordering="move")
    def used_for(self, row: TextTemplate) -> str:
        return MOVE_NAMES[row.move]


STAFF_MOVES = ("accept", "reject", "assign", "ask", "return", "resolve", "reopen", "disprove")
"""Moves of staff and units: reporters have words of their own."""
