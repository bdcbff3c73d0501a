"""What the tests of the district's lists share."""

from io import BytesIO
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Courier
from tests.factories import courier, outlet
from tests.factories.vouchers import VoucherScene

CARDS, SLOTS, WAITING = "/admin/vouchers/voucher/", "/admin/vouchers/slot/", "/admin/vouchers/waiting/"
PROGRAMMES, HONOURS, COURIERS = "/admin/vouchers/programme/", "/admin/accounts/honour/", "/admin/accounts/courier/"
LISTS = (PROGRAMMES, SLOTS, CARDS, WAITING)


def rider(scene: VoucherScene, name: str = "何小蜂", **of: Any) -> Courier:
    return courier(outlet(scene.district.community, company=scene.post), name=name, **of)


def change(row: Any, page: str = CARDS) -> str:
    return f"{page}{row.pk}/change/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def listed(client: Client, page: str = CARDS, **query: Any) -> list[int]:
    return [row.pk for row in client.get(page, query).context["cl"].result_list]


def act(client: Client, action: str, *rows: Any, page: str = CARDS, key: str = "", **given: Any) -> Any:
    marks = [str(row.pk) for row in rows]
    asked = {"action": f"{action}_chosen", "_selected_action": marks, "select_across": "0"}
    return client.post(page, {**asked, "asked": "yes", "key": key or f"{action}-{marks}", **given})


def fault(answer: Any) -> dict[str, list[str]]:
    """Field → what stands beside it."""
    return {name: list(errors) for name, errors in answer.context["form"].errors.items()}


def sheet(answer: Any, name: str = "") -> list[list[Any]]:
    book = load_workbook(BytesIO(answer.content))
    return [[cell.value for cell in row] for row in (book[name] if name else book.active).iter_rows()]
