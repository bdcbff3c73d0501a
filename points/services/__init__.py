from points.services.closing import Total, close_days, points_issued_and_redeemed, programme_totals
from points.services.earning import claw_back, earn
from points.services.expiry import expire_points
from points.services.grants import approve, grant, reject, take_back
from points.services.rules import revise, stop
from points.services.standing import (
    Expiring,
    Standing,
    expiring,
    expiring_of,
    expiring_soon,
    holds,
    standing,
    statement,
)

__all__ = [
    "Expiring",
    "Standing",
    "Total",
    "approve",
    "claw_back",
    "close_days",
    "earn",
    "expire_points",
    "expiring",
    "expiring_of",
    "expiring_soon",
    "grant",
    "holds",
    "points_issued_and_redeemed",
    "programme_totals",
    "reject",
    "revise",
    "standing",
    "statement",
    "stop",
    "take_back",
]
