"""What every list of the admin shares: rights by role, scope, one audit row a change, actions that report.

Rights stand in one table that the site holds (`fengchao.admin`). Who may do what to a single object is the rule of the
service that does it; where the admin itself saves (names, addresses, prices), the role must reach the object.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RadioFilter
from unfold.paginator import InfinitePaginator

from fengchao.core import audit, clock, crypto
from fengchao.core.errors import RuleBroken
from fengchao.core.idempotency import Key, KeyMismatch, once
from fengchao.core.rights import Rights
from fengchao.core.templatetags.fengchao import when

MOST_AT_ONCE = 200
"""Rows that one action takes: more would outlast a request, and nobody has looked at them."""

NAMED = 5  # rows that a message names before it says how many


def me(request: HttpRequest) -> Any:
    """Who is signed in: a `User`, since the site lets nobody else in (this app knows no accounts)."""
    return request.user


class BaseAdmin(ModelAdmin):
    """A list that starts from what its reader's roles reach, and writes to our audit log instead of Django's."""

    place: ClassVar[str] = ""
    """Attribute path to the organisation an object belongs to; empty for what the whole district shares."""

    personal: ClassVar[tuple[str, ...]] = ()
    """Fields whose values the audit log keeps as keyed hashes only."""

    called: ClassVar[str] = ""
    """What the list is called here, where that is not the model's own name."""

    list_per_page = 50
    list_filter_submit = True
    show_facets = ShowFacets.NEVER  # each would count the whole list
    list_fullwidth = True
    compressed_fields = True

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        if self.called:
            self.opts = copy(model._meta)
            self.opts.verbose_name = self.opts.verbose_name_plural = self.called

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        found.opts = self.opts
        return found

    def rights(self) -> Rights:
        found: Rights = self.admin_site.rights[self.opts.label]
        return found

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        return queryset.in_scope(user) if hasattr(queryset, "in_scope") else queryset

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Scope before order: lists are ordered by what their scope annotates too."""
        found: QuerySet = self.scoped(self.model._default_manager.all(), me(request))
        return found.order_by(*self.get_ordering(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _holds(request, self.rights().see)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _holds(request, self.rights().see)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _holds(request, self.rights().add)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request, self.rights().change, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request, self.rights().delete, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deleting in bulk is nobody's work here, and it would run outside a transaction."""
        return {name: found for name, found in super().get_actions(request).items() if name != "delete_selected"}

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """A mark that is no key of this list is a broken form, which Django would take for a fault of ours."""
        try:
            for mark in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(mark)
        except ValidationError as error:
            raise BadRequest from error
        answer: HttpResponse | None = super().response_action(request, queryset)
        return answer

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The history of an object is its part of the audit log; there is no other."""
        if self.get_object(request, object_id) is None:
            raise Http404
        query = urlencode({"subject_kind": self.opts.label_lower, "subject_key": object_id})
        return HttpResponseRedirect(f"{reverse('admin:core_auditlog_changelist')}?{query}")

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Field → value after (or [before, after]), the personal ones apart."""
        parts: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        for name in form.changed_data:
            after = _plain(form.cleaned_data.get(name))
            value = after if add else [_plain(form.initial.get(name)), after]
            parts[name in self.personal][name] = value
        return parts

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if form.changed_data or not change:
            super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        audit.record(me(request), f"{self.opts.model_name}.added", obj, *message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        if any(message):
            audit.record(me(request), f"{self.opts.model_name}.changed", obj, *message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        for obj in queryset:
            audit.record(me(request), f"{self.opts.model_name}.deleted", obj)

    def each(
        self, request: HttpRequest, rows: QuerySet, act: Callable[[Any], object], *, done: str, key: str = ""
    ) -> None:
        """Do `act` to every row; say how many went through and, by reason, which did not.

        `done` is a sentence with {} for the number. With `key`, which came with the form, a form sent twice acts once.
        """
        went, refused = 0, defaultdict(list)
        for row in self._few(request, rows):
            try:
                self.act_once(request, f"{key}:{row.pk}" if key else "", partial(act, row))
                went += 1
            except RuleBroken as refusal:
                refused[refusal.message].append(str(row))
        if went:
            messages.success(request, done.format(went))
        for reason, names in refused.items():
            more = f"等 {len(names)} 项" if len(names) > NAMED else ""
            messages.warning(request, f"{'、'.join(names[:NAMED])}{more}未办理：{reason}")

    def act_once(self, request: HttpRequest, key: str, act: Callable[[], object]) -> None:
        if not key:
            act()
            return
        try:
            once(Key(me(request).pk, f"admin:{key}", "POST", request.path, _content(request)), act, lambda _: (200, {}))
        except KeyMismatch as other:
            raise KeyMismatch("这张表单已经办过，内容改了请重新打开再填。") from other

    def onward(self, request: HttpRequest) -> HttpResponse | None:
        """After an action: one object is shown again, while it may be seen; many go back to the list."""
        marks = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if len(marks) != 1 or not self.get_queryset(request).filter(pk=marks[0]).exists():
            return None
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=marks))

    def ask(
        self,
        request: HttpRequest,
        rows: QuerySet,
        form_class: "type[AskForm]",
        *,
        title: str,
        button: str,
        **options: Any,
    ) -> "AskForm | HttpResponse":
        """What an action on `rows` still has to know: the filled-in form, or the page that asks for it. `options` are
        the form's."""
        chosen = self._few(request, rows)
        if not chosen:
            return HttpResponseRedirect(request.get_full_path())
        form = form_class(request.POST if "asked" in request.POST else None, **options)
        if form.is_bound and form.is_valid():
            return form
        return self.form_page(request, form, title=title, button=button, rows=chosen)

    def form_page(
        self, request: HttpRequest, form: "AskForm", *, title: str, button: str, rows: list[Any] | None = None
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "button": button,
            "form": form,
            "rows": rows or [],
            "action": request.POST.get("action", ""),
            "back": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
        }
        return TemplateResponse(request, "admin/ask.html", context)

    def _few(self, request: HttpRequest, rows: QuerySet) -> list[Any]:
        """The rows, or none and a message when they are too many."""
        chosen = list(rows[: MOST_AT_ONCE + 1])
        if len(chosen) <= MOST_AT_ONCE:
            return chosen
        messages.error(request, f"一次最多办理 {MOST_AT_ONCE} 项，请先用筛选缩小范围。")
        return []

    def _reaches(self, request: HttpRequest, roles: tuple[str, ...], obj: Any) -> bool:
        if obj is None or isinstance(obj, str) or not self.place:
            return _holds(request, roles)
        path = _place_of(obj, self.place).path
        return any(role in roles and path.startswith(own) for role, _, own in me(request).roles)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404


class ReadOnly(BaseAdmin):
    """Rows that services write: here they are only looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LedgerAdmin(ReadOnly):
    """A list that may have millions of rows: newest first, never counted."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_disable_select_all = True
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        return ()


class DaysFilter(RadioFilter):
    """Rows of today, yesterday, the last seven or thirty days, as days turn in Shanghai."""

    title = "时间"
    parameter_name = "days"
    field = "at"
    SPANS: ClassVar[dict[str, tuple[str, int, int]]] = {
        "today": ("今天", 0, 1),
        "yesterday": ("昨天", -1, 0),
        "week": ("近 7 天", -6, 1),
        "month": ("近 30 天", -29, 1),
    }

    @classmethod
    def over(cls, field: str) -> type["DaysFilter"]:
        return type(cls.__name__, (cls,), {"field": field})

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _, _) in self.SPANS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in self.SPANS:
            return queryset
        _, first, end = self.SPANS[str(self.value())]
        today = clock.shanghai_day(clock.now())
        start, _ = clock.day_bounds(today + timedelta(days=first))
        finish, _ = clock.day_bounds(today + timedelta(days=end))
        return queryset.filter(**{f"{self.field}__gte": start, f"{self.field}__lt": finish})


class AskForm(forms.Form):
    """A form between an action and its service. `key` makes sending it twice harmless."""

    key = forms.CharField(max_length=64, initial=lambda: uuid.uuid4().hex, widget=forms.HiddenInput)

    def refuse(self, refusal: RuleBroken) -> None:
        """Show a refusal beside the field at fault, or above the form."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


def moment(at: datetime | None) -> str:
    """As lists write a time; a dash where there is none."""
    return when(at) if at else "—"


def _content(request: HttpRequest) -> str:
    """What a form says, so that one sent again with another content is not taken for the first. Keyed, for it may hold
    a password."""
    about_the_page = {"csrfmiddlewaretoken", "key", "index", "select_across", ACTION_CHECKBOX_NAME}
    said = {name: values for name, values in request.POST.lists() if name not in about_the_page}
    return crypto.keyed_hash(json.dumps(said, sort_keys=True))


def with_person(queryset: QuerySet, field: str, name: str = "person") -> Any:
    """Each row with the name behind a plain user id, in the same query."""
    return queryset.annotate(**{name: Subquery(get_user_model().objects.filter(pk=OuterRef(field)).values("name")[:1])})


def _holds(request: HttpRequest, roles: tuple[str, ...]) -> bool:
    return bool(me(request).has_role(*roles))


def _place_of(obj: Any, path: str) -> Any:
    for name in path.split("."):
        obj = obj if name == "self" else getattr(obj, name)
    return obj


def _plain(value: Any) -> Any:
    """A form's value as the audit log keeps it: ids instead of objects."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, QuerySet | list | tuple):
        return sorted(_plain(part) for part in value)
    return value
