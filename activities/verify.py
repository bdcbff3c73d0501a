"""Recomputes activities and deeds from their parts and from the books, and tells every difference."""

from collections.abc import Iterator

from activities.states import PLACED
from points.verify import Difference, Progress, run

_PLACED = ", ".join(f"'{state.value}'" for state in PLACED)

# Points that came to the courier from a source, less what was taken back.
_EARNED = """
    SELECT t.source_key, sum(e.amount) AS points FROM points_transfer t
    JOIN points_entry e ON e.transfer_id = t.id JOIN points_account a ON a.id = e.account_id AND a.kind = 'courier'
    WHERE t.source_kind = '{kind}' GROUP BY t.source_key
"""

# Each query gives (subject, what should be, what is) for every row that is wrong.
_CHECKS = {
    "activity_counts_its_places": f"""
        SELECT 'activity ' || a.id, count(e.id), a.taken FROM activities_activity a
        LEFT JOIN activities_enrolment e ON e.activity_id = a.id AND e.state IN ({_PLACED})
        GROUP BY a.id HAVING count(e.id) <> a.taken""",
    "nobody_waits_beside_a_free_place": """
        SELECT 'activity ' || a.id, 'nobody', 'enrolment ' || min(e.id) FROM activities_activity a
        JOIN activities_enrolment e ON e.activity_id = a.id AND e.state = 'waiting'
        WHERE a.state = 'published' AND a.starts_at > now() AND a.taken < a.capacity GROUP BY a.id""",
    "nobody_has_a_place_in_what_is_over": """
        SELECT 'enrolment ' || e.id, 'attended, not come or left', e.state
        FROM activities_enrolment e JOIN activities_activity a ON a.id = e.activity_id
        WHERE a.state = 'done' AND e.state IN ('enrolled', 'waiting')""",
    "nobody_was_at_what_did_not_take_place": """
        SELECT 'enrolment ' || e.id, 'nobody', e.state
        FROM activities_enrolment e JOIN activities_activity a ON a.id = e.activity_id
        WHERE a.state IN ('draft', 'cancelled') AND e.state IN ('attended', 'no_show')""",
    "attendance_earned_what_it_says": f"""
        SELECT 'enrolment ' || e.id, e.points, coalesce(b.points, 0)
        FROM activities_enrolment e LEFT JOIN ({_EARNED.format(kind="enrolment")}) b ON b.source_key = e.id::text
        WHERE e.points <> coalesce(b.points, 0)""",
    "deed_earned_what_it_says": f"""
        SELECT 'deed ' || d.id, d.points, coalesce(b.points, 0)
        FROM activities_deed d LEFT JOIN ({_EARNED.format(kind="deed")}) b ON b.source_key = d.id::text
        WHERE d.points <> coalesce(b.points, 0)""",
}


def checks(progress: Progress = lambda name: None) -> Iterator[Difference]:
    return run(_CHECKS, progress)
