"""Pages of this app."""

from django.urls import path

from reports import views
from reports.desk import queue
from reports.desk import report as desk

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/<str:number>/", views.report, name="report"),
    path("desk/reports/", queue.reports, name="desk_reports"),
    path("desk/reports/<str:number>/", desk.report, name="desk_report"),
    path("desk/reports/<str:number>/<str:move>/", desk.move, name="desk_report_move"),
]
