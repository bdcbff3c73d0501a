"""Refusals of this app: stable code, Chinese sentence for the person."""

from fengchao.core.errors import BadValue, RuleBroken, TooMany


class CodeUnreadable(RuleBroken):
    code = "code_unreadable"
    message = "照片里没有找到动态码，请把码拍清楚，或输入 6 位数字。"


class TooManyWrongCodes(TooMany):
    code = "too_many_requests"
    message = "连续输错太多次，请稍后再试。"


class TicketExpired(RuleBroken):
    code = "ticket_expired"
    message = "识别已过期，请重新识别快递小哥。"


class WrongStation(RuleBroken):
    code = "wrong_station"
    message = "这次识别不是在本站做的，请重新识别快递小哥。"


class FacilityNotHere(BadValue):
    message = "这个蜂巢没有登记这种设施。"

    def __init__(self) -> None:
        super().__init__(field="facility")


class TooManyObservations(TooMany):
    message = "刚才已经反馈了很多次，谢谢，请过一会儿再来。"


class TooManyCorrections(TooMany):
    message = "今天提的更正已经够多了，谢谢，请明天再来。"


class NothingToCorrect(BadValue):
    message = "这和现在登记的一样，不用更正。"

    def __init__(self) -> None:
        super().__init__(field="proposed")


class CorrectionDecided(RuleBroken):
    code = "wrong_state"
    message = "这条更正已经处理过了。"


class OwnCorrection(RuleBroken):
    code = "self_dealing"
    message = "不能审核自己提的更正。"


class OutlineBroken(BadValue):
    """A file that is no outline of a district; the sentence says where it fails."""

    code = "outline_broken"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


class PosterUnknown(RuleBroken):
    code = "poster_unknown"
    message = "这不是蜂巢的签到码，请扫站里张贴的海报。"


class PosterElsewhere(RuleBroken):
    code = "wrong_station"
    message = "这张海报不是本站的，请扫本站张贴的海报。"


class PosterReplaced(RuleBroken):
    code = "poster_replaced"
    message = "这张海报已经换新，请扫站里现在张贴的海报。"


class TooManyWrongPosters(TooMany):
    message = "扫错太多次了，请过几分钟再扫。"


class BadHours(BadValue):
    """The facts hold `place` (of the first character at fault, from 1) and `suggestion` ("" for none)."""

    message = "看不懂这个开放时间。"


class ClosedAlready(RuleBroken):
    code = "closed_already"
    message = "今天已经登记不开放了。"


class OverrideOver(RuleBroken):
    code = "override_over"
    message = "这次调整已经撤销或已经结束。"
