"""Recomputes vouchers from their steps, bookings and ticks, and tells every difference."""

from collections.abc import Iterator

from points.verify import Difference, Progress, run
from vouchers.states import MOVES, UNCOUNTED

_MOVES = ", ".join(
    f"('{before}', '{move}', '{after}')"
    for move, (befores, afters) in MOVES.items() for before in befores for after in afters
)  # fmt: skip
_UNCOUNTED = ", ".join(f"'{state.value}'" for state in UNCOUNTED)

# Each query gives (subject, what should be, what is) for every row that is wrong.
_CHECKS = {
    "programme_counts_its_vouchers": f"""
        SELECT 'programme ' || p.id, count(v.id) FILTER (WHERE v.state NOT IN ({_UNCOUNTED})), p.issued
        FROM vouchers_programme p LEFT JOIN vouchers_voucher v ON v.programme_id = p.id
        GROUP BY p.id HAVING count(v.id) FILTER (WHERE v.state NOT IN ({_UNCOUNTED})) <> p.issued""",
    "allotment_counts_its_vouchers": f"""
        SELECT 'allotment ' || a.id, count(v.id), a.issued FROM vouchers_allotment a
        LEFT JOIN vouchers_voucher v ON v.programme_id = a.programme_id AND v.enterprise_id = a.enterprise_id
            AND v.state NOT IN ({_UNCOUNTED})
        GROUP BY a.id HAVING count(v.id) <> a.issued""",
    "slot_counts_its_bookings": """
        SELECT 'slot ' || s.id, count(b.id), s.booked FROM vouchers_slot s
        LEFT JOIN vouchers_booking b ON b.slot_id = s.id AND b.outcome <> 'cancelled'
        GROUP BY s.id HAVING count(b.id) <> s.booked""",
    "voucher_begins_with_its_issue": """
        SELECT 'voucher ' || v.code, 'issue, once and first',
               coalesce(string_agg(s.move, ', ' ORDER BY s.id), 'nothing')
        FROM vouchers_voucher v LEFT JOIN LATERAL (
            SELECT id, move FROM vouchers_step WHERE voucher_id = v.id AND move = 'issue'
            UNION (SELECT id, move FROM vouchers_step WHERE voucher_id = v.id ORDER BY id LIMIT 1)
        ) s ON TRUE GROUP BY v.id HAVING count(s.id) <> 1 OR min(s.move) <> 'issue'""",
    "voucher_is_where_its_last_step_left_it": """
        SELECT 'voucher ' || v.code, s.state_after, v.state FROM vouchers_voucher v
        JOIN LATERAL (SELECT state_after FROM vouchers_step WHERE voucher_id = v.id ORDER BY id DESC LIMIT 1) s ON TRUE
        WHERE s.state_after <> v.state""",
    "voucher_step_is_a_move_of_the_table": f"""
        SELECT 'voucher ' || v.code || ' step ' || s.id, 'a move from ' || s.before, s.move || ' to ' || s.state_after
        FROM (
            SELECT id, voucher_id, move, state_after,
                   lag(state_after) OVER (PARTITION BY voucher_id ORDER BY id) AS before
            FROM vouchers_step
        ) s JOIN vouchers_voucher v ON v.id = s.voucher_id
        WHERE s.move <> 'issue'
          AND NOT EXISTS (SELECT FROM (VALUES {_MOVES}) AS m (before, move, target)
                          WHERE m.before = s.before AND m.move = s.move AND m.target = s.state_after)""",
    "booked_voucher_has_a_place": """
        SELECT 'voucher ' || v.code, (v.state = 'booked')::int, count(b.id) FROM vouchers_voucher v
        LEFT JOIN vouchers_booking b ON b.voucher_id = v.id AND b.outcome = ''
        GROUP BY v.id HAVING count(b.id) <> (v.state = 'booked')::int""",
    "place_is_in_the_line_of_its_programme": """
        SELECT 'voucher ' || v.code, 'programme ' || v.programme_id, 'programme ' || s.programme_id
        FROM vouchers_booking b JOIN vouchers_voucher v ON v.id = b.voucher_id JOIN vouchers_slot s ON s.id = b.slot_id
        WHERE s.programme_id <> v.programme_id""",
    "voucher_counts_its_no_shows": """
        SELECT 'voucher ' || v.code, count(b.id), v.no_shows FROM vouchers_voucher v
        LEFT JOIN vouchers_booking b ON b.voucher_id = v.id AND b.outcome = 'missed'
        GROUP BY v.id HAVING count(b.id) <> v.no_shows""",
    "completed_voucher_has_every_tick": """
        SELECT 'voucher ' || v.code, CASE v.state WHEN 'completed' THEN 'every item' ELSE 'an item left' END, 'ticked '
               || count(t.id) || ' of ' || items.many
        FROM vouchers_voucher v
        CROSS JOIN LATERAL (SELECT count(*) AS many FROM vouchers_item WHERE programme_id = v.programme_id) items
        LEFT JOIN vouchers_tick t ON t.voucher_id = v.id
        WHERE v.state IN ('completed', 'partial')
        GROUP BY v.id, items.many HAVING (count(t.id) = items.many) <> (v.state = 'completed')""",
}


def checks(progress: Progress = lambda name: None) -> Iterator[Difference]:
    """Every difference; the caller has opened a transaction that sees one moment of the database."""
    return run(_CHECKS, progress)
