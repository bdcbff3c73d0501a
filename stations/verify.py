"""Recomputes visits and what people said from the books and tells every difference."""

from collections.abc import Iterator

from points.verify import Difference, Progress, run

# A visit is forgotten with its courier's account: then the books alone still know that somebody was paid.
_CLOSED = "SELECT id FROM accounts_user WHERE phone_hash IS NULL AND NOT is_active"
_PAID = """
    SELECT t.id, t.source_kind, t.source_key, a.owner_id AS courier_id, e.amount FROM points_transfer t
    JOIN points_entry e ON e.transfer_id = t.id
    JOIN points_account a ON a.id = e.account_id AND a.kind = 'courier'
    WHERE t.kind = %s
"""

# Each query gives (subject, what should be, what is) for every row that is wrong.
_CHECKS = {
    "visit_was_paid_what_it_says": f"""
        WITH paid AS ({_PAID.replace("%s", "'check_in'")})
        SELECT 'visit ' || v.id, v.points, coalesce(p.amount, 0) FROM stations_visit v
        LEFT JOIN paid p ON p.id = v.transfer_id AND p.source_kind = 'visit' AND p.source_key = v.id::text
                        AND p.courier_id = v.courier_id
        WHERE v.courier_id IS NOT NULL AND coalesce(p.amount, 0) <> v.points""",
    "check_in_has_its_visit": f"""
        SELECT 'transfer ' || t.id, 1, count(v.id) FROM points_transfer t
        LEFT JOIN stations_visit v ON v.transfer_id = t.id AND t.source_kind = 'visit' AND t.source_key = v.id::text
        WHERE t.kind = 'check_in' AND NOT EXISTS (
            SELECT FROM points_entry e JOIN points_account a ON a.id = e.account_id AND a.kind = 'courier'
            WHERE v.id IS NULL AND e.transfer_id = t.id AND a.owner_id IN ({_CLOSED}))
        GROUP BY t.id HAVING count(v.id) <> 1""",
    "forgotten_visits_were_paid_what_they_say": f"""
        WITH paid AS ({_PAID.replace("%s", "'check_in'")}),
        said AS (SELECT count(*) || ' visits, ' || coalesce(sum(points), 0) || ' points' AS all_of_them
                 FROM stations_visit WHERE courier_id IS NULL AND points > 0),
        was AS (SELECT count(*) || ' visits, ' || coalesce(sum(amount), 0) || ' points' AS all_of_them
                FROM paid p WHERE courier_id IN ({_CLOSED})
                  AND NOT EXISTS (SELECT FROM stations_visit v WHERE v.transfer_id = p.id))
        SELECT 'closed accounts', said.all_of_them, was.all_of_them FROM said, was
        WHERE said.all_of_them <> was.all_of_them""",
    "visits_lie_apart": """
        SELECT 'visit ' || id, 'not before ' || ends, at FROM (
            SELECT id, at, lag(until) OVER (PARTITION BY courier_id, station_id ORDER BY at) AS ends
            FROM stations_visit WHERE courier_id IS NOT NULL) v
        WHERE at < ends""",
    "visit_counts_on_its_day": """
        SELECT 'visit ' || id, (at AT TIME ZONE 'Asia/Shanghai')::date, day FROM stations_visit
        WHERE day <> (at AT TIME ZONE 'Asia/Shanghai')::date""",
    **{
        f"{event}_was_said_by_who_was_paid": f"""
        WITH paid AS ({_PAID.replace("%s", f"'{event}'")})
        SELECT 'transfer ' || p.id, 1, count(o.id) FROM paid p
        LEFT JOIN stations_observation o ON o.id::text = p.source_key AND p.source_kind = 'observation'
                                        AND o.by_id = p.courier_id AND o.kind = '{kind}' AND o.state = '{state}'
        GROUP BY p.id HAVING count(o.id) <> 1"""
        for event, kind, state in (
            ("station_confirmed", "confirmation", ""),
            ("correction_accepted", "correction", "accepted"),
        )
    },
}


def checks(progress: Progress = lambda name: None) -> Iterator[Difference]:
    """Every difference; the caller has opened a transaction that sees one moment of the database."""
    return run(_CHECKS, progress)
