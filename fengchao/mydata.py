"""Everything the platform keeps about one person, for himself."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Courier, User
from accounts.permissions import courier_in, person
from accounts.serializers import me
from fengchao.core.models import Photo
from fengchao.core.permissions import SignedIn
from gifts.models import Redemption
from points.services import expiring, standing, statement


def everything_about(user: User, courier: Courier | None) -> dict[str, Any]:
    """Plain values, times as they are; what others keep about him (who verified him) is theirs and left out."""
    return {
        "account": {**me(user, courier), "created_at": user.created_at, "last_login": user.last_login},
        "memberships": list(user.memberships.values("role", "organisation_id", "organisation__name", "created_at")),
        "tokens": list(user.auth_token_set.values("created", "expiry", "staff")),
        "photos": list(Photo.objects.filter(uploaded_by_id=user.pk).values("id", "kind", "uploaded_at")),
        **(_of_courier(courier) if courier else {}),
    }


def _of_courier(courier: Courier) -> dict[str, Any]:
    entries = statement(courier).values(
        "id", "amount", "balance_after", "transfer__created_at", "transfer__kind", "transfer__title",
        "transfer__source_kind", "transfer__source_key",
    )  # fmt: skip
    redemptions = Redemption.objects.filter(courier=courier).order_by("at")
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
    }


class MyData(APIView):
    permission_classes = [SignedIn]

    @extend_schema(operation_id="me_data_retrieve", summary="关于我的全部数据", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response(everything_about(person(request), courier_in(request)))
