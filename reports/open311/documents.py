"""An answer of GeoReport in both its forms. In JSON containers are arrays and what is empty is null; in XML each entry
of a container is an element of its own name and what is empty is an empty element."""

import json
import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from rest_framework.renderers import BaseRenderer

ENTRIES = {
    "attributes": "attribute", "endpoints": "endpoint", "errors": "error", "formats": "format", "notes": "note",
    "service_requests": "request", "services": "service", "values": "value",
}  # fmt: skip
"""Container → what each of its entries is called in XML."""

# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Document:
    """What is answered; `name` is the root element, and in JSON nowhere."""

    name: str
    content: Any


def as_json(document: Document | None) -> bytes:
    """None is an answer without content."""
    return b"" if document is None else json.dumps(document.content, ensure_ascii=False).encode()


def as_xml(document: Document | None) -> bytes:
    if document is None:
        return b""
    root = _element(document.name, document.content)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


class Json(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = "utf-8"

    def render(self, data: Document | None, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return as_json(data)


class Xml(BaseRenderer):
    media_type = "text/xml"
    format = "xml"
    charset = "utf-8"

    def render(self, data: Document | None, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return as_xml(data)


def _element(name: str, value: Any) -> ElementTree.Element:
    made = ElementTree.Element(name)
    if isinstance(value, dict):
        made.extend(_element(key, part) for key, part in value.items())
    elif isinstance(value, list):
        made.extend(_element(ENTRIES[name], part) for part in value)
    elif isinstance(value, bool):
        made.text = "true" if value else "false"
    elif value is not None:
        made.text = _NOT_XML.sub("", str(value))
    return made
