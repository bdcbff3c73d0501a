"""Databases of the scratch server: one is seeded and prepared, every measurement works on a copy of it."""

import os
import subprocess
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from fengchao.embedded.cluster import binaries
from fengchao.embedded.server import NAME
from points import ledger


def copy(name: str) -> str:
    """A new database with what the prepared one holds."""
    _administer(f"CREATE DATABASE {name} TEMPLATE {NAME}")
    return name


def empty(name: str) -> str:
    _administer(f"CREATE DATABASE {name}")
    return name


def drop(name: str) -> None:
    _administer(f"DROP DATABASE {name} WITH (FORCE)")


def use(name: str) -> None:
    """Let this process work on another database of the server."""
    connection.close()
    connection.settings_dict["NAME"] = name
    ledger.forget_accounts()


def url(name: str) -> str:
    place = settings.DATABASES["default"]
    return f"postgres://{place['USER']}@:{place['PORT']}/{quote(place['HOST'])}/{name}"


def tool(name: str, *arguments: str, database: str) -> str:
    """What a program of PostgreSQL prints."""
    place = settings.DATABASES["default"]
    variables = {
        "PGHOST": place["HOST"], "PGPORT": place["PORT"], "PGUSER": place["USER"], "PGDATABASE": database,
    }  # fmt: skip
    done = subprocess.run(
        [binaries() / name, *arguments], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    return done.stdout


def _administer(statement: str) -> None:
    connection.close()
    tool("psql", "-qc", statement, database="postgres")
