"""Fills an empty database with the demonstration district."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from fengchao.core import clock
from fengchao.demo import district, keys

ACCOUNTS = "demo-accounts.json"
NOT_EMPTY = "数据库里已经有数据，示例数据只写入空数据库。"
# A large scale takes minutes, and some of them are spent away from the database.
PATIENCE = (
    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
)
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7503, 0)"


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1000:
        raise ArgumentTypeError("必须是 0 到 1000 之间的数")
    return number


class Command(BaseCommand):
    help = "把示例城区写入空数据库(数据库不为空时退出码为 2)。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--profile", choices=["demo", "eval"], default="demo", help="demo:演示;eval:测试")
        parser.add_argument("--seed", type=int, default=1, help="随机种子:同一个数得到同样的数据(默认 1)")
        parser.add_argument("--scale", type=positive, default=1.0, help="快递小哥和历史的倍数(默认 1)")
        parser.add_argument("--json", action="store_true", help="最后一行输出账号和令牌(JSON)")

    def handle(self, *args: Any, profile: str, seed: int, scale: float, **options: Any) -> None:
        now = clock.now()
        if not connection.introspection.table_names():
            call_command("migrate", verbosity=0)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(PATIENCE)
                cursor.execute(ONE_AT_A_TIME)
            if not district.is_empty():
                raise CommandError(NOT_EMPTY, returncode=2)
            built = district.build(seed, scale=scale, now=now)
            printed = json.dumps(keys.as_json(built, now)) if options["json"] else ""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        if profile == "demo":
            keys.note_accounts(built, settings.DATA_DIR / ACCOUNTS, now)
        self.stdout.write(
            f"已写入 {len(built.stations)} 个蜂巢、{len(built.riders)} 名快递小哥(全部为示例数据)和半年的积分记录。"
        )
        if printed:
            self.stdout.write(printed)
