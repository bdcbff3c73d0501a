"""Pages of this app. Of allauth only what staff need is mounted."""

from allauth.account import views as allauth_views
from allauth.mfa.base import views as mfa_views
from allauth.mfa.recovery_codes import views as recovery_views
from django.urls import path

from accounts import views
from accounts.guards import after_password

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", views.sign_in_code, name="sign_in_code"),
    path("sign-in/former/", views.former_account, name="former_account"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("sign-out/everywhere/", views.sign_out_everywhere, name="sign_out_everywhere"),
    path("register/", views.register, name="register"),
    path("privacy/agree/", views.consent, name="consent"),
    path("privacy/", views.privacy, name="privacy"),
    path("privacy/<str:version>/", views.privacy_version, name="privacy_version"),
    path("staff/login/", views.StaffLogin.as_view(), name="account_login"),
    path("staff/logout/", allauth_views.logout, name="account_logout"),
    path("staff/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("staff/reauthenticate/", after_password(allauth_views.reauthenticate), name="account_reauthenticate"),
    path("staff/password/", after_password(allauth_views.password_change), name="account_change_password"),
    path("staff/2fa/", after_password(mfa_views.index), name="mfa_index"),
    path("staff/2fa/authenticate/", mfa_views.authenticate, name="mfa_authenticate"),
    path("staff/2fa/reauthenticate/", after_password(mfa_views.reauthenticate), name="mfa_reauthenticate"),
    path("staff/2fa/totp/", after_password(views.ActivateSecondFactor.as_view()), name="mfa_activate_totp"),
    path("staff/2fa/totp/off/", after_password(views.DeactivateSecondFactor.as_view()), name="mfa_deactivate_totp"),
    path("staff/2fa/recovery/", after_password(recovery_views.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "staff/2fa/recovery/new/",
        after_password(recovery_views.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "staff/2fa/recovery/file/",
        after_password(recovery_views.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
