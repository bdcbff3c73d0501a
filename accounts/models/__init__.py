from accounts.models.couriers import Courier, Honour
from accounts.models.organisations import Membership, Organisation
from accounts.models.outlets import Enterprise, Headcount, Outlet
from accounts.models.signin import CourierCode, SmsChallenge, Token
from accounts.models.users import User

__all__ = [
    "Courier",
    "CourierCode",
    "Enterprise",
    "Headcount",
    "Honour",
    "Membership",
    "Organisation",
    "Outlet",
    "SmsChallenge",
    "Token",
    "User",
]
