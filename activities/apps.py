from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "用心做与走访"

    def ready(self) -> None:
        from activities.care_states import BECAME, PHOTO
        from activities.services.care_links import may_see_picture, origins
        from fengchao.core import links, photos

        photos.register(PHOTO, may_see_picture)
        for state in BECAME:
            links.register(f"origin:{state}", origins(state))
