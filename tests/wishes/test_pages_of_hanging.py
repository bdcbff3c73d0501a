"""Hanging a wish without a script: what is asked, kept, refused beside its field, and sent twice."""

import re

import pytest
from django.test import Client

from accounts.models import Courier
from fengchao.core import clock, photos
from fengchao.core.models import Photo
from stations.services.visits import check_in
from tests.factories import courier, page_client
from tests.factories.places import station
from tests.factories.wishes import WishScene
from tests.wishes.test_pages import NEW, form, hostile, jpeg, text_of
from wishes.models import Wish
from wishes.services.hanging import PER_DAY
from wishes.states import PHOTO, WishState

pytestmark = pytest.mark.django_db
S = WishState
LIVE_ALREADY = "还有一个心愿没有结束"


@pytest.fixture
def client(scene: WishScene) -> Client:
    return page_client(scene.rider.user)


def test_a_wish_is_hung(scene: WishScene, client: Client) -> None:
    page = text_of(client.get(NEW))
    assert "何师傅·中通" in page and "匿名：一位小哥" in page and "一般不超过 300 元" in page
    answer = client.post(NEW, form(scene, photos=[jpeg()]))
    wish = Wish.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, wish.get_absolute_url())
    assert (wish.state, wish.title, wish.price, wish.for_whom, wish.shown_name, wish.station, wish.filed_by) == (
        S.REVIEW, "新风扇", 150, "自己", "何师傅·中通", scene.station, None,
    )  # fmt: skip
    assert len(photos.of(str(wish.pk), PHOTO)) == 1
    assert "等街道审核" in text_of(client.get(wish.get_absolute_url()))


def test_own_words_go_before_the_chip_and_the_name_may_be_kept_back(scene: WishScene, client: Client) -> None:
    client.post(NEW, form(scene, for_whom_else="奶奶", shown_as="anonymous", price="888"))
    wish = Wish.objects.get()
    assert (wish.for_whom, wish.shown_name, wish.flags) == ("奶奶", "一位小哥", ["over_ceiling"])


def test_sent_twice_it_is_the_same_wish(scene: WishScene, client: Client) -> None:
    picture = photos.take_in(jpeg(), by=scene.rider.user)
    body = form(scene, photo=[picture.pk], title="  新风扇 ")
    answers = [client.post(NEW, body, follow=True) for _ in range(2)]
    wish = Wish.objects.get()
    assert [answer.redirect_chain for answer in answers] == [[(wish.get_absolute_url(), 302)]] * 2
    assert LIVE_ALREADY not in text_of(answers[1])


def test_a_live_wish_is_led_to_with_a_sentence(scene: WishScene, client: Client) -> None:
    wish = scene.in_state(S.CLAIMED)
    for answer in (client.get(NEW, follow=True), client.post(NEW, form(scene, title="第二个"), follow=True)):
        assert answer.redirect_chain == [(wish.get_absolute_url(), 302)]
        assert LIVE_ALREADY in text_of(answer)
    assert Wish.objects.count() == 1
    wish = scene.make(scene.make(wish, "deliver"), "confirm")
    assert client.post(NEW, form(scene, title="第二个")).status_code == 302
    assert Wish.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"category": ""}, "请选一个类别"), ({"category": "none"}, "请选一个类别"), ({"title": " "}, "写写想要什么"),
        ({"title": "长" * 31}, "不能超过 30 个字"), ({"text": "长" * 301}, "不能超过 300 个字"),
        ({"price": ""}, "请写大概多少钱"), ({"price": "0"}, "请写大概多少钱"), ({"price": "便宜"}, "请写大概多少钱"),
        ({"price": "9" * 30}, "这个数太大了"), ({"station": ""}, "请选一个蜂巢"), ({"station": "NONE"}, "请选一个蜂巢"),
        ({"for_whom_else": "长" * 21}, "不能超过 20 个字"), ({"shown_as": "x"}, "请选一种称呼"),
        ({"title": "a\x01b"}, "不超过 30 个字"),
    ],
)  # fmt: skip
def test_every_fault_stands_beside_its_field(
    scene: WishScene, client: Client, wrong: dict[str, str], sentence: str
) -> None:
    answer = client.post(NEW, form(scene, **wrong))
    page = text_of(answer)
    assert (answer.status_code, Wish.objects.count()) == (400, 0)
    field = page[: page.index(sentence)].rsplit('class="field', 1)[1]
    assert field.split(">")[0].strip().rstrip('"').endswith("bad")
    assert page.count('<p class="error"') == 1


def test_new_lines_count_once(scene: WishScene, client: Client) -> None:
    assert client.post(NEW, form(scene, text="\r\n".join("长" * 150) + "长")).status_code == 302
    assert len(Wish.objects.get().text) == 300


def test_a_picture_is_kept_while_another_field_is_wrong(scene: WishScene, client: Client) -> None:
    page = text_of(client.post(NEW, form(scene, title="", text="<b>西晒", photos=[jpeg()])))
    kept = Photo.objects.get()
    assert f'<input type="hidden" name="photo" value="{kept.pk}">' in page and "&lt;b&gt;西晒</textarea>" in page
    assert client.post(NEW, form(scene, photo=[kept.pk])).status_code == 302
    assert [photo.pk for photo in photos.of(str(Wish.objects.get().pk), PHOTO)] == [kept.pk]


def test_pictures_that_are_refused(scene: WishScene, client: Client) -> None:
    foreign = photos.take_in(jpeg(), by=scene.street)
    for wrong, sentence in (
        ({"photos": [hostile()]}, "照片已损坏"), ({"photos": [jpeg(), jpeg("b.jpg", "red")]}, "最多 1 张照片"),
        ({"photo": [foreign.pk]}, "请重新选"), ({"photo": ["x"]}, "请重新选"),
    ):  # fmt: skip
        answer = client.post(NEW, form(scene, **wrong))
        assert (answer.status_code, sentence in text_of(answer)) == (400, True), sentence
    assert Wish.objects.count() == 0


def test_the_likely_station_is_chosen(scene: WishScene, client: Client) -> None:
    def chosen(query: str = "") -> list[str]:
        return re.findall(r'<option value="([^"]+)" selected', text_of(client.get(f"{NEW}{query}")))

    near = station(scene.district.street, "AA-1")
    assert chosen() == [scene.station.code]  # of his community, before that of his street
    check_in(scene.rider, scene.other_station, by=scene.chief)
    assert chosen() == [scene.other_station.code]
    assert chosen(f"?station={near.code}") == [near.code]


def test_too_many_in_a_day_is_a_sentence_above_the_form(scene: WishScene, client: Client) -> None:
    for _ in range(PER_DAY):
        scene.in_state(S.WITHDRAWN)
    answer = client.post(NEW, form(scene))
    assert (answer.status_code, Wish.objects.count()) == (429, PER_DAY)
    assert "今天挂的心愿太多了，明天再来。" in text_of(answer) and "西晒</textarea>" in text_of(answer)


def test_a_frozen_account_is_signed_out_and_hangs_nothing(scene: WishScene, client: Client) -> None:
    Courier.objects.filter(pk=scene.rider.pk).update(frozen_at=clock.now())
    answer = client.post(NEW, form(scene))
    assert (answer.status_code, Wish.objects.count()) == (302, 0)
    assert answer.headers["Location"].startswith("/sign-in/?next=")


def test_visitors_are_led_there_and_back(scene: WishScene) -> None:
    for address in (NEW, "/wishes/mine/"):
        assert Client().get(address).headers["Location"] == f"/sign-in/?next={address.replace('/', '%2F')}"
    newcomer = page_client(courier(registered=False).user)
    assert newcomer.get(NEW).headers["Location"].startswith("/register/?next=")
    assert Client().post(NEW, form(scene)).status_code == 302
    assert Wish.objects.count() == 0
