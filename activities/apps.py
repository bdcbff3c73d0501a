from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = "用心做与走访"

    def ready(self) -> None:
        from activities import care_states, rules, states
        from activities.services import care_links

        # This also declares the events that earn, for whoever sets the rules (points.events).
        from activities.services.rewards import DEED, ENROLMENT, deed_pages, enrolment_pages
        from fengchao.core import links, photos

        for kind in (states.PHOTO, states.DEED_PHOTO):
            photos.register(kind, rules.may_see_picture)
        photos.register(care_states.PHOTO, care_links.may_see_picture)
        links.register(ENROLMENT, enrolment_pages)
        links.register(DEED, deed_pages)
        for state in care_states.BECAME:
            links.register(f"origin:{state}", care_links.origins(state))
