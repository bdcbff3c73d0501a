"""Titles of a year: the district gives them, and takes back what was entered by mistake."""

from datetime import datetime

from accounts.models import Courier, Honour, User
from accounts.problems import AlreadyHonoured
from accounts.rules import may_honour
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence

TITLE_LENGTH = 30
FIRST_YEAR = 2000


def honour(courier: Courier, *, title: str, year: int, by: User, at: datetime | None = None) -> Honour:
    """Give `courier` a title for `year`. Raises BadValue, NotThere where he is not `by`'s to honour (nobody honours
    himself), AlreadyHonoured for the same title twice in a year."""
    at = at or clock.now()
    title = sentence(title, most=TITLE_LENGTH, field="title", needed=True)
    if not FIRST_YEAR <= year <= clock.shanghai_day(at).year:
        raise BadValue(f"年度在 {FIRST_YEAR} 年到今年之间。", field="year")
    with unit_of_work():
        if not may_honour(by, courier):
            raise NotThere("这位快递小哥不归您登记荣誉。")
        given, new = Honour.objects.get_or_create(
            courier=courier, title=title, year=year, defaults={"by": by, "at": at}
        )  # fmt: skip
        if not new:
            raise AlreadyHonoured(year=year, title=title)
        audit.record(by, "honour.given", given, {"courier": courier.pk, "title": title, "year": year})
    return given


def take_back(given: Honour, *, by: User) -> None:
    """Delete what was entered by mistake. Cards that he got because of it stay. Raises NotThere; a repeat is one."""
    with unit_of_work():
        found = Honour.objects.select_for_update(of=("self",)).select_related("courier").filter(pk=given.pk).first()
        if found is None or not may_honour(by, found.courier):
            raise NotThere("这条荣誉不归您处理，或已经删除。")
        facts = {"courier": found.courier_id, "title": found.title, "year": found.year}
        audit.record(by, "honour.deleted", found, facts)
        found.delete()
