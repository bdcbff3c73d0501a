"""What lets people and programs into the demonstration: bearer tokens, and the list of accounts."""

import json
import os
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from knox.models import get_digest_token
from knox.settings import CONSTANTS, knox_settings

from accounts.models import Token, User
from fengchao.demo.district import District
from fengchao.demo.people import Rider

MOST_COURIERS = 1000
SHOWN_COURIERS = 3


def as_json(district: District, now: datetime) -> dict[str, Any]:
    """Everything an outside program needs, with tokens that work at once. Couriers are verified ones."""
    officials = [official for official in district.staff if official.password]
    riders = list(islice((rider for rider in district.riders if _serves_as_example(rider, now)), MOST_COURIERS))
    staff_tokens = _tokens([official.user for official in officials], now, staff=True)
    courier_tokens = _tokens([rider.courier.user for rider in riders], now, staff=False)
    return {
        "staff": [
            {
                "phone": official.phone,
                "password": official.password,
                "totp_secret": official.totp_secret,
                "role": str(official.role),
                "organisation": official.organisation.pk,
                "token": token,
            }
            for official, token in zip(officials, staff_tokens, strict=True)
        ],
        "couriers": [
            {"id": rider.pk, "phone": rider.phone, "token": token, "balance": rider.balance}
            for rider, token in zip(riders, courier_tokens, strict=True)
        ],
        "stations": [{"code": station.code, "organisation": station.organisation_id} for station in district.stations],
        "gifts": [{"code": gift.code, "points": gift.points} for gift in district.gifts],
        "open311_key": district.open311_key,
    }


def note_accounts(district: District, path: Path, now: datetime) -> None:
    """Write who can sign in, for `serve` to print; readable by the owner of the data only."""
    accounts = [
        {
            "role": str(official.role),
            "organisation": official.organisation.name,
            "phone": official.phone,
            "password": official.password,
            "totp_secret": official.totp_secret,
        }
        for official in district.staff
        if official.password
    ]
    richest = sorted((r for r in district.riders if _serves_as_example(r, now)), key=lambda r: -r.balance)
    for rider in richest[:SHOWN_COURIERS]:
        outlet = rider.courier.outlet
        accounts.append({"role": "courier", "organisation": str(outlet) if outlet else "", "phone": rider.phone})
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(accounts, file, ensure_ascii=False, indent=1)
    draft.replace(path)


def _serves_as_example(rider: Rider, now: datetime) -> bool:
    return rider.verified_at is not None and rider.verified_at <= now


def _tokens(users: list[User], now: datetime, *, staff: bool) -> list[str]:
    """One token for each user, as knox makes them, in one insert."""
    made = [get_digest_token() for _ in users]
    Token.objects.bulk_create(
        Token(
            digest=digest,
            token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
            user=user,
            expiry=now + knox_settings.TOKEN_TTL,
            staff=staff,
        )
        for user, (digest, token) in zip(users, made, strict=True)
    )
    return [token for _, token in made]
