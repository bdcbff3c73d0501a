"""Lists cost the same number of queries for one row and for three, and no page asks once per row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import zeal
from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from zeal.constants import initialize_app_registry
from zeal.patch import patch

from accounts.models import Courier, Outlet
from accounts.roles import Role
from accounts.services import registration
from accounts.services.headcounts import count
from activities.services import sharing
from activities.services.pairings import pair
from fengchao.core import clock, notices
from gifts.models import Gift, Reservation, StockTake
from gifts.services import cancel, receive, redeem, reserve, slips, stock_takes
from points.ledger import Source
from points.models import Budget, EarningRule
from points.services import approve, earn, grant
from reports import services as reports
from reports.models import Category, Question
from stations.models import Alert, Facility, GradeRequirement, HoursOverride, Station
from stations.problems import PosterUnknown
from stations.services import posters
from stations.services.corrections import propose
from stations.services.hours import announce
from stations.services.observations import observe
from stations.services.visits import check_in
from tests.factories import api_of, courier, district, give, organisation, outlet, page_client, staff, staff_client
from tests.factories.places import Kind
from tests.factories.reports import picture
from tests.factories.sharing import resource

pytestmark = pytest.mark.django_db
LISTS = [
    "/api/v1/stations/", "/api/v1/stations/?near=30.5,114.2", "/api/v1/stations/?open=true", "/api/v1/outlets/",
    "/api/v1/stations.geojson", "/api/v1/stations.csv",
    "/api/v1/gifts/", "/api/v1/gifts/?station=Q-0", "/api/v1/redemptions/", "/api/v1/reservations/",
    "/api/v1/stock/?station=Q-0", "/api/v1/grants/", "/api/v1/me/entries/", "/api/v1/notices/",
    "/api/v1/reports/", "/api/v1/reports/?state=assigned", "/api/v1/reports/categories/",
]  # fmt: skip
ABOUT_ME = "/api/v1/me/data/"
COURIER_PAGES = [
    "/",
    "/points/",
    "/gifts/",
    "/gifts/?station=Q-0",
    "/stations/",
    "/me/",
    "/code/",
    "/reservations/",
    "/notices/",
    "/stations/Q-0/",
    "/stations/Q-0/correct/",
    "/stations/?near=30.5,114.2&open=true",
    "/stations/map/",
    "/stations/map/?near=30.5,114.2",
    "/visits/",
]
STAFF_PAGES = [
    "/desk/", "/desk/counter/Q-0/", "/desk/stock/Q-0/", "/desk/stock/Q-0/count/", "/desk/slips/Q-0/",
    "/desk/hours/Q-0/", "/desk/facilities/Q-0/", "/desk/stations/Q-0/poster/",
    "/admin/accounts/courier/", "/admin/accounts/outlet/", "/admin/stations/station/", "/admin/stations/hoursoverride/",
    "/admin/stations/alert/", "/admin/stations/observation/", "/admin/stations/observation/?waiting=me",
    "/admin/stations/observation/?live=bad", "/admin/stations/compliance/", "/admin/stations/graderequirement/",
    "/admin/stations/districtoutline/", "/admin/stations/visit/", "/admin/stations/visit/footfall/",
    "/admin/stations/refusedcheckin/",
    "/admin/gifts/gift/", "/admin/gifts/redemption/", "/admin/gifts/movement/", "/admin/gifts/reservation/",
    "/admin/gifts/stocktake/", "/admin/gifts/paperslip/", "/admin/gifts/paperslip/?waiting=me",
    "/admin/gifts/stocktake/?waiting=me", "/admin/gifts/refusedattempt/",
    "/admin/points/grant/", "/admin/points/grant/?waiting=me",
    "/admin/points/earningrule/", "/admin/points/refusedaward/", "/admin/points/budget/", "/admin/points/entry/",
    "/admin/points/transfer/", "/admin/points/balance/", "/admin/core/auditlog/", "/admin/accounts/user/",
    "/admin/accounts/membership/", "/admin/accounts/organisation/",
    "/admin/accounts/enterprise/", "/admin/activities/resource/", "/admin/activities/loan/",
    "/admin/activities/pairing/", "/desk/sharing/", "/desk/sharing/?show=ours", "/desk/sharing/?show=decide",
    "/desk/sharing/?show=lent", "/desk/sharing/?show=pairs",
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def watched() -> None:
    """It marks what Django loads lazily, and judges only inside `zeal_context`."""
    initialize_app_registry()
    patch()


class World:
    """A street that can grow: one more of everything with every call."""

    def __init__(self) -> None:
        self.place = district()
        self.chief = staff(Role.DISTRICT_ADMIN, self.place.root)
        self.clerk = staff(Role.STREET_ADMIN, self.place.street)
        self.rider: Courier = courier(outlet(self.place.community))
        self.number = 0

    def grow(self) -> None:
        number, self.number = self.number, self.number + 1
        shop: Outlet = outlet(self.place.community)
        registration.verify(courier(shop, verified=False), by=self.clerk)
        station = Station.objects.create(
            code=f"Q-{number}", name=f"蜂巢{number}", grade=1, organisation=self.place.community, address="路1号",
            lat=30.5, lng=114.2, opening_hours="Mo-Su 00:00-24:00",
        )  # fmt: skip
        facility = Facility.objects.create(code=f"f{number}", name=f"设施{number}")
        station.facilities.add(facility)
        today = clock.shanghai_day(clock.now())
        announce(
            [station], kind=HoursOverride.Kind.EXTENDED, hours="18:00-22:00", first_day=today, last_day=today,
            reason="高温", by=self.clerk,
        )  # fmt: skip
        gift = Gift.objects.create(code=f"gift{number}", name=f"礼品{number}", points=10 + number)
        home = Station.objects.select_related("organisation").get(code="Q-0")
        self._observe(home, station, facility)
        give(self.rider, 100, kind="grant", title="值守")
        receive(gift, home, quantity=5, by=self.clerk)
        redeem(self.rider, gift, station=home, by=self.clerk)
        reserve(self.rider, gift, station=home)
        cancel(reserve(self.rider, gift, station=home), by=self.rider.user)
        slips.enter(
            self.rider,
            gift,
            station=home,
            handed_over_at=clock.now() - timedelta(hours=1),
            reason="停电",
            by=self.chief,
        )
        self._count(gift, home, station)
        notices.tell(self.rider, "test", f"第 {number} 条")
        self._report(number)
        Alert.objects.create(kind="heat", text="热", organisation=self.place.root, starts_at=clock.now(),
                             ends_at=clock.now() + timedelta(hours=1))  # fmt: skip
        self._come(station)
        grant(self.rider, 1, reason="值守", by=self.chief)
        approve(grant(self.rider, 51, reason="值守", by=self.clerk), by=self.chief)
        grant(self.rider, 51, reason="值守", by=self.clerk)
        Budget.objects.create(programme="manual", year=2030 + number, points=100)
        EarningRule.objects.create(event=f"event{number}", title="值守", programme="deeds", points=1, day_cap=1)
        for visit in range(2):
            earn(self.rider, f"event{number}", source=Source("test", f"{number}-{visit}"))
        staff(Role.COUNTER, self.place.community)
        self._share(number, shop)

    def _share(self, number: int, shop: Outlet) -> None:
        count(shop, 5, by=self.clerk)
        home, street = self.place.community, self.place.street
        room = resource(home, f"会议室{number}")
        for days, borrower in ((1, street), (2, home)):
            start = clock.now() + timedelta(days=days)
            sharing.ask(
                room, borrower=borrower, starts_at=start, ends_at=start + timedelta(hours=1), purpose="培训",
                by=self.chief,
            )  # fmt: skip
        party = organisation(self.place.root, kind=Kind.PARTY, name=f"党委{number}")
        pair(party, home, since=clock.shanghai_day(clock.now()), what="宣讲", by=self.chief)

    def _observe(self, home: Station, station: Station, facility: Facility) -> None:
        home.facilities.add(facility)
        GradeRequirement.objects.create(grade=1, facility=facility)
        GradeRequirement.objects.create(grade=1, facility=Facility.objects.create(code=f"n{facility.code}", name="缺"))
        for place in {home, station}:
            observe(place, facility, "broken", by=self.rider.user, note="坏")
        propose(self.rider, home, "phone", f"027-8300{self.number:04}")

    def _report(self, number: int) -> None:
        """One that has earned, with a picture, a question and a unit; and one that is appealed."""
        group = Category.objects.create(code=f"group{number}", name=f"大类{number}")
        kind = Category.objects.create(code=f"kind{number}", name=f"小类{number}", parent=group, points_accepted=5)
        Question.objects.create(category=kind, code="size", label="多大")
        EarningRule.objects.get_or_create(
            event="report_accepted", defaults={"title": "受理", "programme": "reports", "points": 1}
        )
        unit = staff(Role.HANDLER, self.place.street)
        told, refused = (
            reports.file(
                self.rider, kind, text="坏了", place="路口", answers={"size": "大"},
                photo_ids=[picture(self.rider.user).pk],
            )[0]
            for _ in range(2)
        )  # fmt: skip
        told = reports.accept(told, by=self.clerk)
        told = reports.assign(told, organisation=self.place.street, by=self.clerk)
        reports.answer(reports.ask(told, text="在哪？", by=unit), text="东门", by=self.rider.user)
        reports.reject(refused, reason="not_true", text="没有", by=self.clerk)
        reports.appeal(refused, text="有", by=self.rider.user)

    def _count(self, gift: Gift, home: Station, station: Station) -> None:
        """A line more in the one that is open, and one more that is over."""
        taken = StockTake.objects.live().filter(station=home).first() or stock_takes.begin(home, by=self.chief)
        stock_takes.count(taken, gift, 3, by=self.chief)
        if station != home:
            over = stock_takes.begin(station, by=self.chief)
            stock_takes.count(over, gift, 2, by=self.clerk)
            stock_takes.confirm(over, by=self.clerk)
            stock_takes.finish(over, by=self.chief)

    def _come(self, station: Station) -> None:
        """By a worker and by a wrong poster, each of another courier, and the rider himself."""
        check_in(courier(outlet(self.place.community)), station, by=self.clerk)
        check_in(self.rider, station, by=self.clerk)
        posters.renew(station, reason="换新", by=self.clerk)
        with pytest.raises(PosterUnknown):
            check_in(courier(outlet(self.place.community)), station, poster="x")


@dataclass
class Asked:
    """What an address took with few rows and with two more of each; a failure is kept for the test of that address."""

    few: int = 0
    more: int = 0
    text: str = ""
    failure: BaseException | None = None


class Growth:
    """One world for all addresses, in a transaction that is never committed: to grow it takes longer than to ask."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: dict[str, Asked] = {}

    def measure(self, gets: dict[str, Callable[[], Any]], *, again: bool = False) -> None:
        for address, get in gets.items():
            found = self.asked.setdefault(address, Asked())
            try:
                with transaction.atomic():
                    get()  # what a process or the first asking leaves behind is not asked again
                    if again:
                        found.more, found.text = queries(get)
                    else:
                        found.few, _ = queries(get)
                    transaction.set_rollback(True)
            except Exception as failure:
                found.failure = found.failure or failure

    def stays(self, address: str) -> int:
        """How many queries it takes, with one row (for staff two) and with two more."""
        found = self.asked[address]
        if found.failure:
            raise found.failure
        assert found.few > 0
        assert found.more == found.few, found.text
        return found.few


def queries(get: Callable[[], Any]) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as seen, zeal.zeal_context():
        answer = get()
    assert answer.status_code == 200, (answer.status_code, answer.content[:300])
    return len(seen), "\n".join(query["sql"][:200] for query in seen.captured_queries)


@pytest.fixture(scope="module")
def growth(django_db_setup: None, django_db_blocker: Any) -> Iterator[Growth]:
    with django_db_blocker.unblock(), transaction.atomic():
        made = Growth(World())
        made.world.grow()
        addresses = [*LISTS, ABOUT_ME, *COURIER_PAGES]
        rider, chief = page_client(made.world.rider.user), staff_client(made.world.chief)
        one = {
            address: partial(rider.get, address) if address in COURIER_PAGES else api(made.world, address)
            for address in addresses
        }
        two = {f"staff {address}": partial(chief.get, address) for address in STAFF_PAGES}
        made.measure(one)
        made.world.grow()  # with one station the desk leads to its counter at once
        made.measure(two)
        made.world.grow()
        made.measure(one, again=True)
        made.world.grow()
        made.measure(two, again=True)
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def world(growth: Growth, db: None) -> World:
    """As it was left, with four of everything; `db` is the savepoint."""
    return growth.world


def api(world: World, address: str) -> Callable[[], Any]:
    caller = (
        api_of(world.rider.user)
        if "/me/" in address or "/reservations/" in address or "/notices/" in address
        else api_of(world.chief, staff=True)
    )
    return lambda: caller.client.get(address, headers=caller.headers)


@pytest.mark.parametrize("address", LISTS)
def test_lists_of_the_api(growth: Growth, address: str) -> None:
    assert growth.stays(address) <= 12


def test_everything_about_me_is_one_query_for_each_kind_of_thing(growth: Growth) -> None:
    assert growth.stays(ABOUT_ME) <= 25


@pytest.mark.parametrize("address", COURIER_PAGES)
def test_pages_of_couriers(growth: Growth, address: str) -> None:
    assert growth.stays(address) <= 12


@pytest.mark.parametrize("address", STAFF_PAGES)
def test_pages_of_staff(growth: Growth, address: str) -> None:
    assert growth.stays(f"staff {address}") <= 20


def test_home_of_a_courier_takes_six_queries_and_one_for_what_waits_for_him(world: World) -> None:
    client = page_client(world.rider.user)
    client.get("/")
    assert queries(lambda: client.get("/"))[0] <= 7
    for waiting in Reservation.objects.live():
        cancel(waiting, by=world.rider.user)
    assert queries(lambda: client.get("/"))[0] <= 6


def test_a_query_per_row_is_found(world: World) -> None:
    with pytest.raises(zeal.NPlusOneError), zeal.zeal_context():
        assert [shop.enterprise.name for shop in Outlet.objects.all()]


def test_a_page_that_asks_more_with_more_rows_is_found(world: World) -> None:
    """By the count alone: what asks once per row by another way than the one zeal watches."""
    growing = Growth(world)

    def get() -> HttpResponse:
        for pk in Courier.objects.values_list("pk", flat=True):
            with connection.cursor() as cursor:
                cursor.execute("SELECT %s", [pk])
        return HttpResponse()

    growing.measure({"page": get})
    courier()
    growing.measure({"page": get}, again=True)
    with pytest.raises(AssertionError):
        growing.stays("page")
