"""Make the control's tables and rows, and print a token for each of its workers: python -m benchmarks.control."""

import json
import os

import django

COURIERS, STATIONS, GIFTS, WORKERS = 1000, 30, 6, 32


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.control.settings"
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from knox.models import AuthToken

    from benchmarks.control.models import Courier, Stock

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # the control's own tables need the users' to be there
    Courier.objects.bulk_create(Courier(pk=pk, points=10**12) for pk in range(1, COURIERS + 1))
    Stock.objects.bulk_create(
        Stock(station=station, gift=gift, on_hand=10**8)
        for station in range(1, STATIONS + 1)
        for gift in range(1, GIFTS + 1)
    )
    workers = User.objects.bulk_create(User(username=f"worker{i}") for i in range(WORKERS))
    print(json.dumps([AuthToken.objects.create(worker)[1] for worker in workers]))


if __name__ == "__main__":
    main()
