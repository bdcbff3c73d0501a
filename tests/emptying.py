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
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        may = cursor.fetchone()[0]
    if not may:  # a database of one's own, named by DATABASE_URL
        django_s_way(case)
        return
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in sorted(names))
    with transaction.atomic(), connection.cursor() as cursor:
        # Neither triggers, which refuse it, nor foreign keys are asked.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(asked)
        for (name,) in cursor.fetchall():
            cursor.execute(f'DELETE FROM "{name}"')
    ledger.forget_accounts()


def quickly() -> None:
    TransactionTestCase._fixture_teardown = empty
