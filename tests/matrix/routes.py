"""Every address of the platform with the methods it answers, read from the URL configuration."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

WRITING = ("POST", "PUT", "PATCH", "DELETE")
METHODS = ("GET", *WRITING)
"""HEAD is a GET without a body and OPTIONS says only what there is: both are asked of every address."""

# Third-party assets and Django's own helpers of the admin, which stand behind the admin's own door.
UNNAMED_OK = {"api/(?P<rest>.*)$"}


class Route(NamedTuple):
    name: str
    path: str
    view: Any


def walk(urlconf: str | None = None) -> list[Route]:
    return list(_walk(get_resolver(urlconf).url_patterns, "", ""))


def _walk(patterns: Any, prefix: str, namespace: str) -> Iterator[Route]:
    for entry in patterns:
        path = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, path, inner)
        elif isinstance(entry, URLPattern):
            yield Route(namespace + (entry.name or path), path, entry.callback)


def methods(view: Any) -> set[str]:
    """The methods a view says it answers; all of them when it says nothing."""
    for layer in _layers(view):
        if actions := getattr(layer, "actions", None):
            return {name.upper() for name in actions} & set(METHODS)
        cls = getattr(layer, "cls", None) or getattr(layer, "view_class", None)
        if cls is not None:
            found = {name for name in METHODS if name.lower() in cls.http_method_names and hasattr(cls, name.lower())}
            # Django's form views take PUT for POST.
            return found - {"PUT"} if getattr(cls, "put", None) and not getattr(layer, "cls", None) else found
        if (required := _required(layer)) is not None:
            return required & set(METHODS)
    return set(METHODS)


def _layers(view: Any) -> Iterator[Any]:
    while view is not None:
        yield view
        view = getattr(view, "__wrapped__", None)


def _required(view: Any) -> set[str] | None:
    """What Django's `require_http_methods` keeps to itself."""
    code = getattr(view, "__code__", None)
    if code is None or "request_method_list" not in code.co_freevars:
        return None
    cell = view.__closure__[code.co_freevars.index("request_method_list")]
    return set(cell.cell_contents)
