"""Every address of the platform. `{% url %}` names are flat."""

from django.contrib import admin
from django.urls import include, path

from fengchao import views
from fengchao.core import error_pages

urlpatterns = [
    path("api/", include("fengchao.api")),  # first: programs call most often
    path("", views.home, name="home"),
    path("code/", views.my_code, name="my_code"),
    path("code/fragment/", views.my_code_fragment, name="my_code_fragment"),
    path("points/", views.points, name="points"),
    path("me/", views.me, name="me"),
    path("", include("accounts.urls")),
    path("", include("stations.urls")),
    path("", include("gifts.urls")),
    path("", include("fengchao.core.urls")),
    path("admin/", admin.site.urls),
]

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.page_not_found
handler500 = error_pages.server_error
