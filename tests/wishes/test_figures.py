"""The staff's figures against a hand count."""

from datetime import datetime, timedelta

import pytest

from fengchao.core import clock
from tests.factories import courier, outlet
from tests.factories.wishes import WishScene
from wishes import services
from wishes.models import Wish
from wishes.services.figures import Cell, Granting, figures
from wishes.states import WishState

pytestmark = pytest.mark.django_db
S = WishState
NOON = clock.day_bounds(clock.shanghai_day(clock.now()) - timedelta(days=20))[0] + timedelta(hours=12)
FIRST = clock.shanghai_day(NOON)


def day(number: int, hours: float = 0) -> datetime:
    return NOON + timedelta(days=number, hours=hours)


def hung(scene: WishScene, at: datetime, **wish: object) -> Wish:
    return scene.hung(rider=courier(outlet(scene.district.community)), at=at, **wish)


def walk(scene: WishScene, wish: Wish, **times: datetime) -> Wish:
    for move, at in times.items():
        wish = scene.make(wish, move, at=at)
    return wish


def filled(scene: WishScene) -> None:
    """Of the first street: lit after 2 and after 6 days, one given back and claimed by the shop, one waiting, one in
    review, one rejected. Of the other street: lit by the league after 3 days, hung before the days asked for."""
    walk(scene, hung(scene, day(0)), approve=day(0), claim=day(0), deliver=day(1), confirm=day(2))
    walk(scene, hung(scene, day(0)), approve=day(1), claim=day(1), deliver=day(5), confirm=day(6))
    back = walk(scene, hung(scene, day(1), category="gear"), approve=day(1), claim=day(2), release=day(3))
    services.claim(back, organisation=scene.shop, by=scene.company, at=day(4))
    walk(scene, hung(scene, day(2), category="gear"), approve=day(2))
    hung(scene, day(3)), walk(scene, hung(scene, day(3)), reject=day(3))
    far = services.hang(
        courier(outlet(scene.district.other_street)), category="help", title="英语书", price=60,
        station=scene.other_station, at=day(-1),
    )  # fmt: skip
    far = services.approve(far, by=scene.chief, at=day(-1))
    walk(scene, far, claim=day(0), deliver=day(1), confirm=day(2))


def test_by_organisation_street_and_category(scene: WishScene) -> None:
    filled(scene)
    found = figures(scene.chief, FIRST, FIRST + timedelta(days=10))
    assert found.organisations == [
        Granting("团区委", claimed=4, lit=3, released=1, under_way=0, median_days=3.0),
        Granting("古田商会", claimed=1, lit=0, released=0, under_way=1),
    ]
    assert found.cells == [
        Cell("古田街道", "生活用品", hung=4, lit=2, waiting=0),
        Cell("古田街道", "骑行装备", hung=2, lit=0, waiting=1),
        Cell("韩家墩街道", "学习和帮忙", hung=0, lit=1, waiting=0),
    ]
    assert found.by_street == [Cell("古田街道", "", 6, 2, 1), Cell("韩家墩街道", "", 0, 1, 0)]
    assert [(cell.category, cell.hung) for cell in found.by_category] == [
        ("生活用品", 4), ("骑行装备", 2), ("学习和帮忙", 0),
    ]  # fmt: skip
    assert (found.total, found.median_days) == (Cell("", "", 6, 3, 1), 3.0)


def test_days_are_those_of_shanghai_and_both_ends_belong(scene: WishScene) -> None:
    midnight = clock.day_bounds(FIRST)[0]
    for at in (midnight - timedelta(seconds=1), midnight, midnight + timedelta(days=1, seconds=-1)):
        hung(scene, at)
    hung(scene, midnight + timedelta(days=1))
    assert figures(scene.chief, FIRST, FIRST).total.hung == 2


def test_a_street_counts_its_own(scene: WishScene) -> None:
    filled(scene)
    found = figures(scene.street, FIRST, FIRST + timedelta(days=10))
    assert [(one.name, one.claimed, one.lit, one.median_days) for one in found.organisations] == [
        ("团区委", 3, 2, 4.0), ("古田商会", 1, 0, None),
    ]  # fmt: skip
    assert [cell.street for cell in found.by_street] == ["古田街道"]
    other = figures(scene.elsewhere, FIRST, FIRST + timedelta(days=10))
    assert [(one.name, one.lit) for one in other.organisations] == [("团区委", 1)]


def test_nothing_is_nothing(scene: WishScene) -> None:
    found = figures(scene.chief, FIRST, FIRST)
    assert (found.organisations, found.cells, found.total, found.median_days) == ([], [], Cell("", ""), None)


def test_five_queries_however_many(scene: WishScene, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    def count() -> None:
        with django_assert_num_queries(5):
            figures(scene.chief, FIRST, FIRST + timedelta(days=10))

    assert scene.chief.roles
    count()
    filled(scene)
    count()
