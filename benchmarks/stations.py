"""The station list with distance for a district of 30 stations and for one of 10,000, by API and as a page."""

import random

from benchmarks import scratch, servers, tables
from benchmarks.load import Ask, Clients
from benchmarks.people import everybody
from stations.models import Facility, Station

SIZES = (30, 10_000)
SECONDS, SEED = 3.0, 7
NEAR = "near=30.5871,114.2189"
QUESTIONS = {
    "API, nearest first": f"/api/v1/stations/?{NEAR}",
    "API, nearest that are open": f"/api/v1/stations/?{NEAR}&open=true",
    "API, by first letters": "/api/v1/stations/?q=gasq",
    "page, nearest first": f"/stations/?{NEAR}",
    "page, by first letters": "/stations/?q=gasq",
    "map": "/stations/map/",
    "stations.geojson": "/api/v1/stations.geojson",
    "stations.csv": "/api/v1/stations.csv",
}


def run(clients: Clients) -> None:
    everybody()
    rows = []
    for size in SIZES:
        name = scratch.copy(f"stations{size}")
        _grow(name, size)
        with servers.running(name) as server:
            for title, path in QUESTIONS.items():
                answers = clients.drive(server.port, [[Ask("GET", path)]], seconds=SECONDS)
                times = [tables.ms(answers.p50), tables.ms(answers.p99), f"{answers.rate:.0f}"]
                rows.append([title, f"{size:,}", *times])
        scratch.drop(name)
    tables.show(
        f"Finding stations, one client for {SECONDS:.0f} s each.",
        ["", "stations", "p50 ms", "p99 ms", "a second"],
        rows,
    )


def _grow(database: str, size: int) -> None:
    """Copies of the demonstration's stations, strewn over the city, until there are `size` of them."""
    scratch.use(database)
    dice = random.Random(SEED)
    models = list(Station.objects.order_by("pk"))
    facilities = list(Facility.objects.order_by("pk"))
    made = Station.objects.bulk_create(
        Station(
            code=f"BENCH-{number}",
            name=f"{model.name}{number}号",
            grade=model.grade,
            address=model.address,
            organisation_id=model.organisation_id,
            opening_hours=model.opening_hours,
            is_example=True,
            lat=dice.uniform(30.4, 30.8),
            lng=dice.uniform(113.9, 114.6),
        )
        for number, model in ((number, dice.choice(models)) for number in range(len(models), size))
    )
    has = Station.facilities.through
    has.objects.bulk_create(
        has(station=station, facility=facility) for station in made for facility in dice.sample(facilities, 4)
    )
