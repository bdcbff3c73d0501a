"""Who leaves takes his wishes along: what nobody stands for at once, the rest when it is over."""

import logging
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from fengchao import erasure
from fengchao.core.models import Photo
from fengchao.mydata import everything_about
from tests.factories import api_of
from tests.factories.reports import picture
from tests.factories.wishes import WishScene
from tests.marks import marked
from wishes import services
from wishes.models import Wish
from wishes.states import WishState

pytestmark = pytest.mark.django_db
S = WishState
MARK = "只有我知道"


def told(scene: WishScene, *moves: str) -> Wish:
    """With the mark in everything the courier writes, a picture of his and one of the thing brought."""
    upload = picture(scene.rider.user, colour="red")
    wish = scene.hung(title=f"{MARK}一", text=f"{MARK}二", for_whom=f"{MARK}三", photo_id=upload.pk)
    for move in moves:
        if move == "deliver":
            shot = picture(scene.league, colour="blue")
            wish = services.deliver(wish, text="放在柜台", photo_id=shot.pk, by=scene.league)
        elif move == "thank":
            wish = services.thank(wish, text=f"{MARK}四", by=scene.rider.user)
        else:
            wish = scene.make(wish, move)
    return wish


def files(media: Path) -> int:
    return sum(path.is_file() for path in media.rglob("*"))


def leave(scene: WishScene) -> None:
    erasure.close_account(scene.rider.user, by=scene.rider.user)


def test_a_granted_wish_stays_without_him(
    scene: WishScene, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    wish = told(scene, "approve", "claim", "deliver", "thank")
    assert (marked(MARK), files(settings.MEDIA_ROOT)) == (["core_notice", "wishes_wish"], 4)
    api_of(scene.rider.user).delete("me/")
    wish.refresh_from_db()
    assert (wish.state, wish.title, wish.text, wish.thanks) == (S.FULFILLED, f"{MARK}一", "", "")
    assert (wish.shown_name, wish.for_whom, wish.claimed_by) == ("一位小哥", "", scene.youth_league)
    assert (Photo.objects.count(), files(settings.MEDIA_ROOT)) == (0, 0)
    assert [step.text for step in wish.steps.all() if step.text] == ["放在柜台"]
    assert (services.erase_of_closed(), MARK in caplog.text) == (0, False)


@pytest.mark.parametrize("moves", [(), ("approve",)])
def test_what_nobody_stands_for_is_taken_down_and_nothing_is_left(scene: WishScene, moves: tuple[str, ...]) -> None:
    wish = told(scene, *moves)
    leave(scene)
    wish.refresh_from_db()
    assert (wish.state, wish.title, marked(MARK), Photo.objects.count()) == (S.WITHDRAWN, "", [], 0)


def test_what_is_claimed_is_still_brought_and_goes_when_it_is_over(scene: WishScene) -> None:
    wish = told(scene, "approve", "claim")
    leave(scene)
    call_command("expire", verbosity=0)
    assert marked(MARK) == ["wishes_wish"]
    wish = scene.make(wish, "deliver")
    assert wish.state == S.DELIVERED
    Wish.objects.filter(pk=wish.pk).update(delivered_at="2026-01-01T00:00Z")
    call_command("expire", verbosity=0)
    call_command("expire", verbosity=0)
    wish.refresh_from_db()
    assert (wish.state, wish.text, wish.shown_name) == (S.FULFILLED, "", "一位小哥")


def test_released_after_he_left_it_is_taken_down_by_the_clock(scene: WishScene) -> None:
    wish = told(scene, "approve", "claim")
    leave(scene)
    scene.make(wish, "release")
    for _ in range(2):
        call_command("expire", verbosity=0)
    wish.refresh_from_db()
    assert (wish.state, marked(MARK)) == (S.WITHDRAWN, [])


def test_answers_kept_for_repeats_go_with_it(scene: WishScene) -> None:
    wish = told(scene, "approve")
    body = {"organisation": scene.youth_league.pk}
    api_of(scene.league, staff=True).post(f"wishes/{wish.pk}/claim/", body, key="kept")
    assert "core_idempotencykey" in marked(f"{MARK}二")
    wish = scene.make(scene.make(wish, "deliver"), "confirm")
    leave(scene)
    assert marked(f"{MARK}二") == []


def test_who_stays_keeps_everything(scene: WishScene) -> None:
    """The control: the rule looks at who has left and at nobody else."""
    wish = told(scene, "approve", "claim", "deliver", "thank")
    assert services.erase_of_closed() == 0
    wish.refresh_from_db()
    assert (wish.text, wish.thanks) == (f"{MARK}二", f"{MARK}四")


def test_his_data_hold_everything_he_told(scene: WishScene) -> None:
    wish = told(scene, "approve", "claim", "deliver", "thank")
    everything = everything_about(scene.rider.user, scene.rider)
    [mine] = everything["wishes"]
    assert (mine["id"], mine["title"], mine["text"], mine["for_whom"], mine["thanks"]) == (
        wish.pk, f"{MARK}一", f"{MARK}二", f"{MARK}三", f"{MARK}四",
    )  # fmt: skip
    assert [(step["move"], step["by_me"]) for step in everything["wish_steps"]] == [
        ("hang", True), ("approve", False), ("claim", False), ("deliver", False), ("thank", True),
    ]  # fmt: skip
    data = str(api_of(scene.rider.user).get("me/data/"))
    assert not any(member.name in data for member in (scene.street, scene.league))
