from points.models.books import (
    POINTS,
    YEARS_KEPT,
    Account,
    Balance,
    ClosedDay,
    DayTotal,
    Entry,
    Hold,
    Transfer,
)
from points.models.grants import AT_ONCE, Grant
from points.models.rules import Budget, EarningRule, RefusedAward

__all__ = [
    "AT_ONCE",
    "POINTS",
    "YEARS_KEPT",
    "Account",
    "Balance",
    "Budget",
    "ClosedDay",
    "DayTotal",
    "EarningRule",
    "Entry",
    "Grant",
    "Hold",
    "RefusedAward",
    "Transfer",
]
