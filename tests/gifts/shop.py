"""A station with two workers, a gift on its shelf, and a courier with points."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Courier, User
from accounts.roles import Role
from accounts.services import tokens
from accounts.services.codes import show_code
from gifts.models import Gift
from gifts.services import receive
from gifts.verify import checks as gift_checks
from points.models import Account, Balance
from points.services import standing
from points.verify import checks as point_checks
from stations import counter
from stations.models import Station
from stations.verify import checks as station_checks
from tests import factories
from tests.factories import give, staff_client

__all__ = ["Shop", "api", "available", "browser", "differences", "give", "on_hand", "open_shop", "ticket"]


@dataclass
class Shop:
    station: Station
    other: Station  # of the neighbouring street
    gift: Gift
    dear: Gift
    worker: User
    colleague: User
    chief: User  # of the street
    neighbour: User  # counter of the other station
    auditor: User
    courier: Courier


def open_shop(*, pieces: int = 10, points: int = 1500) -> Shop:
    district = factories.organisation(name="硚口区")
    street, next_street = (factories.organisation(district, name=name) for name in ("汉正街", "六角亭"))
    station, other = factories.station(street), factories.station(next_street, "QK-002", lng=114.29)
    shop = Shop(
        station=station,
        other=other,
        gift=Gift.objects.create(code="tissue", name="手提纸", points=1000),
        dear=Gift.objects.create(code="cooker", name="电炖锅", points=2000),
        worker=factories.staff(Role.COUNTER, street, name="王芳"),
        colleague=factories.staff(Role.COUNTER, street, name="李娜"),
        chief=factories.staff(Role.STREET_ADMIN, street, name="赵强"),
        neighbour=factories.staff(Role.COUNTER, next_street, name="孙丽"),
        auditor=factories.staff(Role.AUDITOR, district, name="周审"),
        courier=factories.courier(),
    )
    if pieces:
        receive(shop.gift, station, quantity=pieces, by=shop.worker)
    give(shop.courier, points)
    return shop


def ticket(shop: Shop, *, at: datetime | None = None) -> str:
    shown = show_code(shop.courier, at=at)
    return counter.identify(shop.station, by=shop.worker, digits=shown.digits, at=at).ticket


def available(shop: Shop) -> int:
    return standing(shop.courier).available


def on_hand(shop: Shop, gift: Gift | None = None, station: Station | None = None) -> int:
    balance = Balance.objects.filter(
        account__kind=Account.Kind.STOCK,
        account__owner_id=(station or shop.station).pk,
        account__unit=f"gift:{(gift or shop.gift).code}",
    ).first()
    return balance.posted if balance else 0


def differences() -> list[str]:
    return [str(difference) for checks in (point_checks, station_checks, gift_checks) for difference in checks()]


def api(user: User, *, staff: bool = True) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user, staff=staff, life=timedelta(hours=1))[1]}")
    return client


def browser(user: User) -> Client:
    return staff_client(user)
