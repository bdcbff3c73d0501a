"""A person leaves: what spans apps is ended first, in the same transaction."""

from datetime import datetime

from accounts.models import User
from accounts.services import closing
from activities.services import erase_words as erase_deeds
from activities.services import take_leave
from activities.services.needs import forget as forget_needs
from fengchao.core import clock
from fengchao.core.errors import NotAllowed
from fengchao.core.transactions import unit_of_work
from gifts.models import Reservation
from gifts.services import cancel
from reports.services import erase_words as erase_reports
from stations.services import visits
from stations.services.observations import erase_words
from vouchers.services import give_up
from wishes.services import erase_words as erase_wishes
from wishes.services import withdraw_open


def close_account(user: User, *, by: User, at: datetime | None = None) -> None:
    """Cancel what `user` has set aside, give up his places in activities and his check-up card, take down his wish
    unless somebody stands for it, erase what he wrote about stations and what was written down of his needs, take him
    out of his visits, close his account, then erase his deeds and his part of reports and wishes that are over (the
    others follow when they are); all or nothing. A repeat changes nothing. Who holds a role closes it with password and
    second factor only (NotAllowed).

    Locks his live reservations and what the ledger locks, the activities ahead of him, his wish, then his account. What
    he set aside, enrolled in or hung while we waited for that goes as well: from then on he can do none of it.
    """
    if by == user and user.held_roles and not user.acts_as_staff:
        raise NotAllowed("您还有任职，请用密码和动态验证码登录后再注销。")
    with unit_of_work():
        _cancel_reservations(user, at)
        take_leave(user, at=at)
        withdraw_open(user, at=at)
        erase_words(user, at=at or clock.now())
        closing.close_account(user, by=by, at=at)
        _cancel_reservations(user, at)
        take_leave(user, at=at)
        withdraw_open(user, at=at)
        give_up(user, at=at)
        visits.forget(user)
        forget_needs(user, at=at)
        # Last, because files do not come back when the rest fails.
        erase_reports(user)
        erase_wishes(user)
        erase_deeds(user)


def _cancel_reservations(user: User, at: datetime | None) -> None:
    live = Reservation.objects.live().filter(courier_id=user.pk)
    for reservation in live.select_for_update(of=("self",)).order_by("pk"):
        cancel(reservation, by=user, at=at)
