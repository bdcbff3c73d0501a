"""Recomputes reports from their steps, assignments and points, and tells every difference."""

from collections.abc import Iterable, Iterator, Sequence

from points.verify import Difference, Progress, run
from reports.services.rewards import ACCEPTED, DUPLICATE, KIND, RESOLVED
from reports.states import KEEPS_POINTS, MOVES, ReportState

_EVENTS = {ACCEPTED: "accept", RESOLVED: "resolve", DUPLICATE: "reject"}
"""What earns → the move that it is earned by."""


def _values(rows: Iterable[Sequence[str]]) -> str:
    return ", ".join("(" + ", ".join(f"'{value}'" for value in row) + ")" for row in rows)


_MOVES = _values(
    [(before, move, str(after or "")) for move, (befores, after) in MOVES.items() for before in befores]
    + [(state, "category", str(state)) for state in (ReportState.SUBMITTED, ReportState.ACCEPTED)]
)  # fmt: skip
_EARNED = _values(list(_EVENTS.items()))
_KEPT = ", ".join(f"'{reason}'" for reason in (*KEEPS_POINTS, "duplicate"))

# Points of reports that still stand: a transfer that earned, was not taken back, and the courier it went to.
_STANDING = f"""
    SELECT t.id, t.kind, t.source_key, t.source_round, a.owner_id, e.amount FROM points_transfer t
    JOIN points_entry e ON e.transfer_id = t.id AND e.amount > 0
    JOIN points_account a ON a.id = e.account_id AND a.kind = 'courier'
    WHERE t.source_kind = '{KIND}' AND t.reverses_id IS NULL
      AND NOT EXISTS (SELECT FROM points_transfer back WHERE back.reverses_id = t.id)
"""

# Each query gives (subject, what should be, what is) for every row that is wrong.
_CHECKS = {
    "report_begins_with_its_filing": """
        SELECT 'report ' || r.number, 'file by the reporter or the partner, once and first',
               coalesce(string_agg(s.move || ' by ' || s.party, ', ' ORDER BY s.id), 'nothing')
        FROM reports_report r LEFT JOIN LATERAL (
            SELECT id, move, party FROM reports_step WHERE report_id = r.id AND move = 'file'
            UNION (SELECT id, move, party FROM reports_step WHERE report_id = r.id ORDER BY id LIMIT 1)
        ) s ON TRUE
        GROUP BY r.id HAVING count(s.id) <> 1 OR min(s.move || s.party)
            <> CASE WHEN r.api_key_id IS NULL THEN 'filereporter' ELSE 'filepartner' END""",
    "report_is_where_its_last_step_left_it": """
        SELECT 'report ' || r.number, s.state_after, r.state FROM reports_report r
        JOIN LATERAL (SELECT state_after FROM reports_step WHERE report_id = r.id ORDER BY id DESC LIMIT 1) s ON TRUE
        WHERE s.state_after <> r.state""",
    "step_is_a_move_of_the_table": f"""
        SELECT 'report ' || r.number || ' step ' || s.id, coalesce(m.target, 'no ' || s.move || ' from ' || s.before),
               s.state_after
        FROM (
            SELECT id, report_id, move, state_after, lag(state_after) OVER steps AS before,
                   max(id) FILTER (WHERE move = 'ask') OVER steps AS asked
            FROM reports_step WINDOW steps AS (PARTITION BY report_id ORDER BY id)
        ) s JOIN reports_report r ON r.id = s.report_id
        LEFT JOIN LATERAL (
            SELECT coalesce(nullif(v.target, ''), (SELECT state_after FROM reports_step WHERE report_id = s.report_id
                            AND id < s.asked ORDER BY id DESC LIMIT 1)) AS target
            FROM (VALUES {_MOVES}) AS v (before, move, target) WHERE v.before = s.before AND v.move = s.move
        ) m ON TRUE
        WHERE s.move <> 'file' AND m.target IS DISTINCT FROM s.state_after""",
    "report_asked_remembers_its_state": """
        SELECT 'report ' || r.number, coalesce(before.state_after, 'nothing'), r.state_before FROM reports_report r
        LEFT JOIN LATERAL (SELECT id FROM reports_step WHERE report_id = r.id AND move = 'ask' ORDER BY id DESC LIMIT 1)
            asked ON TRUE
        LEFT JOIN LATERAL (SELECT state_after FROM reports_step WHERE report_id = r.id AND id < asked.id
                           ORDER BY id DESC LIMIT 1) before ON TRUE
        WHERE r.state = 'waiting_for_reporter' AND r.state_before IS DISTINCT FROM before.state_after""",
    "report_is_with_whom_it_was_assigned_to": """
        SELECT 'report ' || coalesce(r.number, a.report_id::text),
               coalesce(a.organisation_id || ' until ' || a.due_on, 'nobody'),
               coalesce(r.assigned_to_id || ' until ' || r.due_on, 'nobody')
        FROM (SELECT * FROM reports_assignment WHERE ended_at IS NULL) a
        FULL JOIN (SELECT * FROM reports_report WHERE assigned_to_id IS NOT NULL) r ON r.id = a.report_id
        WHERE (a.organisation_id, a.due_on) IS DISTINCT FROM (r.assigned_to_id, r.due_on)""",
    "assignment_gives_time_after_its_day": """
        SELECT 'assignment ' || a.id || ' of report ' || r.number,
               'after ' || (a.at AT TIME ZONE 'Asia/Shanghai')::date, a.due_on::text
        FROM reports_assignment a JOIN reports_report r ON r.id = a.report_id
        WHERE a.due_on <= (a.at AT TIME ZONE 'Asia/Shanghai')::date""",
    "report_done_is_as_its_step_says": """
        SELECT 'report ' || r.number, coalesce(s.at::text, 'nothing'), coalesce(r.resolved_at::text, 'nothing')
        FROM reports_report r LEFT JOIN LATERAL (
            SELECT at FROM reports_step WHERE report_id = r.id AND move = 'resolve'
                AND r.state IN ('resolved', 'closed') ORDER BY id DESC LIMIT 1
        ) s ON TRUE WHERE r.resolved_at IS DISTINCT FROM s.at""",
    "report_once_only_is_as_its_steps_say": """
        SELECT 'report ' || r.number, 'reopened ' || s.reopened || ', appealed ' || s.appealed,
               'reopened ' || r.was_reopened::int || ', appealed ' || r.was_appealed::int
        FROM reports_report r JOIN (
            SELECT report_id, count(*) FILTER (WHERE move = 'reopen' AND party = 'reporter') AS reopened,
                   count(*) FILTER (WHERE move = 'appeal') AS appealed
            FROM reports_step GROUP BY report_id
        ) s ON s.report_id = r.id WHERE (s.reopened, s.appealed) <> (r.was_reopened::int, r.was_appealed::int)""",
    "points_of_a_report_have_their_report": f"""
        SELECT 'transfer ' || t.id, 1, 0 FROM points_transfer t
        WHERE (t.source_kind = '{KIND}' OR starts_with(t.kind, 'report_'))
          AND NOT EXISTS (SELECT FROM reports_report r WHERE r.number = t.source_key AND t.source_kind = '{KIND}')""",
    "points_of_a_report_are_its_reporters": f"""
        SELECT 'transfer ' || s.id || ' of report ' || r.number, coalesce(r.courier_id::text, 'nobody'), s.owner_id
        FROM ({_STANDING}) s JOIN reports_report r ON r.number = s.source_key
        WHERE r.courier_id IS DISTINCT FROM s.owner_id""",
    "points_of_a_report_stand_in_its_round": f"""
        SELECT 'transfer ' || s.id || ' of report ' || r.number, 'round ' || r.round, 'round ' || s.source_round
        FROM ({_STANDING}) s JOIN reports_report r ON r.number = s.source_key WHERE s.source_round <> r.round""",
    "report_lost_what_each_round_before_earned": f"""
        SELECT 'report ' || r.number, r.round, count(DISTINCT back.source_round) FROM reports_report r
        LEFT JOIN points_transfer back ON back.source_kind = '{KIND}' AND back.source_key = r.number
            AND back.reverses_id IS NOT NULL AND back.source_round < r.round
        GROUP BY r.id HAVING count(DISTINCT back.source_round) <> r.round""",
    "points_of_a_report_have_their_step": f"""
        SELECT 'transfer ' || s.id || ' of report ' || r.number, coalesce(v.move, 'nothing'), s.kind
        FROM ({_STANDING}) s JOIN reports_report r ON r.number = s.source_key
        LEFT JOIN (VALUES {_EARNED}) AS v (kind, move) ON v.kind = s.kind
        WHERE v.kind IS NULL OR NOT EXISTS (SELECT FROM reports_step p WHERE p.report_id = r.id AND p.move = v.move)""",
    "false_report_keeps_no_points": f"""
        SELECT 'report ' || r.number || ' (' || r.reject_reason || ')', 0, sum(s.amount)
        FROM ({_STANDING}) s JOIN reports_report r ON r.number = s.source_key
        WHERE r.state IN ('rejected', 'appealed') AND r.reject_reason NOT IN ({_KEPT})
        GROUP BY r.id HAVING sum(s.amount) <> 0""",
}


def checks(progress: Progress = lambda name: None) -> Iterator[Difference]:
    """Every difference; the caller has opened a transaction that sees one moment of the database."""
    return run(_CHECKS, progress)
