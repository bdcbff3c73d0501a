"""What a visitor fills in, telephone in hand. What is right is decided by the services."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms

from accounts.models import Organisation
from activities.care_states import MOST_PIECES, MOST_REACHED, Contact, KitMove
from activities.models import Kit, KitStock, VisitedOutlet
from activities.services.care import NOTES_LENGTH, REASON_LENGTH, ROUTE_LENGTH, VISITORS_LENGTH
from activities.services.kits import NOTE_LENGTH
from activities.services.needs import TEXT_LENGTH
from fengchao.core import clock

NEEDS = 3  # asked for with the visit; more can be added to it afterwards
NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}
A_MOMENT = "%Y-%m-%dT%H:%M"


def _number(label: str, *, most: int, needed: bool = False, least: int = 0) -> forms.IntegerField:
    words = f"请写 {least} 到 {most} 的整数。"
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, required=needed, widget=forms.TextInput(attrs=NUMERIC),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), words),
    )  # fmt: skip


def _line(label: str, most: int, *, needed: bool = False, hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=needed, help_text=hint,
        error_messages={"required": "请写一句说明。", "max_length": f"不能超过 {most} 个字。"},
    )  # fmt: skip


class KeyForm(forms.Form):
    """`key` makes sending it twice harmless."""

    key = forms.RegexField(r"^[\x21-\x7e]{1,64}$", widget=forms.HiddenInput)
    use_required_attribute = False

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex, **(initial or {})})


class OrganisationForm(KeyForm):
    """In whose name; asked for where there is a choice."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label="走访单位", empty_label=None,
        error_messages={"required": "请选择单位。", "invalid_choice": "请选择您所在的单位。"},
    )  # fmt: skip

    def __init__(
        self, data: Any = None, *, organisations: Sequence[Organisation], initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.only = organisations[0] if len(organisations) == 1 else None
        field: Any = self.fields["organisation"]
        field.queryset = Organisation.objects.filter(pk__in=[one.pk for one in organisations]).order_by("path")
        if self.only is not None:
            del self.fields["organisation"]

    @property
    def chosen(self) -> Organisation:
        found: Organisation = self.only or self.cleaned_data["organisation"]
        return found


class PlanForm(OrganisationForm):
    """A day for one outlet or for a route of several; the order is the one in which they stand on the page."""

    outlets = forms.ModelMultipleChoiceField(
        VisitedOutlet.objects.none(), label="网点",
        error_messages={
            "required": "请至少选一个网点。", "invalid_choice": "有网点不在走访的范围里。",
            "invalid_pk_value": "有网点不在走访的范围里。",
        },
    )  # fmt: skip
    planned_on = forms.DateField(
        label="哪一天", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "请选一天。", "invalid": "请选一天。"},
    )  # fmt: skip
    route = _line("路线名称", ROUTE_LENGTH, hint="几个网点一天走完时写，如：古田一线。")
    visitors = _line("走访人员", VISITORS_LENGTH, hint="如：社区书记、团区委 2 人。")

    def __init__(self, data: Any = None, *, outlets: Any, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["outlets"].queryset = outlets  # type: ignore[attr-defined]  # of a ModelMultipleChoiceField

    @property
    def in_order(self) -> list[VisitedOutlet]:
        """As the form names them."""
        found = {str(outlet.pk): outlet for outlet in self.cleaned_data["outlets"]}
        named: list[str] = self.data.getlist("outlets")  # type: ignore[attr-defined]  # a QueryDict
        return [found[key] for key in dict.fromkeys(named) if key in found]


class DoneForm(KeyForm):
    """What was found there. Pictures are `core.uploads`'; a field for each kit in stock."""

    contact = forms.ChoiceField(
        label="见到人了吗", choices=Contact.choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选一项：见到了，或为什么没见到。"),
    )  # fmt: skip
    visited_at = forms.DateTimeField(
        label="什么时候到的", input_formats=[A_MOMENT, f"{A_MOMENT}:%S"],
        widget=forms.DateTimeInput(format=A_MOMENT, attrs={"type": "datetime-local"}),
        error_messages={"required": "请写到访的时间。", "invalid": "请写到访的时间。"},
    )  # fmt: skip
    couriers_reached = _number("慰问了几位小哥", most=MOST_REACHED)
    visitors = _line("走访人员", VISITORS_LENGTH)
    # How long it may be the service says: a browser counts a new line once, and sends it as two characters.
    notes = forms.CharField(
        label="情况", required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTES_LENGTH})
    )

    def __init__(
        self, data: Any = None, *, stock: Iterable[KitStock], at: datetime, initial: dict[str, Any] | None = None
    ) -> None:
        arrived = at.astimezone(clock.SHANGHAI).replace(tzinfo=None, second=0, microsecond=0)
        super().__init__(data, initial={"visited_at": arrived, **(initial or {})})
        self.stock = {f"kit_{row.kit_id}": row for row in stock}
        for name, row in self.stock.items():
            self.fields[name] = _number(f"{row.kit.name}（有 {row.on_hand} 份）", most=MOST_PIECES)
        for index in range(NEEDS):
            self.fields[f"need_{index}"] = _line("小哥的需要", TEXT_LENGTH)

    @property
    def contacts(self) -> list[tuple[str, str]]:
        return [(choice.value, choice.label) for choice in Contact]

    @property
    def kit_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.stock]

    @property
    def need_fields(self) -> list[forms.BoundField]:
        return [self[f"need_{index}"] for index in range(NEEDS)]

    def said(self) -> dict[str, Any]:
        """In the words of `services.care.finish`."""
        given = self.cleaned_data
        needs = [given[f"need_{index}"] for index in range(NEEDS)]
        return {
            "contact": given["contact"], "visited_at": given["visited_at"], "visitors": given["visitors"],
            "couriers_reached": given["couriers_reached"] or 0, "notes": given["notes"],
            "kits": {row.kit: given[name] or 0 for name, row in self.stock.items()},
            "needs": [text for text in needs if text],
        }  # fmt: skip


class CancelForm(KeyForm):
    reason = _line("为什么不去了", REASON_LENGTH, needed=True, hint="如：下暴雨，改到下周。")


class NeedForm(KeyForm):
    text = _line("小哥需要什么", TEXT_LENGTH, needed=True, hint="如：门口路灯坏了；想要一把伞。")


class KitForm(OrganisationForm):
    """Kits come in, or go on to another organisation."""

    kind = forms.ChoiceField(label="做什么", choices=[])
    kit = forms.ModelChoiceField(
        Kit.objects.filter(is_active=True).order_by("name"), label="慰问包", empty_label="请选择",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "请选一种慰问包。"),
    )  # fmt: skip
    pieces = _number("几份", most=MOST_PIECES, needed=True, least=1)
    taker = forms.ModelChoiceField(
        Organisation.objects.none(), label="调给（只用于调拨）", required=False, empty_label="请选择",
        error_messages={"invalid_choice": "请选择您所在的单位。"},
    )  # fmt: skip
    note = _line("说明", NOTE_LENGTH, hint="如：区工会送来。")

    def __init__(self, data: Any = None, *, organisations: Sequence[Organisation], **options: Any) -> None:
        super().__init__(data, organisations=organisations, **options)
        kinds, taker = [KitMove.RECEIVED], self.fields["taker"]
        if self.only is None:
            kinds.append(KitMove.PASSED_ON)
            taker.queryset = self.fields["organisation"].queryset  # type: ignore[attr-defined]
        else:
            del self.fields["taker"]
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("kind") == KitMove.PASSED_ON and not given.get("taker") and "taker" not in self.errors:
            self.add_error("taker", "请选调给哪个单位。")
        return given
