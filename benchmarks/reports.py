"""The queues of reports and the search around a place in a district with 10,000 reports and in one with 1,000,000."""

import time
from datetime import timedelta

from django.db import connection

from benchmarks import scratch, servers, tables, twins
from benchmarks.load import Ask, Clients
from benchmarks.people import everybody
from fengchao.core import clock
from reports.models import Category, Report

SIZES = (10_000, 1_000_000)
OPEN = 3_000  # neither mended nor refused: a district works off what comes in, so this does not grow with the years

# Copies of the demonstration's reports, strewn over the district, a year's worth of days back from the newest one.
_COPY = """
    INSERT INTO reports_report (number, courier_id, client_key, category_id, area_id, text, place, lat, lng, accuracy_m,
        answers, media_url, call_digest, happened_at, filed_at, expected_on, by_sms, state, state_before,
        assigned_to_id, due_on, long_due_on, resolved_at, reject_reason, was_reopened, was_appealed, round, updated_at)
    SELECT %(letter)s || made.nr, model.courier_id, '', model.category_id, model.area_id, model.text, model.place,
        30.55 + random() * 0.08, 114.15 + random() * 0.15, 12, '{}', '', '', made.at, made.at, made.at::date + 5, FALSE,
        model.state, '', model.assigned_to_id, made.at::date + 5, made.at::date + 15,
        CASE WHEN model.state = 'closed' THEN made.at + interval '3 days' END, '', FALSE, FALSE, 0, made.at
    FROM (
        SELECT nr, now() - interval '1 year' * (1 - nr::float / %(most)s) AS at FROM generate_series(1, %(most)s) AS nr
    ) AS made
    JOIN (
        SELECT *, row_number() OVER (ORDER BY id) AS nth, count(*) OVER () AS many
        FROM reports_report WHERE state = %(state)s AND assigned_to_id IS NOT NULL
    ) AS model ON model.nth = 1 + made.nr %% model.many
    WHERE made.nr > %(done)s
"""
_STEPS = """
    INSERT INTO reports_step (report_id, move, at, by_id, party, organisation_id, state_after, text)
    SELECT id, 'file', filed_at, courier_id, 'reporter', NULL, 'submitted', '' FROM reports_report
    WHERE number ~ '^[BC][0-9]'
"""


def run(clients: Clients) -> None:
    people = everybody()
    few, many = (scratch.copy(f"reports{size}") for size in SIZES)
    began = time.monotonic()
    for name, size in zip((few, many), SIZES, strict=True):
        _grow(name, size)
    loaded = time.monotonic() - began
    scratch.use(few)
    near = f"category={Category.objects.get(code='litter').code}&lat=30.5871&lng=114.2189"
    questions = {
        "similar ones nearby, API": people.reads(f"reports/similar/?{near}", 1)[0],
        "my reports, page": people.views("/reports/", 1)[0],
        "what waits, API (street)": people.views("/api/v1/reports/?state=submitted", 1, people.street)[0],
        "queue, admin (street)": people.views("/admin/reports/report/?heap=mine", 1, people.street)[0],
        "queue, admin (district)": people.views("/admin/reports/report/?heap=mine", 1, people.district)[0],
        "overdue, admin (district)": people.views("/admin/reports/report/?heap=overdue", 1, people.district)[0],
        "newest, admin (district)": people.views("/admin/reports/report/", 1, people.district)[0],
        "dispatched to us, desk": people.views("/desk/reports/", 1, people.handler)[0],
        "last 90 days, Open311 (50)": _public("page_size=50"),
        "last 90 days, Open311 (1,000)": _public(""),
        "one kind of them, closed": _public("service_code=litter&status=closed&page_size=50"),
        "changed since yesterday": _public(f"updated_after={clock.now() - timedelta(days=1):%Y-%m-%d}&page_size=50"),
        "with extensions": _public("extensions=true&page_size=50"),
        "dispatched to us, API": people.views("/api/v1/reports/", 1, people.handler)[0],
    }
    with servers.running(few) as small, servers.running(many) as grown:
        rows = [[name, *twins.compare(clients, script, small, grown)] for name, script in questions.items()]
    tables.show(
        f"One client, the answers of a district with {SIZES[0]:,} reports beside those of one with {SIZES[1]:,}, about "
        f"{OPEN:,} of them open in both (loaded in {loaded:.0f} s), {twins.IN_TURN}. "
        "Target: ≤ 1.5 ×.",
        ["", f"{SIZES[0]:,}, p50 ms", f"{SIZES[1]:,}, p50 ms", "ratio"],
        rows,
    )
    scratch.drop(few)
    scratch.drop(many)


def _public(query: str) -> list[Ask]:
    return [Ask("GET", f"/open311/v2/requests.json?{query}")]


def _grow(database: str, size: int) -> None:
    scratch.use(database)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_COPY, {"letter": "B", "state": "closed", "most": size, "done": OPEN + Report.objects.count()})
        cursor.execute(_COPY, {"letter": "C", "state": "in_progress", "most": OPEN, "done": 0})
        cursor.execute(_STEPS, [])
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
