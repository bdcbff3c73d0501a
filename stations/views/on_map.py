"""The map of stations, which without a script is the list by street."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from fengchao.core import clock, geo
from fengchao.core.errors import NotThere
from stations import finding, opening
from stations.models import DistrictOutline
from stations.views.directory import kept_filters, with_state

MOST_PINS = 300
"""More would be a heavy page and a map nobody can read; the list has the rest."""

DAY = 24 * 60 * 60


@require_safe
def stations_map(request: HttpRequest) -> HttpResponse:
    """The filters of the list hold here too; pins are made of the page's own list."""
    at = clock.now()
    found, refused = finding.understood(request.GET, at=at)
    kept = kept_filters(request.GET, refused)
    rows = found if kept.get("near") else found.order_by("code")
    stations = [
        with_state(station, opening.state(station, at))
        for station in opening.with_overrides(rows.select_related("organisation"), at)[: MOST_PINS + 1]
    ]
    streets = finding.by_street(stations[:MOST_PINS])
    if kept.get("near"):
        streets.sort(key=lambda street: street[1][0].distance_m)  # type: ignore[attr-defined]  # annotated by `near`
    context = {
        "streets": streets,
        "is_cut": len(stations) > MOST_PINS,
        "most": MOST_PINS,
        "list_url": f"{reverse('stations')}?{kept.urlencode()}" if kept else reverse("stations"),
        "is_filtered": any(name != "near" for name in kept),
        "here": geo.read(str(kept["near"]), field="near") if kept.get("near") else None,
        "faults": [refusal.message for refusal in refused.values()],
        "tiles": " ".join(settings.MAP_TILES),
        "tiles_attribution": settings.MAP_TILES_ATTRIBUTION,
        "tiles_subdomains": settings.MAP_TILES_SUBDOMAINS,
        **outline_layer(),
    }
    return render(request, "stations/map.html", context)


@require_safe
def outline(request: HttpRequest) -> HttpResponse:
    """The official outline. Its address carries its version, so it may be kept."""
    found = DistrictOutline.objects.first()
    if found is None:
        raise NotThere
    return JsonResponse(found.geojson, headers={"Cache-Control": f"public, max-age={DAY}"})


def outline_layer() -> dict[str, Any]:
    """What a map page needs to draw the district: the official outline, else the sketch where there are no tiles."""
    official = DistrictOutline.objects.values("source", "updated_at").first()
    if official is None:
        return {"outline_url": static("map/outline.json"), "outline_source": "", "is_schematic": not settings.MAP_TILES}
    version = int(official["updated_at"].timestamp())
    return {
        "outline_url": f"{reverse('stations_outline')}?v={version}",
        "outline_source": official["source"],
        "is_schematic": False,
    }
