"""Recomputes hand-overs and stock from the books and tells every difference."""

from collections.abc import Iterator

from points.verify import Difference, Progress, run

# What a redemption's transfer must hold: the courier's debit and one piece out of the station's stock.
_LEGS = """
    SELECT r.number, r.points, e.amount, a.kind, r.annul_transfer_id FROM gifts_redemption r
    JOIN points_entry e ON e.transfer_id = r.transfer_id
    JOIN points_account a ON a.id = e.account_id
    JOIN gifts_gift g ON g.id = r.gift_id
    WHERE (a.kind = 'courier' AND a.owner_id = r.courier_id)
       OR (a.kind = 'stock' AND a.owner_id = r.station_id AND a.unit = 'gift:' || g.code)
"""

# Each query gives (subject, what should be, what is) for every row that is wrong.
_CHECKS = {
    "redemption_debits_once": f"""
        SELECT 'redemption ' || r.number, -r.points, coalesce(sum(l.amount), 0) FROM gifts_redemption r
        LEFT JOIN ({_LEGS}) l ON l.number = r.number AND l.kind = 'courier'
        GROUP BY r.id HAVING coalesce(sum(l.amount), 0) <> -r.points OR count(l.number) <> 1""",
    "redemption_takes_one_piece": f"""
        SELECT 'redemption ' || r.number, -1, coalesce(sum(l.amount), 0) FROM gifts_redemption r
        LEFT JOIN ({_LEGS}) l ON l.number = r.number AND l.kind = 'stock'
        GROUP BY r.id HAVING coalesce(sum(l.amount), 0) <> -1""",
    "redemption_is_annulled_by_its_reversal": """
        SELECT 'redemption ' || r.number, coalesce(r.annul_transfer_id, 0), coalesce(t.id, 0) FROM gifts_redemption r
        LEFT JOIN points_transfer t ON t.reverses_id = r.transfer_id
        WHERE r.annul_transfer_id IS DISTINCT FROM t.id""",
    "debit_has_its_redemption": """
        SELECT 'transfer ' || t.id, 1, count(r.id) FROM points_transfer t
        LEFT JOIN gifts_redemption r ON r.transfer_id = t.id AND r.number = t.source_key
        WHERE t.kind = 'redemption' GROUP BY t.id HAVING count(r.id) <> 1""",
    "stock_transfer_has_its_movement": """
        SELECT 'transfer ' || t.id, 1, count(m.id) FROM points_transfer t
        LEFT JOIN gifts_movement m ON m.transfer_id = t.id AND m.number = t.source_key
        WHERE t.kind = 'stock' GROUP BY t.id HAVING count(m.id) <> 1""",
    "reservation_holds_points_and_piece": """
        SELECT 'reservation ' || r.pickup_code, CASE WHEN r.state = 'reserved' THEN r.points || ' points and 1 piece'
               ELSE 'nothing' END, coalesce(h.held, 'nothing')
        FROM gifts_reservation r JOIN gifts_gift g ON g.id = r.gift_id LEFT JOIN LATERAL (
            SELECT sum(h.amount) FILTER (WHERE a.kind = 'courier' AND a.owner_id = r.courier_id) || ' points and '
                   || sum(h.amount) FILTER (WHERE a.kind = 'stock' AND a.owner_id = r.station_id
                                            AND a.unit = 'gift:' || g.code) || ' piece' AS held
            FROM points_hold h JOIN points_account a ON a.id = h.account_id
            WHERE h.source_kind = 'reservation' AND h.source_key = r.pickup_code AND h.resolved_at IS NULL
        ) h ON TRUE
        WHERE coalesce(h.held, 'nothing') <> CASE WHEN r.state = 'reserved' THEN r.points || ' points and 1 piece'
              ELSE 'nothing' END""",
    "hold_has_its_reservation": """
        SELECT 'hold ' || h.id, 1, 0 FROM points_hold h
        WHERE h.source_kind = 'reservation'
          AND NOT EXISTS (SELECT FROM gifts_reservation r WHERE r.pickup_code = h.source_key)""",
    "slip_is_the_redemption_it_stands_for": """
        SELECT 'slip ' || s.number,
               s.courier_id || ' ' || s.gift_id || ' ' || s.station_id || ' ' || s.handed_over_at || ' by ' || s.by_id,
               coalesce(r.courier_id || ' ' || r.gift_id || ' ' || r.station_id || ' ' || r.at || ' by ' || r.by_id,
                        'nothing')
        FROM gifts_paperslip s LEFT JOIN gifts_redemption r ON r.id = s.redemption_id
        WHERE (s.state = 'approved') <> (r.id IS NOT NULL)
           OR (s.courier_id, s.gift_id, s.station_id, s.handed_over_at, s.by_id)
              IS DISTINCT FROM (r.courier_id, r.gift_id, r.station_id, r.at, r.by_id) AND s.state = 'approved'""",
    "final_stock_take_posted_its_lines": """
        SELECT 'stock-take ' || t.number || ' ' || g.code, w.expected, w.found
        FROM gifts_stocktake t JOIN gifts_stocktakeline l ON l.stock_take_id = t.id
        JOIN gifts_gift g ON g.id = l.gift_id
        LEFT JOIN gifts_movement m ON m.stock_take_id = t.id AND m.gift_id = l.gift_id AND m.station_id = t.station_id
        CROSS JOIN LATERAL (SELECT
            CASE WHEN t.state = 'final' THEN l.counted || ' found, ' || (l.counted - l.expected) || ' posted'
                 ELSE 'nothing' END AS expected,
            coalesce(m.quantity || ' found, ' || m.difference || ' posted', 'nothing') AS found) w
        WHERE w.expected <> w.found""",
    "stock_is_movements_less_hand_overs": """
        SELECT s.code || ' ' || w.unit, coalesce(sum(w.pieces), 0), coalesce(max(b.posted), 0) FROM (
            SELECT station_id, 'gift:' || g.code AS unit,
                   CASE WHEN kind IN ('received', 'returned') THEN quantity
                        WHEN kind = 'counted' THEN difference ELSE -quantity END AS pieces
            FROM gifts_movement m JOIN gifts_gift g ON g.id = m.gift_id
            UNION ALL
            SELECT to_station_id, 'gift:' || g.code, quantity
            FROM gifts_movement m JOIN gifts_gift g ON g.id = m.gift_id WHERE to_station_id IS NOT NULL
            UNION ALL
            SELECT station_id, 'gift:' || g.code, -1 FROM gifts_redemption r JOIN gifts_gift g ON g.id = r.gift_id
            WHERE r.state = 'handed_over'
            UNION ALL
            SELECT owner_id, unit, 0 FROM points_account WHERE kind = 'stock'
        ) w
        JOIN stations_station s ON s.id = w.station_id
        LEFT JOIN points_account a ON a.kind = 'stock' AND a.owner_id = w.station_id AND a.unit = w.unit
        LEFT JOIN points_balance b ON b.account_id = a.id
        GROUP BY s.code, w.unit HAVING coalesce(sum(w.pieces), 0) <> coalesce(max(b.posted), 0)""",
}


def checks(progress: Progress = lambda name: None) -> Iterator[Difference]:
    """Every difference; the caller has opened a transaction that sees one moment of the database."""
    return run(_CHECKS, progress)
