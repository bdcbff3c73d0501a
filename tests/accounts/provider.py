"""A provider of text messages on this machine: speaks as much of both protocols as our clients hear."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCEPTED = {
    "aliyun": {"Code": "OK", "Message": "OK", "RequestId": "R", "BizId": "B"},
    "tencent": {"Response": {"SendStatusSet": [{"Code": "Ok", "Message": "send success"}], "RequestId": "R"}},
}
LIMITED = {
    "aliyun": {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发天级流控Permits:10", "RequestId": "R"},
    "tencent": {"Response": {"SendStatusSet": [{"Code": "LimitExceeded.PhoneNumberDailyLimit"}], "RequestId": "R"}},
}
UNKNOWN_KEY = {
    "aliyun": (404, {"Code": "InvalidAccessKeyId.NotFound", "Message": "?", "RequestId": "R"}),
    "tencent": (200, {"Response": {"Error": {"Code": "AuthFailure.SecretIdNotFound"}, "RequestId": "R"}}),
}


class Provider(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.answer: Any = {}
        self.hangs = False
        self.sent: list[tuple[str, str]] = []
        self.templates: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.let_go = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        number, words, template = _read(urlsplit(self.path).query, body)
        self.server.sent.append((number, words))
        self.server.templates.append(template)
        if self.server.hangs:
            self.server.let_go.wait(20)
            return
        answer = self.server.answer
        if not isinstance(answer, bytes):
            answer = json.dumps(answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


def _read(query: str, body: bytes) -> tuple[str, str, str]:
    """(number, code or words, template)"""
    if body:
        facts = json.loads(body)
        return facts["PhoneNumberSet"][0].removeprefix("+86"), facts["TemplateParamSet"][0], facts["TemplateId"]
    asked = parse_qs(query)
    [words] = json.loads(asked["TemplateParam"][0]).values()
    return asked["PhoneNumbers"][0], words, asked["TemplateCode"][0]


@contextmanager
def running() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
