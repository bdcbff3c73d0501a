"""The tree of organisations of the demonstration district."""

from typing import Any

from accounts.models import Organisation

Kind = Organisation.Kind

DISTRICT = "硚口区"
ECONOMIC_ZONE = "硚口经济开发区"
SERVICE_ZONE = "汉正街集聚区"
YOUTH_LEAGUE, WORK_COMMITTEE = "团区委", "机关工委"
CLINIC = "美年大健康体检中心"
EXAMPLE = "（示例）"
ANTI_FRAUD = f"区反诈中心{EXAMPLE}"

# The streets are real; of the communities only 公安社区 is.
STREETS = {
    "易家墩街": ("春晓社区", "桂园社区", "枫林社区"),
    "韩家墩街": ("公安社区", "梧桐社区", "晴川里社区"),
    "宗关街": ("江风社区", "石榴社区", "临水社区"),
    "汉水桥街": ("长虹里社区", "玉兰社区", "桥东社区"),
    "宝丰街": ("银杏社区", "和乐社区", "书香社区"),
    "荣华街": ("荷塘社区", "锦绣社区", "朝阳里社区"),
    "汉中街": ("紫薇社区", "南湾社区", "同心社区"),
    "汉正街": ("商埠社区", "老巷社区", "河街社区"),
    "六角亭街": ("石亭社区", "杏林社区", "安和社区"),
    "长丰街": ("丰禾社区", "新园社区", "绿洲社区"),
    "古田街": ("古槐社区", "工友社区", "青年里社区"),
}
REAL_COMMUNITIES = {"公安社区"}
DEPARTMENTS = ("区委组织部", "区委两新工委", YOUTH_LEAGUE, WORK_COMMITTEE)
ZONES = {ECONOMIC_ZONE: "硚口经济开发区党工委", SERVICE_ZONE: "汉正街集聚区综合党委"}


def community(name: str) -> str:
    """The name as it is shown: an invented community says so."""
    return name if name in REAL_COMMUNITIES else name + EXAMPLE


def enforcement(street: str) -> str:
    """The handling unit of a street or zone."""
    return f"{street}综合执法中心{EXAMPLE}"


def build(enterprises: list[str]) -> dict[str, Organisation]:
    """Plant the tree, with a 两新组织 for each of `enterprises`; every organisation by its name."""
    Organisation.objects.load_bulk([_district(enterprises)])
    return {organisation.name: organisation for organisation in Organisation.objects.all()}


def _district(enterprises: list[str]) -> dict[str, Any]:
    return _node(
        DISTRICT,
        Kind.DISTRICT,
        *(
            _node(
                street,
                Kind.STREET,
                *(_node(community(name), Kind.COMMUNITY) for name in communities),
                _node(enforcement(street), Kind.DEPARTMENT),
            )
            for street, communities in STREETS.items()
        ),
        *(
            _node(zone, Kind.ZONE, _node(party, Kind.PARTY), _node(enforcement(zone), Kind.DEPARTMENT))
            for zone, party in ZONES.items()
        ),
        *(_node(name, Kind.DEPARTMENT) for name in (*DEPARTMENTS, ANTI_FRAUD)),
        *(_node(new_organisation(name), Kind.NEW_ORG) for name in enterprises),
        _node(CLINIC, Kind.CLINIC),
    )


def new_organisation(enterprise: str) -> str:
    """The body that stands for an enterprise in the tree."""
    return f"{enterprise}硚口片区{EXAMPLE}"


def _node(name: str, kind: Kind, *children: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"name": name, "kind": kind, "is_example": EXAMPLE in name}, "children": list(children)}
