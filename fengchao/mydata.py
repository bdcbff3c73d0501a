"""What spans apps of one person's account: everything the platform keeps about him, for himself, and its end."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import Me
from accounts.models import Courier, User
from accounts.permissions import courier_in, person
from accounts.serializers import me
from activities.models import Deed, Enrolment, Need
from fengchao import erasure
from fengchao.core import notices
from fengchao.core.models import Photo
from fengchao.core.permissions import SignedIn
from gifts.models import PaperSlip, Redemption, Reservation
from points.services import expiring, standing, statement
from reports.models import Report, Step
from reports.states import Party
from stations.models import Observation, RefusedCheckIn, Visit
from vouchers.models import Voucher
from wishes.models import Step as WishStep
from wishes.models import Wish
from wishes.states import Party as WishParty


def everything_about(user: User, courier: Courier | None) -> dict[str, Any]:
    """Plain values, times as they are; what others keep about him (who verified him) is theirs and left out."""
    return {
        "account": {**me(user, courier), "created_at": user.created_at, "last_login": user.last_login},
        "memberships": list(user.memberships.values("role", "organisation_id", "organisation__name", "created_at")),
        "tokens": list(user.auth_token_set.values("created", "expiry", "staff")),
        "photos": list(Photo.objects.filter(uploaded_by_id=user.pk).values("id", "kind", "uploaded_at")),
        "notices": list(notices.of(user).values("kind", "title", "text", "at", "read_at")),
        "observations": list(
            Observation.objects.filter(by=user)
            .order_by("at")
            .values(
                "station__name",
                "kind",
                "facility__name",
                "value",
                "note",
                "subject",
                "proposed",
                "state",
                "decision_note",
                "at",
                "expires_at",
            )
        ),
        **(_of_courier(courier) if courier else {}),
    }


def _of_courier(courier: Courier) -> dict[str, Any]:
    entries = statement(courier).values(
        "id", "amount", "balance_after", "transfer__created_at", "transfer__kind", "transfer__title",
        "transfer__source_kind", "transfer__source_key",
    )  # fmt: skip
    reservations = (
        Reservation.objects.of_courier(courier)
        .order_by("at")
        .values("pickup_code", "gift__name", "station__name", "points", "state", "at", "expires_at", "ended_at")
    )
    redemptions = Redemption.objects.filter(courier=courier).order_by("at")
    papers = PaperSlip.objects.filter(courier=courier).order_by("at")
    return {
        "courier": {
            "registered_at": courier.registered_at,
            "verified_at": courier.verified_at,
            "consent_version": courier.consent_version,
            "consent_at": courier.consent_at,
        },
        "points": {
            **vars(standing(courier)),
            "expiring": [vars(part) for part in expiring(courier)],
        },
        "entries": list(entries),
        "redemptions": list(redemptions.values("number", "gift__name", "station__name", "points", "state", "at")),
        "reservations": list(reservations),
        "visits": list(
            Visit.objects.of_courier(courier)
            .order_by("at")
            .values("id", "station__name", "at", "way", "near", "points")
        ),
        "refused_check_ins": list(
            RefusedCheckIn.objects.filter(courier=courier)
            .order_by("at")
            .values("station__name", "at", "way", "code", "detail")
        ),
        "paper_slips": list(
            papers.values("number", "gift__name", "station__name", "handed_over_at", "reason", "state", "at")
        ),
        **_of_reporter(courier),
        **_of_wisher(courier),
        "honours": list(courier.honours.order_by("year").values("title", "year", "at")),
        "vouchers": _vouchers(courier),
        "needs": list(
            Need.objects.filter(courier=courier)
            .order_by("raised_at")
            .values("text", "visit__outlet__name", "raised_at", "state", "outcome", "ended_at")
        ),
        **_of_neighbour(courier),
    }


def _of_neighbour(courier: Courier) -> dict[str, Any]:
    """What he took part in, and what he told of: his hours of service are what of it is confirmed."""
    parts = Enrolment.objects.of_courier(courier).order_by("at", "pk")
    deeds = Deed.objects.of_courier(courier).order_by("told_at", "pk")
    return {
        "enrolments": list(
            parts.values(
                "activity_id", "activity__title", "activity__organisation__name", "activity__starts_at",
                "activity__ends_at", "state", "at", "came_at", "came_by", "confirmed_at", "points",
            )
        ),
        "deeds": list(
            deeds.values(
                "id", "text", "place", "happened_on", "minutes", "witness", "organisation__name", "state", "told_at",
                "decided_at", "reason", "points",
            )
        ),
    }  # fmt: skip


def _of_reporter(courier: Courier) -> dict[str, Any]:
    reports = Report.objects.of_courier(courier).order_by("filed_at")
    steps = Step.objects.filter(report__in=reports).order_by("report__filed_at", "pk")
    told = steps.values("report__number", "move", "at", "party", "organisation__name", "text", "state_after")
    return {
        "reports": list(
            reports.values(
                "number", "category__name", "text", "place", "lat", "lng", "accuracy_m", "answers", "happened_at",
                "filed_at", "expected_on", "by_sms", "client_key", "state", "reject_reason", "duplicate_of__number",
                "assigned_to__name", "due_on", "resolved_at", "was_reopened", "was_appealed", "feedback__stars",
                "feedback__text", "feedback__at",
            )
        ),
        # What others say of his report is told him; which of them said it is theirs.
        "report_steps": [{**step, "by_me": step["party"] == Party.REPORTER} for step in told],
    }  # fmt: skip


def _of_wisher(courier: Courier) -> dict[str, Any]:
    wishes = Wish.objects.of_courier(courier).order_by("hung_at")
    steps = WishStep.objects.filter(wish__in=wishes).order_by("wish__hung_at", "pk")
    told = steps.values("wish_id", "move", "at", "party", "organisation__name", "text", "state_after")
    return {
        "wishes": list(
            wishes.values(
                "id", "category", "title", "text", "for_whom", "price", "station__name", "is_anonymous", "shown_name",
                "flags", "state", "claimed_by__name", "hung_at", "opened_at", "delivered_at", "lit_at", "thanks",
                "thanked_at",
            )
        ),
        "wish_steps": [{**step, "by_me": step["party"] == WishParty.COURIER} for step in told],
    }  # fmt: skip


def _vouchers(courier: Courier) -> list[dict[str, Any]]:
    """With bookings and what was done; results are not kept here."""
    return [
        {
            "code": voucher.code, "programme": voucher.programme.name, "state": voucher.state,
            "issued_at": voucher.issued_at, "valid_until": voucher.valid_until, "no_shows": voucher.no_shows,
            "checked_in_at": voucher.checked_in_at, "ended_at": voucher.ended_at,
            "bookings": [
                {"starts_at": booking.slot.starts_at, "at": booking.at, "outcome": booking.outcome}
                for booking in voucher.bookings.all()
            ],
            "done": [{"item": tick.item.name, "at": tick.at} for tick in voucher.ticks.all()],
        }
        for voucher in Voucher.objects.of_courier(courier).select_related("programme").order_by("issued_at")
        .prefetch_related("bookings__slot", "ticks__item")
    ]  # fmt: skip


class MyData(APIView):
    permission_classes = [SignedIn]

    @extend_schema(operation_id="me_data_retrieve", summary="关于我的全部数据", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response(everything_about(person(request), courier_in(request)))


class MyAccount(Me):
    # Closing spans apps. The words for the schema are those of `Me`.
    @extend_schema(operation_id="me_destroy", summary="注销账号", responses={204: None})
    def delete(self, request: Request) -> Response:
        user = person(request)
        erasure.close_account(user, by=user)
        return Response(status=status.HTTP_204_NO_CONTENT)
