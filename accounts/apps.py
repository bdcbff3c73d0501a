from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "人员与组织"

    def ready(self) -> None:
        # Imported for its registrations.
        from accounts import checks  # noqa: F401
