"""Who has not agreed to the privacy notice that holds is refused by what is a courier's, as a newcomer is, with another
reason, and stays what he was to everything else."""

import pytest
from django.db import transaction

from accounts.models import Courier
from tests.matrix.table import ROWS
from tests.matrix.test_who_may_what import ask, expected, place_of
from tests.matrix.world import COURIER, NEWCOMER, World

pytestmark = pytest.mark.django_db
OF_MANY = ("api_report_", "api_wish_", "api_voucher_", "api_activity_", "api_deed_")
API = sorted(row for row in ROWS if row[0].startswith("api_"))


def answers_to(world: World, name: str, method: str, *, consent: str | None) -> tuple[str, str]:
    """Status and code of what the courier gets, whose last consent was to this version; all is undone."""
    courier = world.actors[COURIER]
    assert courier.user is not None
    with transaction.atomic():
        if consent is not None:
            Courier.objects.filter(pk=courier.user.pk).update(consent_version=consent)
        answer = ask(courier, name, method, place_of(world, COURIER, "own"))
        transaction.set_rollback(True)
    is_problem = answer.headers.get("Content-Type") == "application/problem+json"
    return str(answer.status_code), answer.json()["code"] if is_problem else ""


@pytest.mark.parametrize(("name", "method"), API)
def test_an_old_consent(world: World, name: str, method: str) -> None:
    usual = expected(ROWS[name, method][COURIER], "own")
    of_a_newcomer = expected(ROWS[name, method][NEWCOMER], "own")
    before = answers_to(world, name, method, consent=None)
    assert before[0] == usual
    after = answers_to(world, name, method, consent="2020-01")
    # A move of others on a report, wish, card, activity or deed has the courier's door too: he is asked before he hears
    # whose it is.
    couriers_own = of_a_newcomer == "403" and (usual != "403" or name.startswith(OF_MANY))
    assert after == (("403", "consent_required") if couriers_own else before)


def test_the_endpoints_of_couriers_are_these() -> None:
    own = {name for name, method in API
           if ROWS[name, method][NEWCOMER] == "403" and not ROWS[name, method][COURIER].startswith("403")}  # fmt: skip
    assert own == {
        "api_me_code", "api_points", "api_entries", "api_observations", "api_check_ins", "api_reservations",
        "api_reservation", "api_reports", "api_reports_similar", "api_report", "api_report_answer", "api_report_appeal",
        "api_report_rate", "api_report_reopen", "api_wishes", "api_wish_confirm", "api_wish_thank", "api_wish_withdraw",
        "api_programmes", "api_vouchers", "api_voucher", "api_voucher_wait", "api_slots", "api_bookings", "api_booking",
        "api_activity", "api_activity_publish", "api_activity_enrol", "api_activity_leave", "api_activity_attend",
        "api_deeds", "api_deed",
    }  # fmt: skip
