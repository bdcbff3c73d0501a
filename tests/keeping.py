"""Puts back what stood in the database at some moment: rows take no rule and no trigger to write again."""

from io import BytesIO
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction

from tests import emptying


class Kept:
    """Every row of now. Numbers given since are not given again: sequences go on."""

    def __init__(self) -> None:
        self._rows: dict[str, bytes] = {}
        with connection.cursor() as cursor:
            for name in emptying.filled(cursor):
                rows = BytesIO()
                cursor.copy_expert(f'COPY "{name}" TO STDOUT (FORMAT binary)', rows)
                self._rows[name] = rows.getvalue()

    def put_back(self) -> None:
        """Into an empty database. What the cache says of these people, such as codes they used, is of another life."""
        cache.clear()
        with transaction.atomic(), connection.cursor() as cursor:
            emptying.ask_nobody(cursor)
            for name, rows in self._rows.items():
                cursor.copy_expert(f'COPY "{name}" FROM STDIN (FORMAT binary)', BytesIO(rows))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


class Once:
    """What takes long to make is made once, and put back where it is asked for again on the same day."""

    def __init__(self) -> None:
        self._made: dict[Any, tuple[Kept, Any]] = {}

    def get(self, key: Any, make: Any) -> Any:
        """What `make` returned; the database holds what it wrote."""
        if key in self._made:
            kept, said = self._made[key]
            kept.put_back()
            return said
        said = make()
        if emptying.may_ask_nobody():
            self._made[key] = Kept(), said
        return said
