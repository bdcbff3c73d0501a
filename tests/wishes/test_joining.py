"""More wishes for an improvement: of its own station only, and while it is under way."""

import pytest

from accounts.roles import Role
from fengchao.core.errors import BadValue, NotThere
from tests.factories import courier, outlet, staff
from tests.factories.wishes import WishScene
from wishes import services
from wishes.models import Claim, Wish
from wishes.problems import MayNot, WrongState
from wishes.states import WishState

pytestmark = pytest.mark.django_db
S = WishState


def opened(scene: WishScene, **wish: object) -> Wish:
    return services.approve(scene.hung(rider=courier(outlet(scene.district.community)), **wish), by=scene.chief)


def test_it_is_granted_with_the_others(scene: WishScene) -> None:
    first, second = opened(scene), opened(scene)
    planned = services.plan(scene.station, title="冰柜", wishes=[first], by=scene.street)
    services.join(planned, [second], by=scene.street)
    services.finish(planned, note="冰柜到了", by=scene.street)
    assert [Wish.objects.get(pk=one.pk).state for one in (first, second)] == [S.DELIVERED, S.DELIVERED]


def test_refused_for_another_station_for_nobody_and_when_it_is_done(scene: WishScene) -> None:
    planned = services.plan(scene.station, title="冰柜", wishes=[opened(scene)], by=scene.chief)
    near, far = opened(scene), opened(scene, station=scene.other_station)
    for wishes in ([near, far], []):
        with pytest.raises(BadValue):
            services.join(planned, wishes, by=scene.chief)
    with pytest.raises(NotThere):
        services.join(planned, [near], by=scene.elsewhere)
    with pytest.raises(MayNot):
        services.join(planned, [near], by=staff(Role.AUDITOR, scene.district.root))
    services.finish(planned, note="冰柜到了", by=scene.chief)
    with pytest.raises(WrongState):
        services.join(planned, [near], by=scene.chief)
    assert (Claim.objects.count(), Wish.objects.get(pk=near.pk).state) == (1, S.OPEN)
