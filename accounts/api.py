"""Signing in, who I am, my code, outlets, and confirming couriers."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import ListAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.adapter import address_of
from accounts.forms import streets
from accounts.models import Courier, Outlet, Token, User
from accounts.permissions import EvenInDoubt, HasRole, IsCourier, courier_in, person
from accounts.querysets import OutletQuerySet
from accounts.roles import VERIFIERS
from accounts.rules import courier_of, may_verify
from accounts.serializers import (
    CourierShape,
    CourierSignIn,
    MeChange,
    MeShape,
    OutletShape,
    PhoneShape,
    ShownCodeShape,
    StaffSignIn,
    TokenShape,
    courier_for_staff,
    me,
)
from accounts.services import codes, recycled, registration, signin, staff, tokens
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.idempotency import respond
from fengchao.core.permissions import Anyone, SignedIn

LONGEST_SEARCH = 50
EXAMPLE_ME = {
    "id": 18,
    "username": "u4f1d09aa52c7be13",
    "name": "何小蜂",
    "phone": "13812343721",
    "registered": True,
    "verified": True,
    "outlet": {"id": 7, "name": "古田二路网点", "enterprise": "中通"},
    "street": None,
    "consent_version": "2026-11",
    "privacy_version": "2026-11",
    "former_account": False,
    "roles": [],
}
EXAMPLE_TOKEN = {"token": "6f3a…", "expires_at": "2026-12-24T10:24:00+08:00", "user": EXAMPLE_ME}


class SendCode(APIView):
    """Sends a sign-in code by text message. The answer is the same for every number."""

    authentication_classes: list[type[BaseAuthentication]] = []
    permission_classes = [Anyone]

    @extend_schema(
        operation_id="auth_code_create",
        summary="获取短信验证码",
        request=PhoneShape,
        responses={204: None},
        examples=[OpenApiExample("手机号", value={"phone": "13812343721"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        shape = PhoneShape(data=request.data)
        shape.is_valid(raise_exception=True)
        signin.send_code(shape.validated_data["phone"], ip=address_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Tokens(APIView):
    """Sign in for a bearer token; out by giving it back. Staff give password and second factor, couriers the code."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        # An expired token in the header is no reason to refuse a new one.
        return [] if self._is_sign_in() else super().get_authenticators()

    def get_permissions(self) -> list[BasePermission]:
        return [Anyone()] if self._is_sign_in() else [EvenInDoubt()]

    def _is_sign_in(self) -> bool:
        return getattr(getattr(self, "request", None), "method", None) == "POST"

    @extend_schema(
        operation_id="auth_token_create",
        summary="登录",
        auth=[],
        request=PolymorphicProxySerializer(
            component_name="SignIn", serializers=[CourierSignIn, StaffSignIn], resource_type_field_name=None
        ),
        responses={200: TokenShape},
        examples=[
            OpenApiExample("快递小哥", value={"phone": "13812343721", "code": "482913"}, request_only=True),
            OpenApiExample(
                "工作人员", value={"phone": "13900000001", "password": "…", "otp": "391204"}, request_only=True
            ),
            OpenApiExample("令牌", value=EXAMPLE_TOKEN, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        by_password = isinstance(request.data, dict) and "password" in request.data
        shape = (StaffSignIn if by_password else CourierSignIn)(data=request.data)
        shape.is_valid(raise_exception=True)
        facts = shape.validated_data
        user = staff.sign_in(**facts, ip=address_of(request)) if by_password else signin.sign_in(**facts)
        token, text = tokens.issue(user, staff=by_password)
        user.acts_as_staff = by_password
        courier = courier_of(user)
        return Response({"token": text, "expires_at": _iso(token), "user": me(user, courier)})

    @extend_schema(operation_id="auth_token_destroy", summary="退出", responses={204: None})
    def delete(self, request: Request) -> Response:
        if isinstance(request.auth, Token):
            tokens.revoke(request.auth)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(APIView):
    """The account of whoever is signed in. To close it spans apps: `fengchao.mydata`.

    After 90 days without signing in the number may have passed on to somebody else: `former_account` is true, nothing
    of the account is shown, and what is a courier's answers 403 `confirmation_required`. PATCH with the name and outlet
    (or street) of the account opens it. A wrong answer is 409 `not_recognised`, and the third makes a new account, as
    `{"former_account": false}` does at once: 200 with another `id`, to be registered. The token stays good.

    When the privacy notice has changed, what is a courier's answers 403 `consent_required` until PATCH sends the
    `consent_version` he agrees to now, which is `privacy_version`.
    """

    def get_permissions(self) -> list[BasePermission]:
        return [EvenInDoubt()] if self.request.method in ("GET", "PATCH") else [SignedIn()]

    @extend_schema(
        operation_id="me_retrieve",
        summary="我的账号",
        responses=MeShape,
        examples=[OpenApiExample("我", value=EXAMPLE_ME, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        return Response(me(person(request), courier_in(request)))

    @extend_schema(
        operation_id="me_partial_update",
        summary="登记或更改资料",
        request=MeChange,
        responses=MeShape,
        examples=[
            OpenApiExample(
                "登记", value={"name": "何小蜂", "outlet": 7, "consent_version": "2026-11"}, request_only=True
            ),
            OpenApiExample("同意新的隐私说明", value={"consent_version": "2026-11"}, request_only=True),
            OpenApiExample("核对原来的账号", value={"name": "何小蜂", "outlet": 7}, request_only=True),
            OpenApiExample("不是我的账号", value={"former_account": False}, request_only=True),
            OpenApiExample("我", value=EXAMPLE_ME, response_only=True),
        ],
    )
    def patch(self, request: Request) -> Response:
        if person(request).in_doubt:
            return Response(_settled(person(request), request.data))
        courier = courier_in(request)
        if courier is None:
            raise NotAllowed("请先用短信验证码登录，再登记为快递小哥。")
        shape = MeChange(data=request.data)
        shape.is_valid(raise_exception=True)
        user, facts = person(request), shape.validated_data
        if facts.pop("former_account", None) is False and not facts:
            return Response(me(user, courier))
        if courier.is_registered and set(facts) == {"consent_version"}:
            registration.consent(courier, facts["consent_version"])
        else:
            registration.register(courier.user, **_registration(courier, facts))
        user.refresh_from_db(fields=["name"])
        return Response(me(user, courier_of(user)))


class MyCode(APIView):
    """The same within its 30 seconds, a fresh one once used."""

    permission_classes = [IsCourier]

    @extend_schema(
        operation_id="me_code_retrieve",
        summary="我的动态码",
        responses=ShownCodeShape,
        examples=[
            OpenApiExample(
                "动态码",
                value={
                    "token": "WzE4LCI0ODI5MTMiLDE3OTU0ODc0NTAuMl0:1wXyZ…",
                    "digits": "482913",
                    "expires_at": "2026-11-24T10:25:00+08:00",
                    "renews_at": "2026-11-24T10:24:30+08:00",
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        courier = courier_in(request)
        assert courier is not None
        answer = Response(ShownCodeShape(codes.show_code(courier)).data)
        answer["Cache-Control"] = "no-store"
        return answer


class Outlets(ListAPIView):
    permission_classes = [Anyone]
    serializer_class = OutletShape
    ordering = "id"

    def get_queryset(self) -> OutletQuerySet:
        words = self.request.query_params.get("q", "")
        if len(words) > LONGEST_SEARCH or "\0" in words:
            raise BadValue("查找的词太长或含有无法识别的字符。", field="q")
        return Outlet.objects.select_related("enterprise").named(words)

    @extend_schema(
        operation_id="outlets_list",
        summary="快递网点",
        parameters=[OpenApiParameter("q", str, description="网点或企业名称里的词")],
        examples=[
            OpenApiExample("网点", value={"id": 7, "name": "古田二路网点", "enterprise": "中通"}, response_only=True)
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class Verify(APIView):
    """Confirm that a courier rides for the outlet he named."""

    permission_classes = [HasRole(*VERIFIERS)]  # type: ignore[list-item]  # an instance that gives itself
    idempotent = "honoured"

    @extend_schema(operation_id="couriers_verify", summary="核验快递小哥", request=None, responses={200: CourierShape})
    def post(self, request: Request, courier_id: int) -> Response:
        verifier = person(request)
        found = Courier.objects.in_scope(verifier).filter(pk=courier_id).first()
        if found is None:
            raise NotThere
        if not may_verify(verifier, found):
            raise NotAllowed("不能核验自己，也不能核验不归您管理的快递小哥。")

        def answer(courier: Courier) -> tuple[int, dict[str, Any]]:
            return 200, courier_for_staff(courier, may_verify=True)

        return respond(request, lambda: registration.verify(found, by=verifier), answer, required=False)


def _registration(courier: Courier, sent: dict[str, Any]) -> dict[str, Any]:
    """What `register` gets: what was sent, and for the rest what stands already. BadValue names an id nobody has."""
    places = {"outlet": courier.outlet, "street": courier.street, **_places(sent)}
    name = sent.get("name", courier.user.name)
    consent = sent.get("consent_version", courier.consent_version)
    return {"name": name, **places, "consent_version": consent}


def _places(sent: dict[str, Any]) -> dict[str, Any]:
    """Outlet and street, as far as they were sent. BadValue names an id nobody has."""
    found = {}
    if "outlet" in sent:
        found["outlet"] = sent["outlet"] and Outlet.objects.filter(pk=sent["outlet"]).first()
        if sent["outlet"] and found["outlet"] is None:
            raise BadValue("没有这个网点。", field="outlet")
    if "street" in sent:
        found["street"] = sent["street"] and streets().filter(pk=sent["street"]).first()
        if sent["street"] and found["street"] is None:
            raise BadValue("没有这个街道。", field="street")
    return found


def _settled(user: User, data: Any) -> dict[str, Any]:
    """What becomes of the account in doubt by what its holder sent."""
    shape = MeChange(data=data)
    shape.is_valid(raise_exception=True)
    facts = shape.validated_data
    if facts.get("former_account") is False:
        holder = recycled.disown(user)
    else:
        places = {"outlet": None, "street": None, **_places(facts)}
        holder = recycled.answer(user, name=facts.get("name", ""), **places)
    holder.acts_as_staff = False
    return me(holder, courier_of(holder))


def _iso(token: Token) -> Any:
    return TokenShape().fields["expires_at"].to_representation(token.expiry)


urlpatterns = [
    path("auth/code/", SendCode.as_view(), name="api_auth_code"),
    path("auth/token/", Tokens.as_view(), name="api_auth_token"),
    path("me/code/", MyCode.as_view(), name="api_me_code"),
    path("outlets/", Outlets.as_view(), name="api_outlets"),
    path("couriers/<int:courier_id>/verify/", Verify.as_view(), name="api_courier_verify"),
]
