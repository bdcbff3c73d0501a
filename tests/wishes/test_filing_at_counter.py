"""The counter files from paper for whom it has identified, and sees what waits to be fetched."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.services.codes import show_code
from fengchao.core import clock, photos
from fengchao.core.models import AuditLog, Photo
from stations import counter
from stations.counter import TICKET_LIFE
from tests.factories import courier, outlet, staff_client
from tests.factories.wishes import WishScene
from tests.wishes.test_pages import hostile, jpeg
from wishes import services
from wishes.models import Wish
from wishes.states import PHOTO, Party, WishState

pytestmark = pytest.mark.django_db
S = WishState


def address(scene: WishScene) -> str:
    return f"/desk/counter/{scene.station.code}/wish/"


def ticket(scene: WishScene, **options: Any) -> str:
    return counter.identify(
        scene.station, by=scene.worker, digits=show_code(scene.rider, **options).digits, **options
    ).ticket


def paper(scene: WishScene, **more: Any) -> dict[str, Any]:
    return {"ticket": ticket(scene), "key": "k-1", "category": "family", "title": "老花镜", "text": "给我妈",
            "for_whom": "父母", "price": "99", "shown_as": "named", **more}  # fmt: skip


def text_of(answer: Any) -> str:
    return answer.content.decode()


@pytest.fixture
def client(scene: WishScene) -> Client:
    return staff_client(scene.worker)


def test_from_the_counter_to_the_form_and_back(scene: WishScene, client: Client) -> None:
    home = f"/desk/counter/{scene.station.code}/"
    seen = text_of(client.post(f"{home}identify/", {"code": show_code(scene.rider).digits}))
    assert f'action="{address(scene)}"' in seen and "登记心愿" in seen
    given = re.findall(r'name="ticket" value="([^"]+)"', seen)[0]
    page = text_of(client.post(address(scene), {"ticket": given, "start": "1"}))
    assert "何**" in page or "何*" in page
    assert scene.rider.user.name not in page and "何师傅·中通" in page
    answer = client.post(address(scene), paper(scene, ticket=given, photos=[jpeg()]), follow=True)
    wish = Wish.objects.get()
    assert answer.redirect_chain == [(home, 302)]
    assert "的心愿“老花镜”，等街道审核" in text_of(answer)
    assert (wish.courier, wish.filed_by, wish.station, wish.state) == (
        scene.rider, scene.worker, scene.station, S.REVIEW,
    )  # fmt: skip
    assert (wish.for_whom, wish.price, wish.shown_name) == ("父母", 99, "何师傅·中通")
    assert wish.steps.get().party == Party.COUNTER
    assert len(photos.of(str(wish.pk), PHOTO)) == 1
    assert AuditLog.objects.filter(verb="wish.file", actor_id=scene.worker.pk).count() == 1


def test_sent_twice_it_is_one_wish(scene: WishScene, client: Client) -> None:
    kept = photos.take_in(jpeg(), by=scene.worker)
    body = paper(scene, photo=[kept.pk])
    pages = [text_of(client.post(address(scene), body, follow=True)) for _ in range(2)]
    assert ["等街道审核" in page for page in pages] == [True, True]
    assert Wish.objects.count() == 1
    other = client.post(address(scene), {**body, "title": "别的", "photo": []})
    assert other.status_code == 422 and "这一页已经提交过" in text_of(other)


def test_who_has_a_wish_already_is_told_so_at_once(scene: WishScene, client: Client) -> None:
    scene.in_state(S.OPEN)
    begun = client.post(address(scene), {"ticket": ticket(scene), "start": "1"})
    assert begun.status_code == 409
    assert "他还有一个心愿没有结束：“新风扇”（待认领）" in text_of(begun)
    assert 'name="title"' not in text_of(begun)
    sent = client.post(address(scene), paper(scene))
    assert sent.status_code == 409 and "还有一个心愿没有结束" in text_of(sent)
    assert Wish.objects.count() == 1


def test_what_lies_here_is_handed_to_whose_code_says_so(scene: WishScene, client: Client) -> None:
    wish = scene.in_state(S.DELIVERED)
    begun = client.post(address(scene), {"ticket": ticket(scene), "start": "1"})
    assert begun.status_code == 200 and f"他的心愿“<b>{wish.title}</b>”已经送到" in text_of(begun)
    scene.rider = courier(outlet(scene.district.community))
    other = client.post(address(scene), {"ticket": ticket(scene), "start": "1"})
    assert other.status_code == 200 and "已经送到" not in text_of(other) and 'name="title"' in text_of(other)


def test_a_ticket_that_is_over_or_foreign(scene: WishScene, client: Client) -> None:
    long_ago = clock.now() - TICKET_LIFE - timedelta(seconds=1)
    old = ticket(scene, at=long_ago)
    elsewhere = counter.identify(scene.other_station, by=scene.chief, digits=show_code(scene.rider).digits).ticket
    for wrong in (old, elsewhere, "x", ""):
        for body in ({"ticket": wrong, "start": "1"}, paper(scene, ticket=wrong)):
            answer = client.post(address(scene), body)
            assert answer.status_code >= 400, wrong
            assert "回柜台识别" in text_of(answer) and 'name="title"' not in text_of(answer)
    assert Wish.objects.count() == 0


def test_faults_stand_beside_their_fields_and_the_rest_is_kept(scene: WishScene, client: Client) -> None:
    answer = client.post(address(scene), paper(scene, title="", price="很贵", photos=[jpeg()]))
    page = text_of(answer)
    assert (answer.status_code, Wish.objects.count()) == (400, 0)
    assert "写写想要什么" in page and "请写大概多少钱" in page and "给我妈</textarea>" in page
    kept = Photo.objects.get()
    assert f'name="photo" value="{kept.pk}"' in page
    long = client.post(address(scene), paper(scene, text="长" * 301, photo=[kept.pk]))
    assert long.status_code == 400 and "不能超过 300 个字" in text_of(long)
    bad = client.post(address(scene), paper(scene, photos=[hostile()]))
    assert bad.status_code == 400 and "照片已损坏" in text_of(bad)
    assert client.post(address(scene), paper(scene, photo=[kept.pk])).status_code == 302
    assert [photo.pk for photo in photos.of(str(Wish.objects.get().pk), PHOTO)] == [kept.pk]


def test_no_worker_files_his_own(scene: WishScene) -> None:
    scene.rider.user.memberships.create(organisation=scene.district.community, role="counter")
    scene.worker = scene.rider.user
    answer = staff_client(scene.rider.user).post(address(scene), paper(scene))
    assert answer.status_code >= 400 and "不能处理自己的心愿" in text_of(answer)
    assert Wish.objects.count() == 0


def test_what_waits_to_be_fetched_here(scene: WishScene, client: Client) -> None:
    assert "现在没有。" in text_of(client.get(address(scene)))
    here = scene.in_state(S.DELIVERED)
    scene.in_state(S.CLAIMED, rider=courier(outlet(scene.district.community)))
    far = services.approve(
        scene.hung(rider=courier(outlet(scene.district.other_street)), station=scene.other_station, title="护膝"),
        by=scene.chief,
    )
    scene.make(scene.make(far, "claim"), "deliver")
    shared = services.approve(
        scene.hung(rider=courier(outlet(scene.district.community)), title="冰水"), by=scene.street
    )
    plan = services.plan(scene.station, title="冰水", wishes=[shared], by=scene.street)
    services.finish(plan, note="冰柜里，随便拿", by=scene.street)  # for all: nothing to hand over
    page = text_of(client.get(address(scene)))
    assert re.findall(r'<p class="title">([^<]+)</p><p class="small">([^<]+)</p>', page) == [
        (here.title, "何师傅·中通 · 放在柜台")
    ]
    assert scene.rider.user.name not in page
    scene.make(here, "confirm")
    assert "现在没有。" in text_of(client.get(address(scene)))


def test_only_who_serves_the_station(scene: WishScene) -> None:
    there = f"/desk/counter/{scene.other_station.code}/wish/"
    assert staff_client(scene.worker).get(there).status_code == 404
    assert staff_client(scene.league).get(address(scene)).status_code == 403
    assert Client().get(address(scene)).headers["Location"].startswith("/staff/login/")
    assert staff_client(scene.worker).put(address(scene)).status_code == 405


def test_no_query_for_every_row(scene: WishScene, client: Client) -> None:
    def asked() -> int:
        scene.in_state(S.DELIVERED, rider=courier(outlet(scene.district.community)))
        client.get(address(scene))
        with CaptureQueriesContext(connection) as seen:
            client.get(address(scene))
        return len(seen)

    assert asked() == (asked(), asked())[1] <= 12
