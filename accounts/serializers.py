"""Shapes of this app's API: what comes in, what goes out."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.models import Courier, Organisation, Outlet, User
from accounts.services.registration import NAME_LENGTH
from fengchao.core.masking import mask_name, mask_phone

LARGEST_ID = 2**63 - 1


class PhoneShape(serializers.Serializer):
    phone = serializers.CharField(max_length=20)


class CourierSignIn(PhoneShape):
    code = serializers.CharField(max_length=12)


class StaffSignIn(PhoneShape):
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    otp = serializers.CharField(max_length=20)


class OutletShape(serializers.ModelSerializer):
    enterprise = serializers.CharField(source="enterprise.name")

    class Meta:
        model = Outlet
        fields = ["id", "name", "enterprise"]


class StreetShape(serializers.ModelSerializer):
    class Meta:
        model = Organisation
        fields = ["id", "name"]


class RoleShape(serializers.Serializer):
    role = serializers.CharField()
    organisation = serializers.IntegerField()


class MeShape(serializers.Serializer):
    """The person himself, whole: nobody else gets this. `id` is also his id as a courier."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField()
    registered = serializers.BooleanField()
    verified = serializers.BooleanField()
    outlet = OutletShape(allow_null=True)
    street = StreetShape(allow_null=True)
    consent_version = serializers.CharField(help_text="同意过的隐私说明版本")
    privacy_version = serializers.CharField(help_text="现在的隐私说明版本，登记和重新同意时要填这一版")
    former_account = serializers.BooleanField(
        help_text="号码 90 天没有登录，可能换了主人：核对姓名和网点之前不显示账号的任何内容"
    )
    roles = RoleShape(many=True)


class MeChange(serializers.Serializer):
    """Who is registered may send only what changes. While `former_account` is true, name and outlet (or street) are
    compared with those of the account and not written."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    outlet = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, required=False, allow_null=True)
    street = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, required=False, allow_null=True)
    consent_version = serializers.CharField(max_length=16, required=False)
    former_account = serializers.BooleanField(
        required=False, help_text="false：号码原来的账号不是我的，请新开一个。没有待核对的账号时不起作用"
    )


class TokenShape(serializers.Serializer):
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    user = MeShape()


class ShownCodeShape(serializers.Serializer):
    token = serializers.CharField()
    digits = serializers.CharField()
    expires_at = serializers.DateTimeField()
    renews_at = serializers.DateTimeField()


class CourierShape(serializers.Serializer):
    """A courier as staff see him. `allowed` holds the moves this caller may make now."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    phone = serializers.CharField()
    outlet = OutletShape(allow_null=True)
    street = StreetShape(allow_null=True)
    state = serializers.ChoiceField(["unregistered", "registered", "verified", "frozen"])
    verified = serializers.BooleanField()
    verified_at = serializers.DateTimeField(allow_null=True)
    allowed = serializers.ListField(child=serializers.CharField())


def me(user: User, courier: Courier | None) -> dict[str, Any]:
    """Of an account in doubt only what its new holder knows: the number, and that there is an account."""
    return dict(
        MeShape(
            {
                "id": user.pk,
                "username": user.username,
                "name": "" if user.in_doubt else user.name,
                "phone": user.phone or "",
                "registered": bool(courier and courier.is_registered),
                "verified": bool(courier and courier.is_verified),
                "outlet": courier and courier.outlet,
                "street": courier and courier.street,
                "consent_version": courier.consent_version if courier else "",
                "privacy_version": settings.PRIVACY_NOTICE_VERSION,
                "former_account": user.in_doubt,
                "roles": [{"role": role, "organisation": place} for role, place, _ in user.roles],
            }
        ).data
    )


def courier_for_staff(courier: Courier, *, may_verify: bool) -> dict[str, Any]:
    open_to_verify = may_verify and courier.is_registered and not courier.is_verified
    return dict(
        CourierShape(
            {
                "id": courier.pk,
                "name": mask_name(courier.user.name),
                "phone": mask_phone(courier.user.phone or ""),
                "outlet": courier.outlet,
                "street": courier.street,
                "state": courier.state,
                "verified": courier.is_verified,
                "verified_at": courier.verified_at,
                "allowed": ["verify"] if open_to_verify else [],
            }
        ).data
    )
