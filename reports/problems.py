"""Refusals of this app: stable code, Chinese sentence for the person."""

from fengchao.core.errors import BadValue, NotAllowed, RuleBroken, TooMany


class WrongState(RuleBroken):
    code = "wrong_state"
    message = "这件上报现在是“{state}”，不能这样处理。"


class MayNot(NotAllowed):
    message = "这一步不由您来做。"


class SelfDealing(RuleBroken):
    code = "self_dealing"
    message = "不能处理自己的上报。"


class SamePerson(RuleBroken):
    code = "self_dealing"
    message = "申诉要由另一位工作人员来复核。"


class NobodyToAsk(RuleBroken):
    code = "nobody_to_ask"
    message = "这件来自接入方，没有可以补充的上报人。"


class KeyRevoked(RuleBroken):
    code = "already_done"
    message = "这个密钥已经停用。"


class KeyUnknown(NotAllowed):
    message = "api_key 不对或已停用。"


class TooManyCalls(TooMany):
    message = "这个 api_key 24 小时内的上报已达上限，请稍后再试，或联系我们提高上限。"


class CallRepeated(BadValue):
    message = "这个 Idempotency-Key 已用于另一件上报。"


class AlreadyOnce(RuleBroken):
    """The reporter may do this once for each report."""

    code = "already_done"
    message = "已经提过一次，不能再提。"


class TooLate(RuleBroken):
    code = "too_late"
    message = "已经超过 14 天，不能再提。"


class AlreadyRated(RuleBroken):
    code = "already_rated"
    message = "已经评价过了，谢谢。"


class CannotBeDuplicate(BadValue):
    message = "要并入的那件应当是先报的、同一辖区的另一件。"

    def __init__(self) -> None:
        super().__init__(field="duplicate_of")


class TooManyReports(TooMany):
    message = "今天报得够多了，谢谢，请明天再来。紧急情况请拨打 110 或 119。"


class SomebodyElse(RuleBroken):
    code = "somebody_else"
    message = "这台手机换了账号，这件没有发。"
