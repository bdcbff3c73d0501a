from importlib import import_module

from django.apps import AppConfig


class StationsConfig(AppConfig):
    name = "stations"
    verbose_name = "蜂巢"

    def ready(self) -> None:
        # Whoever sets the earning rules reads their events, also in a process that has not met these services yet.
        for part in ("corrections", "observations", "visits"):
            import_module(f"stations.services.{part}")
