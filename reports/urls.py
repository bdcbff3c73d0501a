"""Pages of this app."""

from django.urls import path

from reports import views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/<str:number>/", views.report, name="report"),
]
