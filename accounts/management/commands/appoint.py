"""Gives somebody a role; the way to the first administrator."""

import getpass
import secrets
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organisation, User
from accounts.models.users import clean_phone
from accounts.roles import Role
from accounts.services import staff
from fengchao.core.errors import RuleBroken


class Command(BaseCommand):
    help = (
        "任命工作人员:为手机号开通账号、设置密码并授予角色。首位管理员由此产生;"
        "第一次登录时绑定动态验证器。组织还一个都没有时,会按给出的名称建立区级组织。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("phone", metavar="PHONE", help="11 位手机号")
        parser.add_argument("--role", required=True, choices=Role.values, help="角色")
        parser.add_argument("--organisation", required=True, metavar="编号或名称", help="任职的组织")
        parser.add_argument("--name", default="", help="姓名")
        parser.add_argument("--reset-password", action="store_true", help="已有密码时也重新设置")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            number = clean_phone(options["phone"])
            known = User.objects.by_phone(number)
            needs_password = options["reset_password"] or known is None or not known.has_usable_password()
            password, generated = _password() if needs_password else (None, False)
            membership = staff.appoint(
                number,
                Role(options["role"]),
                _organisation(options["organisation"]),
                name=options["name"].strip(),
                password=password,
            )
        except RuleBroken as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"已任命:{membership.organisation} · {membership.get_role_display()}")
        if generated:
            self.stdout.write(f"初始密码(只显示这一次):{password}")
        self.stdout.write("请在 /staff/login/ 用手机号和密码登录,并按提示绑定动态验证器。")


def _password() -> tuple[str, bool]:
    """What the person at the terminal types, twice; or without a terminal, or typing nothing, a random one."""
    if sys.stdin.isatty():
        typed = getpass.getpass("密码(直接回车则随机生成):")
        if typed:
            if getpass.getpass("再输一次:") != typed:
                raise CommandError("两次输入的密码不一样。")
            try:
                validate_password(typed)
            except ValidationError as weak:
                raise CommandError(" ".join(weak.messages)) from weak
            return typed, False
    return secrets.token_urlsafe(12), True


def _organisation(text: str) -> Organisation:
    if not Organisation.objects.exists() and not text.isdecimal():
        first: Organisation = Organisation.objects.add_root({"name": text, "kind": Organisation.Kind.DISTRICT})
        return first
    wanted = {"pk": int(text)} if text.isdecimal() and len(text) < 19 else {"name": text}
    found: list[Organisation] = list(Organisation.objects.filter(**wanted)[:10])
    if not found:
        raise CommandError(f"没有这个组织:{text}")
    if len(found) > 1:
        raise CommandError(f"有几个组织叫“{text}”,请用编号:" + "、".join(f"{each.pk}" for each in found))
    return found[0]
