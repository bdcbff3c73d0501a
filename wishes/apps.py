from django.apps import AppConfig


class WishesConfig(AppConfig):
    name = "wishes"
    verbose_name = "微心愿"

    def ready(self) -> None:
        from fengchao.core import photos, standings
        from wishes.rules import may_see_picture
        from wishes.services.standing import KIND
        from wishes.services.standing import standings as how_they_stand
        from wishes.states import DELIVERY_PHOTO, PHOTO

        for kind in (PHOTO, DELIVERY_PHOTO):
            photos.register(kind, may_see_picture)
        standings.register(KIND, how_they_stand)
