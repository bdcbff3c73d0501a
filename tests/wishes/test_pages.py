"""The courier's and the public's pages of wishes without a script: the tree, one wish, hanging, what is refused."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from fengchao.core import clock, photos
from fengchao.core.models import Photo
from tests.factories import courier, outlet, page_client, staff_client
from tests.factories.places import station
from tests.factories.wishes import WishScene
from wishes import services
from wishes.models import Wish
from wishes.states import DELIVERY_PHOTO, PUBLIC, WishState
from wishes.views.tree import A_PAGE, lights

pytestmark = pytest.mark.django_db
S = WishState
NEW = "/wishes/new/"
LIVE_ALREADY = "还有一个心愿没有结束"


def jpeg(name: str = "a.jpg", colour: str = "green") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    return SimpleUploadedFile(name, file.getvalue(), "image/jpeg")


def hostile(name: str = "bad.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"\xff\xd8\xff" + b"x" * 100, "image/jpeg")


def form(scene: WishScene, **more: Any) -> dict[str, Any]:
    return {"category": "daily", "title": "新风扇", "text": "西晒", "for_whom": "自己", "price": "150",
            "station": scene.station.code, "shown_as": "named", **more}  # fmt: skip


def text_of(answer: Any) -> str:
    return answer.content.decode()


def other_rider(scene: WishScene, name: str = "张小强") -> Any:
    return courier(outlet(scene.district.community), name=name)


@pytest.fixture
def client(scene: WishScene) -> Client:
    return page_client(scene.rider.user)


# The tree


def test_everybody_reads_the_tree(scene: WishScene) -> None:
    lit = scene.make(scene.in_state(S.DELIVERED), "thank")
    waiting = scene.in_state(S.OPEN, rider=other_rider(scene))
    hidden = scene.hung(rider=other_rider(scene), title="还没审核")
    page = text_of(Client().get("/wishes/"))
    assert "已点亮 <b>1</b> 个 · 待认领 <b>1</b> 个" in page
    for wish in (lit, waiting):
        assert f'href="{wish.get_absolute_url()}"' in page
    assert "“出租屋西晒，夜里睡不着。” —— 何师傅·中通" in page
    assert "谢谢团区委" in page and "¥150" in page
    assert hidden.title not in page
    assert not any(told in page for told in (scene.rider.user.name, "张小强", scene.rider.user.phone or "-"))
    assert Client().post("/wishes/").status_code == 405


def test_numbers_that_a_moderator_let_pass_are_not_shown(scene: WishScene) -> None:
    services.approve(
        scene.hung(title="打13812345678", text="电话 138 1234 5678", for_whom="13812345678"), by=scene.street
    )
    for address in ("/wishes/", Wish.objects.get().get_absolute_url()):
        page = text_of(Client().get(address))
        assert "电话已隐去" in page and "5678" not in page


def test_filters_of_the_tree(scene: WishScene) -> None:
    far = services.approve(
        scene.hung(rider=other_rider(scene), station=scene.other_station, category="gear", title="护膝"), by=scene.chief
    )
    lit = scene.in_state(S.FULFILLED)
    taken = scene.in_state(S.CLAIMED, rider=other_rider(scene))
    street = scene.district.street.pk

    def found(query: str) -> set[int]:
        listed = text_of(Client().get(f"/wishes/?{query}")).split("<main")[1]
        return {int(key) for key in re.findall(r'<h3><a href="/wishes/(\d+)/"', listed)}

    assert found("") == {far.pk, lit.pk, taken.pk}
    assert found("state=open") == {far.pk}
    assert found("state=claimed") == {taken.pk}
    assert found("state=lit") == {lit.pk}
    assert found("category=gear") == {far.pk}
    assert found(f"street={street}") == {lit.pk, taken.pk}
    assert found(f"street={street}&state=lit&category=daily") == {lit.pk}
    assert found(f"station={scene.other_station.code}") == {far.pk}
    assert found("state=x&category=x&street=x&page=x") == {far.pk, lit.pk, taken.pk}
    empty = text_of(Client().get("/wishes/?category=help"))
    assert "没有这样的心愿" in empty
    own = text_of(Client().get(f"/wishes/?station={scene.other_station.code}"))
    assert f"{scene.other_station.name}的心愿树" in own and "已点亮 <b>0</b> 个 · 待认领 <b>1</b> 个" in own
    assert Client().get("/wishes/?station=NONE").status_code == 404


def test_an_empty_tree_invites(scene: WishScene) -> None:
    page = text_of(Client().get("/wishes/"))
    assert "还没有心愿，挂一个吧" in page and f'href="{NEW}"' in page


def test_six_hang_in_the_picture(scene: WishScene) -> None:
    made = {
        state: [scene.in_state(state, rider=other_rider(scene)) for _ in range(count)]
        for state, count in ((S.FULFILLED, 4), (S.CLAIMED, 2), (S.OPEN, 2))
    }
    states = [wish.state for wish in lights(Wish.objects.public())]
    assert states == [S.FULFILLED, S.OPEN, S.OPEN, S.CLAIMED, S.FULFILLED, S.CLAIMED]
    only_lit = lights(Wish.objects.lit())
    assert [wish.pk for wish in only_lit] == [wish.pk for wish in reversed(made[S.FULFILLED])]
    assert lights(Wish.objects.none()) == []


def test_the_list_goes_on(scene: WishScene) -> None:
    for _ in range(A_PAGE + 1):
        scene.in_state(S.OPEN, rider=other_rider(scene))
    first = text_of(Client().get("/wishes/?state=open"))
    assert first.count("<h3>") == A_PAGE
    assert 'href="/wishes/?state=open&amp;page=2">更多' in first
    second = text_of(Client().get("/wishes/?state=open&page=2"))
    assert second.count("<h3>") == 1 and ">更多<" not in second


def test_improvements_stand_on_the_tree(scene: WishScene) -> None:
    wish = scene.in_state(S.OPEN)
    plan = services.plan(scene.station, title="冰水", wishes=[wish], by=scene.street)
    sentence = f"大家的心愿让{scene.station.name}有了：<b>冰水</b>"
    assert sentence not in text_of(Client().get("/wishes/"))
    services.finish(plan, note="冰柜里，随便拿", by=scene.street)
    assert sentence in text_of(Client().get("/wishes/"))
    assert sentence in text_of(Client().get(f"/wishes/?station={scene.station.code}"))
    assert sentence not in text_of(Client().get(f"/wishes/?station={scene.other_station.code}"))


def test_the_button_leads_to_the_wish_that_is_under_way(scene: WishScene, client: Client) -> None:
    assert "挂上我的心愿" in text_of(client.get("/wishes/"))
    wish = scene.hung()
    page = text_of(client.get("/wishes/"))
    assert f'href="{wish.get_absolute_url()}"' in page and "看我的心愿：新风扇" in page and "挂上我的心愿" not in page


# One wish


@pytest.mark.parametrize("state", S)
def test_who_reads_a_wish_in_which_state(scene: WishScene, client: Client, state: WishState) -> None:
    wish = scene.in_state(state)
    readers = {
        "nobody": Client(), "rider": page_client(other_rider(scene).user), "street": staff_client(scene.street),
        "claimer": staff_client(scene.league),
    }  # fmt: skip
    for who, reader in readers.items():
        answer = reader.get(wish.get_absolute_url())
        assert (who, answer.status_code) == (who, 200 if state in PUBLIC else 404)
        assert not re.findall(r'<form[^>]*action="/wishes/', text_of(answer)), who
        assert "心愿的经过" not in text_of(answer)
    mine = text_of(client.get(wish.get_absolute_url()))
    offered = re.findall(rf'action="{wish.get_absolute_url()}(\w+)/"', mine)
    may = {"review": ["withdraw"], "open": ["withdraw"], "delivered": ["thank"], "fulfilled": ["thank"]}
    assert offered == may.get(state, [])
    assert "心愿的经过" in mine
    assert f'<span class="chip {wish.tone}">{wish.get_state_display()}</span>' in mine
    assert f'<span class="chip {wish.tone}">{wish.get_state_display()}</span>' in text_of(client.get("/wishes/mine/"))


def test_a_claimer_is_led_to_the_desk(scene: WishScene) -> None:
    wish = scene.in_state(S.OPEN)
    link = f'href="/desk/wishes/{wish.pk}/"'
    assert link in text_of(staff_client(scene.league).get(wish.get_absolute_url()))
    assert link not in text_of(staff_client(scene.street).get(wish.get_absolute_url()))
    scene.make(wish, "claim")
    assert link not in text_of(staff_client(scene.league).get(wish.get_absolute_url()))


def test_where_to_fetch_it_only_he_reads(scene: WishScene, client: Client) -> None:
    wish = scene.in_state(S.CLAIMED)
    brought = photos.take_in(jpeg(), by=scene.league)
    wish = services.deliver(wish, text="在前台李姐那里", photo_id=brought.pk, by=scene.league)
    page = text_of(client.get(wish.get_absolute_url()))
    assert "到哪里领" in page and "在前台李姐那里" in page and scene.station.address in page
    assert "uri.amap.com" in page and f"/photos/{brought.pk}/" in page
    assert Photo.objects.get().kind == DELIVERY_PHOTO
    public = text_of(Client().get(wish.get_absolute_url()))
    assert "李姐" not in public and f"/photos/{brought.pk}/" not in public


def test_confirmed_and_thanked_by_one_form(scene: WishScene, client: Client) -> None:
    wish = scene.in_state(S.DELIVERED)
    address = f"{wish.get_absolute_url()}thank/"
    page = text_of(client.post(address, {"text": "谢谢  团区委"}, follow=True))
    assert "谢谢你，这句话会挂在树上" in page
    wish.refresh_from_db()
    assert (wish.state, wish.thanks) == (S.FULFILLED, "谢谢 团区委")
    again = text_of(client.post(address, {"text": "谢谢 团区委"}, follow=True))
    assert "已经道过谢" not in again
    assert "已经道过谢了" in text_of(client.post(address, {"text": "别的话"}, follow=True))
    assert wish.steps.filter(move="thank").count() == 1


def test_confirmed_without_words_and_thanked_later(scene: WishScene, client: Client) -> None:
    wish = scene.in_state(S.DELIVERED)
    address = f"{wish.get_absolute_url()}thank/"
    for _ in range(2):
        answer = client.post(address, {"text": " "}, follow=True)
        assert answer.status_code == 200 and "不能这样处理" not in text_of(answer)
    wish.refresh_from_db()
    assert (wish.state, wish.thanks, wish.steps.filter(move="confirm").count()) == (S.FULFILLED, "", 1)
    assert "谢谢你" in text_of(client.post(address, {"text": "迟到的谢谢"}, follow=True))
    assert "迟到的谢谢" in text_of(Client().get(wish.get_absolute_url()))


def test_thanks_that_are_too_long_stay_in_the_field(scene: WishScene, client: Client) -> None:
    wish = scene.in_state(S.DELIVERED)
    answer = client.post(f"{wish.get_absolute_url()}thank/", {"text": "谢" * 201})
    assert answer.status_code == 400
    assert "不能超过 200 个字" in text_of(answer) and "谢" * 201 in text_of(answer)
    wish.refresh_from_db()
    assert wish.state == S.DELIVERED


def test_hidden_thanks_are_hidden(scene: WishScene, client: Client) -> None:
    wish = scene.make(scene.in_state(S.DELIVERED), "thank")
    services.hide_thanks(wish, reason="有广告", by=scene.street)
    for address in ("/wishes/", wish.get_absolute_url()):
        assert "谢谢团区委" not in text_of(Client().get(address))
    assert "你的道谢没有公开显示" in text_of(client.get(wish.get_absolute_url()))


def test_withdrawn_after_a_question(scene: WishScene, client: Client) -> None:
    wish = scene.in_state(S.OPEN)
    assert "真的撤回吗" in text_of(client.get(wish.get_absolute_url()))
    for _ in range(2):
        answer = client.post(f"{wish.get_absolute_url()}withdraw/", follow=True)
        assert "不能这样处理" not in text_of(answer)
    wish.refresh_from_db()
    assert (wish.state, wish.steps.filter(move="withdraw").count()) == (S.WITHDRAWN, 1)
    assert Client().get(wish.get_absolute_url()).status_code == 404


def test_too_late_to_withdraw_is_a_sentence(scene: WishScene, client: Client) -> None:
    wish = scene.in_state(S.CLAIMED)
    page = text_of(client.post(f"{wish.get_absolute_url()}withdraw/", follow=True))
    assert "这个心愿现在是“已认领”，不能这样处理" in page


def test_anothers_wish_is_not_moved(scene: WishScene, client: Client) -> None:
    wish = scene.in_state(S.DELIVERED)
    other = page_client(other_rider(scene).user)
    for name in ("thank", "confirm", "withdraw", "claim", "nothing"):
        assert other.post(f"{wish.get_absolute_url()}{name}/", {"text": "x"}).status_code == 404
    assert staff_client(scene.street).post(f"{wish.get_absolute_url()}withdraw/").status_code == 302  # to sign in
    wish.refresh_from_db()
    assert wish.state == S.DELIVERED
    assert client.post(f"{wish.get_absolute_url()}approve/").status_code == 404
    assert client.get(f"{wish.get_absolute_url()}thank/").headers["Location"] == wish.get_absolute_url()
    assert [client.get(f"/wishes/{key}/").status_code for key in (0, 10**30)] == [404, 404]


# Mine, home, the bar


def test_my_wishes_newest_first(scene: WishScene, client: Client) -> None:
    assert "还没有心愿，挂一个吧" in text_of(client.get("/wishes/mine/"))
    old, new = scene.in_state(S.WITHDRAWN), scene.hung(title="护膝")
    scene.hung(rider=other_rider(scene), title="别人的")
    page = text_of(client.get("/wishes/mine/"))
    assert re.findall(r'href="/wishes/(\d+)/"', page) == [str(new.pk), str(old.pk)]
    assert "挂上我的心愿" not in page
    assert 'href="/wishes/mine/"' in text_of(client.get("/me/"))


def test_home_shows_his_wish_while_it_matters(scene: WishScene, client: Client) -> None:
    assert "我的心愿" not in text_of(client.get("/"))
    wish = scene.in_state(S.DELIVERED)
    home = text_of(client.get("/"))
    assert f'href="{wish.get_absolute_url()}"' in home and "送到了，去领" in home
    scene.make(wish, "confirm")
    assert '<span class="chip done">已点亮</span>' in text_of(client.get("/"))
    other = other_rider(scene)
    long_ago = scene.in_state(S.DELIVERED, rider=other, at=clock.now() - timedelta(days=30))
    scene.make(long_ago, "confirm", at=clock.now() - timedelta(days=4))
    assert "我的心愿" not in text_of(page_client(other.user).get("/"))


def test_home_tells_of_a_wish_lit_in_his_street(scene: WishScene, client: Client) -> None:
    neighbour = other_rider(scene)
    wish = scene.in_state(S.DELIVERED, rider=neighbour, at=clock.now() - timedelta(days=2))
    scene.make(wish, "confirm", at=clock.now() - timedelta(days=1))
    line = f"昨天点亮：<b>新风扇</b> · {scene.station.name}"
    assert line in text_of(client.get("/"))
    assert line not in text_of(page_client(neighbour.user).get("/"))  # his own he has as a line of his own
    assert line not in text_of(page_client(courier(outlet(scene.district.other_street)).user).get("/"))


def test_gifts_are_one_tap_from_home_and_me(scene: WishScene, client: Client) -> None:
    for address in ("/", "/me/", "/points/"):
        assert 'href="/gifts/"' in text_of(client.get(address)), address
    bar = re.findall(r'<nav aria-label="主导航">.*?</nav>', text_of(client.get("/")), re.S)[0]
    assert re.findall(r'<li><a href="([^"]+)"', bar) == ["/", "/stations/", "/reports/new/", "/wishes/", "/me/"]


def test_pages_ask_no_query_for_every_row(scene: WishScene, client: Client) -> None:
    """The tree, one wish, the form, his list and home, with one row of everything and with three."""

    def grow(number: int) -> None:
        for state in PUBLIC:
            scene.in_state(state, rider=other_rider(scene))
        if number:
            Wish.objects.of_courier(scene.rider).live().update(state=S.WITHDRAWN)
        improved = services.plan(scene.station, title="冰水", wishes=[scene.in_state(S.OPEN, rider=other_rider(scene))],
                                 by=scene.street)  # fmt: skip
        services.finish(improved, note="有了", by=scene.street)
        station(scene.district.other_street, f"N-{number}")
        scene.hung()

    def asked() -> dict[str, int]:
        mine = Wish.objects.of_courier(scene.rider).live().get()
        public = Wish.objects.lit().first()
        counts = {}
        for name, address, reader in (
            ("tree", "/wishes/", client), ("public tree", "/wishes/", Client()),
            ("station", f"/wishes/?station={scene.station.code}", client),
            ("own", mine.get_absolute_url(), client), ("public", public.get_absolute_url(), Client()),
            ("claimer", public.get_absolute_url(), staff_client(scene.league)),
            ("mine", "/wishes/mine/", client), ("home", "/", client),
            ("new", NEW, page_client(idle.user)),
        ):  # fmt: skip
            reader.get(address)
            with CaptureQueriesContext(connection) as seen:
                assert reader.get(address).status_code == 200, name
            counts[name] = len(seen)
        return counts

    idle = other_rider(scene)
    grow(0)
    few = asked()
    grow(1)
    grow(2)
    assert asked() == few
    assert few["home"] <= 6
    assert {name for name, count in few.items() if count > 12} == set()
