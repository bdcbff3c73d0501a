"""A programme, its centre and a courier around vouchers, and vouchers in any state, made by the services."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from accounts.models import Courier, Enterprise, Organisation, User
from accounts.roles import Role
from fengchao.core import clock
from tests.factories.people import courier, enterprise, outlet, staff
from tests.factories.places import District, Kind, district, organisation
from vouchers import services
from vouchers.models import Booking, Item, Programme, Slot, Voucher
from vouchers.states import VoucherState

ITEMS = ("采血", "内科", "外科", "心电图", "彩超", "五官")


@dataclass
class VoucherScene:
    """Who meets in a voucher: `chief` issues, `rider` books, `nurse` ticks, `manager` reads those of his riders."""

    district: District
    clinic: Organisation
    post: Enterprise
    programme: Programme
    rider: Courier
    chief: User
    nurse: User
    manager: User
    street: User
    auditor: User
    stranger: User  # of another centre

    def issued(self, *, rider: Courier | None = None, at: datetime | None = None) -> Voucher:
        return services.issue(self.programme, rider or self.rider, by=self.chief, at=at)

    def slot(self, *, days: int = 1, hour: int = 9, capacity: int = 5) -> Slot:
        """On the day so many days from now, in Shanghai."""
        day = clock.shanghai_day(clock.now()) + timedelta(days=days)
        start = datetime.combine(day, time(hour), tzinfo=clock.SHANGHAI)
        made, _ = Slot.objects.get_or_create(
            programme=self.programme, starts_at=start,
            defaults={"ends_at": start + timedelta(minutes=30), "capacity": capacity},
        )  # fmt: skip
        return made

    def booked(self, *, slot: Slot | None = None, rider: Courier | None = None, at: datetime | None = None) -> Voucher:
        voucher = self.issued(rider=rider, at=at)
        services.book(voucher, slot or self.slot(days=3), by=voucher.courier.user, at=at)
        return fresh(voucher)

    def in_state(self, state: VoucherState, *, rider: Courier | None = None) -> Voucher:
        """A voucher that went the shortest way to `state`. Its morning was a while ago where it had to be."""
        if state in (VoucherState.ISSUED, VoucherState.VOID, VoucherState.EXPIRED):
            voucher = self.issued(rider=rider)
        else:
            voucher = self.booked(rider=rider)
        if state == VoucherState.VOID:
            voucher = services.void(voucher, reason="登记错了", by=self.chief)
        if state == VoucherState.EXPIRED:
            services.expire_due(datetime.combine(self.programme.valid_until, time(), clock.SHANGHAI) + A_DAY)
        morning = self.slot(days=3).starts_at + timedelta(minutes=5)
        if state == VoucherState.RETURNED:
            services.no_show(voucher, by=self.nurse, at=morning)
            services.book(fresh(voucher), self.slot(days=5), by=voucher.courier.user, at=morning)
            services.no_show(fresh(voucher), by=self.nurse, at=morning + 2 * A_DAY)
        if state in (VoucherState.CHECKED_IN, VoucherState.COMPLETED, VoucherState.PARTIAL):
            voucher = services.check_in(voucher, by=self.nurse, at=morning)
        if state == VoucherState.COMPLETED:
            for item in self.items:
                voucher = services.tick(voucher, item, done=True, by=self.nurse, at=morning)
        if state in (VoucherState.COMPLETED, VoucherState.PARTIAL):
            voucher = services.complete(voucher, by=self.nurse, at=morning)
        voucher = fresh(voucher)
        assert voucher.state == state
        return voucher

    @property
    def items(self) -> list[Item]:
        return list(self.programme.items.all())

    def booking(self, voucher: Voucher) -> Booking:
        return Booking.objects.live().get(voucher=voucher)


A_DAY = timedelta(days=1)


def fresh(voucher: Voucher) -> Voucher:
    found: Voucher = Voucher.objects.shown().get(pk=voucher.pk)
    return found


def programme(
    root: Organisation, centre: Organisation, *, quota: int = 130, name: str = "关爱体检", **fields: object
) -> Programme:
    today = clock.shanghai_day(clock.now())
    usual: dict[str, object] = {
        "sponsor": "武汉美年大健康", "address": "解放大道 1 号", "face_value": 1000,
        "valid_from": today - timedelta(days=30), "valid_until": today + timedelta(days=60),
    }  # fmt: skip
    made = Programme.objects.create(name=name, organisation=root, centre=centre, quota=quota, **{**usual, **fields})
    for order, item in enumerate(ITEMS):
        Item.objects.create(programme=made, order=order, name=item)
    return made


def voucher_scene(*, quota: int = 130, **fields: object) -> VoucherScene:
    place = district()
    clinic = organisation(place.root, kind=Kind.CLINIC, name="美年大健康体检中心")
    body = organisation(place.root, kind=Kind.NEW_ORG, name="邮政片区")
    post = enterprise("中国邮政", place=body)
    return VoucherScene(
        district=place, clinic=clinic, post=post,
        programme=programme(place.root, clinic, quota=quota, **fields),
        rider=courier(outlet(place.community, company=post), name="何小蜂"),
        chief=staff(Role.DISTRICT_ADMIN, place.root, name="区管戊"),
        nurse=staff(Role.CLINIC, clinic, name="护士甲"),
        manager=staff(Role.OUTLET_MANAGER, body, name="网点乙"),
        street=staff(Role.STREET_ADMIN, place.street, name="街道丙"),
        auditor=staff(Role.AUDITOR, place.root, name="审计丁"),
        stranger=staff(Role.CLINIC, organisation(place.root, kind=Kind.CLINIC), name="别家己"),
    )  # fmt: skip
