"""What an organiser fills in. What is right is decided by the services."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.db.models import Q

from accounts.models import Organisation, User
from accounts.scope import paths
from activities.forms import KEY, new_key
from activities.models import Activity
from activities.models.activities import MOST_PLACES, MOST_POINTS
from activities.organisers import ORGANISERS
from activities.services import Plan
from activities.services.organising import (
    CONTACT_LENGTH,
    MOST_HOSTS,
    PLACE_LENGTH,
    REASON_LENGTH,
    TEXT_LENGTH,
    TITLE_LENGTH,
)
from activities.states import ActivityKind, ActivityState
from fengchao.core import codes
from stations.models import Station

BROKEN_FORM = "这一页已失效，请重新打开。"
LONGEST_CODE = 600
BIGGEST_KEY = 2**63 - 1
WHEN = "请填写日期和时间。"
NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
AREAS = (Organisation.Kind.DISTRICT, Organisation.Kind.STREET, Organisation.Kind.ZONE, Organisation.Kind.COMMUNITY)


class KeyForm(forms.Form):
    """`key` makes sending it twice harmless."""

    key = forms.RegexField(KEY, widget=forms.HiddenInput)
    use_required_attribute = False

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"key": new_key(), **(initial or {})})


def fault_in(form: forms.Form, name: str) -> str:
    """What is wrong with this field, or with the page."""
    return " ".join(map(str, form.errors[name])) if name in form.errors else BROKEN_FORM


class ReasonForm(KeyForm):
    reason = forms.CharField(
        label="原因", max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写一句原因。", "max_length": f"不能超过 {REASON_LENGTH} 个字。"},
    )  # fmt: skip


class ScanForm(KeyForm):
    """Six digits typed, or the whole code by a scanner gun, which ends with Enter."""

    code = forms.CharField(
        max_length=LONGEST_CODE,
        error_messages={"required": "请扫码，或输入 6 位动态码。", "max_length": "这不是快递小哥的动态码。"},
    )

    def told_apart(self) -> tuple[str | None, str | None]:
        """A token, which is left as it is, or else six digits."""
        text = self.cleaned_data["code"]
        meant = codes.as_meant(text)
        return (None, meant) if meant.isdigit() else ("".join(text.split()), None)


class TickForm(KeyForm):
    """Couriers of the list, and what is said of them: that they were there, or not."""

    courier = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": "请先在名单上勾选。", "invalid_choice": "名单变了，请重新勾选。"}
    )
    act = forms.ChoiceField(choices=[("confirm", ""), ("no-show", "")])

    def __init__(self, data: Any, *, keys: list[int]) -> None:
        super().__init__(data)
        self.fields["courier"].choices = [(key, "") for key in keys]  # type: ignore[attr-defined]  # of a choice field


class PhotoForm(forms.Form):
    photo = forms.IntegerField(min_value=1, max_value=BIGGEST_KEY)


def _moment(label: str) -> forms.DateTimeField:
    """In Shanghai."""
    return forms.DateTimeField(
        label=label, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": WHEN, "invalid": WHEN},
    )  # fmt: skip


def _words(label: str, most: int, *, needed: bool = False, hint: str = "", rows: int = 0) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(
        label=label, max_length=None if rows else most, required=needed, help_text=hint, widget=widget,
        error_messages={"required": f"请填写{label}。", "max_length": f"不能超过 {most} 个字。"},
    )  # fmt: skip


def _count(label: str, first: int, last: int, hint: str = "") -> forms.IntegerField:
    said = f"请填 {first} 到 {last} 的整数。"
    return forms.IntegerField(
        label=label, min_value=first, max_value=last, help_text=hint, widget=forms.NumberInput(attrs=NUMBER),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), said),
    )  # fmt: skip


class ActivityForm(KeyForm):
    """An activity as its organiser writes it; `organisation` is asked for where there is a choice."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label="主办", empty_label=None,
        error_messages={"required": "请选主办单位。", "invalid_choice": "请选您所在的单位。"},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="类别", choices=ActivityKind.choices, widget=forms.RadioSelect, initial=ActivityKind.DEED,
        error_messages={"required": "请选一个类别。", "invalid_choice": "请选一个类别。"},
    )  # fmt: skip
    title = _words("名称", TITLE_LENGTH, needed=True)
    starts_at = _moment("开始")
    ends_at = _moment("结束")
    station = forms.ModelChoiceField(
        Station.objects.none(), label="在哪个蜂巢", required=False, empty_label="不在蜂巢里办",
        error_messages={"invalid_choice": "请选您这里的蜂巢。"},
    )  # fmt: skip
    place = _words("地点", PLACE_LENGTH, hint="不在蜂巢里办时，写清楚怎么找。")
    capacity = _count("名额", 1, MOST_PLACES)
    points = _count("每人积分", 0, MOST_POINTS, "只有志愿服务给积分，发布后不能再改。")
    text = _words("说明", TEXT_LENGTH, rows=4, hint="做什么、带什么、谁来教。")
    contact = _words("联系方式", CONTACT_LENGTH, hint="大家都能看到，如：社区办公室 027-83000000。")
    hosts = forms.ModelMultipleChoiceField(
        Organisation.objects.none(), label="共办单位", required=False,
        error_messages={"invalid_choice": "请从名单里选共办单位。", "invalid_pk_value": "请从名单里选共办单位。"},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, worker: User, activity: Activity | None = None) -> None:
        super().__init__(data, initial=_initial(activity) if activity else {"points": 0, "capacity": 20})
        self.partners = _partners(worker, activity)
        fields: Any = self.fields
        fields["hosts"].queryset = Organisation.objects.filter(pk__in=[one.pk for one in self.partners])
        mine = Q(pk__in=Station.objects.served_by(worker).values("pk"))
        here = Q(pk=activity.station_id) if activity and activity.station_id else Q(pk__in=[])
        fields["station"].queryset = Station.objects.filter(mine | here).order_by("code")
        if activity is None:
            fields["organisation"].queryset = _own(worker)
        else:
            del fields["organisation"]
            fields["points"].disabled = activity.state == ActivityState.PUBLISHED

    @property
    def heaps(self) -> Iterator[tuple[str, list[Organisation], bool]]:
        """Who may help, by what they are; whether somebody of the heap is chosen."""
        chosen = self.chosen
        for kind, heap in groupby(self.partners, key=lambda one: one.kind):
            rows = list(heap)
            yield Organisation.Kind(kind).label, rows, any(str(one.pk) in chosen for one in rows)

    @property
    def chosen(self) -> set[str]:
        return {str(getattr(value, "pk", value)) for value in self["hosts"].value() or []}

    @property
    def most_hosts(self) -> int:
        return MOST_HOSTS

    def plan(self) -> Plan:
        given = dict(self.cleaned_data)
        given["points"] = given["points"] if given["kind"] == ActivityKind.DEED else 0
        return Plan(**{name: value for name, value in given.items() if name not in ("key", "organisation")})


def _initial(activity: Activity) -> dict[str, Any]:
    names = ("kind", "title", "starts_at", "ends_at", "place", "capacity", "points", "text", "contact")
    hosts = list(activity.hosts.values_list("pk", flat=True))
    return {**{name: getattr(activity, name) for name in names}, "station": activity.station_id, "hosts": hosts}


def _own(worker: User) -> Any:
    """In whose name he may organise."""
    condition = Q(pk__in=[])
    for path in paths(worker, *ORGANISERS):
        condition |= Q(path__startswith=path)
    return Organisation.objects.filter(condition).order_by("path")


def _partners(worker: User, activity: Activity | None) -> list[Organisation]:
    """Whoever in his district may do it together with him, departments and companies before the areas; and who does
    already."""
    condition = Q(pk__in=[])
    for root in {path[: Organisation.steplen] for path in paths(worker, *ORGANISERS)}:
        condition |= Q(path__startswith=root)
    condition &= ~Q(kind=Organisation.Kind.CLINIC)
    if activity is not None:
        condition |= Q(pk__in=activity.hosts.values("pk"))
    order = [kind for kind in Organisation.Kind if kind not in AREAS] + list(AREAS)
    found = Organisation.objects.filter(condition)
    return sorted(found, key=lambda one: (order.index(Organisation.Kind(one.kind)), one.path))
