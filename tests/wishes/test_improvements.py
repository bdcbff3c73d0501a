"""What many wish for becomes a better station: all of them claimed, delivered together, and no clock over them."""

from datetime import timedelta

import pytest

from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import AuditLog
from tests.factories.people import courier, staff
from tests.factories.wishes import WishScene
from wishes import rules, services
from wishes.models import Claim, Improvement, Wish
from wishes.problems import MayNot, SelfDealing, WrongState
from wishes.states import WishState

pytestmark = pytest.mark.django_db
S = WishState


def ice(scene: WishScene, times: int = 3) -> list[Wish]:
    wishes = [scene.hung(rider=courier(), title="冰水", category="station") for _ in range(times)]
    return [services.approve(wish, by=scene.street) for wish in wishes]


def states(wishes: list[Wish]) -> list[str]:
    return [Wish.objects.get(pk=wish.pk).state for wish in wishes]


def test_from_many_wishes_to_a_better_station(scene: WishScene) -> None:
    wishes = ice(scene)
    better = services.plan(scene.station, title="常备冰水", wishes=wishes, by=scene.street)
    assert states(wishes) == [S.CLAIMED] * 3
    assert {claim.organisation for claim in Claim.objects.all()} == {scene.station.organisation}
    more = ice(scene, 1)
    services.join(better, more, by=scene.street)
    assert services.release_due(clock.now() + timedelta(days=60)) == 0
    better = services.finish(better, note="冰柜已到，随便拿", by=scene.street)
    assert (better.done_at is not None, better.note) == (True, "冰柜已到，随便拿")
    assert states(wishes + more) == [S.DELIVERED] * 4
    with pytest.raises(WrongState):
        services.finish(better, note="又一次", by=scene.street)
    wish = scene.make(Wish.objects.get(pk=wishes[0].pk), "thank")
    assert wish.state == S.FULFILLED
    verbs = AuditLog.objects.filter(verb__startswith="improvement").values_list("verb", flat=True)
    assert sorted(verbs) == ["improvement.finish", "improvement.plan"]


def test_all_or_none(scene: WishScene) -> None:
    wishes = [*ice(scene, 2), scene.hung(rider=courier())]
    with pytest.raises(WrongState):
        services.plan(scene.station, title="常备冰水", wishes=wishes, by=scene.street)
    assert (Improvement.objects.count(), Claim.objects.count()) == (0, 0)
    assert states(wishes) == [S.OPEN, S.OPEN, S.REVIEW]


def test_only_of_one_station_and_by_its_street(scene: WishScene) -> None:
    wishes = ice(scene, 2)
    for station, chosen in ((scene.other_station, wishes), (scene.station, [])):
        with pytest.raises(BadValue) as refusal:
            services.plan(station, title="常备冰水", wishes=chosen, by=scene.chief)
        assert refusal.value.field == "wishes"
    for by in (scene.elsewhere, scene.league, scene.worker):
        with pytest.raises(MayNot):
            services.plan(scene.station, title="常备冰水", wishes=wishes, by=by)
    better = services.plan(scene.station, title="常备冰水", wishes=wishes, by=scene.street)
    with pytest.raises(NotThere):
        services.finish(better, note="好了", by=scene.elsewhere)
    with pytest.raises(MayNot):
        services.finish(better, note="好了", by=staff(Role.AUDITOR, scene.district.root))


def test_one_wish_can_be_left_out_again(scene: WishScene) -> None:
    wishes = ice(scene, 2)
    better = services.plan(scene.station, title="常备冰水", wishes=wishes, by=scene.street)
    first = Wish.objects.shown().get(pk=wishes[0].pk)
    assert set(rules.allowed(first, scene.street)) == {"release", "deliver"}
    services.release(first, by=scene.street)
    services.finish(better, note="好了", by=scene.street)
    assert states(wishes) == [S.OPEN, S.DELIVERED]


def test_not_with_an_own_wish(scene: WishScene) -> None:
    moderator = courier(scene.district.street)
    moderator.user.memberships.create(organisation=scene.district.street, role=Role.STREET_ADMIN)
    own = services.approve(scene.hung(rider=moderator), by=scene.street)
    with pytest.raises(SelfDealing):
        services.plan(scene.station, title="常备冰水", wishes=[own, *ice(scene, 1)], by=moderator.user)
