"""From a wish or a report back to the visit on which it was heard, and who may see what was photographed there."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from accounts.models import User
from accounts.roles import READERS
from activities.care_states import NeedState
from activities.models import CareVisit, Need
from fengchao.core.links import Addresses
from fengchao.core.models import Photo


def origins(state: NeedState) -> Addresses:
    """The visit of each thing that grew out of a need, where the reader finds it."""

    def addresses(keys: Collection[str], user: Any) -> dict[str, str]:
        needs = Need.objects.in_scope(user).filter(state=state, became_key__in=keys)
        name = "admin:activities_carevisit_change" if user.has_role(*READERS) else "desk_care_visit"
        return {need.became_key: reverse(name, args=[need.visit_id]) for need in needs}

    return addresses


def may_see_picture(photo: Photo, user: User | AnonymousUser) -> bool:
    """Whoever may read the visit."""
    return isinstance(user, User) and CareVisit.objects.in_scope(user).filter(pk=photo.subject_key).exists()
