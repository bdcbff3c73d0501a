"""One official for every role, and a worker for every counter."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import encrypt
from django.contrib.auth.hashers import make_password

from accounts.models import Membership, Organisation, User
from accounts.roles import Role
from fengchao.core.codes import random_code
from fengchao.demo import names
from fengchao.demo.organisations import (
    ANTI_FRAUD,
    CLINIC,
    DISTRICT,
    ECONOMIC_ZONE,
    STREETS,
    WORK_COMMITTEE,
    YOUTH_LEAGUE,
    ZONES,
    community,
    enforcement,
    new_organisation,
)  # fmt: skip
from stations.models import Station

# Who can sign in with what the command prints: every role, what belongs to a street in two streets, and two who can
# decide what the other one wrote.
OFFICIALS = (
    (Role.DISTRICT_ADMIN, DISTRICT),
    (Role.STREET_ADMIN, "韩家墩街"),
    (Role.STREET_ADMIN, "汉正街"),
    (Role.COUNTER, "公安社区"),
    (Role.COUNTER, community("商埠社区")),
    (Role.COUNTER, ECONOMIC_ZONE),
    (Role.HANDLER, enforcement("韩家墩街")),
    (Role.HANDLER, enforcement("汉正街")),
    (Role.HANDLER, ANTI_FRAUD),
    (Role.CLAIMER, YOUTH_LEAGUE),
    (Role.CLINIC, CLINIC),
    (Role.OUTLET_MANAGER, new_organisation("中国邮政")),
    (Role.AUDITOR, DISTRICT),
    (Role.SYSTEM_ADMIN, DISTRICT),
    (Role.DISTRICT_ADMIN, DISTRICT),  # the second person
    (Role.CLAIMER, WORK_COMMITTEE),
)


@dataclass(frozen=True)
class Official:
    """Somebody of the staff; without a password he is part of the history and cannot sign in."""

    user: User
    role: Role
    organisation: Organisation
    phone: str
    password: str = ""
    totp_secret: str = ""


def build(
    rng: Random, tree: dict[str, Organisation], stations: list[Station], since: datetime, now: datetime
) -> list[Official]:
    """Officials with passwords and second factors, then somebody for each counter and unit that has nobody yet."""
    needed = [(Role.COUNTER, station.organisation.name) for station in stations]
    needed += [(Role.HANDLER, enforcement(place)) for place in (*STREETS, *ZONES)]
    posts = [*OFFICIALS, *(post for post in dict.fromkeys(needed) if post not in OFFICIALS)]
    officials = [
        Official(
            user=User(username=names.handle(rng), name=names.person(rng), created_at=since, last_login=now),
            role=role,
            organisation=tree[organisation],
            phone=names.staff_phone(index),
            password=_password() if index < len(OFFICIALS) else "",
            totp_secret=generate_totp_secret() if index < len(OFFICIALS) else "",
        )
        for index, (role, organisation) in enumerate(posts)
    ]
    for official in officials:
        official.user.set_unusable_password()
        official.user.set_phone(official.phone)
    User.objects.bulk_create(official.user for official in officials)
    Membership.objects.bulk_create(
        Membership(user=official.user, organisation=official.organisation, role=official.role, created_at=since)
        for official in officials
    )
    Authenticator.objects.bulk_create(
        Authenticator(
            user=official.user,
            type=Authenticator.Type.TOTP,
            data={"secret": encrypt(official.totp_secret)},
            created_at=since,
        )
        for official in officials
        if official.totp_secret
    )
    return officials


@contextmanager
def passwords_set(officials: list[Official]) -> Iterator[None]:
    """Give the officials their passwords while the block runs: hashing is slow on purpose, and leaves Python's lock."""
    users = [official.user for official in officials if official.password]
    with ThreadPoolExecutor(max_workers=2) as pool:
        hashes = pool.map(make_password, [official.password for official in officials if official.password])
        yield
        for user, password in zip(users, hashes, strict=True):
            user.password = password
    User.objects.bulk_update(users, ["password"])


def _password() -> str:
    """Twelve characters that are read from a screen and typed, in three groups."""
    return "-".join(random_code(4) for _ in range(3))
