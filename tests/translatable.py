"""Finds the strings of an installed package that it hands to gettext: in Python, in templates and in scripts."""

import ast
import importlib.util
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext, ngettext, npgettext, pgettext
from django.utils.translation.template import templatize


class Message(NamedTuple):
    singular: str
    plural: str | None = None
    context: str | None = None

    def translated(self) -> str:
        """What a person reads in the active language; the number stays a placeholder."""
        match self:
            case Message(singular, None, None):
                return gettext(singular)
            case Message(singular, None, str(context)):
                return pgettext(context, singular)
            case Message(singular, str(plural), None):
                return ngettext(singular, plural, 5)
            case Message(singular, str(plural), str(context)):
                return npgettext(context, singular, plural, 5)
        raise AssertionError(self)

    def is_english(self) -> bool:
        return self.translated() in (self.singular, self.plural)


LITERAL = r"""\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
IN_TEMPLATE = re.compile(rf"\b(n?p?gettext|_)\({LITERAL}(?:\s*,{LITERAL})?(?:\s*,{LITERAL})?")
IN_SCRIPT = re.compile(rf"\b(n?p?gettext|gettext_noop)\({LITERAL}(?:\s*,{LITERAL})?(?:\s*,{LITERAL})?")
IN_PYTHON = re.compile(r"^(?:_|N_|n?p?gettext(?:_lazy|_noop)?)$")


def of_package(root: str) -> dict[Message, str]:
    """Every message below `root` ("package" or "package/folder/…") with the first file that has it."""
    package, _, below = root.partition("/")
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    base = Path(spec.origin).parent
    found: dict[Message, str] = {}
    for path in sorted((base / below).rglob("*")):
        readers = {".py": in_python, ".html": in_template, ".txt": in_template}
        if path.suffix in readers:
            for message in readers[path.suffix](path.read_text()):
                found.setdefault(message, f"{package}/{path.relative_to(base)}")
    return found


def in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if IN_PYTHON.match(name):
            yield from _message(name, [arg.value for arg in node.args if isinstance(arg, ast.Constant)])


def in_template(source: str) -> Iterator[Message]:
    return _matches(IN_TEMPLATE, templatize(source))


def in_script(source: str) -> Iterator[Message]:
    return _matches(IN_SCRIPT, source)


def _matches(pattern: re.Pattern[str], source: str) -> Iterator[Message]:
    for match in pattern.finditer(source):
        yield from _message(match[1], [ast.literal_eval(part) for part in match.groups()[1:] if part])


def _message(name: str, args: Iterable[object]) -> Iterator[Message]:
    """Nothing for a call whose strings are variables: those are found where they are written."""
    texts = [arg for arg in args if isinstance(arg, str)]
    context = texts.pop(0) if "pgettext" in name and texts else None
    plural = texts[1] if name.startswith("n") and len(texts) > 1 else None
    if texts and texts[0]:
        yield Message(texts[0], plural, context)
