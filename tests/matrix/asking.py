"""What an address is asked with: the words that all tables of calls share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

from accounts.models import Courier, User
from accounts.services.codes import show_code
from tests.matrix.world import Actor, Place, ticket_for


@dataclass
class Call:
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    form: dict[str, Any] | None = None
    """Sent as a page's form; `body` is JSON."""

    def send(self, client: Client, name: str, method: str, **headers: str) -> Any:
        address = reverse(name, kwargs=self.path)
        if self.query:
            address += "?" + urlencode(self.query)
        ask = getattr(client, method.lower())
        if method in ("GET", "HEAD", "OPTIONS"):
            return ask(address, headers=headers)
        if method == "POST" and (self.form is not None or not name.startswith("api_")):
            return ask(address, self.form or {}, headers=headers)
        return ask(address, self.body or {}, content_type="application/json", headers=headers)


Maker = Callable[[Actor, Place], Call]


def ticket(actor: Actor, place: Place, courier: int = 0) -> str:
    """A valid ticket of the asker's own, whoever he is."""
    return ticket_for(actor.user or User(pk=0), place.station, courier or place.regular)


def digits(actor: Actor, place: Place) -> str:
    courier = Courier.objects.filter(pk=place.regular).first()
    return show_code(courier).digits if courier else "000000"


WISH = {"category": "daily", "title": "雨衣", "text": "旧的破了", "for_whom": "自己"}
