from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PointsConfig(AppConfig):
    name = "points"
    verbose_name = "积分账本"

    def ready(self) -> None:
        # Infrastructure, not business: accounts remembered by number are void once the tables were made or flushed.
        from points.ledger import forget_accounts

        post_migrate.connect(forget_accounts, sender=self)
