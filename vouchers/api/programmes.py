"""What a courier can get, what the district gives and a centre does; and who waits for a place."""

from collections.abc import Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import HasRole, IsCourier, person
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.errors import NotThere
from fengchao.core.idempotency import respond
from fengchao.core.masking import mask_name
from vouchers import rules, services
from vouchers.api.asked import HIGHEST, programmes_for
from vouchers.api.shapes import VoucherProgrammeSerializer
from vouchers.api.vouchers import courier_named
from vouchers.models import Programme, Waiting
from vouchers.problems import MayNot
from vouchers.querysets import DISTRICT

EXAMPLE: dict[str, Any] = {
    "id": 1,
    "name": "2026 关爱体检",
    "sponsor": "武汉美年大健康",
    "centre": {"id": 40, "name": "美年大健康体检中心"},
    "address": "解放大道 1 号",
    "phone": "027-83000000",
    "face_value": 1000,
    "valid_from": "2026-11-01",
    "valid_until": "2026-12-31",
    "items": [{"id": 1, "name": "采血"}, {"id": 2, "name": "内科"}],
    "quota": 130,
    "issued": 12,
    "allotments": [{"enterprise": {"id": 3, "name": "中国邮政"}, "places": 20, "issued": 5}],
}
WAITS = {"programme": {"id": 1, "name": "2026 关爱体检"}, "courier": {"id": 18, "name": "何*"},
         "at": "2026-11-24T14:02:00+08:00"}  # fmt: skip


class AllotmentSerializer(serializers.Serializer):
    enterprise = VoucherProgrammeSerializer()
    places = serializers.IntegerField()
    issued = serializers.IntegerField()


@extend_schema_serializer(examples=[OpenApiExample("区里看到的体检项目", response_only=True, value=EXAMPLE)])
class ProgrammeSerializer(serializers.Serializer):
    """The shape for the schema; `_shown` writes it. District and auditor alone get the last three fields."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    sponsor = serializers.CharField()
    centre = VoucherProgrammeSerializer()
    address = serializers.CharField()
    phone = serializers.CharField()
    face_value = serializers.IntegerField(help_text="面值（元）")
    valid_from = serializers.DateField()
    valid_until = serializers.DateField()
    items = VoucherProgrammeSerializer(many=True, help_text="按体检的顺序")
    quota = serializers.IntegerField(required=False)
    issued = serializers.IntegerField(required=False)
    allotments = AllotmentSerializer(many=True, required=False, help_text="企业名额；一个也没有就是不限企业")


class WaitSerializer(serializers.Serializer):
    courier = serializers.IntegerField(min_value=1, max_value=HIGHEST)


@extend_schema_serializer(examples=[OpenApiExample("在候补", response_only=True, value=WAITS)])
class WaitingSerializer(serializers.Serializer):
    programme = VoucherProgrammeSerializer()
    courier = VoucherProgrammeSerializer(help_text="只写姓")
    at = serializers.DateTimeField()


class Programmes(GenericAPIView):
    """For a courier the running ones he has a card of or could get; for district, auditor and centre theirs."""

    permission_classes: list[Any] = [HasRole(*DISTRICT, Role.CLINIC) | IsCourier]
    serializer_class = ProgrammeSerializer

    @extend_schema(operation_id="programmes_list", summary="体检项目", responses=ProgrammeSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(programmes_for(request).select_related("centre", "organisation"))
        return self.get_paginated_response(_shown_all(page or [], person(request)))


class ProgrammeWait(APIView):
    """A courier gets the next place that comes back. The district puts him on the list."""

    permission_classes: list[Any] = [HasRole(*DISTRICT, Role.CLINIC)]
    idempotent = "honoured"

    @extend_schema(
        operation_id="programmes_wait",
        summary="候补名额",
        description="名额发完时才能候补，有空出来的按先后自动发给候补的人。409：places_free、already_waiting，"
        "以及发卡时的各种原因。",
        request=WaitSerializer,
        responses={201: WaitingSerializer},
        examples=[OpenApiExample("候补", request_only=True, value={"courier": 18})],
    )
    def post(self, request: Request, programme_id: int) -> Response:
        by = person(request)
        programme = Programme.objects.in_scope(by).select_related("organisation").filter(pk=programme_id).first()
        if programme is None:
            raise NotThere
        if not rules.manages(by, programme):
            raise MayNot
        shape = WaitSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        courier = courier_named(by, shape.validated_data["courier"])
        return respond(
            request, lambda: services.wait(programme, courier, by=by), lambda made: (201, _waiting(made)),
            required=False,
        )  # fmt: skip


def _shown_all(programmes: Sequence[Programme], reader: User) -> list[dict[str, Any]]:
    prefetch_related_objects(list(programmes), "items")
    run = [programme for programme in programmes if rules.reads(reader, programme)]
    prefetch_related_objects(run, "allotments__enterprise")
    return [{**_shown(programme), **(_places(programme) if programme in run else {})} for programme in programmes]


def _shown(programme: Programme) -> dict[str, Any]:
    return {
        "id": programme.pk,
        "name": programme.name,
        "sponsor": programme.sponsor,
        "centre": {"id": programme.centre_id, "name": programme.centre.name},
        "address": programme.address,
        "phone": programme.phone,
        "face_value": programme.face_value,
        "valid_from": programme.valid_from.isoformat(),
        "valid_until": programme.valid_until.isoformat(),
        "items": [{"id": item.pk, "name": item.name} for item in programme.items.all()],
    }


def _places(programme: Programme) -> dict[str, Any]:
    allotments = sorted(programme.allotments.all(), key=lambda each: each.pk)
    return {
        "quota": programme.quota,
        "issued": programme.issued,
        "allotments": [
            {
                "enterprise": {"id": each.enterprise_id, "name": each.enterprise.name},
                "places": each.places,
                "issued": each.issued,
            }
            for each in allotments
        ],
    }


def _waiting(made: Waiting) -> dict[str, Any]:
    return {
        "programme": {"id": made.programme_id, "name": made.programme.name},
        "courier": {"id": made.courier_id, "name": mask_name(made.courier.user.name)},
        "at": clock.iso(made.at),
    }
