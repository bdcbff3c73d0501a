"""Recomputes loans, and tells every difference."""

from collections.abc import Iterator

from points.verify import Difference, Progress, run

_CHECKS = {
    "loan_of_one_thing_at_a_time": """
        SELECT 'resource ' || a.resource_id, 'one loan at a time', 'loans ' || a.id || ' and ' || b.id
        FROM activities_loan a JOIN activities_loan b ON b.resource_id = a.resource_id AND b.id > a.id
        WHERE a.state = 'approved' AND b.state = 'approved' AND b.starts_at < a.ends_at AND a.starts_at < b.ends_at""",
    "loan_not_decided_by_who_asked": """
        SELECT 'loan ' || l.id, 'decided by the owner', 'by who asked' FROM activities_loan l
        JOIN activities_resource r ON r.id = l.resource_id
        WHERE l.decided_by_id = l.by_id AND l.borrower_id <> r.organisation_id""",
}


def checks(progress: Progress = lambda name: None) -> Iterator[Difference]:
    """Every difference; the caller has opened a transaction that sees one moment of the database."""
    return run(_CHECKS, progress)
