"""Wishes in the small world: one of each state in every place, since a move is asked from where it goes."""

from collections.abc import Callable
from typing import Any

from accounts.models import Courier, Membership, Organisation, User
from accounts.roles import Role
from stations.models import Station
from tests.factories.wishes import WAYS
from wishes import services
from wishes.models import Wish
from wishes.states import LIVE, PUBLIC, WishState

NONE = dict.fromkeys(map(str, WAYS), 2**40)


def hang(
    name: str, couriers: list[Courier], station: str, street: Organisation, *, chief: User, claimer: User
) -> dict[str, int]:
    """State → key, of wishes that `chief` decides about and `claimer` grants in the street's name.

    Each that is live has a courier of its own, and so has one more that the station's improvement grants; the others
    are the last one's. Who stands outside the street may read the words of those that hang on the tree, and no others.
    """
    Membership.objects.get_or_create(user=claimer, organisation=street, role=Role.CLAIMER)
    claimer = User.objects.get(pk=claimer.pk)  # with the role just given
    tree = Station.objects.select_related("organisation").get(code=station)
    live, last = iter(couriers), couriers[-1]
    found = {}

    def hung(courier: Courier, text: str) -> Wish:
        return services.hang(courier, category="daily", title="新风扇", text=text, price=150, station=tree)

    for state in sorted(WAYS, key=lambda state: state in LIVE):
        courier = next(live) if state in LIVE else last
        wish = hung(courier, "西晒" if state in PUBLIC else f"秘愿{name}")
        found[str(state)] = _led_to(state, wish, street, chief, claimer).pk
    shared = services.approve(hung(next(live), "大家都要"), by=chief)
    services.plan(tree, title="夏天有冰水", wishes=[shared], by=chief)
    return found


def give(key: int, courier: User) -> None:
    """A courier has one live wish at most: the one that he is asked for becomes his when he is asked."""
    Wish.objects.filter(pk=key).update(courier=courier.pk)


def _led_to(state: WishState, wish: Wish, street: Organisation, chief: User, claimer: User) -> Wish:
    moves: dict[str, Callable[[Wish], Any]] = {
        "approve": lambda wish: services.approve(wish, by=chief),
        "reject": lambda wish: services.reject(wish, reason="请换一个", by=chief),
        "claim": lambda wish: services.claim(wish, organisation=street, by=claimer),
        "deliver": lambda wish: services.deliver(wish, text="放在柜台", by=claimer),
        "confirm": lambda wish: services.confirm(wish, by=wish.courier.user),
        "withdraw": lambda wish: services.withdraw(wish, by=wish.courier.user),
    }
    for move in WAYS[state]:
        wish = moves[move](wish)
    return wish
