"""Day 5, day 7 of a claim and day 7 of a delivery, with time as an argument: once each, however often they run."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.models import Notice
from tests.factories.people import courier, staff
from tests.factories.wishes import WishScene
from wishes import services
from wishes.models import Claim
from wishes.states import WishState
from wishes.tasks import warn_by_text

pytestmark = pytest.mark.django_db
S = WishState
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
AT = clock.now()


def told(user: User, kind: str) -> int:
    return Notice.objects.filter(user_id=user.pk, kind=kind).count()


def test_a_warning_on_day_5_once_to_all_who_claim_there(
    scene: WishScene, django_capture_on_commit_callbacks: object
) -> None:
    colleague = staff(Role.CLAIMER, scene.youth_league)
    wish = scene.in_state(S.CLAIMED, at=AT)
    assert services.warn_due(AT + 5 * DAY - MINUTE) == 0
    assert (services.warn_due(AT + 5 * DAY), services.warn_due(AT + 5 * DAY + MINUTE)) == (1, 0)
    for user, times in ((scene.league, 1), (colleague, 1), (scene.company, 0), (scene.rider.user, 0)):
        assert told(user, "wish_claim_ends") == times
    notice = Notice.objects.filter(kind="wish_claim_ends").first()
    last = (AT + 7 * DAY).astimezone(clock.SHANGHAI)
    assert notice is not None
    assert (notice.title, notice.link) == ("有一个认领的心愿快到期了", f"/desk/wishes/{wish.pk}/")
    assert notice.text.startswith(f"{last.month} 月 {last.day} 日前")


def test_a_note_begins_the_days_anew_and_they_warn_again(scene: WishScene) -> None:
    wish = scene.in_state(S.CLAIMED, at=AT)
    assert services.warn_due(AT + 6 * DAY) == 1
    services.progress(wish, note="在路上", by=scene.league, at=AT + 6 * DAY)
    assert (services.release_due(AT + 13 * DAY - MINUTE), services.warn_due(AT + 11 * DAY - MINUTE)) == (0, 0)
    assert services.warn_due(AT + 11 * DAY) == 1
    assert services.release_due(AT + 13 * DAY) == 1


def test_on_day_7_it_hangs_on_the_tree_again_and_both_sides_know(scene: WishScene) -> None:
    wish = scene.in_state(S.CLAIMED, at=AT)
    assert services.release_due(AT + 7 * DAY - MINUTE) == 0
    assert (services.release_due(AT + 7 * DAY), services.release_due(AT + 8 * DAY)) == (1, 0)
    wish.refresh_from_db()
    assert (wish.state, wish.claimed_by, Claim.objects.live().count()) == (S.OPEN, None, 0)
    step = wish.steps.last()
    assert step is not None
    assert (step.move, step.party, step.by, step.at) == ("release", "system", None, AT + 7 * DAY)
    assert (told(scene.league, "wish_claim_released"), told(scene.rider.user, "wish_release")) == (1, 1)
    assert services.claim(wish, organisation=scene.shop, by=scene.company).state == S.CLAIMED


def test_the_clock_looks_at_nothing_that_is_not_claimed(scene: WishScene) -> None:
    for state in (S.OPEN, S.DELIVERED, S.FULFILLED):
        scene.in_state(state, rider=courier(), at=AT)
    later = AT + 30 * DAY
    assert (services.warn_due(later), services.release_due(later)) == (0, 0)


def test_who_says_nothing_for_7_days_has_received_it(scene: WishScene) -> None:
    wish = scene.in_state(S.DELIVERED, at=AT)
    assert services.confirm_due(AT + 7 * DAY - MINUTE) == 0
    assert (services.confirm_due(AT + 7 * DAY), services.confirm_due(AT + 8 * DAY)) == (1, 0)
    wish.refresh_from_db()
    assert (wish.state, wish.lit_at, told(scene.rider.user, "wish_confirm")) == (S.FULFILLED, AT + 7 * DAY, 1)
    assert scene.make(wish, "thank").thanks == "谢谢团区委"


def test_the_command_runs_them_and_a_second_time_nothing(scene: WishScene) -> None:
    claimed, delivered = scene.in_state(S.CLAIMED, at=AT), scene.in_state(S.DELIVERED, rider=courier(), at=AT)
    for _ in range(2):
        call_command("expire", at=(AT + 7 * DAY + MINUTE).isoformat(), verbosity=0)
        claimed.refresh_from_db()
        delivered.refresh_from_db()
        assert (claimed.state, delivered.state) == (S.OPEN, S.FULFILLED)
        assert (claimed.steps.count(), delivered.steps.count()) == (4, 5)


@pytest.mark.django_db(transaction=True)
def test_the_warning_goes_by_text_message_too_while_the_claim_runs(scene: WishScene) -> None:
    wish = scene.in_state(S.CLAIMED, at=AT)
    services.warn_due(AT + 5 * DAY)
    [job] = DBTaskResult.objects.all()
    claim = Claim.objects.get()
    assert job.args_kwargs["args"][:2] == [claim.pk, "有一个认领的心愿快到期了"]
    services.release(wish, by=scene.league)
    assert warn_by_text.call(*job.args_kwargs["args"]) is False
