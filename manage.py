#!/usr/bin/env python
"""Django's command line, on the same database as the running service.

Without DATABASE_URL a command that needs the database starts the embedded server when it is down and leaves it as it
was found.
"""

import os
import signal
import sys
from contextlib import nullcontext

WITHOUT_DATABASE = {
    "collectstatic", "compilemessages", "diffsettings", "findstatic", "help", "makemessages", "spectacular",
    "startapp", "startproject", "version",
}  # fmt: skip


def needs_database(arguments: list[str]) -> bool:
    """Whether these arguments name a command that does more than describe itself."""
    return bool(arguments) and arguments[0] not in WITHOUT_DATABASE and not {"-h", "--help", "--version"} & {*arguments}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengchao.settings")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from fengchao import embedded

    # An exception, so that a command told to stop still leaves the server as it was found.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    wanted = needs_database(sys.argv[1:]) and settings.EMBEDDED_DATABASE
    try:
        with embedded.running(settings.DATA_DIR) if wanted else nullcontext():
            execute_from_command_line(sys.argv)
    except embedded.ServerFailed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
