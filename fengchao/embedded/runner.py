"""As whom the server runs, which refuses root, and how its files come to belong to it."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fengchao.embedded.place import Place, ServerFailed

NOBODY = 65534


@dataclass(frozen=True)
class Runner:
    """As whom the server runs (it refuses root): the command put before it, and the owner its files need."""

    prefix: tuple[str, ...]
    uid: int
    gid: int


def choose_runner(place: Place) -> Runner:
    """An ordinary user runs it himself. Root runs it as the owner of the data, and its own data as nobody: in a user
    namespace, where root's files look like nobody's, or where that is forbidden with the files given away."""
    if os.geteuid() != 0:
        return Runner((), os.geteuid(), os.getegid())
    owner = (place.cluster if place.cluster.exists() else place.data).stat()
    if owner.st_uid not in (0, NOBODY):
        as_owner = ("setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--")
        return Runner(as_owner, owner.st_uid, owner.st_gid)
    namespace = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
    given_away = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    # Folders above the data, such as /root, are often closed to nobody.
    may_pass = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    for runner in (
        Runner(namespace, 0, 0),
        Runner((*given_away, *may_pass, "--"), NOBODY, NOBODY),
        Runner((*given_away, "--"), NOBODY, NOBODY),
    ):
        if _works([*runner.prefix, "true"]):
            return runner
    raise ServerFailed(
        "PostgreSQL 不能以 root 身份运行，而这里 unshare 和 setpriv 都不可用：请用普通用户运行，或设置 DATABASE_URL。"
    )


def _works(command: list[str]) -> bool:
    return shutil.which(command[0]) is not None and subprocess.run(command, capture_output=True).returncode == 0


def hand_over(path: Path, runner: Runner) -> None:
    """Give `path` and all below it to the runner, where root may."""
    if os.geteuid() != 0 or path.stat().st_uid == runner.uid:
        return
    for folder, _, files in os.walk(path):
        for name in (folder, *(os.path.join(folder, file) for file in files)):  # noqa: PTH118
            os.chown(name, runner.uid, runner.gid, follow_symlinks=False)
    os.chown(path, runner.uid, runner.gid)
