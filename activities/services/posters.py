"""An activity's poster: an address that hangs where it takes place, signed."""

from urllib.parse import parse_qs, urlencode, urlsplit

from django.urls import reverse

from activities.models import Activity
from activities.problems import PosterUnknown
from fengchao.core import codes

PURPOSE = "activity-poster"


def token_for(activity: Activity) -> str:
    """What the poster says in `k`; good for this activity alone, which is open for some hours only."""
    return codes.sign(PURPOSE, [activity.pk])


def address_of(activity: Activity) -> str:
    """The path that the poster leads to."""
    return f"{reverse('activity_here', args=[activity.pk])}?{urlencode({'k': token_for(activity)})}"


def refuse(poster: str, activity: Activity) -> None:
    """`poster` is its token, or the whole address that a scanner reads. Raises PosterUnknown for any other."""
    token = parse_qs(urlsplit(poster).query).get("k", [""])[0] if "k=" in poster else poster
    try:
        (key,) = codes.unsign(PURPOSE, token)
    except (codes.BadCode, codes.ExpiredCode, ValueError, TypeError) as error:
        raise PosterUnknown from error
    if key != activity.pk:
        raise PosterUnknown
