"""The district's cards: found, given one by one and to many, voided."""

from datetime import timedelta

import pytest
from django.test import Client

from fengchao import dashboard
from fengchao.core import clock
from fengchao.core.models import AuditLog, Notice
from tests.factories import courier, outlet, staff_client
from tests.factories.vouchers import VoucherScene, fresh, programme
from tests.vouchers.lists import (
    CARDS,
    COURIERS,
    act,
    change,
    fault,
    listed,
    rider,
    sheet,
    text,
    told,
)
from vouchers import services
from vouchers.models import Booking, Programme, Voucher, Waiting
from vouchers.states import MOVES, VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState


@pytest.fixture
def client(scene: VoucherScene) -> Client:
    return staff_client(scene.chief)


def test_cards_are_found_by_programme_state_enterprise_and_code(scene: VoucherScene, client: Client) -> None:
    issued, booked = scene.issued(), scene.booked(rider=courier(outlet(scene.district.community)))
    second = programme(scene.district.root, scene.clinic, name="第二期")
    other = services.issue(second, rider(scene), by=scene.chief)
    assert sorted(listed(client)) == [issued.pk, booked.pk, other.pk]
    assert listed(client, programme=second.pk) == [other.pk]
    assert listed(client, state__exact="booked") == [booked.pk]
    assert sorted(listed(client, enterprise=scene.post.pk)) == [issued.pk, other.pk]
    typed = issued.code.lower()
    assert listed(client, q=f" {typed[:4]} {typed[4:]} ") == listed(client, q=issued.code) == [issued.pk]
    answer = client.get(CARDS, {"q": str(scene.rider.user.phone)})
    assert (list(answer.context["cl"].result_list), told(answer)) == (
        [], ["查手机号请到“快递小哥”，用右上角的“按手机号查找”。"],
    )  # fmt: skip
    for odd in ({"programme": "x"}, {"enterprise": "٣"}, {"lapsing": "x"}, {"q": "%_"}, {"q": "\x00"}):
        assert client.get(CARDS, odd).status_code in (200, 302, 400), odd
    page = text(client.get(CARDS))
    assert ("何*" in page, scene.rider.user.name in page) == (True, False)


def test_one_card_with_ticks_bookings_and_history(scene: VoucherScene, client: Client) -> None:
    voucher = scene.in_state(S.PARTIAL)
    page = text(client.get(change(voucher)))
    for words in ("检查项目", "采血", "没有做", "已到", "发放", "报到", "护*", "区里", 'value="void_chosen"'):
        assert words in page, words
    assert (scene.rider.user.name in page, str(scene.rider.user.phone) in page) == (False, False)
    done = scene.in_state(S.COMPLETED, rider=rider(scene))
    page = text(client.get(change(done)))
    assert ("没有做" in page, 'value="void_chosen"' in page, page.count("已做，")) == (False, False, 6)


def test_cards_are_voided_with_a_reason_one_and_many(scene: VoucherScene, client: Client) -> None:
    first, second = scene.issued(), scene.booked(rider=rider(scene))
    done = scene.in_state(S.COMPLETED, rider=rider(scene))
    for reason in ("", " ", "长" * 201):
        assert act(client, "void", first, reason=reason, key=f"r{len(reason)}").status_code == 200
    assert fresh(first).state == S.ISSUED
    answer = act(client, "void", first, reason="发错了人", key="one")
    assert (answer["Location"], told(answer)[-1]) == (change(first), "已作废 1 张，快递小哥会收到通知。")
    answer = act(client, "void", first, second, done, reason="不办了", key="many")
    assert sorted(told(answer)[-3:]) == sorted([
        "已作废 1 张，快递小哥会收到通知。",
        f"{done.code}未办理：这张体检卡现在是“已完成”，不能这样处理。",
        f"{first.code}未办理：这张体检卡现在是“已作废”，不能这样处理。",
    ])  # fmt: skip
    assert [fresh(one).state for one in (first, second, done)] == [S.VOID, S.VOID, S.COMPLETED]
    assert first.steps.get(move="void").text == "发错了人"
    assert Booking.objects.live().count() == 0
    scene.programme.refresh_from_db()
    assert scene.programme.issued == 1


@pytest.mark.parametrize("here", list(S))
def test_what_the_table_forbids_is_refused_through_this_door(scene: VoucherScene, client: Client, here: S) -> None:
    voucher = scene.in_state(here)
    offered = 'value="void_chosen"' in text(client.get(change(voucher)))
    act(client, "void", voucher, reason="不办了")
    assert offered == (here in MOVES["void"][0])
    assert fresh(voucher).state == (S.VOID if offered else here)


def test_a_card_is_given_by_number_and_name(scene: VoucherScene, client: Client) -> None:
    phone, name = str(scene.rider.user.phone), scene.rider.user.name
    given = {"programme": scene.programme.pk, "phone": f"{phone[:3]} {phone[3:]}", "name": f" {name}", "key": "one"}
    for _ in range(2):
        answer = client.post(f"{CARDS}add/", given)
        assert (answer["Location"], told(answer)[-1]) == (CARDS, "已发放一张“关爱体检”，他会收到通知。")
    assert Voucher.objects.get().courier == scene.rider
    assert Notice.objects.filter(kind="voucher_issue").count() == 1
    assert phone not in str(list(AuditLog.objects.values_list("changed", "subject_key", "verb")))
    again = client.post(f"{CARDS}add/", {**given, "key": "two"})
    assert "已经有一张这个项目的体检卡。" in text(again)


def test_a_card_given_by_hand_is_refused_beside_the_field(scene: VoucherScene, client: Client) -> None:
    right = {"programme": scene.programme.pk, "phone": scene.rider.user.phone, "name": scene.rider.user.name}
    over = programme(
        scene.district.root, scene.clinic, name="旧的", valid_until=clock.shanghai_day(clock.now()) - timedelta(1)
    )
    for wrong, field in (
        ({"phone": "123"}, "phone"), ({"phone": "19900000000"}, "phone"), ({"phone": ""}, "phone"),
        ({"name": "别人"}, "name"), ({"name": ""}, "name"), ({"programme": ""}, "programme"),
        ({"programme": over.pk}, "programme"), ({"programme": "x"}, "programme"),
    ):  # fmt: skip
        answer = client.post(f"{CARDS}add/", {**right, **wrong, "key": f"{wrong}"[:60]})
        assert (answer.status_code, list(fault(answer))) == (200, [field]), wrong
    assert Voucher.objects.count() == 0


def test_cards_for_couriers_ticked_in_their_list_all_or_none(scene: VoucherScene, client: Client) -> None:
    good, new = rider(scene), rider(scene, name="钱多多", verified=False)
    scene.issued()
    page = client.post(COURIERS, {"action": "issue_chosen", "_selected_action": [good.pk], "select_across": "0"})
    assert "关爱体检（剩 129 个名额）" in text(page)
    answer = act(client, "issue", good, new, scene.rider, page=COURIERS, programme=scene.programme.pk, key="one")
    said = fault(answer)["__all__"][0]
    assert said.startswith("一张也没有发，2 位不行。")
    for words in (
        f"钱*（{new.outlet}）：还没有核验身份。",
        f"何*（{scene.rider.outlet}）：已经有一张这个项目的体检卡。",
    ):
        assert words in said
    assert Voucher.objects.count() == 1
    for _ in range(2):
        answer = act(client, "issue", good, page=COURIERS, programme=scene.programme.pk, key="two")
    assert told(answer)[-1] == "已给 1 位快递小哥发“关爱体检”的体检卡。"
    assert Voucher.objects.filter(courier=good).count() == 1


def test_the_street_gives_no_cards(scene: VoucherScene) -> None:
    street = staff_client(scene.street)
    assert "issue_chosen" not in text(street.get(COURIERS))
    act(street, "issue", scene.rider, page=COURIERS, programme=scene.programme.pk)
    act(street, "wait", scene.rider, page=COURIERS, programme=scene.programme.pk)
    assert (Voucher.objects.count(), Waiting.objects.count()) == (0, 0)


def test_excel_has_text_cells_and_masked_names(scene: VoucherScene, client: Client) -> None:
    Programme.objects.update(name="=1+1")
    scene.booked()
    rows = sheet(client.get(f"{CARDS}export/"))
    assert (rows[1][1], rows[1][2], rows[1][4]) == ("＝1+1", "何*", "已预约")
    assert {type(cell) for cell in rows[1] if cell is not None} == {str}
    assert (scene.rider.user.name in str(rows), str(scene.rider.user.phone) in str(rows)) == (False, False)
    assert AuditLog.objects.get(verb="voucher.exported").changed == {"rows": 1}


def test_cards_about_to_lapse_are_counted_on_the_first_page(scene: VoucherScene, client: Client) -> None:
    today = clock.shanghai_day(clock.now())
    soon, later, gone, booked = (scene.issued(rider=rider(scene)) for _ in range(4))
    services.book(booked, scene.slot(days=2), by=booked.courier.user)
    for voucher, days in ((soon, 13), (later, 14), (gone, -1), (booked, 5)):
        Voucher.objects.filter(pk=voucher.pk).update(valid_until=today + timedelta(days=days))
    need = next(need for need in dashboard.needs(scene.chief) if need.title == "体检卡快过期")
    assert (need.count, [row.pk for row in client.get(need.link).context["cl"].result_list]) == (1, [soon.pk])
    for other in (scene.auditor, scene.street):
        assert "体检卡快过期" not in [need.title for need in dashboard.needs(other)]
