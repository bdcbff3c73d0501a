"""Recomputes the stock of kits and what visits and needs say, and tells every difference."""

from collections.abc import Iterator

from points.verify import Difference, Progress, run

# Each query gives (subject, what should be, what is) for every row that is wrong.
_CHECKS = {
    "kits_on_hand_are_the_sum_of_movements": """
        SELECT 'kit ' || coalesce(s.kit_id, m.kit_id) || ' of ' || coalesce(s.organisation_id, m.organisation_id),
               coalesce(m.total, 0), coalesce(s.on_hand, 0)
        FROM activities_kitstock s FULL JOIN (
            SELECT organisation_id, kit_id, sum(number) AS total FROM activities_kitmovement GROUP BY 1, 2
        ) m ON m.organisation_id = s.organisation_id AND m.kit_id = s.kit_id
        WHERE coalesce(m.total, 0) <> coalesce(s.on_hand, 0)""",
    "kits_passed_on_arrived": """
        SELECT 'kit ' || kit_id, 0, sum(number) FROM activities_kitmovement WHERE kind = 'passed_on'
        GROUP BY kit_id HAVING sum(number) <> 0""",
    "visit_gave_back_no_more_than_it_left": """
        SELECT 'visit ' || visit_id || ' kit ' || kit_id, 0, sum(number) FROM activities_kitmovement
        WHERE visit_id IS NOT NULL GROUP BY visit_id, kit_id HAVING sum(number) > 0""",
    "kits_went_with_a_visit_that_met_somebody": """
        SELECT 'movement ' || m.id, 'met by ' || m.organisation_id,
               v.state || ' ' || v.contact || ' by ' || v.organisation_id
        FROM activities_kitmovement m JOIN activities_carevisit v ON v.id = m.visit_id
        WHERE (v.state, v.contact, v.organisation_id) <> ('done', 'met', m.organisation_id)""",
    "need_was_heard_by_who_met_somebody": """
        SELECT 'need ' || n.id, 'met', v.state || ' ' || v.contact FROM activities_need n
        JOIN activities_carevisit v ON v.id = n.visit_id WHERE (v.state, v.contact) <> ('done', 'met')""",
    "need_became_a_wish_of_its_courier": """
        SELECT 'need ' || n.id, coalesce(n.courier_id::text, 'nobody'), coalesce(w.courier_id::text, 'no wish')
        FROM activities_need n LEFT JOIN wishes_wish w ON w.id::text = n.became_key
        WHERE n.state = 'wish' AND n.erased_at IS NULL AND w.courier_id IS DISTINCT FROM n.courier_id""",
    "need_became_a_report_that_is_there": """
        SELECT 'need ' || n.id, n.became_key, 'no report' FROM activities_need n
        LEFT JOIN reports_report r ON r.number = n.became_key WHERE n.state = 'report' AND r.id IS NULL""",
}


def checks(progress: Progress = lambda name: None) -> Iterator[Difference]:
    """Every difference; the caller has opened a transaction that sees one moment of the database."""
    return run(_CHECKS, progress)
