"""Leaves an empty database after a test that committed. Django truncates every table and fills in permissions again,
which takes longer than most tests; here only what stands somewhere is deleted."""

from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

from points import ledger

# What migrating writes, and no test changes.
KEPT = {"django_content_type", "auth_permission", "django_site"}
django_s_way = TransactionTestCase._fixture_teardown


def empty(case: Any) -> None:
    if not may_ask_nobody():
        django_s_way(case)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        ask_nobody(cursor)
        for name in filled(cursor):
            cursor.execute(f'DELETE FROM "{name}"')
    ledger.forget_accounts()


def may_ask_nobody() -> bool:
    """Not in a database of one's own, named by DATABASE_URL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        may: bool = cursor.fetchone()[0]
    return may


def ask_nobody(cursor: Any) -> None:
    """Until the transaction ends neither triggers, which refuse it, nor foreign keys are asked."""
    cursor.execute("SET LOCAL session_replication_role = replica")


def filled(cursor: Any) -> list[str]:
    """The tables in which something stands."""
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in sorted(names))
    cursor.execute(asked)
    return [name for (name,) in cursor.fetchall()]


def quickly() -> None:
    TransactionTestCase._fixture_teardown = empty
