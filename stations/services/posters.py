"""A station's poster: an address on the wall that the phone's own camera opens, signed, good until it is renewed."""

from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from django.db.models import Max
from django.urls import reverse

from accounts.models import User
from fengchao.core import audit, clock, codes
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import is_readable
from stations.models import PosterRenewal, Station
from stations.problems import PosterElsewhere, PosterReplaced, PosterUnknown
from stations.rules import serves

PURPOSE = "station-poster"
REASON_LENGTH = 200


def version_of(station: Station) -> int:
    newest = PosterRenewal.objects.filter(station=station).aggregate(newest=Max("version"))["newest"]
    return newest or 1


def token_for(station: Station) -> str:
    """What the poster says in `k`. Two prints of one version differ (they say when they were signed) and both count."""
    return codes.sign(PURPOSE, [station.pk, version_of(station)])


def address_of(station: Station) -> str:
    """The path that a poster printed now leads to."""
    return f"{reverse('check_in', args=[station.code])}?{urlencode({'k': token_for(station)})}"


def refuse_poster(poster: str, station: Station) -> None:
    """`poster` is its token, or the whole address that a scanner reads.

    Raises PosterUnknown for one that we never signed, PosterElsewhere for another station's, PosterReplaced for one
    that was renewed since.
    """
    try:
        station_id, version = codes.unsign(PURPOSE, _token_in(poster))
    except (codes.BadCode, codes.ExpiredCode, ValueError, TypeError) as error:
        raise PosterUnknown from error
    if station_id != station.pk:
        raise PosterElsewhere
    if version != version_of(station):
        raise PosterReplaced


def renew(station: Station, *, reason: str, by: User, at: datetime | None = None) -> PosterRenewal:
    """End every poster printed so far, as when one was photographed and passed around: print and hang a new one.

    Raises NotThere when `by` does not serve the station, BadValue without a reason. Locks the station's row.
    """
    at = at or clock.now()
    if not serves(by, station):
        raise NotThere
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH or not is_readable(reason):
        raise BadValue(f"请写明为什么更换（不超过 {REASON_LENGTH} 个字）。", field="reason")
    with unit_of_work():
        Station.objects.select_for_update(no_key=True, of=("self",)).get(pk=station.pk)
        made = PosterRenewal(station=station, version=version_of(station) + 1, at=at, by=by, reason=reason)
        made.save(force_insert=True)
        audit.record(by, "poster.renewed", station, {"version": made.version, "reason": reason})
    return made


def _token_in(poster: str) -> str:
    if "k=" not in poster:
        return poster
    return parse_qs(urlsplit(poster).query).get("k", [""])[0]
