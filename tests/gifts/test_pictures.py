"""The picture of a gift: through the one entrance, shown to everybody, replaced and not kept."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.roles import Role
from fengchao.core.errors import NotAllowed
from fengchao.core.models import AuditLog, Photo
from fengchao.core.photos import redraw
from gifts.services.catalogue import set_picture
from tests.factories import staff, staff_client
from tests.gifts.shop import Shop


@pytest.fixture
def office(shop: Shop) -> Client:
    return staff_client(staff(Role.DISTRICT_ADMIN, shop.auditor.memberships.get().organisation))


def picture(colour: str = "orange") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(file, "JPEG")
    return SimpleUploadedFile("g.jpg", file.getvalue(), "image/jpeg")


def form_of(shop: Shop, **changes: object) -> dict[str, object]:
    gift = shop.gift
    return {
        "name": gift.name, "points": gift.points, "icon": gift.icon, "low_stock": 5, "is_active": "on",
        "monthly_limit": "", "sponsor": "", "unit_cost": "", "on_sale_from_0": "", "on_sale_from_1": "",
        "on_sale_until_0": "", "on_sale_until_1": "", **changes,
    }  # fmt: skip


def test_a_picture_is_uploaded_shown_and_replaced(shop: Shop, office: Client) -> None:
    address = reverse("admin:gifts_gift_change", args=[shop.gift.pk])
    assert office.post(address, form_of(shop, picture=picture())).status_code == 302
    first = Photo.objects.get()
    assert (first.kind, first.subject_key) == ("gift", "tissue")
    shown = Client().get("/api/v1/gifts/").json()["results"]
    photo = next(gift["photo"] for gift in shown if gift["code"] == "tissue")
    assert Client().get(photo)["Content-Type"] == "image/webp"
    office.post(address, form_of(shop, picture=picture("green")))
    assert Photo.objects.get().pk != first.pk
    assert Client().get(photo).status_code == 404
    assert AuditLog.objects.filter(verb="gift.picture_changed").count() == 2
    office.post(address, form_of(shop, sponsor="某公司"))
    assert Photo.objects.count() == 1
    assert "<img" in office.get(address).content.decode()


def test_what_is_no_picture_is_refused_beside_the_field(shop: Shop, office: Client) -> None:
    bad = SimpleUploadedFile("g.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/jpeg")
    answer = office.post(reverse("admin:gifts_gift_change", args=[shop.gift.pk]), form_of(shop, picture=bad, points=7))
    assert "这不是能识别的照片" in answer.content.decode()
    shop.gift.refresh_from_db()
    assert (shop.gift.points, Photo.objects.count()) == (1000, 0)


def test_only_the_district_changes_it(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        set_picture(shop.gift, redraw(picture()), by=shop.chief)
