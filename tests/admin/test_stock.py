"""Counts posted, slips approved: by the street, in bulk, once, with a sentence for each that was not."""

from django.urls import reverse

from fengchao.core.models import AuditLog
from gifts.models import Gift, Movement
from gifts.services import stock_takes
from tests.admin.conftest import Office
from tests.admin.test_changes import gift_form, last_row, run, told, verbs
from tests.admin.test_lists import address, count_stock, enter_slip, text
from tests.gifts.shop import give, on_hand


def test_a_count_is_posted_once_and_its_lines_are_shown(office: Office):
    taken = count_stock(office, counted=6)
    client = office.client(office.chief)
    page = text(client.get(address("gifts.StockTake", "change", taken.pk)))
    assert "手提纸" in page and "−3" in page and "王*" in page
    asked = run(client, "gifts.StockTake", "finish_chosen", taken)
    assert "审定入账" in text(asked) and taken.number in text(asked)
    before = last_row()
    for _ in range(2):
        answer = run(client, "gifts.StockTake", "finish_chosen", taken, really="yes")
    assert told(answer) == ["已审定 1 次盘点，差异已入账。"]
    assert on_hand(office.shop) == 6
    assert verbs(before) == ["stock.counted", "stock_take.finished"]
    again = run(client, "gifts.StockTake", "finish_chosen", taken, key="k2")
    assert told(again) == [f"{taken.number}未办理：这次盘点已审定，现在不能这样做。"]
    seen = text(client.get(address("gifts.Movement")))
    assert f"−3（{taken.number}）" in seen
    movement = Movement.objects.get(stock_take=taken)
    assert taken.number in text(client.get(address("gifts.Movement", "change", movement.pk)))
    assert movement.number in text(client.get(address("gifts.Movement"), {"q": taken.number}))


def test_who_confirmed_is_told_why_not(office: Office):
    taken = stock_takes.begin(office.shop.station, by=office.chief)
    stock_takes.count(taken, office.shop.gift, 9, by=office.chief)
    stock_takes.confirm(taken, by=office.chief)
    answer = run(office.client(office.chief), "gifts.StockTake", "finish_chosen", taken, really="yes")
    assert told(answer) == [f"{taken.number}未办理：自己确认的盘点，要由另一位管理员审定。"]
    run(office.client(office.district), "gifts.StockTake", "finish_chosen", taken, really="yes")
    taken.refresh_from_db()
    assert taken.state == "final"


def test_a_count_is_thrown_away_with_a_reason(office: Office):
    taken = count_stock(office)
    client = office.client(office.chief)
    assert "作废原因" in text(run(client, "gifts.StockTake", "cancel_chosen", taken, reason=""))
    answer = run(client, "gifts.StockTake", "cancel_chosen", taken, reason="盘错了库房")
    assert told(answer) == ["已作废 1 次盘点，账面没有变。"]
    taken.refresh_from_db()
    assert (taken.state, taken.note, on_hand(office.shop)) == ("cancelled", "盘错了库房", 9)


def test_slips_in_bulk_say_how_many_and_why_not(office: Office):
    first, second = enter_slip(office, office.shop.courier), enter_slip(office, office.theirs)
    give(office.theirs, 100)
    client = office.client(office.chief)
    answer = run(client, "gifts.PaperSlip", "approve_chosen", first, second, really="yes")
    assert told(answer) == [
        "已通过 1 张纸质单，积分和库存都已入账。",
        f"{second.number}未办理：积分不够，还差 900 分。等他攒够积分再通过，或驳回并收回礼品。",
    ]
    assert on_hand(office.shop) == 8
    seen = text(client.get(address("gifts.PaperSlip"), {"state__exact": "pending"}))
    assert second.number in seen and first.number not in seen and "还差 900 分" in seen
    assert "驳回原因" in text(run(client, "gifts.PaperSlip", "reject_chosen", second, note="", key="k3"))
    answer = run(client, "gifts.PaperSlip", "reject_chosen", second, note="礼品已收回", key="k4")
    assert told(answer) == ["已驳回 1 张纸质单。"]
    second.refresh_from_db()
    assert (second.state, second.decision_note) == ("rejected", "礼品已收回")


def test_an_auditor_and_another_street_change_nothing(office: Office):
    taken, slip = count_stock(office), enter_slip(office, office.shop.courier)
    before = AuditLog.objects.count()
    for person in (office.auditor, office.shop.neighbour):
        client = office.client(person)
        for label, row, action in (
            ("gifts.StockTake", taken, "finish_chosen"),
            ("gifts.StockTake", taken, "cancel_chosen"),
            ("gifts.PaperSlip", slip, "approve_chosen"),
            ("gifts.PaperSlip", slip, "reject_chosen"),
        ):
            run(client, label, action, row, reason="x", note="x")
    taken.refresh_from_db()
    slip.refresh_from_db()
    assert (taken.state, slip.state, AuditLog.objects.count()) == ("confirmed", "pending", before)


def test_the_district_says_when_a_gift_is_low(office: Office):
    gift, client = office.shop.gift, office.client(office.district)
    stock = f"{address('points.Balance')}?low=1"
    assert "汉正街蜂巢" not in text(client.get(stock))
    there = address("gifts.Gift", "change", gift.pk)
    assert "剩几件时提醒补货" in text(client.get(there))
    assert client.post(there, gift_form(gift, low_stock=9)).status_code == 302
    assert Gift.objects.get(pk=gift.pk).low_stock == 9
    assert "汉正街蜂巢" in text(client.get(stock))
    needs = {need.title: need.count for need in client.get(reverse("admin:index")).context["needs"]}
    assert needs["库存告急"] == 1
