from django.apps import AppConfig


class WishesConfig(AppConfig):
    name = "wishes"
    verbose_name = "微心愿"

    def ready(self) -> None:
        from fengchao.core import photos
        from wishes.rules import may_see_picture
        from wishes.states import DELIVERY_PHOTO, PHOTO

        for kind in (PHOTO, DELIVERY_PHOTO):
            photos.register(kind, may_see_picture)
