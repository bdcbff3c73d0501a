"""Each address ends in its form: `.json` or `.xml`."""

from django.urls import re_path

from reports.open311 import views

FORM = r"\.(?P<format>json|xml)$"

urlpatterns = [
    re_path(rf"^(?:v2/)?discovery{FORM}", views.Discovery.as_view(), name="open311_discovery"),
    re_path(rf"^v2/services{FORM}", views.Services.as_view(), name="open311_services"),
    re_path(rf"^v2/services/(?P<code>[^/]+){FORM}", views.Definition.as_view(), name="open311_definition"),
    re_path(rf"^v2/tokens/(?P<token>[^/]+){FORM}", views.Token.as_view(), name="open311_token"),
    re_path(rf"^v2/requests{FORM}", views.Requests.as_view(), name="open311_requests"),
    re_path(rf"^v2/requests/(?P<number>[^/]+){FORM}", views.OneRequest.as_view(), name="open311_request"),
]
