"""The API, assembled from what each app offers."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from fengchao.core.api import NoticeList, NoticeRead, PhotoViewSet
from fengchao.core.problems import NOT_FOUND, problem
from fengchao.figures import Figures
from fengchao.mydata import MyAccount, MyData


@csrf_exempt
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """A program gets a problem document also for an address that is none, whatever the method."""
    return problem(404, "not_found", NOT_FOUND)


version_1: list[URLPattern | URLResolver] = [
    path("", include("accounts.api")),
    path("", include("points.api")),
    path("", include("stations.api")),
    path("", include("gifts.api")),
    path("", include("reports.api")),
    path("", include("wishes.api")),
    path("", include("vouchers.api")),
    path("", include("activities.api")),
    path("me/", MyAccount.as_view(), name="api_me"),
    path("me/data/", MyData.as_view(), name="api_me_data"),
    path("figures/", Figures.as_view(), name="api_figures"),
    path("notices/", NoticeList.as_view(), name="api_notices"),
    path("notices/<int:notice_id>/read/", NoticeRead.as_view(), name="api_notice_read"),
    path("photos/", PhotoViewSet.as_view({"post": "create"}), name="api_photos"),
]

urlpatterns = [
    path("v1/", include(version_1)),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api_schema", http_method_names=["get", "head"]),
        name="api_docs",
    ),
    re_path(r"^(?P<rest>.*)$", unknown),
]
