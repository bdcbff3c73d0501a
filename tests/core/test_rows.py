"""Rows read and written by hand are the ORM's rows."""

import pytest

from accounts.models import Courier, Organisation, User
from fengchao.core import rows
from gifts.models import Redemption
from gifts.services import redeem
from stations.models import Station
from tests.gifts.shop import Shop, open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


def everything(row: object) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}  # type: ignore[attr-defined]


def test_what_is_read_is_what_the_orm_reads(shop: Shop) -> None:
    found = rows.first(
        "FROM stations_station s JOIN accounts_organisation o ON o.id = s.organisation_id WHERE s.code = %s",
        [shop.station.code], s=Station, o=Organisation,
    )  # fmt: skip
    assert found is not None
    assert [everything(row) for row in found] == [
        everything(Station.objects.get(pk=shop.station.pk)),
        everything(shop.station.organisation),
    ]
    assert not any(row._state.adding for row in found)


def test_fields_that_the_database_keeps_otherwise_are_converted(shop: Shop) -> None:
    tail = "FROM accounts_courier c JOIN accounts_user u ON u.id = c.user_id WHERE c.user_id = %s"
    found = rows.first(tail, [shop.courier.pk], c=Courier, u=User)
    assert found is not None
    assert found[1].phone == shop.courier.user.phone  # decrypted


def test_nothing_found_is_none(shop: Shop) -> None:
    assert rows.first("FROM stations_station s WHERE s.code = %s", ["' OR 1=1 --"], s=Station) is None


def test_what_is_written_is_what_was_to_be_written(shop: Shop) -> None:
    made = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    assert not made._state.adding
    assert everything(Redemption.objects.get(number=made.number)) == everything(made)
