"""A wish is hung: what it must say, what a moderator is told to look at, one at a time, and from paper."""

from datetime import timedelta

import pytest

from accounts.models import Courier
from accounts.problems import AccountFrozen
from fengchao.core import clock, codes, photos
from fengchao.core.errors import BadValue
from fengchao.core.models import AuditLog
from stations import counter
from stations.problems import TicketExpired, WrongStation
from tests.factories.people import courier
from tests.factories.reports import picture
from tests.factories.wishes import WishScene
from wishes import services
from wishes.models import Wish
from wishes.problems import OneAtATime, TooManyWishes
from wishes.services.flags import flags, reasons
from wishes.states import Flag, WishState

pytestmark = pytest.mark.django_db

F = Flag


def test_it_hangs_in_review_with_what_was_said(scene: WishScene) -> None:
    upload = picture(scene.rider.user)
    wish = scene.hung(title="  新风扇\n静音的 ", text="西晒，\r\n睡不着。 ", for_whom=" 自己 ", photo_id=upload.pk)
    assert (wish.state, wish.title, wish.text, wish.for_whom) == (
        WishState.REVIEW, "新风扇 静音的", "西晒，\n睡不着。", "自己",
    )  # fmt: skip
    assert (wish.shown_name, wish.is_anonymous, wish.flags, wish.filed_by) == ("何师傅·中通", False, [], None)
    assert photos.of(str(wish.pk), "wish") == [upload]
    assert [(step.move, step.party, step.by_id) for step in wish.steps.all()] == [("hang", "courier", scene.rider.pk)]
    assert not AuditLog.objects.filter(verb__startswith="wish").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "), ("title", "长" * 31), ("title", "风扇\x00"), ("text", "长" * 301), ("text", "a\x07b"),
        ("for_whom", "长" * 21), ("category", "money"), ("price", 0), ("price", -5), ("price", 100_001),
    ],
)  # fmt: skip
def test_what_cannot_hang_is_refused_by_name(scene: WishScene, field: str, value: object) -> None:
    with pytest.raises(BadValue) as refusal:
        scene.hung(**{field: value})
    assert (refusal.value.field, Wish.objects.count()) == (field, 0)


def test_pictures_and_stations_must_be_there_for_him(scene: WishScene) -> None:
    foreign = picture(scene.street)
    with pytest.raises(BadValue) as refusal:
        scene.hung(photo_id=foreign.pk)
    assert (refusal.value.field, Wish.objects.count()) == ("photo", 0)
    scene.station.is_active = False
    scene.station.save()
    with pytest.raises(BadValue) as refusal:
        scene.hung()
    assert refusal.value.field == "station"


@pytest.mark.parametrize(
    ("name", "firm", "anonymous", "shown"),
    [
        ("何小蜂", "中通快递", False, "何师傅·中通"), ("欧阳小蜂", "顺丰速运", False, "欧阳师傅·顺丰"),
        ("王五", "美团", False, "王师傅·美团"), ("王五", "快递", False, "王师傅·快递"),
        ("何小蜂", "中通快递", True, "一位小哥"),
    ],
)  # fmt: skip
def test_the_public_name(scene: WishScene, name: str, firm: str, anonymous: bool, shown: str) -> None:
    scene.rider.outlet.enterprise.name = firm  # type: ignore[union-attr]
    scene.rider.user.name = name
    assert scene.hung(anonymous=anonymous).shown_name == shown


def test_a_rider_without_an_outlet_has_a_name_all_the_same(scene: WishScene) -> None:
    assert scene.hung(rider=courier(scene.district.street, name="邓蜜")).shown_name == "邓师傅"


@pytest.mark.parametrize(
    ("text", "price", "found"),
    [
        ("夜里睡不着", 300, []),
        ("夜里睡不着", 301, [F.OVER_CEILING]),
        ("打我电话 13812345678", 100, [F.PHONE]),
        ("１３８ １２３４ ５６７８", 100, [F.PHONE]),
        ("138-1234-5678", 100, [F.PHONE]),
        ("幺三八一二三四五六七八", 100, [F.PHONE]),
        ("加我微信", 100, [F.PHONE]),
        ("座机 027-83812345", 100, [F.PHONE]),
        ("直接给现金也行", 100, [F.CASH]),
        ("发个红包吧，打我 13812345678", 900, [F.OVER_CEILING, F.PHONE, F.CASH]),
        ("没钱买，想要一把伞", 100, []),
        ("我今年 1380 单了，123456789012345 不是号码", 100, []),
    ],
)
def test_what_a_moderator_should_look_at(scene: WishScene, text: str, price: int, found: list[Flag]) -> None:
    assert flags("风扇", text, "自己", price) == found
    wish = scene.hung(text=text, price=price)
    assert wish.flags == found
    assert [name for name, why in reasons(wish) if why] == [flag.label for flag in found]


def test_a_title_is_looked_at_as_well(scene: WishScene) -> None:
    assert flags("要现金 200", "", "", 100) == [F.CASH]


def test_why_is_said_in_words(scene: WishScene) -> None:
    wish = scene.hung(text="发红包到 138 1234 5678", price=500)
    assert reasons(wish) == [
        ("超过预算上限", "预算 500 元，上限 300 元"), ("有联系方式", "文字里有“138 1234 5678”"),
        ("要钱", "文字里有“红包”"),
    ]  # fmt: skip


def test_nobody_reads_a_telephone_number_on_the_tree(scene: WishScene) -> None:
    wish = services.approve(scene.hung(title="找我13812345678", text="打138 1234 5678"), by=scene.street)
    assert (wish.public_title, wish.public_text) == ("找我〔电话已隐去〕", "打〔电话已隐去〕")
    assert scene.make(scene.in_state(WishState.DELIVERED, rider=courier()), "confirm").public_text.startswith("出租屋")


def test_one_at_a_time(scene: WishScene) -> None:
    wish = scene.hung()
    for move in ("approve", "claim", "deliver"):
        with pytest.raises(OneAtATime):
            scene.hung()
        wish = scene.make(wish, move)
    scene.make(wish, "confirm")
    scene.make(scene.hung(), "withdraw")
    scene.make(scene.hung(), "reject")
    assert scene.hung().state == WishState.REVIEW


def test_ten_a_day(scene: WishScene) -> None:
    at = clock.now()
    for _ in range(10):
        services.withdraw(scene.hung(at=at), by=scene.rider.user, at=at)
    with pytest.raises(TooManyWishes):
        scene.hung(at=at + timedelta(hours=23))
    assert scene.hung(at=at + timedelta(hours=24)).state == WishState.REVIEW


def test_a_frozen_courier_hangs_nothing(scene: WishScene) -> None:
    Courier.objects.filter(pk=scene.rider.pk).update(frozen_at=clock.now())
    with pytest.raises(AccountFrozen):
        scene.hung()


def test_from_paper_for_whom_the_counter_has_identified(scene: WishScene) -> None:
    upload = picture(scene.worker)
    expires = int((clock.now() + counter.TICKET_LIFE).timestamp())
    ticket = codes.sign(counter.PURPOSE, [scene.worker.pk, scene.station.pk, scene.rider.pk, expires])
    facts = {"category": "daily", "title": "新风扇", "price": 150}
    wish = services.hang_with_ticket(ticket, station=scene.station, by=scene.worker, photo_id=upload.pk, **facts)
    assert (wish.courier, wish.filed_by, wish.shown_name) == (scene.rider, scene.worker, "何师傅·中通")
    [step] = wish.steps.all()
    assert (step.party, step.by, step.organisation) == ("counter", scene.worker, scene.district.community)
    [line] = AuditLog.objects.filter(verb="wish.file")
    assert (line.actor_id, line.subject_key, line.changed["courier"]) == (scene.worker.pk, str(wish.pk), scene.rider.pk)
    with pytest.raises(WrongStation):
        services.hang_with_ticket(ticket, station=scene.other_station, by=scene.worker, **facts)
    with pytest.raises(TicketExpired):
        services.hang_with_ticket(
            ticket, station=scene.station, by=scene.worker, at=clock.now() + timedelta(minutes=11), **facts
        )
