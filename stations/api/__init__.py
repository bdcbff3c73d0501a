"""The endpoints of this app."""

from django.urls import path

from stations.api.directory import StationDetail, StationList
from stations.api.identify import Identify
from stations.api.observations import ObservationList

urlpatterns = [
    path("stations/", StationList.as_view(), name="api_stations"),
    path("stations/<str:code>/", StationDetail.as_view(), name="api_station"),
    path("stations/<str:code>/observations/", ObservationList.as_view(), name="api_observations"),
    path("counter/identify/", Identify.as_view(), name="api_identify"),
]
