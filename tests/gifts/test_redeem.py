from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.problems import AccountFrozen
from fengchao.core import clock
from fengchao.core.clock import SHANGHAI
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.models import AuditLog
from gifts import problems
from gifts.models import Gift, Redemption, RefusedAttempt
from gifts.services import annul, options, redeem, redeem_with_ticket
from gifts.verify import checks
from points.models import Entry, Transfer
from stations.problems import TicketExpired, WrongStation
from tests.factories import courier, staff
from tests.gifts.shop import Shop, available, give, on_hand, ticket


def refused(shop: Shop, expected: type[RuleBroken], **changes: object) -> RuleBroken:
    """The refusal, which has left a RefusedAttempt and moved nothing."""
    before = (available(shop), on_hand(shop), Redemption.objects.count(), Transfer.objects.count())
    wanted = {"courier": shop.courier, "gift": shop.gift, "station": shop.station, "by": shop.worker, **changes}
    with pytest.raises(RuleBroken) as caught:
        redeem(wanted.pop("courier"), wanted.pop("gift"), **wanted)  # type: ignore[arg-type]
    assert type(caught.value) is expected
    assert (available(shop), on_hand(shop), Redemption.objects.count(), Transfer.objects.count()) == before
    kept = RefusedAttempt.objects.get()
    assert (kept.code, kept.detail) == (expected.code, caught.value.message)
    return caught.value


def test_points_and_piece_change_hands_together(shop: Shop) -> None:
    redemption = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    assert (available(shop), on_hand(shop)) == (500, 9)
    assert (redemption.points, redemption.state, redemption.by) == (1000, "handed_over", shop.worker)
    assert len(redemption.number) == 9 and redemption.number.startswith("R")
    amounts = dict(redemption.transfer.entries.values_list("account__kind", "amount"))
    assert amounts == {"courier": -1000, "gifts": 1000, "stock": -1, "handed_out": 1}
    assert AuditLog.objects.get(verb="redemption.handed_over").subject_key == str(redemption.pk)
    assert not RefusedAttempt.objects.exists()


def test_too_few_points(shop: Shop) -> None:
    give(shop.courier, -600)
    assert refused(shop, problems.InsufficientPoints).message == "积分不够，还差 100 分。"


def test_a_courier_without_an_account_has_too_few_points(shop: Shop) -> None:
    new = courier(name="新来的")
    with pytest.raises(problems.InsufficientPoints) as caught:
        redeem(new, shop.gift, station=shop.station, by=shop.worker)
    assert caught.value.facts["missing"] == 1000


def test_an_overdrawn_courier_spends_nothing(shop: Shop) -> None:
    give(shop.courier, -2000)
    refused(shop, problems.Overdrawn)


def test_nothing_left_on_the_shelf(shop: Shop) -> None:
    give(shop.courier, 1000)
    refused(shop, problems.SoldOut, gift=shop.dear)


def test_nobody_serves_himself(shop: Shop) -> None:
    shop.courier.user.memberships.create(organisation=shop.station.organisation, role="counter")
    refused(shop, problems.SelfDealing, by=shop.courier.user)


def test_an_unverified_courier(shop: Shop) -> None:
    refused(shop, problems.Unverified, courier=courier(name="没核验", verified=False))


def test_a_frozen_courier(shop: Shop) -> None:
    shop.courier.frozen_at = clock.now()
    refused(shop, AccountFrozen)


@pytest.mark.parametrize("who", ["neighbour", "auditor"])
def test_who_does_not_serve_the_station_finds_it_not_there(shop: Shop, who: str) -> None:
    refused(shop, NotThere, by=getattr(shop, who))


def test_a_closed_station_serves_nobody(shop: Shop) -> None:
    shop.station.is_active = False
    refused(shop, NotThere)


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"on_sale_from": datetime(2100, 1, 1, tzinfo=SHANGHAI)},
        {"on_sale_until": datetime(2020, 1, 1, tzinfo=SHANGHAI)},
    ],
)
def test_a_gift_that_is_not_on_sale(shop: Shop, change: dict[str, object]) -> None:
    for name, value in change.items():
        setattr(shop.gift, name, value)
    shop.gift.save()
    refused(shop, problems.NotOnSale)
    assert shop.gift not in Gift.objects.on_sale()


def test_the_monthly_limit_ends_with_the_month_in_shanghai(shop: Shop) -> None:
    give(shop.courier, 5000)
    shop.gift.monthly_limit = 1
    last = datetime(2026, 11, 30, 23, 59, 58, tzinfo=SHANGHAI)
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker, at=last)
    assert refused(shop, problems.LimitReached, at=last + timedelta(seconds=1)).facts["limit"] == 1
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker, at=last + timedelta(seconds=2))


def test_what_was_annulled_does_not_count_against_the_limit(shop: Shop) -> None:
    shop.gift.monthly_limit = 1
    first = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    annul(first, reason="给错了", by=shop.worker)
    assert redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker).state == "handed_over"


def test_a_ticket_serves_more_than_once_and_ends_after_ten_minutes(shop: Shop) -> None:
    at = clock.now()
    held = ticket(shop, at=at)
    give(shop.courier, 1000)
    for minutes in (0, 9):
        redeem_with_ticket(held, shop.gift, station=shop.station, by=shop.worker, at=at + timedelta(minutes=minutes))
    with pytest.raises(TicketExpired):
        redeem_with_ticket(held, shop.gift, station=shop.station, by=shop.worker, at=at + timedelta(minutes=10))
    assert RefusedAttempt.objects.get().code == "ticket_expired"


def test_a_ticket_is_for_one_worker_and_one_station(shop: Shop) -> None:
    held = ticket(shop)
    with pytest.raises(TicketExpired):
        redeem_with_ticket(held, shop.gift, station=shop.station, by=shop.colleague)
    shop.worker.memberships.create(organisation=shop.other.organisation, role="counter")
    with pytest.raises(WrongStation):
        redeem_with_ticket(held, shop.gift, station=shop.other, by=shop.worker)
    assert [kept.code for kept in RefusedAttempt.objects.order_by("pk")] == ["ticket_expired", "wrong_station"]


def test_undo_gives_points_and_piece_back(shop: Shop) -> None:
    redemption = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    annulled = annul(redemption, reason="给错了", by=shop.colleague)
    assert (available(shop), on_hand(shop)) == (1500, 10)
    assert (annulled.state, annulled.annulled_by, annulled.annul_reason) == ("annulled", shop.colleague, "给错了")
    assert annulled.annul_transfer is not None and annulled.annul_transfer.reverses == redemption.transfer
    assert AuditLog.objects.filter(verb="redemption.annulled").count() == 1


def test_undo_works_once(shop: Shop) -> None:
    redemption = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    annul(redemption, reason="给错了", by=shop.worker)
    with pytest.raises(problems.WrongState):
        annul(redemption, reason="给错了", by=shop.worker)
    assert (available(shop), on_hand(shop)) == (1500, 10)


def test_the_counter_undoes_for_fifteen_minutes_the_street_later(shop: Shop) -> None:
    redemption = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    late = redemption.at + timedelta(minutes=15, seconds=1)
    with pytest.raises(problems.UndoExpired):
        annul(redemption, reason="给错了", by=shop.worker, at=late)
    assert annul(redemption, reason="盘点发现", by=shop.chief, at=late).state == "annulled"


def test_who_may_not_undo(shop: Shop) -> None:
    redemption = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    for user in (shop.neighbour, shop.auditor):
        with pytest.raises(NotThere):
            annul(redemption, reason="给错了", by=user)
    himself = shop.courier.user
    himself.memberships.create(organisation=shop.station.organisation, role="counter")
    with pytest.raises(problems.SelfDealing):
        annul(redemption, reason="给错了", by=himself)
    for reason in ("", "  ", "长" * 201):
        with pytest.raises(BadValue):
            annul(redemption, reason=reason, by=shop.worker)
    assert (available(shop), on_hand(shop)) == (500, 9)


def test_options_say_what_can_be_had_and_why_not_the_rest(shop: Shop, django_assert_num_queries: object) -> None:
    Gift.objects.create(code="soap", name="洗手液", points=500)
    with django_assert_num_queries(3):  # type: ignore[operator]
        found = options(shop.courier, shop.station)
    assert [(option.gift.code, option.available, option.missing, option.reason) for option in found] == [
        ("tissue", 10, 0, ""),
        ("soap", 0, 0, "本站没有了"),
        ("cooker", 0, 500, "本站没有了"),
    ]
    assert options(courier(name="没有分"), shop.station)[0].reason == "还差 1,000 分"
    assert options(courier(name="没核验", verified=False), shop.station)[0].reason == "先核验身份"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM gifts_redemption",
        "UPDATE gifts_redemption SET points = 1",
        "UPDATE gifts_redemption SET number = 'X'",
        "UPDATE gifts_redemption SET state = 'annulled'",
        "UPDATE gifts_redemption SET state = 'lost'",
        "UPDATE gifts_redemption SET annul_reason = 'x'",
        "UPDATE gifts_redemption SET state = 'annulled', annulled_at = now(), annulled_by_id = by_id,"
        " annul_reason = 'x', annul_transfer_id = transfer_id",
        "DELETE FROM gifts_movement",
        "UPDATE gifts_movement SET quantity = 1",
        "DELETE FROM gifts_refusedattempt",
        "UPDATE gifts_gift SET points = 0",
        "UPDATE gifts_gift SET code = 'another'",
        "UPDATE gifts_gift SET monthly_limit = 0",
        "UPDATE stations_station SET lat = 91",
        "UPDATE stations_station SET grade = 4",
        "UPDATE stations_station SET code = 'a/b'",
    ],
)
def test_the_database_refuses_to_rewrite_history(shop: Shop, statement: str) -> None:
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    with pytest.raises(NotThere):
        redeem(shop.courier, shop.gift, station=shop.station, by=shop.neighbour)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_annulled_redemption_is_final(shop: Shop) -> None:
    redemption = annul(
        redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker), reason="给错了", by=shop.worker
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        Redemption.objects.filter(pk=redemption.pk).update(annul_reason="别的")


def test_verify_finds_a_debit_without_its_redemption(shop: Shop) -> None:
    """The control: the checks that find nothing after every test can find something."""
    redemption = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE gifts_redemption SET points = 1, station_id = %s", [shop.other.pk])
        found = {difference.check for difference in checks()}
        transaction.set_rollback(True)
    assert found == {"redemption_debits_once", "redemption_takes_one_piece", "stock_is_movements_less_hand_overs"}
    assert Entry.objects.filter(transfer=redemption.transfer).count() == 4


def test_the_audit_views_tell_the_same(shop: Shop) -> None:
    redemption = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    with connection.cursor() as cursor:
        cursor.execute("SELECT station_code, gift_code, on_hand, reserved FROM audit_stock")
        assert cursor.fetchall() == [("QK-001", "tissue", 9, 0)]
        cursor.execute("SELECT number, courier_id, gift_code, station_code, points, state FROM audit_redemption")
        assert cursor.fetchall() == [(redemption.number, shop.courier.pk, "tissue", "QK-001", 1000, "handed_over")]


def test_a_withdrawn_role_serves_no_more(shop: Shop) -> None:
    helper = staff("counter", shop.station.organisation)
    redeem(shop.courier, shop.gift, station=shop.station, by=helper)
    helper.memberships.all().delete()
    fresh = type(helper).objects.get(pk=helper.pk)
    with pytest.raises(NotThere):
        redeem(shop.courier, shop.gift, station=shop.station, by=fresh)
