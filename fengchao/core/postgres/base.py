"""Django's PostgreSQL backend, with a check of idle connections that costs nothing and statements planned once.

The name of this module is Django's: ENGINE names the package, and the class is looked for in its `base`.
"""

import re
import select
from itertools import count
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that remembers which statements it has prepared."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared: dict[str, str] = {}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._prepared = {}
        return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        """Asked before the first query of a request. Nothing comes on an idle connection but the news of its end, so a
        look at the socket tells what Django's `SELECT 1` would. After an error the query is asked all the same."""
        if self.errors_occurred:
            usable: bool = super().is_usable()
            return usable
        if self.connection is None or self.connection.closed:
            return False
        news = select.poll()
        news.register(self.connection.fileno(), select.POLLIN)
        return not news.poll(0)

    def prepared(self, sql: str) -> str:
        """The text that runs `sql` (parameters as %s) by a statement prepared on this connection: parsing and planning
        take longer than running what looks up one row. Ask inside the block of the cursor that will run it, for the
        connection may be made anew when a cursor is.

        A pooler that hands out connections by the transaction cannot keep such statements: PREPARED_STATEMENTS says so.
        """
        if not settings.PREPARED_STATEMENTS:
            return sql
        call = self._prepared.get(sql)
        if call is None:
            name, places = f"fengchao_{len(self._prepared)}", count(1)
            text = re.sub("%[s%]", lambda found: f"${next(places)}" if found[0] == "%s" else "%", sql)
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                cursor.execute(f"PREPARE {name} AS {text}")
            call = f"EXECUTE {name}({', '.join(['%s'] * (next(places) - 1))})" if "%s" in sql else f"EXECUTE {name}"
            self._prepared[sql] = call
        return call
