"""Reports by program: filed once, read by whom it concerns, moved by whom it belongs to."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from fengchao.core import clock
from reports import services
from reports.api.shapes import ReportSerializer
from reports.models import Category, Question, Report
from reports.states import ReportState
from tests.factories import Api, api_of, courier
from tests.factories.reports import HERE, ReportScene, picture

pytestmark = pytest.mark.django_db
S = ReportState


def body(**changes: Any) -> dict[str, Any]:
    return {
        "category": "litter",
        "text": "垃圾堆着",
        "lat": HERE.lat,
        "lng": HERE.lng,
        "client_key": "draft-1",
    } | changes


def staff_api(person: User) -> Api:
    return api_of(person, staff=True)


def test_filed_once_with_pictures_place_and_answers(scene: ReportScene) -> None:
    Question.objects.create(category=scene.litter, code="size", label="有多少", kind="number")
    rider, taken = api_of(scene.rider.user), picture(scene.rider.user)
    sent = body(accuracy_m=12.4, place="3 号门", answers={"size": "3"}, photos=[taken.pk], by_sms=True)
    filed = rider.post("reports/", sent, status=201)
    assert set(filed) == set(ReportSerializer().fields) - {"partner"}
    assert {key: filed[key] for key in ("state", "allowed", "category", "text", "place", "accuracy_m", "answers")} == {
        "state": "submitted", "allowed": [], "category": "litter", "text": "垃圾堆着", "place": "3 号门",
        "accuracy_m": 12, "answers": {"size": 3},
    }  # fmt: skip
    assert filed["photos"] == [
        {
            "id": taken.pk,
            "kind": "before",
            "url": f"/photos/{taken.pk}/full.webp",
            "thumbnail": f"/photos/{taken.pk}/thumb.webp",
        }
    ]
    assert [line["sentence"] for line in filed["history"]] == ["你提交了上报"]
    assert filed["courier"] == {"id": scene.rider.pk, "name": "何*"}
    assert (filed["by_sms"], filed["client_key"], filed["points"]) == (True, "draft-1", 0)
    assert rider.post("reports/", sent, status=200) == filed
    assert rider.get(f"reports/{filed['number']}/") == filed
    assert [each["number"] for each in rider.get("reports/")["results"]] == [filed["number"]]


def test_a_draft_sent_again_is_the_report_even_where_its_category_is_gone(scene: ReportScene) -> None:
    rider = api_of(scene.rider.user)
    filed = rider.post("reports/", body(), status=201)
    Category.objects.filter(pk=scene.litter.pk).update(is_active=False)
    assert rider.post("reports/", body(), status=200)["number"] == filed["number"]
    assert rider.post("reports/", body(client_key="other"), status=400)["errors"][0]["field"] == "category"


def test_the_key_of_a_request_is_honoured(scene: ReportScene) -> None:
    rider = api_of(scene.rider.user)
    filed = rider.post("reports/", body(client_key=""), status=201, key="k1")
    assert rider.post("reports/", body(client_key=""), status=201, key="k1") == filed
    assert rider.last is not None and rider.last.headers["Idempotency-Replayed"] == "true"
    rider.post("reports/", body(client_key="", text="别的"), status=422, key="k1")
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"category": "rubbish"}, "category"),
        ({"category": "nothing"}, "category"),
        ({"lat": None, "lng": None}, "place"),
        ({"lat": None}, "lat"),
        ({"lat": 114.2, "lng": 30.5}, "lat"),
        ({"text": ""}, "text"),
        ({"text": "长" * 1001}, "text"),
        ({"photos": [1] * 7}, "photos"),
        ({"photos": [77]}, "photos"),
        ({"answers": {"other": 1}}, "answers.other"),
        ({"accuracy_m": "nan"}, "accuracy_m"),
        ({"happened_at": "2020-01-01T00:00:00+08:00"}, "happened_at"),
        ({"station": "nowhere"}, "station"),
        ({"client_key": "键"}, "client_key"),
    ],
)
def test_what_cannot_be_filed_is_named(scene: ReportScene, changes: dict[str, Any], field: str) -> None:
    answer = api_of(scene.rider.user).post("reports/", body(**changes), status=400)
    assert answer["errors"][0]["field"] == field
    assert Report.objects.count() == 0


def test_pictures_of_somebody_else_are_refused(scene: ReportScene) -> None:
    theirs = picture(courier().user)
    api_of(scene.rider.user).post("reports/", body(photos=[theirs.pk]), status=400)


def test_the_whole_way_over_the_api(scene: ReportScene) -> None:
    rider, street, unit = api_of(scene.rider.user), staff_api(scene.street), staff_api(scene.unit)
    number = rider.post("reports/", body(), status=201)["number"]
    at = f"reports/{number}/"
    unit.get(at, status=404)
    assert street.get(at)["allowed"] == ["accept", "reject", "category"]
    assert street.post(f"{at}accept/")["state"] == "accepted"
    assigned = street.post(f"{at}assign/", {"organisation": scene.city_unit.pk})
    assert (assigned["assigned_to"], assigned["due_on"] is None) == (
        {"id": scene.city_unit.pk, "name": "区城管局"},
        False,
    )
    assert unit.get(at)["allowed"] == ["return", "start", "ask"]
    assert unit.post(f"{at}ask/", {"text": "哪个门？"})["state"] == "waiting_for_reporter"
    shown = picture(scene.rider.user)
    answered = rider.post(f"{at}answer/", {"text": "东门", "photos": [shown.pk]})
    assert (answered["state"], [photo["kind"] for photo in answered["photos"]]) == ("assigned", ["answer"])
    assert unit.post(f"{at}start/")["state"] == "in_progress"
    after = picture(scene.unit)
    resolved = unit.post(f"{at}resolve/", {"text": "清走了", "photos": [after.pk]})
    assert (resolved["state"], resolved["allowed"], "points" in resolved) == ("resolved", [], False)
    rated = rider.post(f"{at}rate/", {"stars": 5, "text": "快"})
    assert (rated["rating"]["stars"], rated["points"], rated["allowed"]) == (5, 70, ["reopen"])
    assert rider.post(f"{at}reopen/", {"text": "又堆了"})["state"] == "in_progress"
    returned = unit.post(f"{at}return/", {"reason": "不归我们管"})
    assert (returned["state"], returned["assigned_to"], returned["allowed"]) == ("accepted", None, [])
    unit.get(at, status=404)
    refused = street.post(f"{at}reject/", {"reason": "not_true", "text": "现场没有"})
    assert (refused["state"], refused["reject_reason"], refused["points"]) == ("rejected", "not_true", 0)
    assert rider.post(f"{at}appeal/", {"text": "真的有"})["state"] == "appealed"
    assert street.post(f"{at}accept/", status=409)["code"] == "self_dealing"
    assert staff_api(scene.second).post(f"{at}accept/")["state"] == "accepted"
    assert [line["text"] for line in rider.get(at)["history"] if line["text"]] == [
        "哪个门？", "东门", "清走了", "又堆了", "不归我们管", "现场没有", "真的有",
    ]  # fmt: skip


def test_a_duplicate_names_the_first(scene: ReportScene) -> None:
    first, second = scene.filed(), scene.filed()
    street = staff_api(scene.street)
    words = {"reason": "duplicate", "text": "已有人报过"}
    for wrong in ({}, {"duplicate_of": "PNOWHERE"}, {"duplicate_of": second.number}):
        answer = street.post(f"reports/{second.number}/reject/", words | wrong, status=400)
        assert answer["errors"][0]["field"] == "duplicate_of"
    done = street.post(f"reports/{second.number}/reject/", words | {"duplicate_of": first.number, "adds": True})
    assert (done["state"], done["duplicate_of"], done["points"]) == ("rejected", first.number, 5)


def test_the_category_is_changed_and_a_secret_one_leaves_the_street(scene: ReportScene) -> None:
    report, street = scene.filed(), staff_api(scene.street)
    assert street.post(f"reports/{report.number}/category/", {"category": "scam"})["category"] == "scam"
    street.get(f"reports/{report.number}/", status=404)
    seen = staff_api(scene.police).get(f"reports/{report.number}/")
    assert (seen["category"], "courier" in seen, "points" in seen) == ("scam", False, False)


def test_a_repeat_with_its_key_moves_once(scene: ReportScene) -> None:
    report, street = scene.filed(), staff_api(scene.street)
    first = street.post(f"reports/{report.number}/accept/", key="once")
    assert street.post(f"reports/{report.number}/accept/", key="once") == first
    assert street.post(f"reports/{report.number}/accept/", status=409)["code"] == "wrong_state"
    assert report.steps.count() == 2


def test_lists_by_state_category_lateness_and_area(scene: ReportScene) -> None:
    old = clock.now() - timedelta(days=60)
    late = scene.in_state(S.ASSIGNED, at=old)
    fresh, new, secret = scene.in_state(S.ASSIGNED), scene.filed(), scene.filed(category=scene.scam)

    def numbers(api: Api, query: str) -> list[str]:
        return [each["number"] for each in api.get(f"reports/?{query}")["results"]]

    street = staff_api(scene.street)
    everything = [new.number, fresh.number, late.number]
    for query, expected in {
        "": everything,
        "state=assigned": [fresh.number, late.number],
        "state=assigned&overdue=true": [late.number],
        "overdue=true": [late.number],
        "overdue=false": [new.number, fresh.number],
        "category=litter": everything,
        "category=rubbish": everything,
        "category=scam": [],
        f"area={scene.district.street.pk}": everything,
        f"area={scene.district.community.pk}": [],
    }.items():
        assert (query, numbers(street, query)) == (query, expected)
    assert numbers(staff_api(scene.unit), "") == [fresh.number, late.number]
    assert numbers(staff_api(scene.police), "") == [secret.number]
    assert numbers(staff_api(scene.elsewhere), "") == []
    assert numbers(api_of(scene.rider.user), "category=scam") == [secret.number]
    assert numbers(api_of(courier().user), "") == []
    for wrong in ("state=x", "state=", "category=x", "overdue=1", "area=x", "area=9999999",
                  f"area={scene.district.other_street.pk}"):  # fmt: skip
        answer = street.get(f"reports/?{wrong}", status=400)
        assert answer["errors"][0]["field"] == wrong.partition("=")[0]
    page = street.get("reports/?limit=2")
    assert [each["number"] for each in street.get(page["next"])["results"]] == [late.number]


def test_a_list_costs_the_same_for_one_and_for_many(scene: ReportScene) -> None:
    scene.in_state(S.APPEALED)
    street = staff_api(scene.second)

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            street.get("reports/")
        return len(seen)

    first = cost()
    for state in (S.APPEALED, S.RESOLVED, S.ASSIGNED, S.WAITING_FOR_REPORTER):
        scene.in_state(state)
    assert cost() == first


def test_categories_in_two_levels_for_anyone(scene: ReportScene) -> None:
    Question.objects.create(
        category=scene.litter, code="size", label="有多少", kind="singlevaluelist", choices=["一袋", "一车"],
        is_required=True,
    )  # fmt: skip
    Category.objects.create(code="old", name="停用", is_active=False)
    empty = Category.objects.create(code="empty", name="没有小类")
    Category.objects.create(code="gone", name="停用的小类", parent=empty, is_active=False)
    upper = Api().get("reports/categories/")["results"]
    assert [(each["code"], [lower["code"] for lower in each["children"]]) for each in upper] == [
        ("rubbish", ["litter"]),
        ("scam", []),
    ]
    assert [each["confidential"] for each in upper] == [False, True]
    [litter] = upper[0]["children"]
    assert litter["questions"] == [
        {"code": "size", "label": "有多少", "kind": "singlevaluelist", "choices": ["一袋", "一车"], "required": True}
    ]
    assert set(litter) == {
        "code", "name", "icon", "hint", "confidential", "stop_notice", "expected_on", "questions",
    }  # fmt: skip


def test_similar_ones_nearby_say_what_and_where_and_no_more(scene: ReportScene) -> None:
    report = scene.filed(text="何小蜂报的")
    scene.in_state(S.REJECTED)
    scene.filed(category=scene.scam)
    other = api_of(courier().user)
    place = f"lat={HERE.lat + 0.0005}&lng={HERE.lng}"
    [near] = other.get(f"reports/similar/?category=litter&{place}")["results"]
    assert set(near) == {"number", "category", "state", "place", "lat", "lng", "distance_m", "filed_at"}
    assert (near["number"], near["distance_m"]) == (report.number, 56)
    assert other.get(f"reports/similar/?category=litter&lat={HERE.lat + 0.001}&lng={HERE.lng}")["results"] == []
    assert other.get(f"reports/similar/?category=scam&{place}")["results"] == []
    for wrong in ("", "category=litter", f"category=x&{place}", "category=litter&lat=x&lng=1", "category=litter&lat=1"):
        other.get(f"reports/similar/?{wrong}", status=400)
    Api().get(f"reports/similar/?category=litter&{place}", status=401)


def test_who_has_nothing_to_do_with_reports_is_told_so(scene: ReportScene) -> None:
    Api().get("reports/", status=401)
    assert api_of(courier(registered=False, verified=False).user).get("reports/", status=403)["code"] == (
        "registration_required"
    )
    staff_api(scene.street).post("reports/", body(), status=403)
    report = scene.filed()
    assert services.similar(scene.litter, HERE) == [report]
