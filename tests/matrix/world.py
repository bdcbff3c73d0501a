"""A small world in which everybody who may stand at a door exists, with something of every kind in three places.

near: the street where the staff work. next: the street beside it in the same district. far: another district. never:
the same keys as the others, of things that do not exist.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import encrypt
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client
from django.test.client import ClientHandler
from PIL import Image

from accounts.models import Courier, Enterprise, Membership, Organisation, Outlet, User
from accounts.roles import Role
from accounts.services import registration, tokens
from fengchao.core import clock, codes, notices, photos
from fengchao.core.models import Notice
from gifts.models import Gift
from gifts.services import receive, redeem, reserve, slips, stock_takes
from points.services import grant
from stations import counter
from stations.models import Alert, Facility, HoursOverride, Station
from stations.services import posters
from stations.services.hours import announce
from stations.services.observations import observe
from stations.services.visits import check_in
from tests.factories import give, organisation
from tests.factories import station as make_station
from tests.matrix import activities, care, reports, sharing, vouchers, wishes
from tests.matrix.acts import Acts, hold
from wishes.states import LIVE

Kind = Organisation.Kind
PRICE = 1000
NOBODY = "anonymous"
NEWCOMER = "newcomer"
COURIER = "courier"
BY_SMS = "by_sms"
ACTORS = (NOBODY, NEWCOMER, COURIER, BY_SMS, *Role.values)
DISTRICT_WIDE = (Role.DISTRICT_ADMIN, Role.SYSTEM_ADMIN)


@dataclass
class Place:
    """What lies in one place, by the keys under which a request names it."""

    station: str
    outlet: int
    street: int
    courier: int
    regular: int
    redemption: str
    reservation: str
    grant: int
    stock_take: str
    photo: int
    organisation: int
    visit: int
    notice: int = 2**40
    """Of the courier himself where the place is his, of a regular elsewhere."""
    reports: dict[str, str] = field(default_factory=lambda: reports.NONE)
    """State → number of a report in it, with the place's street: the courier's own where the place is his."""
    work_done: int = 2**40
    """A picture that the handler has taken and nothing uses."""
    wishes: dict[str, int] = field(default_factory=lambda: wishes.NONE)
    """State → key of a wish in it, at the place's station (`wishes.give` makes it the courier's own)."""
    cards: vouchers.Cards = field(default_factory=vouchers.Cards)
    """Check-up cards, the courier's own where the place is his."""
    activities: dict[str, int] = field(default_factory=lambda: activities.NONE)
    """Name → key of an activity or deed (`activities.organise`)."""
    outreach: care.Visits = field(default_factory=care.Visits)
    """Visits of the place's community to its outlet."""
    lent: dict[str, int] = field(default_factory=lambda: sharing.NONE)
    """A room of the place's community, a request of its street for it, and a pairing."""
    acts: Acts = field(default_factory=Acts)
    """Activities and a deed, the courier's own where the place is his."""
    marks: list[str] = field(default_factory=list)
    """Strings that only who reaches this place may ever read."""


@dataclass
class Actor:
    name: str
    user: User | None
    token: str = ""
    session: str = ""

    def api(self) -> Client:
        return _client({"authorization": f"Bearer {self.token}"} if self.token else {})

    def browser(self) -> Client:
        client = _client({})
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        return client


_handler = ClientHandler(enforce_csrf_checks=False)


def _client(headers: dict[str, str]) -> Client:
    """All share one chain of middlewares: to build it takes longer than to answer."""
    client = Client(headers=headers)
    client.handler = _handler
    return client


@dataclass
class World:
    actors: dict[str, Actor]
    places: dict[str, Place]
    private: dict[str, int]
    """Names and numbers of people → whose they are: only the person reads them whole."""
    told: dict[str, set[str]] = field(default_factory=dict)
    """Actor → names of others that he reads whole, since it is his work: a centre who comes."""

    def elsewhere(self, actor: str) -> Place:
        """Out of the actor's scope, as near to it as can be."""
        return self.places["far" if actor in DISTRICT_WIDE else "next"]


class Builder:
    def __init__(self) -> None:
        self.numbers: Iterator[int] = iter(range(13_800_000_001, 13_900_000_000, 7_919))
        self.private: dict[str, int] = {}
        self.password = make_password("matrix-password")  # once: it is slow on purpose
        self.secret = encrypt(generate_totp_secret())

    def person(self, name: str) -> User:
        phone, marked = str(next(self.numbers)), f"秘{name}"
        user = User.objects.create_with_phone(phone, name=marked)
        self.private |= {phone: user.pk, marked: user.pk}
        return user

    def reservation(self, courier: Courier, gift: Gift, station: Station) -> str:
        """Nobody but the courier reads his pickup code."""
        code: str = reserve(courier, gift, station=station).pickup_code
        self.private[code] = courier.pk
        return code

    def courier(self, name: str, outlet: Outlet | None, *, by: User | None = None) -> Courier:
        user = self.person(name)
        found = Courier.objects.create(user=user)
        version = settings.PRIVACY_NOTICE_VERSION
        found = registration.register(user, name=user.name, outlet=outlet, consent_version=version)
        return registration.verify(found, by=by) if by else found

    def staff(self, role: str, organisation: Organisation) -> User:
        user = self.person(f"{role}甲")
        user.password = self.password
        user.save()
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": self.secret})
        Membership.objects.create(user=user, organisation=organisation, role=role)
        return user


def build() -> World:
    make = Builder()
    gift = Gift.objects.create(code="tissue", name="手提纸", points=PRICE)
    facility = Facility.objects.create(code="water", name="饮水")
    district, other = organisation(name="江区"), organisation(name="湖区")
    streets = {
        "near": organisation(district, name="东街"), "next": organisation(district, name="西街"),
        "far": organisation(other, name="南街"),
    }  # fmt: skip
    bodies = {"near": _body(district, "甲速递"), "next": _body(district, "乙速递"), "far": _body(other, "丙速递")}
    communities = {
        name: organisation(Organisation.objects.get(pk=street.pk), kind=Kind.COMMUNITY, name=f"{street.name}社区")
        for name, street in streets.items()
    }
    places = {}
    for name, community in communities.items():
        outlet = Outlet.objects.create(
            name=f"{name}网点", enterprise=Enterprise.objects.create(name=f"企业{name}", organisation=bodies[name]),
            organisation=community, address=f"秘址{name}", contact_name=f"秘联{name}", contact_phone="02783000000",
        )  # fmt: skip
        places[name] = _place(make, name, community, outlet, gift, facility)
    places["never"] = Place(
        "XX-999", 2**40, 2**40, 2**40, 2**40, "RNOSUCHNR", "AAAAAAAA", 2**40, "SNOSUCHNR", 2**40, 2**40, 2**40
    )  # fmt: skip
    users = _people(make, district, streets["near"], communities["near"], bodies["near"])
    mine = make.courier("自己", Outlet.objects.get(pk=places["near"].outlet), by=users[Role.COUNTER])
    users[COURIER] = mine.user
    for name in ("near", "next", "far"):
        places[name].photo = _photo(mine.user if name == "near" else users[Role.HANDLER])
    give(mine, 3 * PRICE, kind="grant", title="值守")
    places["near"].reservation = make.reservation(mine, gift, Station.objects.get(code=places["near"].station))
    # His own half an hour is over, so that he may come anew.
    places["near"].visit = _came(mine, Station.objects.get(code=places["near"].station))
    grant(mine, 20, reason="自己的事由", by=users[Role.STREET_ADMIN])
    for name in ("near", "next", "far"):
        told = mine.pk if name == "near" else places[name].regular
        notices.tell(User(pk=told), "test", "到账", text=f"秘知{name}", link="/points/")
        places[name].notice = Notice.objects.get(user_id=told, kind="test").pk
    _reports(make, places, streets, mine, users[Role.HANDLER])
    _wishes(make, places, streets, users[Role.CLAIMER])
    _cards(make, places, streets, mine, users[Role.CLINIC])
    _visits(places, communities)
    for name, street in reversed(streets.items()):  # as above
        chief = User.objects.get(name=f"秘{name}主任")
        places[name].lent = sharing.lend(name, communities[name], street, bodies[name], chief=chief)
        places[name].marks += [f"秘借{name}", f"秘建{name}"]
    _acts(make, places, communities, mine)
    _activities(places, mine)
    actors = {NOBODY: Actor(NOBODY, None)}
    for name, user in users.items():
        staff = name in Role.values
        text = tokens.issue(user, staff=staff)[1]
        actors[name] = Actor(name, user, text, session_of(user, staff=staff))
    return World(actors, places, make.private, told={Role.CLINIC.value: {mine.user.name}})


def session_of(user: User, *, staff: bool) -> str:
    """The session a sign-in leaves: by text message, or by password and second factor."""
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    if staff:
        request = HttpRequest()
        request.session = store
        for method in ("password", "mfa"):
            record_authentication(request, user, method)
    store.create()
    return str(store.session_key)


def ticket_for(worker: User, station: str, courier: int) -> str:
    """A ticket as the counter gives it, also for those to whom it would give none."""
    expires = int((clock.now() + timedelta(minutes=5)).timestamp())
    found = Station.objects.filter(code=station).values_list("pk", flat=True).first() or 2**40
    return codes.sign(counter.PURPOSE, [worker.pk, found, courier, expires])


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 120, 0)).save(drawn, "PNG")
    return drawn.getvalue()


def _people(
    make: Builder, district: Organisation, street: Organisation, community: Organisation, body: Organisation
) -> dict[str, User]:
    seats: dict[str, Organisation] = {
        **dict.fromkeys(Role.values, street), **dict.fromkeys(map(str, DISTRICT_WIDE), district),
        Role.COUNTER.value: community, Role.OUTLET_MANAGER.value: body,
    }  # fmt: skip
    users = {str(role): make.staff(role, seat) for role, seat in seats.items()}
    users[NEWCOMER] = make.person("新来")
    Courier.objects.create(user=users[NEWCOMER])
    users[BY_SMS] = make.person("短信")
    Courier.objects.create(user=users[BY_SMS])
    for role in Role.values:
        Membership.objects.create(user=users[BY_SMS], organisation=district, role=role)
    return users


def _place(make: Builder, name: str, community: Organisation, outlet: Outlet, gift: Gift, facility: Facility) -> Place:
    station = make_station(
        community, f"MX-{name}", name=f"{name}蜂巢", address=f"{name}路1号", lat=30.5, lng=114.2,
        opening_hours="Mo-Su 08:00-20:00",
    )  # fmt: skip
    station.facilities.add(facility)
    Alert.objects.create(
        kind="heat", text=f"秘警{name}", organisation=community, starts_at=clock.now(),
        ends_at=clock.now() + timedelta(hours=9),
    )  # fmt: skip
    chief, clerk = make.person(f"{name}主任"), make.person(f"{name}经办")
    street = Organisation.objects.get(path=community.path[: -Organisation.steplen])
    for user, role in ((chief, Role.STREET_ADMIN), (clerk, Role.COUNTER)):
        Membership.objects.create(user=user, organisation=street, role=role)
    marks = [f"秘由{name}", f"秘注{name}", f"秘补{name}", f"秘况{name}"]
    observe(station, facility, "broken", by=clerk, as_staff=True, note=marks[3])
    served = make.courier(f"{name}常客", outlet, by=clerk)
    give(served, 3 * PRICE, kind="grant", title="值守")
    receive(gift, station, quantity=9, note=marks[1], by=clerk)
    redemption = redeem(served, gift, station=station, by=clerk)
    then = clock.now() - timedelta(hours=2)
    slips.enter(served, gift, station=station, handed_over_at=then, reason=marks[2], by=clerk)
    counted = stock_takes.begin(station, by=clerk)
    stock_takes.count(counted, gift, 8, by=clerk)
    visit = check_in(served, station, by=clerk, at=then).visit
    today = clock.shanghai_day(clock.now())
    announce(
        [station], kind=HoursOverride.Kind.EXTENDED, hours="18:00-22:00", first_day=today, last_day=today,
        reason="高温延长", by=chief,
    )  # fmt: skip
    target = make.courier(f"{name}待核", outlet)
    pending = grant(target, 60, reason=marks[0], by=chief)
    return Place(
        station=station.code, outlet=outlet.pk, street=street.pk, courier=target.pk, regular=served.pk,
        redemption=redemption.number, reservation=make.reservation(served, gift, station), grant=pending.pk,
        stock_take=counted.number, photo=0, organisation=community.pk, visit=visit.pk,
        marks=[*marks, redemption.number, counted.number, f"秘址{name}", f"秘联{name}"],
    )  # fmt: skip


def _reports(
    make: Builder, places: dict[str, Place], streets: dict[str, Organisation], mine: Courier, handler: User
) -> None:
    for name, street in reversed(streets.items()):  # the newest rows of the log are near
        place = places[name]
        courier = mine if name == "near" else Courier.objects.get(pk=place.regular)
        chief = User.objects.get(name=f"秘{name}主任")
        unit = handler if name == "near" else make.person(f"{name}办理")
        place.reports = reports.tell(name, courier, place.station, street, chief=chief, unit=unit)
        place.work_done = _photo(handler)
        place.marks += [f"秘告{name}", *place.reports.values()]


def _wishes(make: Builder, places: dict[str, Place], streets: dict[str, Organisation], claimer: User) -> None:
    for name, street in reversed(streets.items()):  # as above
        place = places[name]
        outlet = Outlet.objects.get(pk=place.outlet)
        couriers = [make.courier(f"{name}许愿{number}", outlet) for number in range(len(LIVE) + 1)]
        chief = User.objects.get(name=f"秘{name}主任")
        by = claimer if name == "near" else make.person(f"{name}认领")
        place.wishes = wishes.hang(name, couriers, place.station, street, chief=chief, claimer=by)
        place.marks.append(f"秘愿{name}")


def _cards(
    make: Builder, places: dict[str, Place], streets: dict[str, Organisation], mine: Courier, nurse: User
) -> None:
    for name, street in reversed(streets.items()):  # as above
        place = places[name]
        courier = mine if name == "near" else Courier.objects.get(pk=place.regular)
        by, chief = nurse if name == "near" else make.person(f"{name}护士"), make.person(f"{name}区管")
        place.cards = vouchers.hand_out(name, courier, street, chief=chief, nurse=by)
        place.marks += [f"秘检{name}", *place.cards.codes.values()]


def _activities(places: dict[str, Place], mine: Courier) -> None:
    activities.rules()
    for name in ("far", "next", "near"):  # as above
        place = places[name]
        regular = Courier.objects.get(pk=place.regular)
        by = User.objects.get(name=f"秘{name}主任")
        place.activities = activities.organise(
            name, place.station, [regular], mine if name == "near" else regular, by=by
        )  # fmt: skip
        place.marks += [f"秘稿{name}", f"秘事{name}", f"秘证{name}"]


def _visits(places: dict[str, Place], communities: dict[str, Organisation]) -> None:
    for name, community in reversed(communities.items()):  # as above
        place, clerk = places[name], User.objects.get(name=f"秘{name}经办")
        place.outreach = care.pay(name, community, Outlet.objects.get(pk=place.outlet), by=clerk)
        place.marks += [f"秘访{name}", f"秘礼{name}", f"秘需{name}"]


def _acts(make: Builder, places: dict[str, Place], communities: dict[str, Organisation], mine: Courier) -> None:
    for name, community in reversed(communities.items()):  # as above
        place = places[name]
        courier = mine if name == "near" else Courier.objects.get(pk=place.regular)
        chief = make.person(f"{name}社工")
        place.acts = hold(name, courier, community, place.station, _photo(courier.user), chief=chief)
        place.marks.append(f"秘好{name}")


def _came(courier: Courier, station: Station) -> int:
    before = clock.now() - timedelta(hours=2)
    return check_in(courier, station, poster=posters.token_for(station), at=before).visit.pk


def _photo(owner: User) -> int:
    return photos.take_in(SimpleUploadedFile("a.png", picture(), "image/png"), by=owner).pk


def _body(district: Organisation, name: str) -> Organisation:
    return organisation(Organisation.objects.get(pk=district.pk), kind=Kind.NEW_ORG, name=name)
