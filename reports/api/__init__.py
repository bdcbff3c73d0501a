"""Reports: what can be told, what was told, and every move."""

from django.urls import path

from reports.api.categories import Categories, SimilarReports
from reports.api.moves import DOORS, view_of
from reports.api.reports import ReportDetail, Reports

urlpatterns = [
    path("reports/categories/", Categories.as_view(), name="api_report_categories"),
    path("reports/similar/", SimilarReports.as_view(), name="api_reports_similar"),
    path("reports/", Reports.as_view(), name="api_reports"),
    path("reports/<str:number>/", ReportDetail.as_view(), name="api_report"),
    *[
        path(f"reports/<str:number>/{door.move}/", view_of(door).as_view(), name=f"api_report_{door.move}")
        for door in DOORS
    ],
]
