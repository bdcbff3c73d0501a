"""Sent twice at the same moment, with a picture that the first has just taken along: both lead to the one wish."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fengchao.core.uploads import Pictures
from tests.factories import page_client
from tests.factories.activities import upload
from tests.factories.wishes import WishScene
from wishes import services
from wishes.models import Wish
from wishes.views import hanging


@pytest.fixture
def phone(scene: WishScene, settings: Any, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path
    return page_client(scene.rider.user)


def test_the_second_leads_to_the_wish_of_the_first(
    scene: WishScene, phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, looked = upload(scene.rider.user), hanging.pictures_of

    def after_the_first(*args: Any, **more: Any) -> Pictures:
        services.hang(scene.rider, category="daily", title="新风扇", price=150, station=scene.station,
                      photo_id=picture.pk)  # fmt: skip
        return looked(*args, **more)

    monkeypatch.setattr(hanging, "pictures_of", after_the_first)
    form = {"category": "daily", "title": "新风扇", "price": "150", "station": scene.station.code, "for_whom": "自己",
            "photo": str(picture.pk)}  # fmt: skip
    answer = phone.post("/wishes/new/", form)
    assert (answer.status_code, answer["Location"]) == (302, Wish.objects.get().get_absolute_url())
