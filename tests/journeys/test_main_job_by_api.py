"""The main job through the API alone: sign in, earn, be recognised, take 手提纸 home, undo."""

import io

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests.factories import Api, totp_now
from tests.journeys.conftest import DemoDistrict, deed

PHONE = "13812340001"


def sign_in(demo: DemoDistrict, phone: str) -> Api:
    Api().post("auth/code/", {"phone": phone}, status=204)
    return Api(Api().post("auth/token/", {"phone": phone, "code": demo.last_code(phone)})["token"])


def staff_sign_in(demo: DemoDistrict, role: str) -> Api:
    person = demo.staff(role)
    answer = Api().post(
        "auth/token/",
        {"phone": person["phone"], "password": person["password"], "otp": totp_now(person["totp_secret"])},
    )
    return Api(answer["token"])


def stock(counter: Api, station: str, gift: str) -> int:
    levels = counter.get("stock/", station=station)
    rows = levels["results"] if isinstance(levels, dict) else levels
    return next(row["on_hand"] for row in rows if row["gift"] == gift)


def test_points_become_a_gift_and_back(demo: DemoDistrict) -> None:
    courier = sign_in(demo, PHONE)
    assert courier.get("me/code/", status=403)["code"] == "registration_required"
    outlet = Api().get("outlets/", limit=1)["results"][0]["id"]
    version = settings.PRIVACY_NOTICE_VERSION
    me = courier.patch("me/", {"name": "何小蜂", "outlet": outlet, "consent_version": version})
    deed(me["id"], 960)

    official, counter = staff_sign_in(demo, "district_admin"), staff_sign_in(demo, "counter")
    official.post(f"couriers/{me['id']}/verify/", {})
    consolation = {"courier": me["id"], "points": 50, "reason": "高温慰问"}
    grant = official.post("grants/", consolation, status=201, key="grant-1")
    assert grant["state"] == "posted"
    assert courier.get("me/points/")["available"] == 1010

    worker = demo.staff("counter")
    station = demo.station_of(worker)
    before = stock(counter, station, demo.tissue)
    code = courier.get("me/code/")
    seen = counter.post("counter/identify/", {"station": station, "token": code["token"]})
    assert seen["courier"]["name"] == "何*"
    assert seen["points"]["available"] == 1010
    again = counter.post("counter/identify/", {"station": station, "digits": code["digits"]}, status=409)
    assert again["code"] == "code_used"

    order = {"ticket": seen["ticket"], "gift": demo.tissue, "station": station}
    slip = counter.post("redemptions/", order, status=201, key="slip-1")
    assert (slip["state"], slip["points"], slip["balance_after"]) == ("handed_over", 1000, 10)
    assert counter.post("redemptions/", order, status=201, key="slip-1") == slip
    assert counter.last is not None
    assert counter.last["Idempotency-Replayed"] == "true"
    assert counter.post("redemptions/", order, status=409, key="slip-2")["code"] == "insufficient_points"
    assert stock(counter, station, demo.tissue) == before - 1
    assert [(entry["points"], entry["balance_after"]) for entry in courier.get("me/entries/")["results"]] == [
        (-1000, 10), (50, 1010), (960, 960),
    ]  # fmt: skip

    undone = counter.post(f"redemptions/{slip['number']}/annul/", {"reason": "拿错了"}, key="undo-1")
    assert undone["state"] == "annulled"
    assert courier.get("me/points/")["available"] == 1010
    assert stock(counter, station, demo.tissue) == before
    assert courier.get("me/entries/")["results"][0]["points"] == 1000
    again = counter.post(f"redemptions/{slip['number']}/annul/", {"reason": "再撤"}, status=409, key="undo-2")
    assert again["code"] == "wrong_state"

    with connection.cursor() as cursor:
        cursor.execute("SELECT state, points FROM audit_redemption WHERE number = %s", [slip["number"]])
        assert cursor.fetchall() == [("annulled", 1000)]
        cursor.execute("SELECT balance FROM audit_balance WHERE courier_id = %s", [me["id"]])
        assert cursor.fetchone() == (1010,)
        cursor.execute("SELECT sum(points) FROM audit_ledger WHERE courier_id = %s", [me["id"]])
        assert cursor.fetchone() == (1010,)
    call_command("verify", stdout=io.StringIO())
