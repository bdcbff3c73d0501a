"""Refusals of sharing and pairings: stable code, Chinese sentence for the person."""

from fengchao.core.errors import BadValue, NotAllowed, RuleBroken


class Occupied(RuleBroken):
    code = "occupied"
    message = "这段时间已经借出，请看一周安排，换个时间。"


class AlreadyAsked(RuleBroken):
    code = "already_asked"
    message = "你们已经申请过这段时间，等对方答复就行。"


class LoanWrongState(RuleBroken):
    code = "wrong_state"
    message = "这笔借用现在是“{state}”，不能这样处理。"


class NotBegun(RuleBroken):
    code = "not_begun"
    message = "还没到借用时间，不用了请取消。"


class LoanMayNot(NotAllowed):
    message = "这一步不由您来做。"


class OwnRequest(RuleBroken):
    code = "self_dealing"
    message = "借用方不能自己同意，请出借方的同事来办。"


class NotYourOrganisation(BadValue):
    message = "请选择您所在的单位。"

    def __init__(self) -> None:
        super().__init__(field="borrower")


class AlreadyPaired(RuleBroken):
    code = "already_paired"
    message = "这两家正在共建，不用重复登记。"


class PairingOver(RuleBroken):
    code = "wrong_state"
    message = "这项共建已经结束。"
