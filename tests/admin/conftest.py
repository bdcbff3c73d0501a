from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client

from accounts.models import Courier, Organisation, User
from accounts.roles import Role
from gifts.models import Redemption
from gifts.services import redeem
from tests.factories import courier, outlet, staff, staff_client
from tests.gifts.shop import Shop, differences, open_shop


@dataclass
class Office:
    """The shop, its street with couriers on both sides of the border, and one person of each role that comes here."""

    shop: Shop
    redemption: Redemption
    chief: User  # of the street
    district: User
    auditor: User
    system: User
    ours: Courier  # rides in the chief's street, not verified yet
    theirs: Courier  # rides in the other street

    def client(self, person: User) -> Client:
        return staff_client(person)


@pytest.fixture
def office(db: None) -> Iterator[Office]:
    shop = open_shop(pieces=10, points=5000)
    root = Organisation.objects.get_parent(shop.station.organisation)
    yield Office(
        shop=shop,
        redemption=redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker),
        chief=shop.chief,
        district=staff(Role.DISTRICT_ADMIN, root, name="钱区"),
        auditor=shop.auditor,
        system=staff(Role.SYSTEM_ADMIN, root, name="郑系"),
        ours=courier(outlet(shop.station.organisation), name="冯本街", verified=False),
        theirs=courier(outlet(shop.other.organisation), name="卫邻街"),
    )
    assert differences() == []
