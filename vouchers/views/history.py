"""The steps of a card as sentences to its courier. No step names a person, and none says what was found."""

from fengchao.core.history import Line
from vouchers.models import Step, Voucher
from vouchers.states import TONES, Party, VoucherState

SENTENCES = {
    "issue": "你得到了这张卡",
    "book": "你约了时间",
    "change": "你改了时间",
    "cancel": "你取消了预约",
    "check-in": "你到了体检中心",
    "complete": "体检结束",
    "no-show": "这次没有来",
    "expire": "没有用上，过期了",
    "void": "这张卡作废了",
}
BY_CLOCK = {"issue": "有人让出名额，你得到了这张卡", "book": "候补到了，已为你约上"}


def in_words(voucher: Voucher) -> list[Line]:
    """Newest first, but for the ticks, which the list of items shows."""
    steps = voucher.steps.exclude(move="tick").order_by("-pk")
    return [_line(step) for step in steps]


def _line(step: Step) -> Line:
    state = VoucherState(step.state_after)
    by_clock = BY_CLOCK.get(step.move) if step.party == Party.SYSTEM else None
    return Line(step.at, by_clock or SENTENCES[step.move], step.text, state, state.label, TONES[state])
