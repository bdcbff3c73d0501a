"""The database's connection: known to be dead before it is used, and with statements that are planned once."""

from typing import Any, cast

import pytest
from django.db import DatabaseError, close_old_connections, connection, transaction

from fengchao.core import rows
from fengchao.core.postgres.base import DatabaseWrapper

ADD = "SELECT %s + 1, '100%%'"


def wrapper() -> DatabaseWrapper:
    connection.ensure_connection()
    return cast(DatabaseWrapper, connection)


def end_from_outside() -> None:
    """As when the server stops: somebody else ends this connection's process."""
    killer = wrapper().copy()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with killer.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    killer.close()


@pytest.mark.django_db(transaction=True)
def test_an_ended_connection_is_seen_without_a_query() -> None:
    assert wrapper().is_usable()  # the control
    end_from_outside()
    assert not cast(DatabaseWrapper, connection).is_usable()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_next_request_gets_a_connection_that_works() -> None:
    assert rows.fetch(ADD, [1]) == [(2, "100%")]
    end_from_outside()
    close_old_connections()  # as a request begins
    assert rows.fetch(ADD, [2]) == [(3, "100%")]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_closed_here_is_not_usable() -> None:
    wrapper().connection.close()
    assert not wrapper().is_usable()
    connection.close()


@pytest.mark.django_db
def test_a_statement_is_prepared_once() -> None:
    for number in range(3):
        assert rows.fetch(ADD, [number]) == [(number + 1, "100%")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%$1 + 1%"])
        assert cursor.fetchone()[0] == 1


@pytest.mark.django_db
def test_what_a_rollback_undoes_is_not_the_preparing() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        rows.fetch("SELECT %s + 2", [1])
        raise ZeroDivisionError
    assert rows.fetch("SELECT %s + 2", [1]) == [(3,)]


@pytest.mark.django_db
def test_a_statement_that_is_wrong_is_refused_and_not_remembered() -> None:
    for _ in range(2):
        with pytest.raises(DatabaseError, match="no_such_table"), transaction.atomic():
            rows.fetch("SELECT 1 FROM no_such_table WHERE a = %s", [1])


@pytest.mark.django_db
def test_behind_a_pooler_nothing_is_prepared(settings: Any) -> None:
    settings.PREPARED_STATEMENTS = False
    assert rows.fetch("SELECT %s + 3", [1]) == [(4,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%+ 3%"])
        assert cursor.fetchone()[0] == 0
