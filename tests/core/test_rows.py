"""Rows read and written by hand are the ORM's rows."""

from typing import Any

import pytest

from accounts.models import Courier, Organisation, User
from fengchao.core import audit, clock, rows
from fengchao.core.models import AuditLog
from gifts.models import Gift, Redemption, RefusedAttempt
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


def test_an_encrypted_column_is_read_when_it_is_asked_for(shop: Shop, django_assert_num_queries: Any) -> None:
    found = rows.first("FROM accounts_user u WHERE u.id = %s", [shop.courier.pk], u=User)
    assert found is not None
    assert found[0].get_deferred_fields() == {"phone"}
    with django_assert_num_queries(1):
        assert found[0].phone == shop.courier.user.phone


def test_what_an_outer_join_did_not_find_has_no_key(shop: Shop) -> None:
    tail = "FROM stations_station s LEFT JOIN gifts_gift g ON g.code = %s WHERE s.code = %s"
    found = rows.first(tail, ["none", shop.station.code], s=Station, g=Gift)
    assert found is not None
    assert (found[0].pk, found[1].pk) == (shop.station.pk, None)


def test_a_row_its_audit_and_an_answer_are_one_statement(shop: Shop, django_assert_num_queries: Any) -> None:
    refused = RefusedAttempt(
        at=clock.now(), by=shop.worker, station=shop.station, attempt="redeem", code="x", detail="测试"
    )
    before = "(SELECT count(*) FROM gifts_refusedattempt WHERE code = %s)"
    with django_assert_num_queries(1):
        answer = audit.insert(refused, shop.worker, "test.made", {"a": 1}, asking=before, parameters=["x"])
    assert answer == 0  # as things stood before this row
    assert RefusedAttempt.objects.get().pk == refused.pk
    log = AuditLog.objects.get(verb="test.made")
    assert (log.subject_kind, log.subject_key, log.changed) == ("gifts.refusedattempt", str(refused.pk), {"a": 1})


def test_nothing_found_is_none(shop: Shop) -> None:
    assert rows.first("FROM stations_station s WHERE s.code = %s", ["' OR 1=1 --"], s=Station) is None


def test_what_is_written_is_what_was_to_be_written(shop: Shop) -> None:
    made = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    assert not made._state.adding
    assert everything(Redemption.objects.get(number=made.number)) == everything(made)
