"""Visits by API: the same rules, exact answers."""

from datetime import timedelta
from typing import Any

import pytest

from activities.models import CareVisit
from fengchao.core import clock
from tests.factories import api_of
from tests.factories.care import CareScene


def in_days(days: int) -> str:
    return (clock.shanghai_day(clock.now()) + timedelta(days=days)).isoformat()


def plan(care: CareScene, **more: Any) -> dict[str, Any]:
    usual = {"outlets": [care.second.pk, care.outlet.pk], "organisation": care.district.community.pk}
    return {**usual, "planned_on": in_days(1), "route": "一线", **more}


def test_from_plan_to_need(care: CareScene) -> None:
    api, kit = api_of(care.worker, staff=True), care.stocked(5)
    made = api.post("care-visits/", plan(care), status=201, key="p")["results"]
    assert api.post("care-visits/", plan(care), status=201, key="p")["results"] == made  # the repeat
    assert [(one["outlet"]["name"], one["position"], one["allowed"]) for one in made] == [
        ("古田路网点", 0, ["done", "cancel"]),
        ("解放大道网点", 1, ["done", "cancel"]),
    ]
    first, second = made[0]["id"], made[1]["id"]
    body = {"contact": "met", "couriers_reached": 4, "kits": [{"kit": kit.pk, "pieces": 4}], "needs": ["想要把伞"]}
    done = api.post(f"care-visits/{first}/done/", body)
    assert (done["state"], done["couriers_reached"], done["allowed"]) == ("done", 4, [])
    assert done["kits"] == [{"kit": kit.pk, "name": "消暑礼包", "pieces": 4}]
    assert [need["text"] for need in done["needs"]] == ["想要把伞"]
    assert api.post(f"care-visits/{first}/needs/", {"text": "想学修车"}, status=201)["state"] == "open"
    short = {**body, "kits": [{"kit": kit.pk, "pieces": 2}]}
    assert api.post(f"care-visits/{second}/done/", short, status=409)["code"] == "sold_out"
    assert api.post(f"care-visits/{second}/cancel/", {"reason": "下暴雨"})["cancel_reason"] == "下暴雨"
    assert api.post(f"care-visits/{second}/done/", body, status=409)["code"] == "wrong_state"
    assert [one["id"] for one in api.get("care-visits/")["results"]] == [second, first]
    assert [one["id"] for one in api.get("care-visits/", state="done")["results"]] == [first]
    assert api.get("care-kits/")["results"] == [
        {
            "organisation": {"id": care.district.community.pk, "name": "古田社区"},
            "kit": {"id": kit.pk, "name": "消暑礼包", "contents": "毛巾、藿香正气水"},
            "on_hand": 1,
        }
    ]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"outlets": []}, "outlets"),
        ({"outlets": [2**40]}, "outlets"),
        ({"outlets": ["x"]}, "outlets"),
        ({"organisation": 2**40}, "organisation"),
        ({"planned_on": "31.12."}, "planned_on"),
        ({"planned_on": in_days(-1)}, "planned_on"),
        ({"route": "长" * 31}, "route"),
    ],
)
def test_a_plan_that_does_not_fit(care: CareScene, more: dict[str, Any], field: str) -> None:
    answer = api_of(care.worker, staff=True).post("care-visits/", plan(care, **more), status=400)
    assert field in {error["field"].split(".")[0] for error in answer["errors"]}
    assert CareVisit.objects.count() == 0


@pytest.mark.parametrize(
    "kits", [[{"kit": 2**40, "pieces": 1}], [{"kit": 1}], {"1": 2}, [{"kit": 1, "pieces": 0}], "x"]
)
def test_kits_that_are_none(care: CareScene, kits: Any) -> None:
    visit = care.planned()
    api = api_of(care.worker, staff=True)
    api.post(f"care-visits/{visit.pk}/done/", {"contact": "met", "kits": kits}, status=400)
    visit.refresh_from_db()
    assert visit.is_planned


def test_who_reads_and_who_acts(care: CareScene) -> None:
    visit = care.planned()
    assert api_of(care.auditor, staff=True).get(f"care-visits/{visit.pk}/")["allowed"] == []
    api_of(care.auditor, staff=True).post(f"care-visits/{visit.pk}/cancel/", {"reason": "x"}, status=403)
    api_of(care.elsewhere, staff=True).get(f"care-visits/{visit.pk}/", status=404)
    api_of(care.elsewhere, staff=True).get("care-visits/", outlet=care.outlet.pk)
    api_of(care.rider.user).get("care-visits/", status=403)
    assert api_of(care.elsewhere, staff=True).get("care-visits/")["results"] == []


def test_unknown_filters(care: CareScene) -> None:
    api = api_of(care.worker, staff=True)
    for query in ({"state": "gone"}, {"outlet": "x"}, {"outlet": str(2**45)}):
        api.get("care-visits/", status=400, **query)
