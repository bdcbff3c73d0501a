"""Outlets as rows of a sheet, in and out by the same columns."""

from typing import Any

from django.db.models import Model, QuerySet
from import_export.fields import Field

from accounts.models import Enterprise, Organisation, Outlet
from accounts.roles import MANAGERS
from accounts.rules import organisations_of
from accounts.scope import within
from fengchao.core.sheets import SheetResource, Text, text


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


class OutletSheet(SheetResource):
    """Enterprise and name say which outlet; an unknown one is added. Nothing is ever deleted."""

    key = ("企业", "网点")
    verb = "outlet.imported"
    enterprise = Field(attribute="enterprise", column_name="企业", widget=EnterpriseCell(most=60))
    name = Field(attribute="name", column_name="网点", widget=Text(most=80))
    organisation = Field(attribute="organisation", column_name="所在街道/社区")
    address = Field(attribute="address", column_name="地址", widget=Text(most=120, required=False))

    class Meta(SheetResource.Meta):
        model = Outlet
        fields = ("enterprise", "name", "organisation", "address")
        import_order = export_order = fields
        import_id_fields = ("enterprise", "name")

    def __init__(self, *, by: Any) -> None:
        super().__init__(by=by)
        self.fields["organisation"].widget = OrganisationCell(organisations_of(by, *MANAGERS))

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
}
