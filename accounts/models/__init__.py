from accounts.models.couriers import Courier, Enterprise, Honour, Outlet
from accounts.models.organisations import Membership, Organisation
from accounts.models.signin import CourierCode, SmsChallenge, Token
from accounts.models.users import User

__all__ = [
    "Courier",
    "CourierCode",
    "Enterprise",
    "Honour",
    "Membership",
    "Organisation",
    "Outlet",
    "SmsChallenge",
    "Token",
    "User",
]
