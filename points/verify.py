"""Recomputes the books from their entries and tells every difference."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.db import connection

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the rest of the database says: which check, of what, what should be, what is."""

    check: str
    subject: str
    expected: str
    found: str


# Each query gives (subject, what should be, what is) for every row that is wrong.
_CHECKS = {
    # Nearly all transfers are in one unit, so that their sum will do; only the others are summed by unit.
    "transfer_sums_to_zero": """
        WITH suspect AS MATERIALIZED (
            SELECT transfer_id FROM points_entry GROUP BY transfer_id
            HAVING sum(amount) <> 0 OR min(unit) <> max(unit))
        SELECT 'transfer ' || transfer_id || ' ' || unit, 0, sum(amount) FROM suspect
        JOIN points_entry USING (transfer_id) GROUP BY transfer_id, unit HAVING sum(amount) <> 0""",
    "transfer_has_entries": """
        SELECT 'transfer ' || t.id, 2, coalesce(e.entries, 0) FROM points_transfer t
        LEFT JOIN (SELECT transfer_id, count(*) AS entries FROM points_entry GROUP BY transfer_id) e
             ON e.transfer_id = t.id
        WHERE coalesce(e.entries, 0) < 2""",
    "balance_is_the_sum_of_entries": """
        SELECT 'account ' || b.account_id, coalesce(e.total, 0), b.posted FROM points_balance b
        LEFT JOIN (SELECT account_id, sum(amount) AS total FROM points_entry GROUP BY account_id) e USING (account_id)
        WHERE b.posted <> coalesce(e.total, 0)""",
    "balance_has_the_newest_version": """
        SELECT 'account ' || b.account_id, coalesce(e.newest, 0), b.version FROM points_balance b
        LEFT JOIN (SELECT account_id, max(version) AS newest FROM points_entry GROUP BY account_id) e USING (account_id)
        WHERE b.version <> coalesce(e.newest, 0)""",
    "entries_continue": """
        SELECT 'entry ' || e.id, coalesce(before.balance_after, 0) + e.amount, e.balance_after
        FROM points_entry e
        LEFT JOIN points_entry before ON before.account_id = e.account_id AND before.version = e.version - 1
        WHERE e.version IS NOT NULL AND (coalesce(before.version, 0), coalesce(before.balance_after, 0) + e.amount)
                                        <> (e.version - 1, e.balance_after)""",
    "cached_account_has_a_balance": """
        SELECT 'account ' || a.id, a.cached::int, count(b.account_id) FROM points_account a
        LEFT JOIN points_balance b ON b.account_id = a.id GROUP BY a.id HAVING a.cached::int <> count(b.account_id)""",
    "entry_has_a_balance_when_cached": """
        SELECT 'entry ' || e.id, a.cached::int, (e.version IS NOT NULL)::int FROM points_entry e
        JOIN points_account a ON a.id = e.account_id
        WHERE a.cached <> (e.version IS NOT NULL) OR a.unit <> e.unit""",
    "held_is_the_sum_of_holds": """
        SELECT 'account ' || b.account_id, coalesce(h.total, 0), b.held FROM points_balance b
        LEFT JOIN (SELECT account_id, sum(amount) AS total FROM points_hold WHERE resolved_at IS NULL
                   GROUP BY account_id) h USING (account_id)
        WHERE b.held <> coalesce(h.total, 0)""",
    "day_total_is_the_sum_of_entries": """
        SELECT 'account ' || account_id || ' on ' || day,
               coalesce(e.received, 0) || ' in, ' || coalesce(e.given, 0) || ' out',
               coalesce(d.received, 0) || ' in, ' || coalesce(d.given, 0) || ' out'
        FROM points_daytotal d FULL JOIN (
            SELECT e.account_id, (t.created_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS received,
                   coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS given
            FROM points_entry e JOIN points_transfer t ON t.id = e.transfer_id
            WHERE e.version IS NULL AND (t.created_at AT TIME ZONE 'Asia/Shanghai')::date
                                        <= (SELECT max(day) FROM points_closedday)
            GROUP BY 1, 2
        ) e USING (account_id, day)
        WHERE (coalesce(d.received, 0), coalesce(d.given, 0)) <> (coalesce(e.received, 0), coalesce(e.given, 0))""",
    "nothing_below_zero_without_overdraft": """
        SELECT 'account ' || b.account_id, b.held, b.posted FROM points_balance b
        JOIN points_account a ON a.id = b.account_id
        WHERE (b.posted < b.held) <> b.overdraft OR (b.overdraft AND a.kind <> 'courier')""",
    "reversal_is_the_opposite": """
        SELECT 'transfer ' || id || ' account ' || account_id, 0, sum(amount) FROM (
            SELECT t.id, e.account_id, e.amount FROM points_transfer t JOIN points_entry e ON e.transfer_id = t.id
            WHERE t.reverses_id IS NOT NULL
            UNION ALL
            SELECT t.id, e.account_id, e.amount FROM points_transfer t
            JOIN points_entry e ON e.transfer_id = t.reverses_id
        ) pair GROUP BY id, account_id HAVING sum(amount) <> 0""",
    "earned_is_the_awards_of_five_years": """
        SELECT 'account ' || b.account_id || ' ' || year, coalesce(e.earned, 0), b.earned[b.earned_year - year + 1]
        FROM points_balance b JOIN points_account a ON a.id = b.account_id AND a.kind = 'courier'
        CROSS JOIN LATERAL generate_series(b.earned_year - 4, b.earned_year) AS year
        LEFT JOIN (
            SELECT account_id, extract(year FROM at AT TIME ZONE 'Asia/Shanghai')::int AS year, sum(amount) AS earned
            FROM (
                SELECT e.account_id, t.created_at AS at, e.amount
                FROM points_transfer t JOIN points_entry e ON e.transfer_id = t.id
                WHERE e.version IS NOT NULL AND t.reverses_id IS NULL AND e.amount > 0
                UNION ALL
                SELECT e.account_id, original.created_at, e.amount
                FROM points_transfer t JOIN points_transfer original ON original.id = t.reverses_id
                JOIN points_entry e ON e.transfer_id = t.id WHERE e.version IS NOT NULL AND e.amount < 0
            ) counted GROUP BY 1, 2
        ) e USING (account_id, year)
        WHERE b.earned[b.earned_year - year + 1] <> coalesce(e.earned, 0)""",
    "grant_was_posted_as_given": """
        SELECT 'grant ' || g.id, g.points, coalesce(sum(e.amount), 0) FROM points_grant g
        LEFT JOIN points_entry e ON e.transfer_id = g.transfer_id AND e.amount > 0
             AND e.account_id = (SELECT id FROM points_account WHERE kind = 'courier' AND unit = 'points'
                                 AND owner_id = g.courier_id AND period = 0)
        WHERE g.state = 'posted' GROUP BY g.id HAVING coalesce(sum(e.amount), 0) <> g.points""",
    "grant_is_taken_back_by_its_reversal": """
        SELECT 'grant ' || g.id, coalesce(g.taken_back_id, 0), coalesce(t.id, 0) FROM points_grant g
        LEFT JOIN points_transfer t ON t.reverses_id = g.transfer_id
        WHERE g.taken_back_id IS DISTINCT FROM t.id""",
}


def checks(progress: Progress = lambda name: None) -> Iterator[Difference]:
    """Every difference in the books; the caller has opened a transaction that sees one moment of the database.

    `progress` is told the name of each check before it begins.
    """
    return run(_CHECKS, progress)


def run(queries: Mapping[str, str], progress: Progress) -> Iterator[Difference]:
    """What each of `queries` finds. At ten million entries they join most of them: they may use memory, and rows that
    lie in the order of an index are better read by it than sorted."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL random_page_cost = 1.1")
        for name, query in queries.items():
            progress(name)
            cursor.execute(query)
            for subject, expected, found in cursor.fetchall():
                yield Difference(name, subject, str(expected), str(found))
