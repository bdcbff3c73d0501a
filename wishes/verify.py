"""Recomputes wishes from their steps and claims, and tells every difference."""

from collections.abc import Iterator

from points.verify import Difference, Progress, run
from wishes.states import MOVES

_MOVES = ", ".join(
    f"('{before}', '{move}', '{after}')" for move, (befores, after) in MOVES.items() for before in befores
)

# Each query gives (subject, what should be, what is) for every row that is wrong.
_CHECKS = {
    "wish_begins_with_its_hanging": """
        SELECT 'wish ' || w.id, 'hang, once and first', coalesce(string_agg(s.move, ', ' ORDER BY s.id), 'nothing')
        FROM wishes_wish w LEFT JOIN LATERAL (
            SELECT id, move FROM wishes_step WHERE wish_id = w.id AND move = 'hang'
            UNION (SELECT id, move FROM wishes_step WHERE wish_id = w.id ORDER BY id LIMIT 1)
        ) s ON TRUE GROUP BY w.id HAVING count(s.id) <> 1 OR min(s.move) <> 'hang'""",
    "wish_is_where_its_last_step_left_it": """
        SELECT 'wish ' || w.id, s.state_after, w.state FROM wishes_wish w
        JOIN LATERAL (SELECT state_after FROM wishes_step WHERE wish_id = w.id ORDER BY id DESC LIMIT 1) s ON TRUE
        WHERE s.state_after <> w.state""",
    "wish_step_is_a_move_of_the_table": f"""
        SELECT 'wish ' || s.wish_id || ' step ' || s.id, coalesce(v.target, 'no ' || s.move || ' from ' || s.before),
               s.state_after
        FROM (
            SELECT id, wish_id, move, state_after, lag(state_after) OVER (PARTITION BY wish_id ORDER BY id) AS before
            FROM wishes_step
        ) s LEFT JOIN (VALUES {_MOVES}) AS v (before, move, target) ON v.before = s.before AND v.move = s.move
        WHERE s.move <> 'hang' AND v.target IS DISTINCT FROM s.state_after
           OR s.move = 'hang' AND s.state_after <> 'review'""",
    "wish_is_with_whom_it_was_claimed_by": """
        SELECT 'wish ' || coalesce(w.id, c.wish_id), coalesce(c.organisation_id::text, 'nobody'),
               coalesce(w.claimed_by_id::text, 'nobody')
        FROM (SELECT * FROM wishes_claim WHERE released_at IS NULL) c
        FULL JOIN (SELECT * FROM wishes_wish WHERE claimed_by_id IS NOT NULL) w ON w.id = c.wish_id
        WHERE c.organisation_id IS DISTINCT FROM w.claimed_by_id""",
    "wish_has_a_claim_for_each_time_it_was_claimed": """
        SELECT 'wish ' || w.id, s.claimed || ' claims, ' || s.released || ' released',
               count(c.id) || ' claims, ' || count(c.released_at) || ' released'
        FROM wishes_wish w
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE move = 'claim') AS claimed,
                   count(*) FILTER (WHERE move = 'release') AS released
            FROM wishes_step WHERE wish_id = w.id
        ) s LEFT JOIN wishes_claim c ON c.wish_id = w.id
        GROUP BY w.id, s.claimed, s.released HAVING (count(c.id), count(c.released_at)) <> (s.claimed, s.released)""",
    "wish_times_are_as_its_steps_say": """
        SELECT 'wish ' || w.id, concat_ws(', ', s.hung, s.opened, s.delivered, s.lit),
               concat_ws(', ', w.hung_at, w.opened_at, w.delivered_at, w.lit_at)
        FROM wishes_wish w JOIN (
            SELECT wish_id, min(at) FILTER (WHERE move = 'hang') AS hung,
                   min(at) FILTER (WHERE move = 'approve') AS opened,
                   max(at) FILTER (WHERE move = 'deliver') AS delivered,
                   min(at) FILTER (WHERE state_after = 'fulfilled') AS lit
            FROM wishes_step GROUP BY wish_id
        ) s ON s.wish_id = w.id
        WHERE (w.hung_at, w.opened_at, w.delivered_at, w.lit_at)
              IS DISTINCT FROM (s.hung, s.opened, s.delivered, s.lit)""",
    "improvement_done_delivered_its_wishes": """
        SELECT 'improvement ' || i.id || ' wish ' || w.id, 'delivered', w.state FROM wishes_improvement i
        JOIN wishes_claim c ON c.improvement_id = i.id AND c.released_at IS NULL JOIN wishes_wish w ON w.id = c.wish_id
        WHERE i.done_at IS NOT NULL AND w.state = 'claimed'""",
}


def checks(progress: Progress = lambda name: None) -> Iterator[Difference]:
    """Every difference; the caller has opened a transaction that sees one moment of the database."""
    return run(_CHECKS, progress)
