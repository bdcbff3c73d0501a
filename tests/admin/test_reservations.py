"""Reservations and refusals in the admin: only looked at, and never with a code."""

from typing import Any

import pytest
from django.urls import reverse

from gifts.models import Reservation
from gifts.problems import SoldOut
from gifts.services import cancel, receive, reserve
from tests.admin.conftest import Office

LIST = reverse("admin:gifts_reservation_changelist")


def listed(answer: Any) -> list[Reservation]:
    return list(answer.context["cl"].result_list)


def test_the_list_is_filtered_and_scoped(office: Office) -> None:
    shop = office.shop
    receive(shop.gift, shop.other, quantity=3, by=shop.neighbour)
    elsewhere = reserve(shop.courier, shop.gift, station=shop.other)
    gone, here = (reserve(shop.courier, shop.gift, station=shop.station) for _ in range(2))
    cancel(gone, by=shop.courier.user)
    client = office.client(office.chief)
    assert listed(client.get(LIST)) == [here, gone]
    assert listed(client.get(f"{LIST}?state__exact=cancelled")) == [gone]
    assert listed(client.get(f"{LIST}?station__id__exact={shop.station.pk}")) == [here, gone]
    assert listed(office.client(office.district).get(LIST)) == [here, gone, elsewhere]
    assert client.get(reverse("admin:gifts_reservation_change", args=[elsewhere.pk])).status_code == 404


def test_who_heard_the_code_searches_by_it_and_nobody_reads_one(office: Office) -> None:
    shop = office.shop
    made = [reserve(shop.courier, shop.gift, station=shop.station) for _ in range(2)]
    client = office.client(office.chief)
    assert listed(client.get(f"{LIST}?q={made[0].pickup_code}")) == made[:1]
    page = reverse("admin:gifts_reservation_change", args=[made[0].pk])
    for address in (LIST, page):
        text = client.get(address).content.decode()
        assert not any(one.pickup_code in text for one in made)
    assert client.post(page, {"state": "cancelled"}).status_code == 403


def test_a_refusal_says_what_was_tried(office: Office) -> None:
    with pytest.raises(SoldOut):
        reserve(office.shop.courier, office.shop.dear, station=office.shop.station)
    client = office.client(office.chief)
    address = reverse("admin:gifts_refusedattempt_changelist")
    assert "预约" in client.get(f"{address}?attempt__exact=reserve").content.decode()
    assert len(listed(client.get(f"{address}?attempt__exact=reserve"))) == 1
    assert listed(client.get(f"{address}?attempt__exact=redeem")) == []
