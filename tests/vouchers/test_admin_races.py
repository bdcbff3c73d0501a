"""The district saves a programme while cards of it are given out: what is counted stays right."""

import pytest
from django import forms
from django.db import transaction
from django.db.models import F

from accounts.models import Courier
from fengchao.core.errors import RuleBroken
from tests.core.conftest import in_parallel
from tests.factories import staff_client
from tests.factories.vouchers import voucher_scene
from tests.vouchers.lists import PROGRAMMES, change, rider
from tests.vouchers.test_admin_programmes import form_of
from vouchers import services
from vouchers.admin.programmes import ProgrammeEditForm
from vouchers.models import Allotment, Programme, Voucher

pytestmark = pytest.mark.django_db(transaction=True)
CARDS = 12


@pytest.mark.parametrize(
    ("form", "kept"), [(ProgrammeEditForm, True), (forms.ModelForm, False)], ids=["ours", "control"]
)
def test_a_card_given_while_the_form_is_open_is_counted(form: type[forms.ModelForm], kept: bool) -> None:
    scene = voucher_scene(quota=CARDS)
    read = Programme.objects.get()
    scene.issued()
    with transaction.atomic():
        filled = forms.modelform_factory(Programme, form=form, fields=["quota"])({"quota": 5}, instance=read)
        assert filled.is_valid()
        filled.save()
    assert (Programme.objects.get().issued == 1, Programme.objects.get().quota) == (kept, 5)


def test_a_programme_saved_while_cards_are_given_keeps_its_counts() -> None:
    scene = voucher_scene(quota=CARDS)
    Allotment.objects.create(programme=scene.programme, enterprise=scene.post, places=CARDS)
    riders = [rider(scene) for _ in range(CARDS)]
    pages = [form_of(scene.programme, scene=scene, quota=quota, name=f"第 {quota} 版") for quota in range(4, CARDS)]
    for page in pages:
        page |= {"allotments-0-places": page["quota"]}

    def give(courier: Courier) -> str:
        try:
            services.issue(scene.programme, courier, by=scene.chief)
        except RuleBroken as refusal:
            return refusal.code
        return "done"

    def save(number: int) -> str:
        answer = staff_client(scene.chief).post(change(scene.programme, PROGRAMMES), pages[number])
        return {302: "saved", 200: "refused"}.get(answer.status_code, str(answer.status_code))

    found = in_parallel(
        CARDS + len(pages), lambda nr: give(riders[nr]) if nr < CARDS else save(nr - CARDS), threads=8
    )  # fmt: skip
    assert set(found) <= {"done", "quota_full", "allotment_full", "saved", "refused"}
    given = Voucher.objects.count()
    assert given == found.count("done")
    assert list(Programme.objects.values_list("issued")) == list(Allotment.objects.values_list("issued")) == [(given,)]
    assert Programme.objects.filter(issued__lte=F("quota")).exists()
