"""What a person is told when something of his was decided or is about to end. No push and no text message: his page."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db.models import Exists, QuerySet

from fengchao.core import clock
from fengchao.core.errors import NotThere
from fengchao.core.models import Notice

KEPT_FOR = timedelta(days=180)


class Person(Protocol):
    """A user: anything with a primary key, since this app knows no accounts."""

    @property
    def pk(self) -> Any: ...


def tell(
    user: Person,
    kind: str,
    title: str,
    *,
    text: str = "",
    link: str = "",
    about: str = "",
    at: datetime | None = None,
) -> None:
    """Leave `user` a notice, in the caller's transaction: he is told of what happened and of nothing else.

    `link` is a path of this site. With `about` (the key of a thing) a repeat of the same kind changes nothing, so timed
    rules may say it at every round. What is too long is cut.
    """
    notice = Notice(
        user_id=user.pk, kind=kind, title=_cut(title, 60), text=_cut(text, 300), link=link, subject_key=about,
        at=at or clock.now(),
    )  # fmt: skip
    Notice.objects.bulk_create([notice], ignore_conflicts=bool(about))


def of(user: Person) -> QuerySet[Notice]:
    """Newest first."""
    return Notice.objects.filter(user_id=user.pk).order_by("-id")


def is_unread(user_key: Any) -> Exists:
    """Whether the person of this key has something unread, as part of a query about him (`OuterRef`)."""
    return Exists(Notice.objects.filter(user_id=user_key, read_at=None))


def has_unread(user: Person) -> bool:
    return Notice.objects.filter(user_id=user.pk, read_at=None).exists()


def read(user: Person, notice_id: int, *, at: datetime | None = None) -> Notice:
    """Mark one as read; the first time stays. Raises NotThere for another's."""
    notice = of(user).filter(pk=notice_id).first()
    if notice is None:
        raise NotThere
    if notice.read_at is None:
        notice.read_at = at or clock.now()
        of(user).filter(pk=notice_id, read_at=None).update(read_at=notice.read_at)
    return notice


def unread(user: Person, *kinds: str) -> QuerySet[Notice]:
    """What he has not read of these kinds, newest first."""
    return of(user).filter(kind__in=kinds, read_at=None)


def read_all(user: Person, *, up_to: int, kinds: Collection[str] = (), at: datetime | None = None) -> int:
    """Mark what he could see as read: notices up to the newest of the page he looked at, of `kinds` where that page
    showed no others. How many there were."""
    seen = of(user).filter(pk__lte=up_to, read_at=None)
    return (seen.filter(kind__in=kinds) if kinds else seen).update(read_at=at or clock.now())


def erase(user: Person) -> None:
    """The person leaves, and what he was told goes."""
    of(user).delete()


def forget(at: datetime | None = None) -> int:
    """Delete what is older than half a year; how many there were."""
    return Notice.objects.filter(at__lt=(at or clock.now()) - KEPT_FOR).delete()[0]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
