"""Refusals of this app: stable code, Chinese sentence for the person."""

from fengchao.core.errors import BadValue, NotAllowed, RuleBroken, TooMany


class WrongState(RuleBroken):
    code = "wrong_state"
    message = "这个心愿现在是“{state}”，不能这样处理。"


class MayNot(NotAllowed):
    message = "这一步不由您来做。"


class SelfDealing(RuleBroken):
    code = "self_dealing"
    message = "不能处理自己的心愿。"


class OneAtATime(RuleBroken):
    code = "one_open_wish"
    message = "还有一个心愿没有结束，等它点亮或撤回后再挂新的。"


class AlreadyThanked(RuleBroken):
    code = "already_done"
    message = "已经道过谢了。"


class NothingDelivered(BadValue):
    message = "请写一句说明，或附一张照片。"

    def __init__(self) -> None:
        super().__init__(field="text")


class NotYourOrganisation(BadValue):
    message = "请选择您所在的认领单位。"

    def __init__(self) -> None:
        super().__init__(field="organisation")


class TooManyWishes(TooMany):
    message = "今天挂的心愿太多了，明天再来。"
