"""Refusals of this app: stable code, Chinese sentence for the person."""

from fengchao.core.errors import NotAllowed, RuleBroken


class WrongState(RuleBroken):
    code = "wrong_state"
    message = "现在是“{state}”，不能这样处理。"


class MayNot(NotAllowed):
    message = "这一步不由您来做。"


class SelfDealing(RuleBroken):
    code = "self_dealing"
    message = "不能确认自己的到场或好事，请让同事来。"


class NoRule(RuleBroken):
    code = "no_rule"
    message = "积分规则里还没有“志愿服务到场”，请先请区里设好，或把积分改成 0。"


class TooLate(RuleBroken):
    code = "too_late"
    message = "活动已经开始，不能再报名或退出。"


class TooEarly(RuleBroken):
    code = "too_early"
    message = "{when} 起才能签到。"


class AlreadyEnrolled(RuleBroken):
    code = "already_enrolled"
    message = "已经报过名了。"


class TimeTaken(RuleBroken):
    code = "time_taken"
    message = "这个时间你已经报了“{title}”。"


class NotEnrolled(RuleBroken):
    code = "not_enrolled"
    message = "没有报名这个活动。"


class AlreadyConfirmed(RuleBroken):
    code = "already_confirmed"
    message = "到场已经确认过了。"


class PosterUnknown(RuleBroken):
    code = "poster_unknown"
    message = "这不是这个活动的签到码，请扫现场的海报。"


class SomebodyCame(RuleBroken):
    code = "somebody_came"
    message = "已经有人到场，不能取消，请按时结束。"


class BelowTaken(RuleBroken):
    code = "below_taken"
    message = "已经有 {taken} 人报名，名额不能比它少。"


class TooManyDeeds(RuleBroken):
    code = "too_many_requests"
    status = 429
    message = "今天报得够多了，明天再来。"
