"""Names and numbers as they are shown to people who may not see them whole."""

# fmt: off
COMPOUND_SURNAMES = frozenset([
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐",
    "司徒", "司空", "夏侯", "端木", "南宫", "长孙", "宇文", "轩辕", "独孤", "西门",
])
# fmt: on


def mask_phone(phone: str) -> str:
    """The number 13812343721 becomes 138****3721; what is too short to be a number is hidden whole."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


def mask_name(name: str) -> str:
    """The surname and a star: the number of further characters is not shown either."""
    name = name.strip()
    surname = name[:2] if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else name[:1]
    return f"{surname}*" if surname else ""
