"""An appointment as a file that every telephone's calendar takes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

PRODUCT = "-//fengchao//fengchao//ZH"


@dataclass(frozen=True)
class Appointment:
    """`key` stays the same when the time changes and `version` grows then, so that a calendar which has it moves it
    instead of keeping two. `reminded` says how long before."""

    key: str
    version: int
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    text: str
    made_at: datetime
    reminded: timedelta


def calendar_file(appointment: Appointment) -> bytes:
    """One event with an alarm (RFC 5545), in UTC, which no calendar needs a table of time zones for."""
    alarm = Alarm.new(description=appointment.title)
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -appointment.reminded)
    event = Event.new(
        uid=f"{appointment.key}@fengchao", sequence=appointment.version, summary=appointment.title,
        start=appointment.starts_at.astimezone(UTC), end=appointment.ends_at.astimezone(UTC),
        location=appointment.place, description=appointment.text, stamp=appointment.made_at.astimezone(UTC),
        subcomponents=[alarm],
    )  # fmt: skip
    content: bytes = Calendar.new(prodid=PRODUCT, method="PUBLISH", subcomponents=[event]).to_ical()
    return content
