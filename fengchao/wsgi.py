"""The entry for a WSGI server."""

import os

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application


class Utf8Request(WSGIRequest):
    """Reads everything as UTF-8. Django would decode the address in the encoding that a header names, before any
    middleware: no text at all in some (`hex`), NUL and lone surrogates in others (UTF-7). Who names another than
    UTF-8 is refused by `RefusalMiddleware`."""

    @property
    def encoding(self) -> None:
        return None

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        pass


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengchao.settings")
application = get_wsgi_application()
application.request_class = Utf8Request
