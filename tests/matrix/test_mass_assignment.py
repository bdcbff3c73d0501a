"""A body that names every field of every table changes what the same body without them changes, and nothing else."""

from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction

from accounts.roles import Role
from fengchao.core import codes
from tests.matrix.asking import Call
from tests.matrix.calls import call
from tests.matrix.routes import WRITING
from tests.matrix.table import ROWS
from tests.matrix.test_input import actor_for
from tests.matrix.world import COURIER, World

pytestmark = pytest.mark.django_db
OURS = ("core", "accounts", "points", "stations", "gifts", "reports", "wishes", "vouchers", "activities", "knox", "mfa")
WRITES = [row for row in ROWS if row[0].startswith("api_") and row[1] in WRITING and row[0] != "api_photos"]
# Different in any two runs: keys drawn at random, sequences, digests of the request itself.
DRAWN = {"number", "digest", "token_key", "username", "session_salt", "digits", "source_key", "subject_key", "value",
         "code_hash", "request_id", "body", "phone", "key", "password", "changed", "account", "transfer",
         "annul_transfer", "reverses", "pickup_code", "report", "wish", "voucher"}  # fmt: skip


def tempting(field: models.Field) -> Any:
    """A value that a thief would like the field to have."""
    match field:
        case models.BooleanField():
            return True
        case models.DateTimeField():
            return "2020-01-01T00:00:00+08:00"
        case models.IntegerField() | models.FloatField() | models.DecimalField():
            return 999_999
        case models.ForeignKey() | models.AutoField():
            return 1
        case _:
            return "posted" if field.name == "state" else "district_admin" if field.name == "role" else "偷"


def everything() -> dict[str, Any]:
    extra: dict[str, Any] = {"acts_as_staff": True, "is_staff": True, "is_superuser": True, "staff": True, "roles": []}
    for model in ours():
        for field in model._meta.concrete_fields:
            extra |= {field.name: tempting(field), field.attname: 1 if field.is_relation else tempting(field)}
    return extra


def ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def snapshot() -> dict[str, list[str]]:
    """Every row of ours without what is drawn or counted."""
    found = {}
    for model in ours():
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if field.name not in DRAWN and not isinstance(field, models.DateTimeField | models.AutoField)
            and not ("transfer" in field.name and field.is_relation
                     and isinstance(field.target_field, models.AutoField))
        ]  # fmt: skip
        found[model._meta.label] = sorted(map(repr, model._base_manager.values_list(*names)))
    return found


def done(world: World, name: str, method: str, made: Call, actor: str) -> tuple[int, dict[str, list[str]]]:
    with transaction.atomic(), codes.drawn_from(Random(name)):
        response = made.send(world.actors[actor].api(), name, method, **{"idempotency-key": "mass"})
        after = snapshot()
        transaction.set_rollback(True)
    return response.status_code, after


@pytest.mark.parametrize(("name", "method"), WRITES, ids=["-".join(row) for row in WRITES])
def test_fields_of_the_tables_change_nothing(world: World, name: str, method: str) -> None:
    actor = actor_for(name)
    plain = call(name, method, world.actors[actor], world.places["near"])
    # What the endpoint itself takes may not be in the extra: it is the good body's.
    extra = {key: value for key, value in everything().items() if key not in OPTIONAL.get(name, ())}
    full = Call(plain.path, plain.query, {**extra, **(plain.body or {})})
    status, after = done(world, name, method, full, actor)
    expected, asked = done(world, name, method, plain, actor)
    if status != expected:  # refused, which changes nothing either
        assert status == 400
        asked = snapshot()
    assert {label: rows for label, rows in after.items() if rows != asked[label]} == {}


OPTIONAL = {
    "api_me": ("name", "outlet", "street", "consent_version"),
    "api_auth_token": ("password", "code", "phone", "otp"),
    "api_observations": ("note",),
    "api_check_ins": ("poster", "ticket", "lat", "lng"),
    "api_identify": ("token", "digits", "image"),
    "api_redemptions": ("pickup_code",),
    "api_movements": ("to_station", "note"),
    "api_grant_reject": ("reason",),
    "api_reports": ("lat", "lng", "accuracy_m", "answers", "happened_at", "by_sms"),
    "api_report_reject": ("duplicate_of",),
    "api_wishes": ("photo", "ticket"),
    "api_wish_release": ("reason",),
    "api_care_visits": ("route", "visitors"),
    "api_care_visit_done": ("visited_at", "kits", "visitors", "notes", "photos", "needs"),
    "api_wish_deliver": ("photo",),
}


def test_a_change_would_be_seen(world: World) -> None:
    before = snapshot()
    world.actors[COURIER].user.memberships.create(role=Role.AUDITOR, organisation_id=world.places["near"].organisation)  # type: ignore[union-attr]
    assert snapshot() != before


def test_registering_takes_only_what_it_asks(world: World) -> None:
    """The page's form, as the API."""
    actor = world.actors[COURIER]
    form = call("register", "POST", actor, world.places["near"]).form or {}
    answers = []
    for extra in ({}, everything()):
        with transaction.atomic():
            sent = {
                key: value for key, value in extra.items() if key not in ("street", "name", "outlet", "consent_version")
            }
            response = actor.browser().post("/register/", {**sent, **form})
            answers.append((response.status_code, snapshot()))
            transaction.set_rollback(True)
    assert answers[0] == answers[1]
