"""Pages of this app."""

from django.urls import path

from activities.views import activities, deeds

urlpatterns = [
    path("activities/<int:activity_id>/", activities.activity, name="activity"),
    path("activities/<int:activity_id>/here/", activities.here, name="activity_here"),
    path("deeds/<int:deed_id>/", deeds.deed, name="deed"),
]
