"""People and places for tests, through the services where one makes them, and clients that say what they expect."""

from tests.factories.books import give
from tests.factories.clients import Api, api_of, page_client, signed_in, staff_client, totp_now
from tests.factories.people import courier, enterprise, outlet, phone_number, staff, user
from tests.factories.places import District, district, organisation, station

__all__ = [
    "Api",
    "District",
    "api_of",
    "courier",
    "district",
    "enterprise",
    "give",
    "organisation",
    "outlet",
    "page_client",
    "phone_number",
    "signed_in",
    "staff",
    "staff_client",
    "station",
    "totp_now",
    "user",
]
