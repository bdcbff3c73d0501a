"""The whole service on one machine: what `make run` runs."""

import fcntl
import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts.roles import Role
from fengchao import catalogues, embedded
from fengchao.static_files import collect_when_stale
from fengchao.supervisor import Supervisor

PATIENCE = 120.0  # seconds until the first request must be answered; a small machine may be busy


class Command(BaseCommand):
    help = "启动整个平台：准备数据库和静态文件，运行网站与后台任务（make run）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workers", type=int, default=2, help="网站进程数（默认 2）")
        parser.add_argument("--threads", type=int, default=4, help="每个进程的线程数（默认 4）")

    def handle(self, *args: Any, workers: int, threads: int, **options: Any) -> None:
        with only_one():
            refuse_taken_port()
            self.prepare()
            connection.close()
            supervisor = Supervisor(settings.BASE_DIR)
            supervisor.listen()
            try:
                supervisor.start("网站", *web_command(workers, threads))
                supervisor.start("后台任务", sys.executable, "manage.py", "worker")
                wait_until_ready(supervisor)
                if not supervisor.told_to_stop.is_set():
                    self.announce()
                dead = supervisor.watch(revive_database)
            finally:
                supervisor.end()
        if dead:
            raise CommandError(f"{'、'.join(dead)}意外退出，服务已停止。")
        self.stdout.write("服务已停止。")

    def prepare(self) -> None:
        """Bring catalogues, static files, tables and, in an empty database, the demonstration up to date."""
        catalogues.compile_all()
        if collect_when_stale():
            self.stdout.write("静态文件已更新。")
        call_command("migrate", interactive=False, verbosity=0)
        if wants_seed():
            self.stdout.write(f"数据库为空，正在写入示例数据（{settings.SEED}）……")
            self.stdout.flush()
            call_command("seed", profile=settings.SEED, seed=1)

    def announce(self) -> None:
        """Say where it serves and who can sign in; the last line is for programs."""
        base = f"http://127.0.0.1:{settings.PORT}"
        pages = [("快递小哥与公众", "/"), ("驿站柜台", "/desk/"), ("管理后台", "/admin/"), ("接口文档", "/api/docs/")]
        lines = ["", f"{settings.SITE_NAME}（{settings.DISTRICT_NAME}）"]
        lines += [f"  {name}  {base}{path}" for name, path in pages]
        lines += ["", *accounts_hint(), f"ready: {base}/"]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


@contextmanager
def only_one() -> Iterator[None]:
    """One service in a data folder. The lock ends with the process, so a killed service is not in the way, nor is the
    pid file it left (whose number may belong to somebody else by now)."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"服务已在运行（数据目录 {settings.DATA_DIR}）。") from None
        (settings.DATA_DIR / "server.pid").unlink(missing_ok=True)
        yield


def refuse_taken_port() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.PORT))
        except OSError:
            raise CommandError(f"端口 {settings.PORT} 已被占用，请换一个：make run PORT=8001") from None


def wants_seed() -> bool:
    """Only the embedded database is filled unasked, another one where DEMO=1, and none in production or twice."""
    may = (settings.EMBEDDED_DATABASE or settings.DEMO) and not settings.PRODUCTION
    return may and settings.SEED != "none" and "seed" in get_commands() and not get_user_model().objects.exists()


def web_command(workers: int, threads: int) -> list[str]:
    """gunicorn with its pid where `kill -HUP` finds it. Its control socket stays off: its path would be too long in
    a deep folder, and nobody uses it."""
    options = {
        "bind": f"127.0.0.1:{settings.PORT}",
        "worker-class": "gthread",
        "workers": str(workers),
        "threads": str(threads),
        "keep-alive": "15",
        "limit-request-line": "8190",  # Open311 asks for many reports by number
        "timeout": "60",
        "graceful-timeout": "30",
        "pid": str(settings.DATA_DIR.resolve() / "server.pid"),
        "log-level": "warning",
        "logger-class": "fengchao.core.logs.GunicornLogger",
    }
    if os.access("/dev/shm", os.W_OK):
        options["worker-tmp-dir"] = "/dev/shm"  # heartbeats; on a slow disk they block a worker
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "gunicorn", "fengchao.wsgi:application", "--no-control-socket", *flags]


def wait_until_ready(supervisor: Supervisor) -> None:
    """Return when a request is answered, or somebody says stop."""
    named = [host for host in settings.ALLOWED_HOSTS if "*" not in host]
    request = urllib.request.Request(f"http://127.0.0.1:{settings.PORT}/healthz/ready")
    request.add_header("Host", named[0].lstrip(".") if named else "127.0.0.1")
    deadline = time.monotonic() + PATIENCE
    while not supervisor.told_to_stop.wait(0.1):
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except OSError as error:
            reason = error
        if dead := supervisor.dead():
            raise CommandError(f"{'、'.join(dead)}没有启动，原因见上面的日志。")
        if time.monotonic() > deadline:
            raise CommandError(f"网站在 {PATIENCE:.0f} 秒内没有就绪：{reason}")


def revive_database() -> None:
    if settings.EMBEDDED_DATABASE:
        embedded.revive(settings.DATA_DIR)


def accounts_hint() -> list[str]:
    """Lines saying who can sign in and how, from the accounts that `seed` noted for the demonstration."""
    note = settings.DATA_DIR / "demo-accounts.json"
    if not settings.DEMO or not note.exists():
        return []
    lines = ["演示账号（工作人员在 /staff/login/ 用手机号、密码和动态码登录）："]
    for account in json.loads(note.read_text()):
        role = account["role"]
        label = Role(role).label if role in Role.values else "快递小哥"
        ways = [account["phone"]]
        if account.get("password"):
            ways += [f"密码 {account['password']}"]
        if account.get("totp_secret"):
            ways += [f"动态码密钥 {account['totp_secret']}"]
        if not account.get("password"):
            ways += ["在首页用短信验证码登录"]
        lines.append(f"  {label} · {account.get('organisation') or ''}：" + "，".join(ways))
    return [*lines, ""]
