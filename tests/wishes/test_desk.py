"""The desk of who claims: what can be claimed, what ends when, and what is done; never who the courier is."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import User
from accounts.roles import Role
from fengchao.core import clock, photos
from fengchao.core.models import Notice, Photo
from tests.factories import courier, outlet, page_client, staff, staff_client
from tests.factories.reports import picture
from tests.factories.wishes import WishScene
from wishes import services
from wishes.models import Claim, Wish
from wishes.states import WishState

pytestmark = pytest.mark.django_db
S = WishState
LIST = "/desk/wishes/"
MARKED = "秘密骑手"


def address(wish: Wish, move: str = "") -> str:
    return f"{LIST}{wish.pk}/{move}/" if move else f"{LIST}{wish.pk}/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def post(client: Client, wish: Wish, move: str, *, key: str = "", **given: Any) -> Any:
    return client.post(address(wish, move), {"key": key or f"{move}-{wish.pk}", **given})


def shot(name: str = "a.jpg") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (64, 48), "blue").save(file, "JPEG")
    return SimpleUploadedFile(name, file.getvalue(), "image/jpeg")


def another(scene: WishScene, state: WishState = S.OPEN, *, at: datetime | None = None, **wish: Any) -> Wish:
    """A wish of somebody else."""
    made = scene.hung(rider=courier(outlet(scene.district.community)), at=at, **wish)
    ways = {S.OPEN: ("approve",), S.CLAIMED: ("approve", "claim"), S.DELIVERED: ("approve", "claim", "deliver"),
            S.FULFILLED: ("approve", "claim", "deliver", "thank"), S.REVIEW: ()}  # fmt: skip
    for move in ways[state]:
        made = scene.make(made, move, at=at)
    return made


def listed(client: Client, **query: Any) -> list[int]:
    return [row.wish.pk for row in client.get(LIST, query).context["rows"]]


@pytest.fixture
def desk(scene: WishScene) -> Client:
    return staff_client(scene.league)


# --- Who gets in


def test_signing_in_leads_to_the_desk_with_its_tile(scene: WishScene, desk: Client) -> None:
    at = clock.now()
    another(scene)
    another(scene, S.CLAIMED), another(scene, S.CLAIMED, at=at - timedelta(days=6))
    assert desk.get("/")["Location"] == "/desk/"
    seen = text(desk.get("/desk/"))
    for words in ("1 个可认领", "2 个进行中", "1 个快到期"):
        assert words in seen
    assert ("值班" in seen, "随手拍" in seen) == (False, False)


def test_one_station_is_not_opened_over_the_head_of_who_claims_too(scene: WishScene) -> None:
    scene.worker.memberships.create(organisation=scene.youth_league, role=Role.CLAIMER)
    seen = text(staff_client(User.objects.get(pk=scene.worker.pk)).get("/desk/"))
    assert ("0 个可认领" in seen, "古田社区蜂巢" in seen) == (True, True)


@pytest.mark.parametrize(
    "role", [r for r in Role if r != Role.CLAIMER], ids=[r.value for r in Role if r != Role.CLAIMER]
)
def test_nobody_else_gets_in(scene: WishScene, role: Role) -> None:
    wish = scene.in_state(S.OPEN)
    client = staff_client(staff(role, scene.district.root))
    assert [client.get(page).status_code for page in (LIST, address(wish), address(wish, "claim"))] == [403] * 3
    assert (post(client, wish, "claim").status_code, client.post(f"{LIST}notices/").status_code) == (403, 403)


def test_a_courier_and_a_text_message_open_nothing(scene: WishScene) -> None:
    assert page_client(scene.rider.user).get(LIST).status_code == 403
    for client in (page_client(), page_client(scene.league)):
        assert client.get(LIST)["Location"].startswith("/staff/login/")


# --- The lists


def test_what_can_be_claimed_is_in_reach_and_oldest_first(scene: WishScene, desk: Client) -> None:
    at = clock.now()
    new, old = another(scene), another(scene, at=at - timedelta(days=3))
    far = services.approve(
        scene.hung(rider=courier(outlet(scene.district.other_street)), station=scene.other_station), by=scene.chief
    )
    another(scene, S.REVIEW), another(scene, S.CLAIMED)
    assert listed(desk) == [old.pk, new.pk, far.pk]
    assert listed(staff_client(scene.company)) == [old.pk, new.pk]  # a company of the first street
    assert listed(desk, show="odd") == [old.pk, new.pk, far.pk]


def test_narrowed_by_category_street_and_price(scene: WishScene, desk: Client) -> None:
    cheap, dear = another(scene, price=30), another(scene, category="gear", title="手套", price=300)
    far = services.approve(
        scene.hung(rider=courier(outlet(scene.district.other_street)), station=scene.other_station), by=scene.chief
    )
    street, other = scene.district.street.pk, scene.district.other_street.pk
    assert listed(desk, category="gear") == [dear.pk]
    assert (listed(desk, street=street), listed(desk, street=other)) == ([cheap.pk, dear.pk], [far.pk])
    assert listed(desk, price=150) == [cheap.pk, far.pk]
    assert listed(desk, category="gear", price=10) == []
    assert "放宽一点条件" in text(desk.get(LIST, {"price": 1}))
    for odd in ({"price": "x"}, {"price": "0"}, {"category": "x"}, {"street": str(scene.district.root.pk)}):
        answer = desk.get(LIST, odd)
        assert (answer.status_code, len(answer.context["rows"]), 'class="error"' in text(answer)) == (200, 3, True)
    assert "id_street" not in text(staff_client(scene.company).get(LIST))  # one street: nothing to choose


def test_most_urgent_first_with_the_days_that_are_left(scene: WishScene, desk: Client) -> None:
    at = clock.now()
    fresh, ending = another(scene, S.CLAIMED), another(scene, S.CLAIMED, at=at - timedelta(days=5, minutes=1))
    planned = another(scene, at=at - timedelta(days=20))
    services.plan(scene.station, title="冰柜", wishes=[planned], by=scene.street, at=at - timedelta(days=20))
    scene.league.memberships.create(organisation=scene.district.community, role=Role.CLAIMER)
    both = staff_client(User.objects.get(pk=scene.league.pk))
    rows = both.get(LIST, {"show": "claimed"}).context["rows"]
    assert [(row.wish.pk, row.days_left, row.is_ending) for row in rows] == [
        (ending.pk, 2, True), (fresh.pk, 7, False), (planned.pk, None, False),
    ]  # fmt: skip
    seen = text(both.get(LIST, {"show": "claimed"}))
    assert [seen.count(words) for words in ("还剩 2 天", "还剩 7 天", "蜂巢改进")] == [1, 1, 1]
    assert listed(desk, show="ending") == [ending.pk]


def test_delivered_lit_with_thanks_and_the_history_of_what_was_given_back(scene: WishScene, desk: Client) -> None:
    delivered, lit = another(scene, S.DELIVERED), another(scene, S.FULFILLED)
    given_back = scene.make(another(scene, S.CLAIMED), "release")
    gone = scene.make(another(scene, S.CLAIMED), "release")
    services.withdraw(gone, by=gone.courier.user)
    assert (listed(desk, show="delivered"), listed(desk, show="lit")) == ([delivered.pk], [lit.pk])
    assert "谢谢团区委" in text(desk.get(LIST, {"show": "lit"}))
    assert listed(desk, show="past") == [gone.pk, given_back.pk, lit.pk, delivered.pk]
    past = text(desk.get(LIST, {"show": "past"}))
    assert (past.count("已退回"), "已撤下的心愿" in past, address(gone) in past) == (2, True, False)
    assert desk.get(address(gone)).status_code == 404
    assert listed(staff_client(scene.company), show="past") == []


def test_empty_heaps_say_what_to_do(desk: Client) -> None:
    for show, words in (
        ("", "现在没有可以认领的"),
        ("claimed", "挑一个吧"),
        ("ending", "辛苦了"),
        ("past", "还没有认领过"),
    ):
        assert words in text(desk.get(LIST, {"show": show}))


def test_pages_of_twenty(scene: WishScene, desk: Client) -> None:
    made = [another(scene) for _ in range(21)]
    first = desk.get(LIST, {"price": 200})
    assert (len(first.context["rows"]), first.context["following"]) == (20, "?price=200&page=2")
    assert listed(desk, price=200, page=2) == [made[-1].pk]


def test_a_list_costs_the_same_for_one_and_three(scene: WishScene, desk: Client) -> None:
    pages = (LIST, *(f"{LIST}?show={name}" for name in ("claimed", "ending", "delivered", "lit", "past")), "/desk/")
    long_ago = clock.now() - timedelta(days=6)

    def fill() -> Wish:
        another(scene, S.DELIVERED), another(scene, S.FULFILLED), another(scene, S.CLAIMED, at=long_ago)
        scene.make(another(scene, S.CLAIMED), "release")
        return another(scene, S.CLAIMED)

    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert desk.get(page).status_code == 200
        return len(seen)

    wish = fill()
    desk.get(LIST)
    before, one = [queries(page) for page in pages], queries(address(wish))
    fill(), fill()
    scene.make(wish, "progress")
    assert ([queries(page) for page in pages], queries(address(wish))) == (before, one)
    assert max(before) <= 12
    assert one <= 14


# --- One wish


def test_nothing_leads_to_the_courier(scene: WishScene, desk: Client) -> None:
    scene.rider.user.name = MARKED
    scene.rider.user.save()
    taken = picture(scene.rider.user)
    wish = scene.hung(text="打我电话 13912345678", for_whom="找 13912345678", photo_id=taken.pk, anonymous=True)
    wish = scene.make(scene.make(services.approve(wish, by=scene.street), "claim"), "deliver")
    pages = [text(desk.get(page)) for page in (LIST, f"{LIST}?show=delivered", address(wish), "/desk/")]
    for mark in (MARKED, str(scene.rider.user.phone), "13912345678", "何师傅", "中通", f"courier/{scene.rider.pk}"):
        assert [mark in page for page in pages] == [False] * 4
    assert "一位小哥" in pages[2]
    assert photos.address(Photo.objects.get(pk=taken.pk), "thumb") in pages[2]
    assert desk.get(photos.address(Photo.objects.get(pk=taken.pk))).status_code == 200


def test_the_page_says_what_where_and_when(scene: WishScene, desk: Client) -> None:
    scene.station.opening_hours = "Mo-Su 08:00-20:00"
    scene.station.save()
    wish = scene.in_state(S.OPEN)
    seen = text(desk.get(address(wish)))
    for words in (
        "新风扇",
        "出租屋西晒",
        "150 元",
        "何师傅·中通",
        "给谁",
        "古田社区蜂巢",
        "古田社区1号",
        "08:00–20:00",
    ):
        assert words in seen
    assert ("以团区委的名义认领" in seen, "<h2>经过</h2>" in seen) == (True, False)


def test_claimed_noted_and_brought(scene: WishScene, desk: Client) -> None:
    wish = scene.in_state(S.OPEN)
    answer = post(desk, wish, "claim")
    last = (clock.now() + timedelta(days=7)).astimezone(clock.SHANGHAI)
    where = f"请在 {last.month} 月 {last.day} 日前送到古田社区蜂巢（古田社区1号），由工作人员转交。"
    assert (answer["Location"], told(answer)) == (address(wish), [f"认领成功。{where}"])
    seen = text(desk.get(address(wish)))
    assert ("还剩 7 天" in seen, where in seen, "团区委认领了" in seen) == (True, True, True)
    assert [move["name"] for move in desk.get(address(wish)).context["moves"]] == ["deliver", "progress", "release"]
    assert desk.get(address(wish, "progress")).status_code == 200
    assert post(desk, wish, "progress", note="已下单").status_code == 302
    assert post(desk, wish, "deliver", text="放在柜台").status_code == 302
    wish.refresh_from_db()
    assert (wish.state, [step.text for step in wish.steps.all()]) == (S.DELIVERED, ["", "", "", "已下单", "放在柜台"])
    seen = text(desk.get(address(wish)))
    assert ("等许愿人确认" in seen, "下一步" in seen) == (True, False)


def test_a_form_sent_twice_acts_once(scene: WishScene, desk: Client) -> None:
    wish = scene.in_state(S.OPEN)
    first, second = post(desk, wish, "claim"), post(desk, wish, "claim")
    assert told(second)[-1] == told(first)[-1]
    for _ in range(2):
        assert post(desk, wish, "progress", note="已下单").status_code == 302
    assert post(desk, wish, "progress", note="另一句").status_code == 422
    shots = [shot(), shot()]
    for one in shots:
        assert post(desk, wish, "deliver", photos=[one]).status_code == 302
    assert list(wish.steps.values_list("move", flat=True)) == ["hang", "approve", "claim", "progress", "deliver"]
    assert (Claim.objects.count(), len(photos.of(str(wish.pk), "wish_delivered"))) == (1, 1)


def test_another_was_faster(scene: WishScene, desk: Client) -> None:
    wish = scene.in_state(S.CLAIMED)
    company = staff_client(scene.company)
    seen = text(company.get(address(wish)))
    assert ("已被团区委认领。" in seen, "的名义认领" in seen, "经过" in seen) == (True, False, False)
    late = post(company, wish, "claim")
    assert (late["Location"], told(late)) == (address(wish), ["已被团区委认领。"])
    for move in ("progress", "deliver", "release"):
        assert told(company.get(address(wish, move)))[-1] == "已被团区委认领。"
        words = {"progress": "note", "deliver": "text", "release": "reason"}[move]
        refused = post(company, wish, move, **{words: "话"})
        assert (move, refused.status_code, "这一步不由您来做" in text(refused)) == (move, 403, True)
    wish.refresh_from_db()
    assert (wish.state, wish.claimed_by, wish.steps.count()) == (S.CLAIMED, scene.youth_league, 3)


def test_out_of_reach_looks_like_never_there(scene: WishScene, desk: Client) -> None:
    far = services.approve(
        scene.hung(rider=courier(outlet(scene.district.other_street)), station=scene.other_station), by=scene.chief
    )
    hidden, company = another(scene, S.REVIEW), staff_client(scene.company)
    for client, pages in ((company, (address(far), address(far, "deliver"))), (desk, (address(hidden),))):
        assert [client.get(page).status_code for page in pages] == [404] * len(pages)
    assert [post(company, far, "claim").status_code, post(desk, hidden, "claim").status_code] == [404, 404]
    assert [desk.get(f"{LIST}{odd}/").status_code for odd in (0, 9**25)] == [404, 404]
    assert desk.get(address(far, "confirm")).status_code == 404


def test_too_late_moves_say_where_the_wish_stands(scene: WishScene, desk: Client) -> None:
    wish = scene.in_state(S.DELIVERED)
    for move, given in (("progress", {"note": "话"}), ("deliver", {"text": "话"}), ("release", {})):
        assert told(post(desk, wish, move, **given))[-1] == "这个心愿现在是“已送达”，不能这样处理。"
        assert desk.get(address(wish, move))["Location"] == address(wish)
    assert told(post(desk, wish, "claim"))[-1] == "这个心愿现在是“已送达”，不能这样处理。"
    assert desk.get(address(wish, "claim"))["Location"] == address(wish)


def test_who_claims_for_several_chooses(scene: WishScene) -> None:
    scene.league.memberships.create(organisation=scene.shop, role=Role.CLAIMER)
    both, wish = staff_client(User.objects.get(pk=scene.league.pk)), scene.in_state(S.OPEN)
    page = both.get(address(wish))
    assert [str(one) for one in page.context["form"].fields["organisation"].queryset] == ["古田商会", "团区委"]
    for odd in ({}, {"organisation": scene.district.root.pk}, {"organisation": "x"}):
        refused = post(both, wish, "claim", **odd)
        assert (refused.status_code, 'id="id_organisation_error"' in text(refused)) == (400, True)
    assert post(both, wish, "claim", organisation=scene.shop.pk).status_code == 302
    wish.refresh_from_db()
    assert wish.claimed_by == scene.shop


def test_words_and_pictures_are_asked_for_and_kept(scene: WishScene, desk: Client) -> None:
    wish = scene.in_state(S.CLAIMED)
    for move, given in (
        ("progress", {"note": " "}),
        ("progress", {"note": "长" * 301}),
        ("deliver", {"text": " "}),
        ("release", {"reason": "长" * 301}),
    ):
        refused = post(desk, wish, move, **given)
        assert (move, refused.status_code, 'class="error"' in text(refused)) == (move, 400, True)
    broken = SimpleUploadedFile("坏.jpg", b"\xff\xd8\xff nothing", "image/jpeg")
    refused = post(desk, wish, "deliver", text="写到一半", photos=[broken])
    assert (refused.status_code, "写到一半" in text(refused), "没有收" in text(refused)) == (400, True, True)
    asked = post(desk, wish, "deliver", text="写到一半", then="upload", photos=[shot()])
    kept = Photo.objects.get(kind="")
    assert (asked.status_code, f'value="{kept.pk}"' in text(asked), "写到一半" in text(asked)) == (200, True, True)
    refused = post(desk, wish, "deliver", text="长" * 301, photo=[kept.pk])
    assert (refused.status_code, f'value="{kept.pk}"' in text(refused)) == (400, True)
    foreign = picture(scene.rider.user)
    refused = post(desk, wish, "deliver", photo=[foreign.pk])
    assert (refused.status_code, "照片已失效" in text(refused)) == (400, True)
    assert wish.steps.count() == 3
    assert post(desk, wish, "deliver", photo=[kept.pk]).status_code == 302
    assert [one.pk for one in photos.of(str(wish.pk), "wish_delivered")] == [kept.pk]
    assert "送达的照片" in text(desk.get(address(wish)))


def test_given_back_it_can_be_claimed_again(scene: WishScene, desk: Client) -> None:
    wish = scene.in_state(S.CLAIMED)
    back = post(desk, wish, "release", reason="停产了")
    assert told(back) == ["已退回心愿树，其他单位可以认领。"]
    assert "的名义认领" in text(desk.get(address(wish)))
    assert post(staff_client(scene.company), wish, "claim").status_code == 302


def test_nobody_claims_his_own(scene: WishScene) -> None:
    scene.rider.user.memberships.create(organisation=scene.youth_league, role=Role.CLAIMER)
    own, wish = staff_client(User.objects.get(pk=scene.rider.user.pk)), scene.in_state(S.OPEN)
    assert (listed(own), "请同事认领" in text(own.get(address(wish)))) == ([], True)
    assert told(post(own, wish, "claim")) == ["不能处理自己的心愿。"]
    wish.refresh_from_db()
    assert wish.state == S.OPEN


# --- Notices


def test_what_ends_stands_above_the_lists_until_it_is_read(scene: WishScene, desk: Client) -> None:
    wish = scene.in_state(S.CLAIMED, at=clock.now() - timedelta(days=5, minutes=1))
    assert services.warn_due() == 1
    seen = text(desk.get(LIST))
    assert ("有一个认领的心愿快到期了" in seen, "未读" in seen, f'href="{address(wish)}"' in seen) == (True, True, True)
    other = Notice.objects.create(user_id=scene.league.pk, kind="grant", title="60 分到账", at=clock.now())
    newest = Notice.objects.get(kind="wish_claim_ends").pk
    for odd in ("", "x", "9" * 30, "0"):
        assert desk.post(f"{LIST}notices/", {"up_to": odd})["Location"] == LIST
    assert "未读" in text(desk.get(LIST))
    desk.post(f"{LIST}notices/", {"up_to": newest + 5})
    other.refresh_from_db()
    assert ("未读" in text(desk.get(LIST)), other.read_at) == (False, None)
    assert desk.get(f"{LIST}notices/").status_code == 405
