"""Refusals of this app: stable code, Chinese sentence for the person."""

from fengchao.core.errors import BadValue, NotAllowed, RuleBroken


class WrongState(RuleBroken):
    code = "wrong_state"
    message = "这张体检卡现在是“{state}”，不能这样处理。"


class MayNot(NotAllowed):
    message = "这一步不由您来做。"


class SelfDealing(RuleBroken):
    code = "self_dealing"
    message = "不能处理自己的体检卡。"


class ProgrammeOver(RuleBroken):
    code = "programme_over"
    message = "这个体检项目已结束或还没开始。"


class QuotaFull(RuleBroken):
    code = "quota_full"
    message = "名额已经发完。"


class AllotmentFull(RuleBroken):
    code = "allotment_full"
    message = "“{enterprise}”的名额已经发完。"


class NotEligible(RuleBroken):
    """The sentence says which condition is not met."""

    code = "not_eligible"
    message = "不符合发放条件。"


class Unverified(RuleBroken):
    code = "unverified"
    message = "还没有核验身份。"


class AlreadyIssued(RuleBroken):
    code = "already_issued"
    message = "已经有一张这个项目的体检卡。"


class AlreadyWaiting(RuleBroken):
    code = "already_waiting"
    message = "已经在候补名单上。"


class NoNeedToWait(RuleBroken):
    code = "places_free"
    message = "还有名额，不用候补。"


class SlotFull(RuleBroken):
    code = "slot_full"
    message = "这个时段约满了，请换一个。"


class SlotClosed(RuleBroken):
    code = "slot_closed"
    message = "这个时段不能预约，请换一个。"


class TooLate(RuleBroken):
    code = "too_late"
    message = "前一天 18:00 以后不能改约或取消，请打电话联系体检中心。"


class WrongDay(RuleBroken):
    code = "wrong_day"
    message = "预约的是 {day}，不是今天。"


class NotBooked(RuleBroken):
    code = "not_booked"
    message = "这张体检卡还没有预约，请先在手机上约时间。"


class AlreadyCheckedIn(RuleBroken):
    code = "already_checked_in"
    message = "{when} 已在{where}报到。"


class ChangedMeanwhile(RuleBroken):
    code = "changed"
    message = "预约刚刚变了，请刷新再试。"


class ItemNotHere(BadValue):
    message = "这张体检卡没有这个项目。"

    def __init__(self) -> None:
        super().__init__(field="item")


class SlotHasBookings(RuleBroken):
    code = "slot_has_bookings"
    message = "已经有人约过，不能删除，可以停约。"


class SlotsOverlap(RuleBroken):
    code = "slots_overlap"
    message = "和已有的时段重叠：{when}。请换时间，或先删掉那个时段。"


class BelowIssued(RuleBroken):
    code = "below_issued"
    message = "已经发了 {issued} 张，名额不能比它少。"


class AllotmentInUse(RuleBroken):
    code = "allotment_in_use"
    message = "“{enterprise}”已经发了 {issued} 张，不能删除，可以把名额改成 {issued}。"


class ItemsSettled(RuleBroken):
    code = "items_settled"
    message = "已经有人报到，检查项目不能再增减。"
