"""What docs/structure.md says about the code is true, and stays so."""

import ast
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = [
    ("fengchao.core",),
    ("accounts",),
    ("points",),
    ("stations",),
    ("gifts", "reports", "wishes", "vouchers", "activities"),
]
"""From the ground up; those on one floor are siblings, and none imports another."""

TOP = len(ORDER)
"""The rank of `fengchao/` outside its core, and of every face: they may import all that stands in `ORDER`."""

FACES = {"api", "views", "desk", "admin", "urls", "forms", "adapter", "guards", "management"}
# Where Django itself asks for a signal; business effects are calls (architecture.md).
TECHNICAL_SIGNALS = {"post_migrate", "request_started", "request_finished", "setting_changed"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
NOT_OURS = {".venv", ".git", ".cache", ".data", "staticfiles", "node_modules", "__pycache__"}
EMOJI = re.compile(
    "[\U0001f000-\U0001faff\ufe0f\u2705\u2728\u274c\u274e\u2753-\u2757\u2b50\u26a0\u26a1\u2764\u231a\u231b\u23f0\u23f3]"
)
INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.I),
    "an on… attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
}


def files(*suffixes: str, under: Path = ROOT) -> Iterator[Path]:
    for folder, inner, names in os.walk(under):
        inner[:] = sorted(set(inner) - NOT_OURS)
        yield from (path for name in sorted(names) if (path := Path(folder, name)).suffix in suffixes)


@cache
def sources(*, tests: bool = False) -> dict[str, ast.Module]:
    """Module name → its syntax tree; migrations are Django's own writing."""
    found = {}
    for path in files(".py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "migrations" in parts or (parts[0] == "tests" and not tests):
            continue
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = parsed(path)
    return found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def is_ours(module: str) -> bool:
    return module.split(".")[0] in {"fengchao", *chain(*ORDER[1:])}


def rank(module: str) -> int:
    return next((floor for floor, apps in enumerate(ORDER) if app_of(module) in apps), TOP)


def app_of(module: str) -> str:
    return "fengchao.core" if f"{module}.".startswith("fengchao.core.") else module.split(".")[0]


def is_face(module: str) -> bool:
    """A door of an app: it may look at every app below, and no app looks at it."""
    inside = module.removeprefix("fengchao.core").split(".")
    return rank(module) < TOP and len(inside) > 1 and inside[1] in FACES


def imports(module: str, tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(imported module, line), `from a import b` as `a.b`, which may name a module or something in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *([base] if base else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def turned_arrows(trees: dict[str, ast.Module]) -> list[str]:
    wrong = []
    for module, tree in trees.items():
        own = TOP if is_face(module) else rank(module)
        for target, line in imports(module, tree):
            if not is_ours(target):
                continue
            if is_face(target) and own < TOP:
                wrong.append(f"{module}:{line} imports the face {target}")
            elif rank(target) == rank(module) < TOP and app_of(target) != app_of(module):
                wrong.append(f"{module}:{line} imports its sibling {target}")
            elif rank(target) > own or (rank(target) == TOP and rank(module) < TOP):
                wrong.append(f"{module}:{line} imports {target}, which is above it")
    return wrong


def hidden_imports(trees: dict[str, ast.Module]) -> list[str]:
    return [
        f"{module}:{line} imports {target} inside a function"
        for module, tree in trees.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        # Models may be named in `ready` at the earliest, and programs set the stage before they import.
        and not (module.endswith(".apps") and function.name == "ready")
        and module.split(".")[0] not in ("manage", "benchmarks")
        for target, line in imports(module, function)
        if is_ours(target)
    ]


def business_signals(trees: dict[str, ast.Module]) -> list[str]:
    """Signals imported, and functions that say they receive one."""
    wrong = []
    for module, tree in trees.items():
        for target, line in imports(module, tree):
            where, _, name = target.rpartition(".")
            if (where.endswith("signals") and name not in TECHNICAL_SIGNALS) or target == "django.dispatch.receiver":
                wrong.append(f"{module}:{line} {target}")
    return wrong


def inline_parts(text: str) -> list[str]:
    bare = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->", "", text, flags=re.S)
    # A `>` inside a template tag must not end the element it stands in.
    bare = re.sub(r"\{[%{].*?[%}]\}", "x", bare, flags=re.S)
    return [name for name, pattern in INLINE.items() if pattern.search(bare)]


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    start = function.body[0]
    documented = isinstance(start, ast.Expr) and isinstance(start.value, ast.Constant)
    doc = (start.end_lineno or 0) - start.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - doc


def control(**modules: str) -> dict[str, ast.Module]:
    return {name.replace("__", "."): ast.parse(text) for name, text in modules.items()}


def test_imports_run_one_way() -> None:
    assert turned_arrows(sources()) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("points__services", "from gifts.models import Gift"),
        ("fengchao__core__audit", "import accounts.models"),
        ("accounts__rules", "from fengchao import figures"),
        ("gifts__services", "from gifts import api"),
        ("gifts__services", "from reports.models import Report"),
        (
            "points__ledger",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from stations.models import Station",
        ),
        ("stations__api", "from fengchao.api import router"),
    ],
)
def test_a_turned_arrow_is_found(module: str, text: str) -> None:
    assert len(turned_arrows(control(**{module: text}))) == 1


def test_faces_may_look_at_every_app() -> None:
    assert (
        turned_arrows(control(accounts__api="from gifts.models import Gift", fengchao__urls="import gifts.api")) == []
    )


def test_nothing_is_imported_inside_a_function() -> None:
    assert hidden_imports(sources()) == []
    assert len(hidden_imports(control(points__x="def f():\n    from points.models import Entry"))) == 1


def test_business_has_no_signals() -> None:
    assert business_signals(sources()) == []
    assert len(business_signals(control(a="from django.db.models.signals import post_save"))) == 1


def test_psycopg_is_of_one_generation() -> None:
    """Two drivers in one process would mean two sets of adapters and of error classes."""
    naming = {path for path in files(".py") if "psycopg" in path.read_text()}
    used = [str(path) for path in naming for target, _ in imports("", parsed(path)) if
            target.split(".")[0] == "psycopg"]  # fmt: skip
    assert Path(__file__) in naming
    locked = [line for path in ROOT.glob("requirements*.lock") for line in path.read_text().splitlines() if
              re.match(r"psycopg(\[|==| )", line)]  # fmt: skip
    assert (used, locked) == ([], [])


def test_files_and_functions_stay_short() -> None:
    long_files = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in files(".py")
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    ]
    long_functions = [
        f"{module}:{node.lineno} {node.name}: {length}"
        for module, tree in sources(tests=True).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (length := body_length(node)) > LONGEST_FUNCTION
    ]
    assert (long_files, long_functions) == ([], [])


def test_templates_hold_no_inline_style_or_script() -> None:
    found = {str(path.relative_to(ROOT)): wrong for path in files(".html") if (wrong := inline_parts(path.read_text()))}
    assert found == {}


@pytest.mark.parametrize(
    "text",
    ['<p class="a" style="color:red">', "<style>p{}</style>", "<script>alert(1)</script>", '<a\n onclick="x()">',
     '<p {% if a > b %}class="c"{% endif %} onload="x">', '<a href="javascript:x()">'],
)  # fmt: skip
def test_an_inline_part_is_found(text: str) -> None:
    assert len(inline_parts(text)) == 1


def test_templates_may_load_scripts_and_say_on() -> None:
    assert inline_parts('<script src="{% static \'a.js\' %}" defer></script><p data-on="1" hx-trigger="load">') == []


def test_there_is_no_emoji() -> None:
    def spotted(paths: Iterable[Path]) -> list[str]:
        return [
            f"{path.relative_to(ROOT)}:{number}"
            for path in paths
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if EMOJI.search(line)
        ]

    ours = files(".py", ".html", ".js", ".css", ".md", ".txt", ".svg", ".toml", ".sh", ".po")
    assert spotted(path for path in ours if path.relative_to(ROOT).parts[0] != "tests") == []
    assert EMOJI.search("great \N{SPARKLES}") and not EMOJI.search("→ ✓ × · “好”")
