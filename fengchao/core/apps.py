from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "fengchao.core"
    label = "core"
    verbose_name = "系统"

    def ready(self) -> None:
        # Imported for its registrations.
        from fengchao.core import checks  # noqa: F401
