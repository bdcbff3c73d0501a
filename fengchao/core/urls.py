from django.urls import path

from fengchao.core import health, photos

urlpatterns = [
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("photos/<int:photo_id>/<slug:size>.webp", photos.serve, name="photo"),
]
