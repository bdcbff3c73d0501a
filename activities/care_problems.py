"""Refusals around visits, kits and needs: stable code, Chinese sentence for the person."""

from fengchao.core.errors import NotAllowed, RuleBroken


class CareWrongState(RuleBroken):
    code = "wrong_state"
    message = "这次走访现在是“{state}”，不能这样处理。"


class MayNotVisit(NotAllowed):
    message = "您不能以这个单位的名义走访。"


class PlannedAlready(RuleBroken):
    code = "already_planned"
    message = "{outlet}那天已经有走访安排了。"


class NotEnoughKits(RuleBroken):
    code = "sold_out"
    message = "{kit}只剩 {on_hand} 份，不够 {wanted} 份。"


class MoreThanHandedOut(RuleBroken):
    code = "too_many"
    message = "这次走访只发了 {number} 份{kit}。"


class NeedFollowedUp(RuleBroken):
    code = "wrong_state"
    message = "这条需要现在是“{state}”，不能再这样处理。"


class OwnNeed(RuleBroken):
    code = "self_dealing"
    message = "不能替自己登记。"
