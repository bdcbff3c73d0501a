"""Keys: made by the district, kept as digests, shown once, revoked for good."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from fengchao.core.errors import BadValue
from fengchao.core.models import AuditLog
from reports import services
from reports.models import ApiKey
from reports.problems import KeyRevoked, MayNot
from tests.factories import staff, staff_client
from tests.factories.reports import ReportScene
from tests.reports.open311.conftest import LITTER

pytestmark = pytest.mark.django_db
ADD, LIST = "admin:reports_apikey_add", "admin:reports_apikey_changelist"


def test_only_its_digest_is_kept(scene: ReportScene) -> None:
    key, text = services.make_key(partner="市民通", by=scene.chief)
    assert re.fullmatch("[0-9a-f]{40}", text)
    assert text not in str(ApiKey.objects.values())
    assert services.live_key(text) == key
    assert services.live_key(text.upper()) is None
    assert text not in str(list(AuditLog.objects.values()))
    assert AuditLog.objects.filter(verb="apikey.made", actor_id=scene.chief.pk).count() == 1


def test_revoked_once_and_for_good(scene: ReportScene) -> None:
    key, text = services.make_key(partner="市民通", by=scene.chief)
    services.revoke_key(key, by=scene.chief)
    assert services.live_key(text) is None
    with pytest.raises(KeyRevoked):
        services.revoke_key(key, by=scene.chief)


@pytest.mark.parametrize("role", ["street", "unit"])
def test_nobody_but_the_district_makes_or_revokes(scene: ReportScene, role: str) -> None:
    key, _ = services.make_key(partner="市民通", by=scene.chief)
    by: User = getattr(scene, role)
    with pytest.raises(MayNot):
        services.make_key(partner="别的", by=by)
    with pytest.raises(MayNot):
        services.revoke_key(key, by=by)


@pytest.mark.parametrize(("partner", "per_day"), [("", 10), (" ", 10), ("字" * 41, 10), ("好", 0), ("好", 100_001)])
def test_a_key_without_name_or_measure_is_refused(scene: ReportScene, partner: str, per_day: int) -> None:
    with pytest.raises(BadValue):
        services.make_key(partner=partner, per_day=per_day, by=scene.chief)
    assert not ApiKey.objects.exists()


def test_made_in_the_admin_shown_once_and_revoked(scene: ReportScene) -> None:
    admin, program = staff_client(scene.chief), Client()
    form = {"partner": "市民通小程序", "per_day": "100", "key": "the-form"}
    page = admin.post(reverse(ADD), form)
    (text,) = re.findall(r">([0-9a-f]{40})<", page.content.decode())
    assert "no-store" in page["Cache-Control"]
    assert program.post("/open311/v2/requests.json", {"api_key": text, **LITTER}).status_code == 200
    again = admin.post(reverse(ADD), form).content.decode()
    assert text not in again
    assert "密钥已经创建过了" in again
    key = ApiKey.objects.get()
    listed = admin.get(reverse(LIST)).content.decode()
    assert (text in listed, key.letters in listed, "使用中" in listed) == (False, True, True)

    action = {"action": "revoke_chosen", "_selected_action": str(key.pk)}
    asked = admin.post(reverse(LIST), action).content.decode()
    assert "停用后不能恢复" in asked
    admin.post(reverse(LIST), {**action, "asked": "yes", "key": "revoke-form"})
    assert "已停用" in admin.get(reverse(LIST)).content.decode()
    assert program.post("/open311/v2/requests.json", {"api_key": text, **LITTER}).status_code == 403


def test_a_form_without_a_partner_is_asked_again(scene: ReportScene) -> None:
    answer = staff_client(scene.chief).post(reverse(ADD), {"partner": "", "per_day": "0", "key": "k"})
    assert answer.status_code == 200
    assert "新建接入密钥" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_the_street_does_not_see_keys(scene: ReportScene) -> None:
    services.make_key(partner="市民通", by=scene.chief)
    assert staff_client(scene.street).get(reverse(LIST)).status_code == 403
    auditor = staff(Role.AUDITOR, scene.district.root)
    assert staff_client(auditor).get(reverse(LIST)).status_code == 200
    assert staff_client(auditor).get(reverse(ADD)).status_code == 403


def test_the_report_says_whose_it_is(scene: ReportScene) -> None:
    key, _ = services.make_key(partner="市民通小程序", by=scene.chief)
    url = "https://example.org/a.jpg"
    report, _ = services.file_for_partner(key, scene.litter, text="桶满", place="路口", media_url=url)
    page = staff_client(scene.chief).get(reverse("admin:reports_report_change", args=[report.pk])).content.decode()
    assert "接入方：市民通小程序" in page
    assert f'href="{url}" rel="noreferrer noopener"' in page
