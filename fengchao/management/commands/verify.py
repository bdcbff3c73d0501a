"""Recompute every invariant and print each difference."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from time import monotonic
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

import activities.care_verify
import activities.sharing_verify
import activities.verify
import gifts.verify
import points.verify
import reports.verify
import stations.verify
import vouchers.verify
import wishes.verify
from points.verify import Difference, Progress


class Checks(Protocol):
    def __call__(self, progress: Progress = ...) -> Iterator[Difference]: ...


CHECKS: list[Checks] = [
    points.verify.checks, stations.verify.checks, gifts.verify.checks, reports.verify.checks, wishes.verify.checks,
    vouchers.verify.checks, activities.verify.checks, activities.care_verify.checks, activities.sharing_verify.checks,
]  # fmt: skip


def differences(progress: Progress = lambda name: None) -> list[Difference]:
    """All of them, seen in one moment of the database however busy it is."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        return [difference for checks in CHECKS for difference in checks(progress)]


class Command(BaseCommand):
    help = "核对积分、到站、库存、兑换、随手拍、微心愿、体检卡、活动、走访和借用，列出每一处不符；有不符时退出码为 1。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="最后一行输出一个 JSON 对象")

    def handle(self, *args: Any, **options: Any) -> None:
        start = monotonic()

        def progress(name: str) -> None:
            if options["verbosity"] > 1:
                self.stderr.write(f"{monotonic() - start:6.1f} s  {name}")

        found = differences(progress)
        if options["json"]:
            answer = {"ok": not found, "differences": [asdict(difference) for difference in found]}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            for each in found:
                self.stdout.write(f"{each.check}: {each.subject}，应为 {each.expected}，实为 {each.found}")
            self.stdout.write(f"发现 {len(found)} 处不符。" if found else "核对完毕，全部相符。")
        if found:
            raise SystemExit(1)
