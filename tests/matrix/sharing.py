"""Things that are lent in the small world: one of each place, asked for by its street, and a pairing."""

from datetime import timedelta

from accounts.models import Organisation, User
from activities.services import pairings, sharing
from fengchao.core import clock
from tests.factories.sharing import resource

NONE = dict.fromkeys(("resource", "requested", "other", "pairing"), 2**40)


def lend(
    name: str, community: Organisation, street: Organisation, body: Organisation, *, chief: User
) -> dict[str, int]:
    """What who stands outside the street may never read is what was asked for and why; that there is a room may be
    read in the whole district."""
    room = resource(community, f"{name}会议室")
    start = clock.now() + timedelta(days=2)

    def ask(days: int) -> int:
        first = start + timedelta(days=days)
        made = sharing.ask(
            room, borrower=street, starts_at=first, ends_at=first + timedelta(hours=2), purpose=f"秘借{name}", by=chief
        )  # fmt: skip
        return made.pk

    paired = pairings.pair(
        body, community, since=clock.shanghai_day(clock.now()), what=f"秘建{name}", contact="例会", by=chief
    )  # fmt: skip
    return {"resource": room.pk, "requested": ask(0), "other": ask(1), "pairing": paired.pk}
