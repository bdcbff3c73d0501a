"""Activities and the board of visits where little was done before, and where 10,000 activities were held with 60,000
places and 100,000 visits were made."""

from django.db import connection

from activities.models import Activity
from benchmarks import scratch, servers, tables, twins
from benchmarks.load import Clients
from benchmarks.people import everybody

SIZES = ((10, 100), (10_000, 100_000))

# Copies of the demonstration's activities that are over, each with six of its couriers, a year's worth of days back.
_HELD = """
    INSERT INTO activities_activity (kind, state, organisation_id, title, text, station_id, place, starts_at, ends_at,
        capacity, taken, points, contact, reason, version, by_id, created_at, updated_at, is_example)
    SELECT model.kind, 'done', model.organisation_id, model.title, model.text, model.station_id, model.place, made.at,
        made.at + interval '2 hours', 6, 0, 0, '', '', 0, model.by_id, made.at, made.at, TRUE
    FROM (
        SELECT nr, now() - interval '1 day' - interval '1 year' * (1 - nr::float / %(most)s) AS at
        FROM generate_series(1, %(most)s) AS nr
    ) AS made
    JOIN (
        SELECT *, row_number() OVER (ORDER BY id) AS nth, count(*) OVER () AS many
        FROM activities_activity WHERE state = 'done'
    ) AS model ON model.nth = 1 + made.nr %% model.many
"""
_TOOK_PART = """
    INSERT INTO activities_enrolment (activity_id, courier_id, state, at, came_at, came_by, confirmed_at,
        confirmed_by_id, points)
    SELECT a.id, c.user_id, 'attended', a.created_at, a.starts_at, 'scanned', a.starts_at, a.by_id, 0
    FROM activities_activity a
    JOIN (SELECT user_id, row_number() OVER (ORDER BY user_id) - 1 AS nth, count(*) OVER () AS many
          FROM accounts_courier) c
        ON (c.nth - a.id * 6) %% c.many BETWEEN 0 AND 5 OR (c.nth - a.id * 6) %% c.many + c.many BETWEEN 0 AND 5
    WHERE a.id > %(last)s
"""
_VISITED = """
    INSERT INTO activities_carevisit (outlet_id, organisation_id, planned_on, route, position, visitors, planned_at,
        planned_by_id, state, visited_at, contact, couriers_reached, notes, cancel_reason, ended_at, ended_by_id)
    SELECT model.outlet_id, model.organisation_id, made.at::date, '', 0, '', made.at, model.planned_by_id, 'done',
        made.at, 'met', 3, '', '', made.at, model.planned_by_id
    FROM (
        SELECT nr, now() - interval '1 hour' - interval '1 year' * (1 - nr::float / %(most)s) AS at
        FROM generate_series(1, %(most)s) AS nr
    ) AS made
    JOIN (
        SELECT *, row_number() OVER (ORDER BY id) AS nth, count(*) OVER () AS many
        FROM activities_carevisit WHERE state = 'done' AND contact = 'met'
    ) AS model ON model.nth = 1 + made.nr %% model.many
"""


def run(clients: Clients) -> None:
    people = everybody()
    few, many = (scratch.copy(f"activities{held}") for held, _ in SIZES)
    for name, (held, visited) in zip((few, many), SIZES, strict=True):
        _grow(name, held, visited)
    scratch.use(few)
    coming = Activity.objects.filter(state="published").order_by("pk")[0].pk
    questions = {
        "what is coming, page": people.views("/activities/", 1)[0],
        "what was, page": people.views("/activities/?show=past", 1)[0],
        "one that is coming, page": people.views(f"/activities/{coming}/", 1)[0],
        "my hours, page": people.views("/me/service/", 1)[0],
        "all, API": people.reads("activities/", 1)[0],
        "my deeds, API": people.reads("deeds/", 1)[0],
        "activities, desk": people.views("/desk/activities/", 1, people.street)[0],
        "visits, desk": people.views("/desk/care/", 1, people.street)[0],
        "activities, admin": people.views("/admin/activities/activity/", 1, people.district)[0],
        "board of visits, admin": people.views("/admin/activities/visitedoutlet/", 1, people.district)[0],
        "outlets, admin": people.views("/admin/accounts/outlet/", 1, people.district)[0],
    }
    with servers.running(few) as small, servers.running(many) as grown:
        rows = [[name, *twins.compare(clients, script, small, grown)] for name, script in questions.items()]
    tables.show(
        f"One client, the answers of a district where {SIZES[0][0]:,} activities were held and {SIZES[0][1]:,} visits "
        f"made beside those of one with {SIZES[1][0]:,} and {SIZES[1][1]:,}. {twins.IN_TURN}.",
        ["", "few, p50 ms", "many, p50 ms", "ratio"],
        rows,
    )
    scratch.drop(few)
    scratch.drop(many)


def _grow(database: str, held: int, visited: int) -> None:
    scratch.use(database)
    last = Activity.objects.order_by("-pk")[0].pk
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_HELD, {"most": held})
        cursor.execute(_TOOK_PART, {"last": last})
        cursor.execute(_VISITED, {"most": visited})
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
