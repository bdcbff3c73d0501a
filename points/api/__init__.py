"""A courier's points and statement, and points given by hand."""

from django.urls import path

from points.api.grants import GrantApproval, GrantDetail, GrantRejection, Grants
from points.api.mine import MyEntries, MyPoints

urlpatterns = [
    path("me/points/", MyPoints.as_view(), name="api_points"),
    path("me/entries/", MyEntries.as_view(), name="api_entries"),
    path("grants/", Grants.as_view(), name="api_grants"),
    path("grants/<int:grant_id>/", GrantDetail.as_view(), name="api_grant"),
    path("grants/<int:grant_id>/approve/", GrantApproval.as_view(), name="api_grant_approve"),
    path("grants/<int:grant_id>/reject/", GrantRejection.as_view(), name="api_grant_reject"),
]
