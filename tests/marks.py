"""Marked strings: where in the database something still stands that should have gone."""

from django.db import connection


def marked(mark: str) -> list[str]:
    """Tables in which `mark` still stands, wherever that is, also as JSON that is kept as text may spell it."""
    escaped = mark.encode("unicode_escape").decode().replace("\\", "_")
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname")
        names = [name for (name,) in cursor.fetchall()]
        found = []
        for name in names:
            cursor.execute(
                f'SELECT count(*) FROM "{name}" row WHERE row::text LIKE ANY(%s)', [[f"%{mark}%", f"%{escaped}%"]]
            )
            if cursor.fetchone()[0]:
                found.append(name)
    return found
