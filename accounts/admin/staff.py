"""Who works here, with which role and where; the second factor reset by another administrator."""

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.password_validation import validate_password
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.admin.organisations import OrganisationChoice
from accounts.models import Membership, User
from accounts.models.users import clean_phone
from accounts.problems import OwnAccount
from accounts.roles import Role
from accounts.rules import organisations_of
from accounts.scope import within
from accounts.services import staff
from fengchao.core import audit
from fengchao.core.admin import AskForm, BaseAdmin, me
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.masking import mask_phone

RESETTERS = (Role.SYSTEM_ADMIN, Role.DISTRICT_ADMIN)


class AppointForm(AskForm):
    phone = forms.CharField(
        label="手机号",
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label="姓名", max_length=40, required=False, widget=UnfoldAdminTextInputWidget, help_text="已有账号的可以不填。"
    )
    organisation = OrganisationChoice(label="组织", empty_label="请选择")
    role = forms.ChoiceField(label="角色", choices=Role.choices, widget=UnfoldAdminSelectWidget)
    password = forms.CharField(
        label="初始密码",
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="已有密码的可以不填。本人首次登录时绑定动态验证码，之后可改密码。",
    )

    def within_reach(self, organisations: QuerySet) -> None:
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password)
        return password


@admin.register(User)
class UserAdmin(BaseAdmin):
    """Staff only: couriers have a list of their own, and system administrators no business there."""

    called = "工作人员"
    personal = ("name",)
    list_display = ("name", "masked_phone", "posts", "second_factor", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("name",)
    search_help_text = "姓名"
    ordering = ("name", "pk")
    fields = (("name", "masked_phone"), ("posts", "second_factor"), "is_active", ("created_at", "last_login"))
    readonly_fields = ("masked_phone", "posts", "second_factor", "created_at", "last_login")
    actions = ("reset_second_factor",)

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        reached = Membership.objects.filter(within(user, "organisation", *self.rights().see))
        enrolled = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        return (
            queryset.filter(pk__in=reached.values("user_id"))
            .annotate(enrolled=Exists(enrolled))
            .prefetch_related("memberships__organisation")
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody switches his own account off."""
        if isinstance(obj, User) and (obj.pk == me(request).pk or not _reached(request, obj, self.rights().change)):
            return False
        return super().has_change_permission(request, obj)

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*RESETTERS))

    @action(description="重置所选人员的动态验证码", permissions=["reset"])
    def reset_second_factor(self, request: HttpRequest, chosen: QuerySet) -> None:
        def act(user: User) -> None:
            if user.pk == me(request).pk:
                raise OwnAccount
            if not _reached(request, user, RESETTERS):
                raise NotThere("不归您管理。")
            staff.reset_second_factor(user, by=me(request))

        self.each(request, chosen, act, done="已重置 {} 人，他们下次登录时重新绑定。")

    @display(description="手机号")
    def masked_phone(self, user: User) -> str:
        return mask_phone(user.phone) if user.phone else "—"

    @display(description="任职")
    def posts(self, user: User) -> str:
        return "；".join(f"{post.organisation.name} {post.get_role_display()}" for post in user.memberships.all())

    @display(description="动态验证码", label={"已绑定": "success", "未绑定": "warning"})
    def second_factor(self, user: Any) -> str:
        return "已绑定" if user.enrolled else "未绑定"


@admin.register(Membership)
class MembershipAdmin(BaseAdmin):
    list_display = ("person", "role", "organisation", "created_at")
    list_filter = (("role", ChoicesRadioFilter),)
    list_select_related = ("user", "organisation")
    search_fields = ("user__name", "organisation__name")
    search_help_text = "姓名或组织"
    ordering = ("organisation__path", "role", "pk")
    fields = ("person", "role", "organisation", "created_at")
    place = "organisation"
    actions_list = ("appoint",)

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        return queryset.filter(within(user, "organisation", *self.rights().see))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # by `appoint`, which may open an account with it

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a role is ended and another given, so that both are on record

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, Membership) and obj.user_id == me(request).pk:
            return False
        return super().has_delete_permission(request, obj)

    def has_appoint_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().add))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        for post in queryset:
            facts = {"role": post.role, "organisation": post.organisation_id}
            audit.record(me(request), "membership.ended", post.user, facts)

    @action(description="任命", icon="person_add", permissions=["appoint"])
    def appoint(self, request: HttpRequest) -> HttpResponse:
        form = AppointForm(request.POST if request.method == "POST" else None)
        form.within_reach(organisations_of(me(request), *self.rights().add))
        if form.is_bound and form.is_valid():
            try:
                self.act_once(request, form.cleaned_data["key"], lambda: self._appoint(request, form.cleaned_data))
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, "已任命。")
                return HttpResponseRedirect(reverse("admin:accounts_membership_changelist"))
        return self.form_page(request, form, title="任命", button="任命")

    def _appoint(self, request: HttpRequest, given: dict[str, Any]) -> None:
        """Whoever gives roles gives none to himself, and no name or password to somebody who has a post already."""
        known = User.objects.by_phone(clean_phone(given["phone"]))
        if known is not None and known.pk == me(request).pk:
            raise OwnAccount(field="phone")
        settled = known is not None and known.memberships.exists()
        staff.appoint(
            given["phone"],
            Role(given["role"]),
            given["organisation"],
            name="" if settled else given["name"],
            password=None if settled else given["password"] or None,
            by=me(request),
        )

    @display(description="姓名", ordering="user__name")
    def person(self, post: Membership) -> str:
        return post.user.name or str(post.user)


def _reached(request: HttpRequest, user: User, roles: tuple[str, ...]) -> bool:
    """Whether one of `roles` reaches a post of `user`."""
    return user.memberships.filter(within(me(request), "organisation", *roles)).exists()
