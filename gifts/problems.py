"""Refusals of this app: stable code, Chinese sentence for the person."""

from fengchao.core.errors import RuleBroken


class SelfDealing(RuleBroken):
    code = "self_dealing"
    message = "不能给自己办理，请让同事来办。"


class Unverified(RuleBroken):
    code = "unverified"
    message = "还没核验身份，在柜台核验后才能换礼品。"


class NotOnSale(RuleBroken):
    code = "not_on_sale"
    message = "{gift}现在不能兑换。"


class LimitReached(RuleBroken):
    code = "limit_reached"
    message = "{gift}每人每月限兑 {limit} 件，本月已经兑完。"


class InsufficientPoints(RuleBroken):
    code = "insufficient_points"
    message = "积分不够，还差 {missing} 分。"


class Overdrawn(RuleBroken):
    code = "overdrawn"
    message = "积分账户为负，补足前不能兑换。"


class SoldOut(RuleBroken):
    code = "sold_out"
    message = "{gift}在本站已经没有了。"


class WrongState(RuleBroken):
    code = "wrong_state"
    message = "这笔兑换已经撤销过了。"


class UndoExpired(RuleBroken):
    code = "undo_expired"
    message = "超过 15 分钟，柜台不能撤销了，请联系街道。"


class ReservationOver(RuleBroken):
    code = "wrong_state"
    message = "这个预约{state}，不能再改了。"


class BelowReserved(RuleBroken):
    code = "below_reserved"
    message = "{gift}有预约未取，账面不能减到比预约还少；请等预约取走或过期后再盘。"


class TooManySuggestions(RuleBroken):
    code = "limit_reached"
    message = "您有 3 条建议在等回复，回复后再提新的。"


class SuggestionAnswered(RuleBroken):
    code = "wrong_state"
    message = "这条建议已经回复过了。"


class StockTakeUnderWay(RuleBroken):
    code = "stock_take_under_way"
    message = "本站已有一次盘点没有结束，请接着盘，或先作废它。"


class StockTakeClosed(RuleBroken):
    code = "wrong_state"
    message = "这次盘点{state}，现在不能这样做。"


class NothingCounted(RuleBroken):
    code = "nothing_counted"
    message = "还没有盘任何礼品，请先填实盘数。"


class CountOvertaken(RuleBroken):
    code = "count_overtaken"
    message = "{gift}盘点之后又发出了不少，账面已经不够减；请退回，把它重新数一遍。"


class SecondPersonNeeded(RuleBroken):
    code = "self_dealing"
    message = "自己确认的盘点，要由另一位管理员审定。"


class OwnSlip(RuleBroken):
    code = "self_dealing"
    message = "自己录入的纸质单，要由另一位管理员审核。"


class SlipDecided(RuleBroken):
    code = "wrong_state"
    message = "这张纸质单{state}，不能再审核。"


class AlreadyEntered(RuleBroken):
    code = "already_entered"
    message = "这张纸质单已经录过了，单号 {number}。"
