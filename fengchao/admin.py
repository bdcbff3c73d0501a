"""The admin site of the district's staff: who sees which list, and the doors in and out.

Loaded before the models, so it names them by their labels.
"""

from functools import update_wrapper
from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth import logout
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from accounts.roles import MANAGERS, READERS, Role
from fengchao.core.rights import Rights

DISTRICT = (Role.DISTRICT_ADMIN,)
SYSTEM = (Role.SYSTEM_ADMIN,)
DISTRICT_READERS = (*DISTRICT, Role.AUDITOR)
STAFF_READERS = (*SYSTEM, *DISTRICT, Role.AUDITOR)

RIGHTS = {
    "accounts.User": Rights(see=STAFF_READERS, change=SYSTEM),
    "accounts.Membership": Rights(see=STAFF_READERS, add=SYSTEM, delete=SYSTEM),
    "accounts.Organisation": Rights(see=STAFF_READERS, change=SYSTEM, add=SYSTEM),
    "accounts.Enterprise": Rights(see=READERS, change=DISTRICT, add=DISTRICT),
    "accounts.Outlet": Rights(see=READERS, change=MANAGERS, add=MANAGERS),
    "accounts.Courier": Rights(see=READERS, change=MANAGERS),
    "accounts.Honour": Rights(see=READERS, add=DISTRICT, delete=DISTRICT),
    "points.Grant": Rights(see=READERS, change=MANAGERS),
    "points.Entry": Rights(see=READERS),
    "points.Transfer": Rights(see=READERS),
    "points.EarningRule": Rights(see=READERS, add=DISTRICT),
    "points.RefusedAward": Rights(see=READERS),
    "points.Budget": Rights(see=READERS, change=DISTRICT, add=DISTRICT),
    "points.Balance": Rights(see=READERS, change=MANAGERS),
    "stations.Station": Rights(see=READERS, change=MANAGERS, add=MANAGERS),
    "stations.Alert": Rights(see=READERS, change=MANAGERS, add=MANAGERS),
    "stations.HoursOverride": Rights(see=READERS, add=MANAGERS),
    "stations.Facility": Rights(see=READERS, change=DISTRICT, add=DISTRICT),
    "stations.Observation": Rights(see=READERS, change=MANAGERS),
    "stations.GradeRequirement": Rights(see=READERS, change=DISTRICT, add=DISTRICT, delete=DISTRICT),
    "stations.Compliance": Rights(see=READERS),
    "stations.DistrictOutline": Rights(see=READERS, change=DISTRICT),
    "stations.Visit": Rights(see=READERS),
    "stations.RefusedCheckIn": Rights(see=READERS),
    "gifts.Gift": Rights(see=READERS, change=DISTRICT, add=DISTRICT),
    "gifts.Suggestion": Rights(see=READERS, change=DISTRICT),
    "gifts.Redemption": Rights(see=READERS, change=MANAGERS),
    "gifts.Reservation": Rights(see=READERS),
    "gifts.RefusedAttempt": Rights(see=READERS),
    "gifts.Movement": Rights(see=READERS, change=MANAGERS),
    "gifts.StockTake": Rights(see=READERS, change=MANAGERS),
    "gifts.PaperSlip": Rights(see=READERS, change=MANAGERS),
    "reports.Report": Rights(see=READERS, change=MANAGERS),
    "reports.Category": Rights(see=READERS, change=DISTRICT, add=DISTRICT),
    "reports.Question": Rights(see=READERS, change=DISTRICT, add=DISTRICT, delete=DISTRICT),
    "reports.TextTemplate": Rights(see=READERS, change=DISTRICT, add=DISTRICT, delete=DISTRICT),
    "reports.ApiKey": Rights(see=DISTRICT_READERS, change=DISTRICT, add=DISTRICT),
    "wishes.Wish": Rights(see=READERS, change=MANAGERS),
    "wishes.Claim": Rights(see=READERS),
    "wishes.Improvement": Rights(see=READERS, change=MANAGERS),
    "vouchers.Programme": Rights(see=DISTRICT_READERS, change=DISTRICT, add=DISTRICT),
    "vouchers.Slot": Rights(see=DISTRICT_READERS, change=DISTRICT, add=DISTRICT),
    "vouchers.Voucher": Rights(see=DISTRICT_READERS, change=DISTRICT, add=DISTRICT),
    "vouchers.Waiting": Rights(see=DISTRICT_READERS, change=DISTRICT, add=DISTRICT),
    "activities.Activity": Rights(see=READERS, change=MANAGERS),
    "activities.Enrolment": Rights(see=READERS, change=MANAGERS),
    "activities.Deed": Rights(see=READERS, change=MANAGERS),
    "activities.CareVisit": Rights(see=READERS, change=MANAGERS),
    "activities.VisitedOutlet": Rights(see=READERS),
    "activities.Need": Rights(see=READERS),
    "activities.Kit": Rights(see=READERS, change=DISTRICT, add=DISTRICT),
    "activities.KitStock": Rights(see=READERS, change=MANAGERS),
    "activities.KitMovement": Rights(see=READERS),
    "activities.Resource": Rights(see=READERS, change=MANAGERS, add=MANAGERS),
    "activities.Loan": Rights(see=READERS, change=MANAGERS),
    "activities.Pairing": Rights(see=READERS, change=MANAGERS, add=MANAGERS),
    "core.AuditLog": Rights(see=READERS),
}
"""Where `change` stands at rows that only services write, it says who gets their actions."""


class FengchaoAdminSite(UnfoldAdminSite):
    """Signing in and out is allauth's, with its second factor; lists that are not in the table do not exist."""

    site_title = "江城蜂巢"
    rights = RIGHTS
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Packages register lists of their own tables (tokens, authenticators, jobs); nobody here needs them."""
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        ours = [model for model in models if model._meta.label in self.rights]
        if not ours and admin_class is not None and not _is_foreign(admin_class):
            raise ImproperlyConfigured(f"{admin_class.__name__} has no row in the table of rights.")
        super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_authenticated and user.is_active and user.is_staff)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Who is signed in and has no list here is refused at the door he knocks at. Staff whose session lacks password
        or second factor have been led to the staff sign-in before (`SecondFactorMiddleware`)."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            answer: HttpResponse = inner(request, *args, **kwargs)
            return answer

        return update_wrapper(guarded, inner)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
            wanted = reverse("admin:index")
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return _sign_out(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_change_password"))

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        raise Http404  # unfold's search over lists is switched off


class FengchaoAdminConfig(AdminConfig):
    default_site = "fengchao.admin.FengchaoAdminSite"


@require_POST
def _sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect(reverse("account_login"))


def _is_foreign(admin_class: type) -> bool:
    return admin_class.__module__.split(".")[0] not in (
        "accounts",
        "points",
        "stations",
        "gifts",
        "reports",
        "wishes",
        "vouchers",
        "activities",
        "fengchao",
    )
