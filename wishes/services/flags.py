"""What a moderator should look at twice, and why: over the ceiling, a telephone number, a request for cash."""

import re
import unicodedata

from django.conf import settings

from fengchao.core.words import phone_numbers
from wishes.models import Wish
from wishes.states import Flag

CASH = re.compile(
    r"现金|现钱|红包|转账|转钱|打钱|打款|汇款|借钱|借款|给钱|发钱|要钱|收款码|付款码|银行卡|银行账|卡号|折现|换成钱|生活费|零花钱|支付宝"
)
CONTACT = re.compile(r"微信号|加我?微信|加我?好友|[vV][xX]|QQ|qq|手机号|电话号|联系电话")
# Numbers written in characters, as people write them who know that digits are looked for.
_SPELT = str.maketrans("〇零一幺二三四五六七八九", "001123456789")


def flags(title: str, text: str, for_whom: str, price: int) -> list[str]:
    """The flags of these words and this price, in the order of `Flag`."""
    return [flag for flag, _ in _found(f"{title}\n{text}\n{for_whom}", price)]


def reasons(wish: Wish) -> list[tuple[str, str]]:
    """(flag's name, why) for the moderator. Once its words are erased the wish only has the names."""
    why = dict(_found(f"{wish.title}\n{wish.text}\n{wish.for_whom}", wish.price))
    return [(Flag(flag).label, why.get(Flag(flag), "")) for flag in wish.flags]


def _found(words: str, price: int) -> list[tuple[Flag, str]]:
    plain = unicodedata.normalize("NFKC", words)
    found = []
    if price > settings.WISH_PRICE_CEILING:
        found.append((Flag.OVER_CEILING, f"预算 {price} 元，上限 {settings.WISH_PRICE_CEILING} 元"))
    contact = phone_numbers(plain.translate(_SPELT)) or CONTACT.findall(plain)
    if contact:
        found.append((Flag.PHONE, f"文字里有“{contact[0].strip()}”"))
    cash = CASH.findall(plain)
    if cash:
        found.append((Flag.CASH, f"文字里有“{cash[0]}”"))
    return found
