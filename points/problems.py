"""Refusals of this app: stable code, Chinese sentence for the person."""

from fengchao.core.errors import NotAllowed, RuleBroken


class Insufficient(RuleBroken):
    """A courier's or a stock account (`is_stock`) would go below zero: `left` is what is free there, less than nothing
    after a claw-back (`overdraft`)."""

    code = "insufficient_points"
    message = "积分不足。"

    def __init__(self, account_id: int, *, is_stock: bool = False, left: int = 0, overdraft: bool = False) -> None:
        super().__init__(account_id=account_id)
        self.account_id, self.is_stock, self.left, self.overdraft = account_id, is_stock, left, overdraft


class AlreadyPosted(RuleBroken):
    """This source has its transfer already, or the transfer is reversed already; nothing was written."""

    code = "already_posted"
    message = "这笔积分已经入账。"

    def __init__(self, transfer_id: int) -> None:
        super().__init__(transfer_id=transfer_id)
        self.transfer_id = transfer_id


class SelfDealing(RuleBroken):
    code = "self_dealing"
    message = "不能给自己办理。"


class MayNotGrant(NotAllowed):
    message = "只有街道和区管理员可以发放积分。"


class WrongState(RuleBroken):
    code = "wrong_state"
    message = "这笔发放已经处理过了。"


class MaySetNoRules(NotAllowed):
    message = "只有区管理员可以调整积分规则。"


class RuleIsOver(RuleBroken):
    code = "wrong_state"
    message = "这条规则已经停用。"
