import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from fengchao.core import audit
from fengchao.core.crypto import keyed_hash
from fengchao.core.errors import RuleBroken
from fengchao.core.models import AuditLog, Counter
from fengchao.core.transactions import unit_of_work


def test_a_row_says_who_did_what_to_what(user: User) -> None:
    audit.record(user, "user.renamed", user, {"is_active": [True, False]}, personal={"name": ["何小蜂", None]})
    row = AuditLog.objects.get()
    assert (row.actor_id, row.verb) == (user.pk, "user.renamed")
    assert (row.subject_kind, row.subject_key) == ("accounts.user", str(user.pk))
    assert row.changed == {"is_active": [True, False], "name": [f"hmac:{keyed_hash('何小蜂')}", None]}


@pytest.mark.django_db
def test_a_timed_rule_has_no_actor() -> None:
    audit.record(None, "points.expired", ("account", "7"))
    assert list(AuditLog.objects.values_list("actor_id", "subject_kind", "subject_key")) == [(None, "account", "7")]


@pytest.mark.django_db
def test_the_row_goes_with_the_change() -> None:
    with pytest.raises(RuleBroken), unit_of_work():
        audit.record(None, "x", ("thing", "1"))
        raise RuleBroken
    assert not AuditLog.objects.exists()


def refuse_update() -> None:
    AuditLog.objects.update(verb="y")


def refuse_delete() -> None:
    AuditLog.objects.all().delete()


def refuse_save() -> None:
    row = AuditLog.objects.get()
    row.verb = "y"
    row.save()


def refuse_raw_update() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_auditlog SET actor_id = 99")


def refuse_raw_delete() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditlog")


@pytest.mark.django_db
@pytest.mark.parametrize("rewrite", [refuse_update, refuse_delete, refuse_save, refuse_raw_update, refuse_raw_delete])
def test_nobody_can_rewrite_it(rewrite) -> None:
    audit.record(None, "x", ("thing", "1"))
    with pytest.raises(DatabaseError), transaction.atomic():
        rewrite()
    assert list(AuditLog.objects.values_list("verb", "actor_id")) == [("x", None)]


@pytest.mark.django_db
def test_another_table_can_be_rewritten() -> None:
    """The control: it is the trigger that refuses."""
    Counter.objects.create(key="k", window_start="2026-01-01T00:00Z", window_end="2026-01-01T00:00Z", count=1)
    assert Counter.objects.update(count=2) == 1


def test_outside_readers_have_their_view(user: User) -> None:
    audit.record(user, "x", ("thing", "1"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT at, actor_id, verb, subject_kind, subject_key, request_id FROM audit_log")
        assert cursor.fetchall() == [(AuditLog.objects.get().at, user.pk, "x", "thing", "1", "")]
