"""Outlets as rows of a sheet, in and out by the same columns."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from import_export.fields import Field
from tablib import Dataset  # type: ignore[import-untyped]  # ships no types

from accounts.models import Enterprise, Headcount, Organisation, Outlet
from accounts.models.outlets import MOST_COURIERS
from accounts.roles import MANAGERS
from accounts.rules import organisations_of
from accounts.scope import within
from accounts.services import headcounts
from accounts.services.contacts import clean_contact_phone
from fengchao.core import clock
from fengchao.core.errors import RuleBroken
from fengchao.core.masking import mask_name, mask_phone
from fengchao.core.sheets import Plain, SheetResource, Text, plain, text

CONTACT, PHONE, COUNT, COUNTED_ON = "联系人", "联系电话", "在岗人数", "人数日期"
REGISTERED = "登记小哥"


class OrganisationCell(Text):
    """An organisation by its name or, where two have the same, by `street/community`; one of `reached` only."""

    def __init__(self, reached: QuerySet[Organisation]) -> None:
        super().__init__(most=200)
        self.reached, self.names = reached, {}  # type: ignore[var-annotated]  # filled at the first row

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        wanted = "/".join(part.strip() for part in super().clean(value, row, **kwargs).replace("／", "/").split("/"))
        if not self.names:
            self.names = _by_name(self.reached)
        found = self.names.get(wanted, [])
        if not found:
            raise ValueError("没有这个街道或社区，或不在您的范围内。请照后台“组织”里的名称填。")
        if len(found) > 1:
            raise ValueError("有几个同名的，请写成“街道/社区”。")
        return found[0]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value) if value else ""


def _by_name(reached: QuerySet[Organisation]) -> dict[str, list[Organisation]]:
    found: dict[str, list[Organisation]] = {}
    by_path = {one.path: one for one in Organisation.objects.all()}
    for one in reached:
        above = by_path.get(one.path[: -Organisation.steplen])
        for name in {one.name, f"{above.name}/{one.name}" if above else one.name}:
            found.setdefault(name, []).append(one)
    return found


class EnterpriseCell(Text):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        name = super().clean(value, row, **kwargs)
        found = Enterprise.objects.filter(name=name).first()
        if found is None:
            raise ValueError("没有这家企业，请先在后台“快递企业”里添加，或改成那里的名称。")
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value) if value else ""


class ContactPhoneCell(Plain):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        try:
            return clean_contact_phone(super().clean(value, row, **kwargs))
        except RuleBroken as refusal:
            raise ValueError(refusal.message) from refusal


class CountCell(Plain):
    """25 or 25人."""

    def read(self, value: Any) -> str:
        return super().read(value).removesuffix("人")

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return int(super().clean(value, row, **kwargs))


class OutletSheet(SheetResource):
    """Enterprise and name say which outlet; an unknown one is added. Nothing is ever deleted.

    A number of couriers is one of today. A sheet that was exported has masked contacts, and numbers with their dates:
    these are what is there already, and stay.
    """

    key = ("企业", "网点")
    optional = (CONTACT, PHONE, COUNT)
    passed_over: ClassVar[tuple[str, ...]] = (COUNTED_ON, REGISTERED)
    verb = "outlet.imported"
    personal = ("contact_name", "contact_phone")
    enterprise = Field(attribute="enterprise", column_name="企业", widget=EnterpriseCell(most=60))
    name = Field(attribute="name", column_name="网点", widget=Text(most=80))
    organisation = Field(attribute="organisation", column_name="所在街道/社区")
    address = Field(attribute="address", column_name="地址", widget=Text(most=120, required=False))

    contact_name = Field(attribute="contact_name", column_name=CONTACT, widget=Text(most=40))
    contact_phone = Field(attribute="contact_phone", column_name=PHONE, widget=ContactPhoneCell(most=30))
    headcount = Field(
        attribute="headcount", column_name=COUNT,
        widget=CountCell(most=10, pattern="[0-9]{1,4}", hint=f"要填 0 到 {MOST_COURIERS} 的整数。"),
    )  # fmt: skip

    class Meta(SheetResource.Meta):
        model = Outlet
        fields = ("enterprise", "name", "organisation", "address", "contact_name", "contact_phone", "headcount")
        import_order = export_order = fields
        import_id_fields = ("enterprise", "name")

    def __init__(self, *, by: Any) -> None:
        super().__init__(by=by)
        self.fields["organisation"].widget = OrganisationCell(organisations_of(by, *MANAGERS))
        self.today = clock.shanghai_day(clock.now())
        self.counted: dict[int, Headcount] = {}

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        super().before_import(dataset, **kwargs)
        newest = Headcount.objects.order_by("outlet_id", "-on").distinct("outlet_id")
        mine = newest.filter(within(self.by, "outlet__organisation", *MANAGERS))
        self.counted = {one.outlet_id: one for one in mine}

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        newest = self.counted.get(instance.pk) if not new else None
        instance.headcount = newest.couriers if newest and newest.on == self.today else None
        if newest and text(row.get(COUNTED_ON)) == f"{newest.on}" and plain(row[COUNT]) == str(newest.couriers):
            row[COUNT] = None
        for heading, masked in (
            (CONTACT, mask_name(instance.contact_name)),
            (PHONE, mask_phone(instance.contact_phone or "")),
        ):
            if masked and text(row[heading]) == masked:
                row[heading] = None
        super().after_init_instance(instance, new, row, **kwargs)

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        super().do_instance_save(instance, is_create)
        if instance.headcount is not None:
            headcounts.count(instance, instance.headcount, by=self.by, on=self.today)

    def find(self, row: dict[str, Any]) -> Model | None:
        mine = Outlet.objects.filter(within(self.by, "organisation", *MANAGERS))
        same = mine.filter(enterprise__name=text(row["企业"]), name=text(row["网点"]))
        found: Model | None = same.select_related("enterprise", "organisation").first()
        return found

    def refuse(self, instance: Any, row: dict[str, Any], errors: dict[str, list[str]]) -> None:
        if instance.pk is None and not errors.keys() & {"企业", "网点"}:
            same = Outlet.objects.filter(enterprise=instance.enterprise, name=instance.name)
            if same.exists():
                errors["网点"] = ["这家企业的这个网点登记在您范围以外，请联系区里。"]


OUTLET_NOTES = {
    "企业": "和后台“快递企业”里的名称一样。",
    "网点": "不超过 80 个字。企业和网点都一样的就修改，否则新增。",
    "所在街道/社区": "和后台“组织”里的名称一样；有重名的写成“街道/社区”。",
    "地址": "可不填。",
    CONTACT: "可不填；不填不改原来的。",
    PHONE: "手机或座机，可不填；不填不改原来的。先把这一列设为“文本”格式。",
    COUNT: "现在有多少快递员，记为今天的人数；没有重新问过的请不填。",
}
