"""Activities and who takes part, deeds that couriers tell of, visits to outlets."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
