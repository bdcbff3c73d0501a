"""The tree of organisations."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from accounts.models import Organisation
from stations.models import Station

Kind = Organisation.Kind
_number = count(1)


@dataclass(frozen=True)
class District:
    """A district with two streets, and a community in the first."""

    root: Organisation
    street: Organisation
    community: Organisation
    other_street: Organisation


def organisation(parent: Organisation | None = None, *, kind: str | None = None, name: str = "") -> Organisation:
    kind = kind or (Kind.STREET if parent else Kind.DISTRICT)
    fields = {"name": name or f"组织{next(_number)}", "kind": kind}
    if parent is None:
        return Organisation.objects.add_root(fields)
    return Organisation.objects.add_child(parent, fields)


def station(place: Organisation, code: str = "QK-001", *, name: str = "", **fields: Any) -> Station:
    """Of the first class, in the middle of the district, unless `fields` say something else."""
    usual = {"grade": 1, "address": f"{place.name}1号", "lat": 30.57, "lng": 114.27}
    return Station.objects.create(
        code=code, name=name or f"{place.name}蜂巢", organisation=place, **{**usual, **fields}
    )  # fmt: skip


def district() -> District:
    root = organisation(name="硚口区")
    street = organisation(root, name="古田街道")
    return District(
        root=root,
        street=street,
        community=organisation(street, kind=Kind.COMMUNITY, name="古田社区"),
        other_street=organisation(root, name="韩家墩街道"),
    )
