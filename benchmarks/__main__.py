"""Run every measurement and print a table: python -m benchmarks (or make bench)."""

import os
import platform
import tempfile
from datetime import date
from pathlib import Path


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="fengchao-bench-") as folder:
        os.environ |= {
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "fengchao.settings",
            "LOG_LEVEL": "ERROR",
            "STATIC_ROOT": f"{folder}/static",
        }
        os.environ.pop("DATABASE_URL", None)
        from fengchao import embedded  # after the environment says which database

        with embedded.running(Path(folder)):
            import django

            django.setup()
            from django.core.management import call_command

            call_command("collectstatic", interactive=False, verbosity=0)
            from benchmarks import pages, redeeming

            print(
                f"{date.today()} · {platform.machine()}, {os.cpu_count()} cores · Python {platform.python_version()}\n"
            )
            redeeming.prepare()
            pages.run()
            redeeming.run()


if __name__ == "__main__":
    main()
