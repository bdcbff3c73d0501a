"""Compiles our translations of the packages we install.

Several of them leave part of what they say in English, the admin most of all. `locale_vendor` holds what is missing as
text; the compiled form is made where it is used, with polib, so that a machine needs no gettext tools.
"""

import os
import sys
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.reloader import translation_file_changed


def compile_all() -> int:
    """Compile every catalogue under `LOCALE_PATHS` that is newer than its compiled form; how many there were."""
    stale = [
        source for folder in settings.LOCALE_PATHS for source in sorted(Path(folder).rglob("*.po")) if _stale(source)
    ]
    for source in stale:
        _compile(source)
    return len(stale)


def _stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime_ns <= source.stat().st_mtime_ns


def _compile(source: Path) -> None:
    """Two processes that start together each write a draft of their own: nobody reads half a catalogue."""
    compiled = source.with_suffix(".mo")
    draft = compiled.with_name(f"{compiled.name}.{os.getpid()}")
    polib.pofile(str(source)).save_as_mofile(str(draft))
    draft.replace(compiled)
    # This process may have read the old catalogue already, or found none.
    translation_file_changed(None, compiled)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengchao.settings")
    sys.stdout.write(f"已编译 {compile_all()} 个翻译文件\n")
