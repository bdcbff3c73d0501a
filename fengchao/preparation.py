"""What is made from files of the checkout before the service starts: catalogues and collected static files."""

import hashlib
import os
from pathlib import Path

import polib
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def compile_catalogues() -> int:
    """Compile every catalogue of LOCALE_PATHS that is newer than its compiled form; how many there were.

    By polib, because a machine without gettext must do.
    """
    compiled = 0
    for root in map(Path, settings.LOCALE_PATHS):
        for source in root.rglob("*.po"):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            draft = target.with_name(f"{target.name}.{os.getpid()}")  # two processes may do this at once
            polib.pofile(str(source)).save_as_mofile(str(draft))
            draft.replace(target)
            compiled += 1
    return compiled


def collect_static() -> bool:
    """Collect the static files when any of them changed since the last time; True when it was done."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = _state_of_static_files()
    if stamp.exists() and stamp.read_text() == state:
        return False
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(state)
    return True


def _state_of_static_files() -> str:
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
