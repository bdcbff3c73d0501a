"""Refusals of this app: stable code, Chinese sentence for the person."""

from fengchao.core.errors import RuleBroken, TooMany


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
