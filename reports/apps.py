from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "随手拍"

    def ready(self) -> None:
        from fengchao.core import links, photos, standings
        from reports.rules import may_see_picture

        # This also declares the events that earn, for whoever sets the rules (points.events).
        from reports.services.filing import AFTER_PHOTO, ANSWER_PHOTO, PHOTO
        from reports.services.rewards import KIND, pages
        from reports.services.standing import THING
        from reports.services.standing import standings as how_they_stand

        for kind in (PHOTO, ANSWER_PHOTO, AFTER_PHOTO):
            photos.register(kind, may_see_picture)
        links.register(KIND, pages)
        standings.register(THING, how_they_stand)
