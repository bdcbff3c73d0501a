"""Pages of this app."""

from django.urls import path

from reports.desk import queue
from reports.desk import report as desk
from reports.views import filing, mine

urlpatterns = [
    path("reports/", mine.reports, name="reports"),
    path("reports/new/", filing.new_report, name="report_new"),
    path("reports/new/similar/", filing.similar_reports, name="report_similar"),
    path("reports/photos/", filing.photos_in, name="report_photos"),
    path("reports/offline/", filing.offline, name="report_offline"),
    path("reports/<str:number>/", mine.report, name="report"),
    path("reports/<str:number>/<slug:name>/", mine.move, name="report_move"),
    path("desk/reports/", queue.reports, name="desk_reports"),
    path("desk/reports/<str:number>/", desk.report, name="desk_report"),
    path("desk/reports/<str:number>/<str:move>/", desk.move, name="desk_report_move"),
]
