"""Discovery, the list of services and their definitions, in both forms."""

import pytest

from reports.models import Category
from reports.states import QuestionKind
from tests.factories.reports import ReportScene
from tests.reports.open311.conftest import Partner

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["discovery", "v2/discovery"])
def test_discovery_names_an_endpoint_for_each_form(partner: Partner, path: str) -> None:
    found = partner.client.get(f"/open311/{path}.json").json()
    assert [endpoint["formats"] for endpoint in found["endpoints"]] == [["text/xml"], ["application/json"]]
    assert {endpoint["url"] for endpoint in found["endpoints"]} == {"http://testserver/open311/v2"}
    root = partner.xml("discovery")
    assert [one.text for one in root.findall("endpoints/endpoint/formats/format")] == ["text/xml", "application/json"]


def test_the_changeset_moves_with_the_offer(partner: Partner, asking: Category) -> None:
    def changeset() -> str:
        found: str = partner.get("discovery")["changeset"]
        return found

    before = changeset()
    assert changeset() == before
    for change in (asking.save, asking.questions.get(code="q-text").save, asking.questions.get(code="q-text").delete):
        change()
        before, now = changeset(), before
        assert before > now


def test_services_are_the_public_kinds_in_use(scene: ReportScene, partner: Partner, asking: Category) -> None:
    Category.objects.create(code="gone", name="不再收", is_active=False)
    Category.objects.create(code="under", name="大类停用", parent=Category.objects.get(code="gone"))
    found = partner.get("services")
    assert [one["service_code"] for one in found] == ["litter", "road"]
    assert found[1] == {
        "service_code": "road", "service_name": "路面", "description": "井盖松动", "metadata": True,
        "type": "realtime", "keywords": "积存垃圾", "group": "积存垃圾",
    }  # fmt: skip
    assert (found[0]["metadata"], found[0]["description"]) == (False, None)
    root = partner.xml("services")
    assert [(one.tag, one.findtext("service_code"), one.findtext("metadata")) for one in root] == [
        ("service", "litter", "false"), ("service", "road", "true"),
    ]  # fmt: skip


def test_a_definition_asks_what_the_category_asks(partner: Partner, asking: Category) -> None:
    found = partner.get("services/road")
    attributes = {one["code"]: one for one in found["attributes"]}
    assert [one["datatype"] for one in found["attributes"][:-1]] == [kind.value for kind in QuestionKind]
    assert [one["order"] for one in found["attributes"]] == list(range(1, 8))
    assert attributes["q-single"]["required"] is True
    assert attributes["q-single"]["values"] == [{"key": "会", "name": "会"}, {"key": "不会", "name": "不会"}]
    assert attributes["q-string"]["values"] == []
    told = attributes["stop-notice"]
    assert (told["variable"], told["required"], told["description"]) == (False, False, "有人受伤请先打 120。")
    root = partner.xml("services/road")
    assert root.findtext("service_code") == "road"
    single = next(one for one in root.iter("attribute") if one.findtext("code") == "q-single")
    assert [one.findtext("key") for one in single.findall("values/value")] == ["会", "不会"]


def test_a_category_that_asks_nothing_has_an_empty_list(partner: Partner) -> None:
    assert partner.get("services/litter") == {"service_code": "litter", "attributes": []}
    assert list(partner.xml("services/litter").iterfind("attributes/attribute")) == []


@pytest.mark.parametrize("code", ["scam", "rubbish", "none", "Litter", "litter.json"])
def test_no_other_code_is_a_service(partner: Partner, code: str) -> None:
    """Secret, a group, unknown, otherwise spelt: all look alike."""
    assert partner.get(f"services/{code}", 404) == [{"code": 404, "description": "没有这个 service_code。"}]
    (error,) = partner.xml(f"services/{code}", 404)
    assert (error.tag, error.findtext("code")) == ("error", "404")
