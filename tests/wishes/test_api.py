"""Wishes by program: hung, found, read by whom it concerns, moved by whom it belongs to."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Courier, User
from accounts.services.codes import show_code
from fengchao.core.models import AuditLog, IdempotencyKey
from stations import counter
from stations.models import Station
from tests.factories import Api, api_of, courier, outlet, page_client, staff, staff_client
from tests.factories.reports import picture
from tests.factories.wishes import WishScene
from wishes import services
from wishes.api.shapes import WishSerializer
from wishes.models import Wish
from wishes.states import WishState

pytestmark = pytest.mark.django_db
S = WishState
PUBLIC_FIELDS = set(WishSerializer().fields) - {"history", "delivery", "courier", "flags"}


def body(**changes: Any) -> dict[str, Any]:
    return {
        "category": "daily",
        "title": "小风扇",
        "text": "出租屋西晒",
        "for_whom": "自己",
        "price": 150,
        "station": "GT-1",
        "anonymous": False,
    } | changes


def staff_api(person: User) -> Api:
    return api_of(person, staff=True)


def identified(scene: WishScene, rider: Courier, station: Station | None = None) -> str:
    digits = show_code(rider).digits
    return counter.identify(station or scene.station, by=scene.worker, digits=digits).ticket


def another(scene: WishScene) -> Courier:
    return courier(outlet(scene.district.community))


def test_a_courier_hangs_one_and_the_street_lets_it_onto_the_tree(scene: WishScene) -> None:
    rider, taken = api_of(scene.rider.user), picture(scene.rider.user)
    hung = rider.post("wishes/", body(photo=taken.pk), status=201)
    assert set(hung) == set(WishSerializer().fields) - {"flags"}
    key = hung["id"]
    assert {name: hung[name] for name in ("category", "title", "text", "for_whom", "price", "state", "allowed")} == {
        "category": "daily", "title": "小风扇", "text": "出租屋西晒", "for_whom": "自己", "price": 150,
        "state": "review", "allowed": ["withdraw"],
    }  # fmt: skip
    assert (hung["station"], hung["shown_name"], hung["anonymous"], hung["claimed_by"], hung["opened_at"]) == (
        {"code": "GT-1", "name": scene.station.name},
        "何师傅·中通",
        False,
        None,
        None,
    )
    assert hung["photo"] == {
        "id": taken.pk, "url": f"/photos/{taken.pk}/full.webp", "thumbnail": f"/photos/{taken.pk}/thumb.webp",
    }  # fmt: skip
    assert (hung["courier"], [line["sentence"] for line in hung["history"]]) == (
        {"id": scene.rider.pk, "name": "何*"},
        ["你挂上了心愿"],
    )
    assert rider.get(f"wishes/{key}/") == hung
    Api().get(f"wishes/{key}/", status=404)
    opened = staff_api(scene.street).post(f"wishes/{key}/approve/")
    assert (opened["state"], opened["allowed"], opened["flags"]) == ("open", ["withdraw"], [])
    public = Api().get(f"wishes/{key}/")
    assert (set(public), public["allowed"], public["shown_name"]) == (PUBLIC_FIELDS, [], "何师傅·中通")
    assert Api().get("wishes/")["results"] == [public]


def test_one_open_wish_at_a_time(scene: WishScene) -> None:
    rider = api_of(scene.rider.user)
    key = rider.post("wishes/", body(), status=201)["id"]
    assert rider.post("wishes/", body(), status=409)["code"] == "one_open_wish"
    rider.post(f"wishes/{key}/withdraw/")
    assert rider.post("wishes/", body(anonymous=True), status=201)["shown_name"] == "一位小哥"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"category": "money"}, "category"),
        ({"title": " "}, "title"),
        ({"title": "长" * 31}, "title"),
        ({"text": "长" * 301}, "text"),
        ({"for_whom": "长" * 21}, "for_whom"),
        ({"price": 0}, "price"),
        ({"price": 9.5}, "price"),
        ({"price": 100_001}, "price"),
        ({"price": "很多"}, "price"),
        ({"station": "nowhere"}, "station"),
        ({"anonymous": "也许"}, "anonymous"),
        ({"photo": 77}, "photo"),
        ({"photo": "a"}, "photo"),
    ],
)
def test_what_cannot_be_hung_is_named(scene: WishScene, changes: dict[str, Any], field: str) -> None:
    answer = api_of(scene.rider.user).post("wishes/", body(**changes), status=400)
    assert answer["errors"][0]["field"] == field
    assert Wish.objects.count() == 0


def test_who_may_hang(scene: WishScene) -> None:
    Api().post("wishes/", body(), status=401)
    new = courier(registered=False, verified=False)
    assert api_of(new.user).post("wishes/", body(), status=403)["code"] == "registration_required"
    for by in (scene.worker, scene.league):
        assert staff_api(by).post("wishes/", body(), status=403)["code"] == "not_allowed"
    theirs = picture(another(scene).user)
    assert api_of(scene.rider.user).post("wishes/", body(photo=theirs.pk), status=400)["errors"][0]["field"] == "photo"
    Station.objects.filter(pk=scene.station.pk).update(is_active=False)
    assert api_of(scene.rider.user).post("wishes/", body(), status=400)["errors"][0]["field"] == "station"
    assert Wish.objects.count() == 0


def test_the_counter_files_from_paper_with_a_ticket(scene: WishScene) -> None:
    worker, held = staff_api(scene.worker), identified(scene, scene.rider)
    paper = picture(scene.worker)
    filed = worker.post("wishes/", body(ticket=held, photo=paper.pk), status=201, key="paper")
    assert (filed["state"], filed["photo"]["id"]) == ("review", paper.pk)
    assert set(filed) == PUBLIC_FIELDS  # no more of the courier than everybody will read
    assert worker.post("wishes/", body(ticket=held, photo=paper.pk), status=201, key="paper") == filed
    assert worker.post("wishes/", body(ticket=held), status=409)["code"] == "one_open_wish"
    wish = Wish.objects.get()
    assert (wish.courier, wish.filed_by) == (scene.rider, scene.worker)
    assert AuditLog.objects.get(verb="wish.file").actor_id == scene.worker.pk
    owner = api_of(scene.rider.user).get(f"wishes/{wish.pk}/")
    assert [line["sentence"] for line in owner["history"]] == [f"{scene.district.community.name}挂上了心愿"]


def test_a_ticket_is_no_use_to_anybody_else(scene: WishScene) -> None:
    held = identified(scene, scene.rider)
    for by in (api_of(scene.rider.user), api_of(another(scene).user)):
        assert by.post("wishes/", body(ticket=held), status=403)["code"] == "not_allowed"
    staff_api(scene.league).post("wishes/", body(ticket=held), status=403)
    assert staff_api(scene.street).post("wishes/", body(ticket=held), status=409)["code"] == "ticket_expired"
    assert staff_api(scene.elsewhere).post("wishes/", body(ticket=held), status=400)["errors"][0]["field"] == "station"
    worker = staff_api(scene.worker)
    assert worker.post("wishes/", body(ticket="made up"), status=409)["code"] == "ticket_expired"
    for code in ("HJ-1", "nowhere"):
        answer = worker.post("wishes/", body(ticket=held, station=code), status=400)
        assert answer["errors"][0]["field"] == "station"
    assert Wish.objects.count() == 0


def test_the_key_of_a_request_is_honoured_and_the_claim_needs_one(scene: WishScene) -> None:
    rider, league = api_of(scene.rider.user), staff_api(scene.league)
    hung = rider.post("wishes/", body(), status=201, key="k1")
    assert rider.post("wishes/", body(), status=201, key="k1") == hung
    assert rider.last is not None and rider.last.headers["Idempotency-Replayed"] == "true"
    rider.post("wishes/", body(title="别的"), status=422, key="k1")
    at = f"wishes/{hung['id']}/"
    staff_api(scene.street).post(f"{at}approve/")
    claim = {"organisation": scene.youth_league.pk}
    assert league.post(f"{at}claim/", claim, status=400)["code"] == "idempotency_key_required"
    claimed = league.post(f"{at}claim/", claim, key="c1")
    assert league.post(f"{at}claim/", claim, key="c1") == claimed
    assert league.post(f"{at}claim/", claim, status=409, key="c2")["code"] == "wrong_state"
    released = league.post(f"{at}release/", key="r1")
    assert (released["state"], set(released)) == ("open", PUBLIC_FIELDS)
    assert league.post(f"{at}release/", key="r1") == released
    assert league.post(f"{at}release/", status=403)["code"] == "not_allowed"
    assert Wish.objects.get().steps.filter(move="release").count() == 1


def test_claimed_for_an_own_organisation_only(scene: WishScene) -> None:
    wish, company = scene.in_state(S.OPEN), staff_api(scene.company)
    for wrong in (scene.youth_league.pk, 2**40, "x", None):
        answer = company.post(f"wishes/{wish.pk}/claim/", {"organisation": wrong}, status=400, key="k")
        assert answer["errors"][0]["field"] == "organisation"
    claimed = company.post(f"wishes/{wish.pk}/claim/", {"organisation": scene.shop.pk}, key="k")
    assert claimed["claimed_by"] == {"id": scene.shop.pk, "name": "古田商会"}


def test_the_whole_way_over_the_api(scene: WishScene) -> None:
    rider, street, league = api_of(scene.rider.user), staff_api(scene.street), staff_api(scene.league)
    at = f"wishes/{rider.post('wishes/', body(), status=201)['id']}/"
    league.get(at, status=404)
    assert street.get(at)["allowed"] == ["approve", "reject", "withdraw"]
    street.post(f"{at}approve/")
    assert league.get(at)["allowed"] == ["claim"]
    claimed = league.post(f"{at}claim/", {"organisation": scene.youth_league.pk}, key="c")
    assert (claimed["claimed_by"]["name"], claimed["allowed"], claimed["delivery"]) == (
        "团区委",
        ["progress", "release", "deliver"],
        None,
    )
    assert league.post(f"{at}progress/", {"note": "已下单"})["state"] == "claimed"
    assert league.post(f"{at}deliver/", status=400)["errors"][0]["field"] == "text"
    brought = picture(scene.league)
    delivered = league.post(f"{at}deliver/", {"text": "放在柜台", "photo": brought.pk})
    shown = {"note": "放在柜台", "photo": {
        "id": brought.pk, "url": f"/photos/{brought.pk}/full.webp", "thumbnail": f"/photos/{brought.pk}/thumb.webp",
    }}  # fmt: skip
    assert (delivered["state"], delivered["delivery"], delivered["photo"]) == ("delivered", shown, None)
    assert (rider.get(at)["delivery"], rider.get(at)["allowed"]) == (shown, ["confirm", "thank"])
    assert staff_api(scene.company).get(at).keys() == PUBLIC_FIELDS
    assert rider.post(f"{at}confirm/")["state"] == "fulfilled"
    thanked = rider.post(f"{at}thank/", {"text": "谢谢团区委"})
    assert (thanked["thanks"], thanked["allowed"]) == ("谢谢团区委", [])
    assert rider.post(f"{at}thank/", {"text": "再谢"}, status=409)["code"] == "already_done"
    assert Api().get(at)["thanks"] == "谢谢团区委"
    assert [(line["sentence"], line["text"], line["state"]) for line in league.get(at)["history"]] == [
        ("许愿人挂上了心愿", "", "review"), ("古田街道审核通过，挂上了树", "", "open"), ("团区委认领了", "", "claimed"),
        ("团区委说了进展", "已下单", "claimed"), ("团区委送到了", "放在柜台", "delivered"),
        ("许愿人确认收到，心愿点亮", "", "fulfilled"), ("许愿人道了谢", "", "fulfilled"),
    ]  # fmt: skip


def test_words_are_needed_where_somebody_reads_them(scene: WishScene) -> None:
    wish, street = scene.hung(), staff_api(scene.street)
    for move in ("reject", "withdraw"):
        assert street.post(f"wishes/{wish.pk}/{move}/", status=400)["errors"][0]["field"] == "reason"
    refused = street.post(f"wishes/{wish.pk}/reject/", {"reason": "不能是现金"})
    assert (refused["state"], refused["history"][-1]["text"]) == ("rejected", "不能是现金")
    claimed, league = scene.in_state(S.CLAIMED), staff_api(scene.league)
    for sent in ({}, {"note": " "}, {"note": "长" * 301}, {"note": []}):
        assert league.post(f"wishes/{claimed.pk}/progress/", sent, status=400)["errors"][0]["field"] == "note"
    theirs = picture(scene.company)
    for photo in (theirs.pk, 2**40, "a"):
        answer = league.post(f"wishes/{claimed.pk}/deliver/", {"photo": photo}, status=400)
        assert answer["errors"][0]["field"] == "photo"
    scene.make(claimed, "deliver")
    rider = api_of(scene.rider.user)
    for sent in ({}, {"text": "长" * 201}):
        assert rider.post(f"wishes/{claimed.pk}/thank/", sent, status=400)["errors"][0]["field"] == "text"


def test_the_public_reads_no_telephone_number_and_no_flag(scene: WishScene) -> None:
    wish = scene.hung(title="联系13912345678", text="请打139 1234 5678", for_whom="妈13912345678", price=500)
    services.approve(wish, by=scene.street)
    readers = {"public": Api(), "league": staff_api(scene.league), "other": api_of(another(scene).user)}
    for who, reader in readers.items():
        seen = reader.get(f"wishes/{wish.pk}/")
        hidden = "〔电话已隐去〕"
        assert (who, seen["title"], seen["text"], seen["for_whom"], "flags" in seen, "courier" in seen) == (
            who, f"联系{hidden}", f"请打{hidden}", f"妈{hidden}", False, False,
        )  # fmt: skip
    owner, street = (api.get(f"wishes/{wish.pk}/") for api in (api_of(scene.rider.user), staff_api(scene.street)))
    for seen in (owner, street):
        assert (seen["title"], seen["for_whom"], seen["courier"]["name"]) == ("联系13912345678", "妈13912345678", "何*")
    assert "flags" not in owner
    assert street["flags"] == [
        {"code": "over_ceiling", "name": "超过预算上限", "reason": "预算 500 元，上限 300 元"},
        {"code": "phone", "name": "有联系方式", "reason": "文字里有“13912345678”"},
    ]


def test_hidden_thanks_are_read_by_the_two_sides_only(scene: WishScene) -> None:
    wish = scene.make(scene.in_state(S.DELIVERED), "thank")
    services.hide_thanks(wish, reason="有广告", by=scene.street)
    at = f"wishes/{wish.pk}/"
    readers = (Api(), staff_api(scene.league), api_of(scene.rider.user), staff_api(scene.street))
    assert [reader.get(at)["thanks"] for reader in readers] == ["", "", "谢谢团区委", "谢谢团区委"]


def test_the_auditor_reads_all_and_moves_nothing(scene: WishScene) -> None:
    wish = scene.hung()
    auditor = staff_api(staff("auditor", scene.district.street))
    seen = auditor.get(f"wishes/{wish.pk}/")
    assert (seen["allowed"], seen["courier"]["name"], seen["flags"]) == ([], "何*", [])
    assert auditor.post(f"wishes/{wish.pk}/approve/", status=403)["code"] == "not_allowed"


def test_lists_by_state_category_area_station_and_owner(scene: WishScene) -> None:
    lit = scene.in_state(S.FULFILLED)
    mine = scene.hung()
    far = scene.hung(rider=another(scene), station=scene.other_station, category="gear", title="雨衣")
    services.approve(far, by=scene.chief)

    def keys(api: Api, query: str) -> list[int]:
        return [each["id"] for each in api.get(f"wishes/?{query}")["results"]]

    street, rider = staff_api(scene.street), api_of(scene.rider.user)
    for query, public, owner in (
        ("", [far.pk, lit.pk], [far.pk, mine.pk, lit.pk]),
        ("state=lit", [lit.pk], [lit.pk]),
        ("state=fulfilled", [lit.pk], [lit.pk]),
        ("state=review", [], [mine.pk]),
        ("category=gear", [far.pk], [far.pk]),
        ("category=daily&state=open", [], []),
        ("station=HJ-1", [far.pk], [far.pk]),
        ("station=GT-1", [lit.pk], [mine.pk, lit.pk]),
        (f"area={scene.district.street.pk}", [lit.pk], [mine.pk, lit.pk]),
        (f"area={scene.district.other_street.pk}", [far.pk], [far.pk]),
        (f"area={scene.district.root.pk}", [far.pk, lit.pk], [far.pk, mine.pk, lit.pk]),
    ):
        assert (query, keys(Api(), query), keys(rider, query), keys(street, query)) == (query, public, owner, owner)
    assert keys(rider, "mine=true") == [mine.pk, lit.pk]
    assert keys(rider, "mine=false") == [far.pk]
    assert keys(staff_api(scene.elsewhere), "state=review") == keys(staff_api(scene.league), "state=review") == []
    assert Api().get("wishes/?mine=true", status=401)["code"] == "not_authenticated"
    for wrong in ("state=x", "state=", "category=x", "category=", "area=x", "area=9999999", "area=-1", "station=x",
                  "station=", "mine=1", "mine=", "limit=0", "cursor=x"):  # fmt: skip
        answer = Api().get(f"wishes/?{wrong}", status=400)
        assert answer["errors"][0]["field"] == wrong.partition("=")[0]
    page = Api().get("wishes/?limit=1")
    assert [each["id"] for each in Api().get(page["next"])["results"]] == [lit.pk]


@pytest.mark.parametrize("who", ["public", "rider", "street", "league"])
def test_a_list_costs_the_same_for_one_and_for_many(scene: WishScene, who: str) -> None:
    everyone = {"public": Api(), "rider": api_of(scene.rider.user), "street": staff_api(scene.street),
                "league": staff_api(scene.league)}  # fmt: skip
    states = (S.OPEN, S.CLAIMED, S.DELIVERED)
    for state in states:
        scene.in_state(state, rider=another(scene))
    api = everyone[who]

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            api.get("wishes/")
        return len(seen)

    first = cost()
    for state in (*states, S.FULFILLED, S.REVIEW):
        scene.in_state(state, rider=another(scene))
    assert len(api.get("wishes/")["results"]) == (8 if who == "street" else 7)
    assert cost() == first


def test_a_session_in_doubt_reads_what_everybody_reads(scene: WishScene) -> None:
    wish = scene.hung()
    rider = api_of(scene.rider.user)
    assert rider.get(f"wishes/{wish.pk}/")["id"] == wish.pk
    User.objects.filter(pk=scene.rider.pk).update(doubted_at=wish.hung_at)
    rider.get(f"wishes/{wish.pk}/", status=404)
    assert rider.get("wishes/")["results"] == []
    assert rider.post(f"wishes/{wish.pk}/withdraw/", status=403)["code"] == "confirmation_required"


def test_answers_kept_for_repeats_go_with_the_words(scene: WishScene) -> None:
    rider = api_of(scene.rider.user)
    hung = rider.post("wishes/", body(text="秘密的原因"), status=201, key="h")
    rider.post(f"wishes/{hung['id']}/withdraw/", key="w")
    assert IdempotencyKey.objects.filter(body__contains="秘密的原因").count() == 2
    services.erase_words(scene.rider.user)
    assert IdempotencyKey.objects.filter(body__contains="秘密的原因").count() == 0


def test_a_picture_is_shown_to_whom_its_wish_is(scene: WishScene) -> None:
    taken = picture(scene.rider.user)
    wish = scene.hung(photo_id=taken.pk)
    at = f"/photos/{taken.pk}/thumb.webp"

    def statuses() -> list[int]:
        readers = (page_client(), staff_client(scene.league), page_client(scene.rider.user), staff_client(scene.street))
        return [reader.get(at).status_code for reader in readers]

    assert statuses() == [404, 404, 200, 200]
    services.approve(wish, by=scene.street)
    assert statuses() == [200, 200, 200, 200]
    brought = picture(scene.league)
    wish = services.claim(wish, organisation=scene.youth_league, by=scene.league)
    services.deliver(wish, photo_id=brought.pk, by=scene.league)
    at = f"/photos/{brought.pk}/full.webp"
    assert statuses() == [404, 200, 200, 200]
    assert Api().get(f"wishes/{wish.pk}/")["photo"]["id"] == taken.pk


def test_other_methods_are_refused(scene: WishScene) -> None:
    wish = scene.in_state(S.OPEN)
    rider = api_of(scene.rider.user)
    rider.patch(f"wishes/{wish.pk}/", {"title": "别的"}, status=405)
    rider.delete(f"wishes/{wish.pk}/", status=405)
    rider.get(f"wishes/{wish.pk}/claim/", status=405)
    rider.get("wishes/abc/", status=404)
    rider.post(f"wishes/{wish.pk}/fulfil/", status=404)
