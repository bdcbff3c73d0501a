"""The steps of a wish as sentences, for whoever may read them. No step names a person."""

from collections.abc import Iterable

from fengchao.core.history import Line
from wishes.models import Step, Wish
from wishes.states import TONES, Party, WishState

SENTENCES = {
    "hang": "{who}挂上了心愿",
    "approve": "{where}审核通过，挂上了树",
    "reject": "{where}没有通过",
    "claim": "{where}认领了",
    "progress": "{where}说了进展",
    "release": "{where}退回，又挂在树上",
    "deliver": "{where}送到了",
    "confirm": "{who}确认收到，心愿点亮",
    "thank": "{who}道了谢",
    "withdraw": "{who}撤下了心愿",
}
BY_CLOCK = {
    "release": "认领满 7 天没有进展，又挂在树上",
    "confirm": "送达满 7 天，心愿点亮",
    "withdraw": "许愿人已注销，心愿撤下",
}


def in_words(wish: Wish, *, as_courier: bool) -> list[Line]:
    """Oldest first. The courier is “你” to himself and “许愿人” to everybody else."""
    return lines(wish.steps.select_related("organisation").order_by("pk"), as_courier=as_courier)


def lines(steps: Iterable[Step], *, as_courier: bool) -> list[Line]:
    """`in_words` where the steps have been read already, with their organisations."""
    return [_line(step, as_courier=as_courier) for step in steps]


def _line(step: Step, *, as_courier: bool) -> Line:
    state = WishState(step.state_after)
    return Line(step.at, _sentence(step, as_courier=as_courier), step.text, state, state.label, TONES[state])


def _sentence(step: Step, *, as_courier: bool) -> str:
    if step.party == Party.SYSTEM:
        return BY_CLOCK[step.move]
    where = step.organisation.name if step.organisation else Party(step.party).label
    courier = "你" if as_courier else "许愿人"
    return SENTENCES[step.move].format(who=courier if step.party == Party.COURIER else where, where=where)
