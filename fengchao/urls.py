"""Every address of the platform. `{% url %}` names are flat."""

from django.contrib import admin
from django.urls import include, path

from fengchao import account, desk, need_pages, screen, shell, views
from fengchao.core import error_pages

urlpatterns = [
    path("api/", include("fengchao.api")),  # first: programs call most often
    path("open311/", include("reports.open311.urls")),
    path("", views.home, name="home"),
    path("code/", views.my_code, name="my_code"),
    path("code/fragment/", views.my_code_fragment, name="my_code_fragment"),
    path("points/", views.points, name="points"),
    path("me/", views.me, name="me"),
    path("me/data/", account.my_data, name="my_data"),
    path("me/number/", account.change_number, name="change_number"),
    path("me/number/codes/", account.change_number_codes, name="change_number_codes"),
    path("me/close/", account.close_account, name="close_account"),
    path("notices/", account.my_notices, name="notices"),
    path("notices/read/", account.read_notices, name="notices_read"),
    path("notices/<int:notice_id>/", account.open_notice, name="notice"),
    path("screen/", screen.screen, name="screen"),
    path("desk/", desk.desk, name="desk"),
    path("desk/care/needs/<int:key>/", need_pages.need, name="desk_care_need"),
    path("desk/care/needs/<int:key>/wish/", need_pages.wish, name="desk_care_need_wish"),
    path("desk/care/needs/<int:key>/report/", need_pages.report, name="desk_care_need_report"),
    path("desk/care/needs/<int:key>/settle/", need_pages.settle, name="desk_care_need_settle"),
    path("sw.js", shell.service_worker, name="service_worker"),
    path("offline/", shell.offline, name="offline"),
    path("offline/data/", shell.offline_data, name="offline_data"),
    path("", include("accounts.urls")),
    path("", include("stations.urls")),
    path("", include("gifts.urls")),
    path("", include("reports.urls")),
    path("", include("wishes.urls")),
    path("", include("vouchers.urls")),
    path("", include("activities.urls")),
    path("", include("fengchao.core.urls")),
    path("admin/", admin.site.urls),
]

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.page_not_found
handler500 = error_pages.server_error
