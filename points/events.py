"""What can earn points. Each app declares its own events when it is loaded; which of them earn how much is a rule."""

from dataclasses import dataclass

from points.models import Account


@dataclass(frozen=True)
class Event:
    """`name` is what `earn` is called with, `label` what people call it, `programme` who usually pays for it."""

    name: str
    label: str
    programme: Account.Kind


EVENTS: dict[str, Event] = {}


def declare(name: str, label: str, programme: Account.Kind) -> str:
    """Make the event known to those who set the rules; its name again."""
    EVENTS[name] = Event(name, label, programme)
    return name


def label_of(name: str, *, otherwise: str = "") -> str:
    """What people call it; an event that nobody declares is called `otherwise`, or by its name."""
    return EVENTS[name].label if name in EVENTS else otherwise or name
