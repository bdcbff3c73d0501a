"""How wishes stand, for pages of other apps that lead to them."""

from collections.abc import Collection

from django.urls import reverse

from accounts.models import User
from accounts.roles import READERS
from accounts.scope import covers
from fengchao.core.standings import Standing
from wishes.models import Wish

KIND = "wish"


def standings(keys: Collection[str], user: User) -> dict[str, Standing]:
    """By the key of the wish. Staff read it in their lists, others where it hangs."""
    found = Wish.objects.filter(pk__in=[int(key) for key in keys if key.isdecimal()])
    return {
        str(wish.pk): Standing(wish.public_title or "心愿", wish.get_state_display(), wish.tone, _address(wish, user))
        for wish in found.select_related("station__organisation")
    }


def _address(wish: Wish, user: User) -> str:
    if covers(user, wish.station.organisation.path, *READERS):
        return reverse("admin:wishes_wish_change", args=[wish.pk])
    return reverse("wish", args=[wish.pk]) if wish.is_public else ""
