from django.apps import AppConfig


class GiftsConfig(AppConfig):
    name = "gifts"
    verbose_name = "礼品"

    def ready(self) -> None:
        from fengchao.core import photos

        # Gifts are shown to everybody, so their pictures are too.
        photos.register("gift", lambda photo, user: True)
