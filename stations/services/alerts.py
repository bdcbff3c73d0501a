"""Notices of heat and cold: who reads which, brought along by a query about stations."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject

from accounts.models import Organisation
from stations.models import Alert, Station
from stations.querysets import StationQuerySet


def with_alerts(stations: StationQuerySet, at: datetime) -> StationQuerySet:
    """The set, whose own query brings along the notices that are live at `at`: since they name no station, PostgreSQL
    asks once for all of them and not for each."""
    live = Alert.objects.live(at).values(
        card=JSONObject(kind="kind", text="text", path="organisation__path", place="organisation__name")
    )
    found: StationQuerySet = stations.annotate(alerts_read=ArraySubquery(live))
    return found


def reaching(stations: Iterable[Station], path: str) -> dict[str, Any] | None:
    """The newest notice that reaches an organisation, by its path."""
    found = (alert for alert in _read(stations) if path.startswith(alert["path"]))
    return next(({**alert, "place": ""} for alert in found), None)


def for_everybody(stations: Iterable[Station]) -> dict[str, Any] | None:
    """The notice for who has not said where he rides: the newest of those that reach furthest, which names its `place`
    unless that is the whole district."""
    alerts = _read(stations)
    if not alerts:
        return None
    widest: dict[str, Any] = min(alerts, key=lambda alert: len(alert["path"]))
    is_whole = len(widest["path"]) == Organisation.steplen
    return {**widest, "place": "" if is_whole else widest["place"]}


def _read(stations: Iterable[Station]) -> list[dict[str, Any]]:
    """Newest first. Where no station was found nothing was read either."""
    return next((station.alerts_read for station in stations), [])  # type: ignore[attr-defined]  # by with_alerts
