"""Run measurements and print their tables: python -m benchmarks [name …] (or make bench ONLY="name …")."""

import argparse
import os
import platform
import signal
import sys
import tempfile
from datetime import date
from pathlib import Path

NAMES = (
    "pages",
    "stations",
    "service",
    "redemption",
    "serving",
    "memory",
    "images",
    "reports",
    "wishes",
    "activities",
    "growth",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all when none is named")
    names = parser.parse_args().names or NAMES
    if unknown := set(names) - {*NAMES}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    # An exception, so that a run told to stop still ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="fengchao-bench-", ignore_cleanup_errors=True) as folder:
        os.environ |= {
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "fengchao.settings",
            "LOG_LEVEL": "ERROR",
            "STATIC_ROOT": f"{folder}/static",
        }
        os.environ.pop("DATABASE_URL", None)
        from fengchao import embedded  # after the environment says which database

        with embedded.running(Path(folder)):
            _measure(names)


def _measure(names: list[str] | tuple[str, ...]) -> None:
    import django

    django.setup()
    from importlib import import_module

    from django.core.management import call_command
    from django.db import connection

    from benchmarks.load import Clients
    from benchmarks.people import everybody
    from fengchao import catalogues

    catalogues.compile_all()
    call_command("collectstatic", interactive=False, verbosity=0)
    everybody()
    version = str(connection.cursor().connection.server_version)
    print(
        f"## {date.today()} · {platform.machine()}, {os.cpu_count()} cores · Python {platform.python_version()} · "
        f"PostgreSQL {version[:2]}.{int(version[2:])}\n"
    )
    with Clients() as clients:
        for name in NAMES:
            if name in names:
                import_module(f"benchmarks.{name}").run(clients)


if __name__ == "__main__":
    main()
