# ruff: noqa: E501  # a table is read by its rows
"""What a hostile or broken program sends."""

import json
from collections.abc import Iterable
from typing import Any

JSON = "application/json"


def _deep(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * levels + closing * levels).encode()


def _field(value: str) -> bytes:
    """An object whose fields all have this JSON text, under names that endpoints know (a long one stands once)."""
    names = ("phone", "code", "password", "otp", "name", "outlet", "courier", "points", "reason", "station", "gift",
             "ticket", "token", "digits", "kind", "quantity", "note", "to_station", "consent_version", "street")  # fmt: skip
    return ("{" + ",".join(f'"{name}":{value}' for name in names[: 20 if len(value) < 100_000 else 1]) + "}").encode()


VALUES: dict[str, str] = {
    "null": "null", "true": "true", "false": "false", "zero": "0", "minus zero": "-0", "minus": "-1", "half": "0.5",
    "one as float": "1.0", "tiny": "1e-300", "2^31": str(2**31), "2^53": str(2**53 + 1), "2^63-1": str(2**63 - 1),
    "2^63": str(2**63), "-2^63": str(-(2**63)), "10^30": str(10**30), "1000 digits": "9" * 1000,
    "5000 digits": "9" * 5000, "1e308": "1e308", "1e999": "1e999", "NaN": "NaN", "Infinity": "Infinity",
    "-Infinity": "-Infinity", "empty text": '""', "blank": '"   "', "NUL": '"a\\u0000b"', "lone surrogate": '"\\ud800"',
    "reversed pair": '"\\udc00\\ud800"', "right to left": '"\\u202e1000"', "zero width": '"\\u200b\\ufeff"',
    "combining": '"' + "\\u0301" * 500 + '"', "newlines": '"\\r\\n\\r\\nSet-Cookie: a=b"', "astral": '"\\ud83d\\ude00"',
    "digits of Arabia": '"\\u0661\\u0663"', "superscript": '"\\u00b2"', "full width": '"\\uff11\\uff12"',
    "SQL": "\"' OR 1=1; --\"", "template": '"{{7*7}}{% debug %}${7*7}"', "path": '"../../../../etc/passwd"',
    "format": '"%s%s%n{0}{a.__class__}"', "script": '"<script>alert(1)</script>"', "10 kB": '"' + "a" * 10_000 + '"',
    "1 MB": '"' + "a" * 1_000_000 + '"', "1 MB Chinese": '"' + "蜂" * 330_000 + '"', "list": "[]", "lists": "[[[]]]",
    "list of text": '["a"]', "object": "{}", "object in object": '{"a":{"b":{}}}', "proto": '{"__proto__":{"x":1}}',
    "lookup": '{"pk__gt":0}', "date": '"9999-12-31T23:59:59+24:00"', "uuid": '"00000000-0000-0000-0000-000000000000"',
    "boolean word": '"true"', "number word": '"12"', "hex": '"0x10"', "comma": '"1,000"', "exponent word": '"1e5"',
}  # fmt: skip

BODIES: dict[str, tuple[bytes, str]] = {
    **{f"fields: {name}": (_field(value), JSON) for name, value in VALUES.items()},
    "nothing": (b"", JSON), "blank": (b"   ", JSON), "half an object": (b'{"a":', JSON), "two objects": (b"{}{}", JSON),
    "a list": (b"[]", JSON), "a list of objects": (b"[{}]", JSON), "a text": (b'"a"', JSON), "a number": (b"1", JSON),
    "null": (b"null", JSON), "true": (b"true", JSON), "NaN": (b"NaN", JSON), "single quotes": (b"{'a':1}", JSON),
    "a comment": (b"{/**/}", JSON), "a trailing comma": (b'{"a":1,}', JSON), "a name twice": (b'{"a":1,"a":2}', JSON),
    "1,000 lists": (_deep(1000), JSON), "100,000 lists": (_deep(100_000), JSON),
    "5,000 objects": (b'{"a":' * 5000 + b"1" + b"}" * 5000, JSON), "30 objects": (b'{"a":' * 30 + b"1" + b"}" * 30, JSON),
    "10,000 names": (json.dumps({f"n{number}": 1 for number in range(10_000)}).encode(), JSON),
    "a long name": (b'{"' + b"a" * 100_000 + b'":1}', JSON), "a NUL in a name": (b'{"a\\u0000":1}', JSON),
    "a bare NUL": (b"{\0}", JSON), "broken UTF-8": (b'{"a":"\xff\xfe"}', JSON), "cut UTF-8": (b'{"a":"\xe8\x9c"}', JSON),
    "overlong UTF-8": (b'{"a":"\xc0\x80"}', JSON), "surrogates in UTF-8": (b'{"a":"\xed\xa0\x80"}', JSON),
    "UTF-16": ('{"a":1}'.encode("utf-16"), JSON), "UTF-32": ('{"a":1}'.encode("utf-32"), JSON),
    "a byte order mark": (b"\xef\xbb\xbf{}", JSON), "GBK": ('{"name":"蜂巢"}'.encode("gbk"), f"{JSON}; charset=gbk"),
    "3 MB": (b'{"a":"' + b"a" * 3_000_000 + b'"}', JSON), "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", JSON),
    "XML": (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "application/xml"),
    "a form": (b"phone=1&a[]=2", "application/x-www-form-urlencoded"), "plain text": (b"{}", "text/plain"),
    "no type": (b"{}", ""), "no such type": (b"{}", "a"), "half a type": (b"{}", "application/"),
    "a strange charset": (b"{}", f"{JSON}; charset=no-such"), "an odd parameter": (b"{}", f'{JSON}; a="'),
    "multipart without boundary": (b"--a--", "multipart/form-data"),
    "multipart with another boundary": (b"--a\r\n\r\n--a--", "multipart/form-data; boundary=b"),
    "multipart cut short": (b"--a\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nabc",
                            "multipart/form-data; boundary=a"),
    "multipart, a NUL": (b"--a\r\nContent-Disposition: form-data; name=\"station\"\r\n\r\n\0\r\n--a--\r\n",
                         "multipart/form-data; boundary=a"),
    "multipart, a text for a file": (b"--a\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc\r\n--a--\r\n",
                                     "multipart/form-data; boundary=a"),
    "multipart, base64": (b"--a\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n"
                          b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--a--\r\n", "multipart/form-data; boundary=a"),
    "multipart, a long boundary": (b"", "multipart/form-data; boundary=" + "a" * 300),
}  # fmt: skip

QUERIES: dict[str, str] = {
    "empty": "", "NUL": "%00", "broken": "%FF%FE", "surrogate": "%ED%A0%80", "percent": "%", "text": "abc",
    "minus": "-1", "zero": "0", "huge": "9" * 400, "long": "a" * 3000, "float": "1.5", "exponent": "1e999", "NaN": "nan",
    "inf": "inf,inf", "pair": "30,114", "half a pair": "30,", "far pair": "1e308,-1e308", "superscript": "%C2%B2",
    "Arabic": "%D9%A1", "quote": "'%22;--", "brackets": "[]", "true": "true", "blank": "+", "13 digits": "9" * 13,
    "18 digits": "9" * 18, "cursor": "WyJhIl0:1abc:def", "regex": "(((((a%2B)%2B)%2B", "wildcards": "%25_%25_" * 20,
    "emoji": "%F0%9F%98%80", "newline": "a%0D%0AX:y",
}  # fmt: skip

KEYS: dict[str, str] = {
    "empty": "", "blank": " ", "blank inside": "a b", "long": "a" * 256, "tab": "a\tb", "latin": "caf\xe9", "DEL": "\x7f",
    "control": "a\x01",
}  # fmt: skip


# One of each family, where the run has to be short.
FEW = (
    "null",
    "true",
    "half",
    "2^63-1",
    "2^63",
    "NaN",
    "empty text",
    "NUL",
    "lone surrogate",
    "superscript",
    "10 kB",
    "list",
    "object",
)
FEW_QUERIES = ("empty", "NUL", "broken", "huge", "inf", "superscript", "13 digits", "brackets")


def spoilt(body: dict[str, Any], values: Iterable[str]) -> list[tuple[str, bytes]]:
    """A good body with one field taken away, and with one field of each of these `VALUES` in turn."""
    found = []
    for name in body:
        rest = {key: value for key, value in body.items() if key != name}
        found.append((f"without {name}", json.dumps(rest).encode()))
        for label in values:
            text = json.dumps(rest)[:-1] + ("," if rest else "") + f'"{name}":{VALUES[label]}' + "}"
            found.append((f"{name}: {label}", text.encode()))
    return found
