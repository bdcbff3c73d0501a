"""Refusals of this app: stable code, Chinese sentence for the person."""

from fengchao.core.errors import BadValue, NotAllowed, RuleBroken, TooMany


class CodeInvalid(BadValue):
    code = "code_invalid"
    message = "验证码不对或已失效，请核对后重试。"


class SmsLimit(TooMany):
    code = "sms_limit"
    message = "验证码发送太频繁，请稍后再试。"


class GuessLimit(TooMany):
    code = "guess_limit"
    message = "验证码输错次数太多，请稍后重新获取。"


class RegistrationRequired(NotAllowed):
    code = "registration_required"
    message = "请先完善姓名和网点。"


class AccountFrozen(NotAllowed):
    code = "account_frozen"
    message = "该账号已停用，请联系街道。"


class CodeUnknown(RuleBroken):
    code = "code_unknown"
    message = "没有这个码，请让骑手刷新后再扫。"


class CodeExpired(RuleBroken):
    code = "code_expired"
    message = "码已过期，请让骑手刷新后再扫。"


class CodeUsed(RuleBroken):
    code = "code_used"
    message = "这个码已经用过，请让骑手刷新后再扫。"


class AlreadyVerified(RuleBroken):
    code = "wrong_state"
    message = "该骑手已经核验过。"


class AlreadyFrozen(RuleBroken):
    code = "wrong_state"
    message = "该骑手已经冻结。"


class NotFrozen(RuleBroken):
    code = "wrong_state"
    message = "该骑手没有冻结，或账号已注销。"


class OwnAccount(RuleBroken):
    code = "self_dealing"
    message = "不能给自己办理，请让另一位管理员来办。"


class CredentialsInvalid(BadValue):
    code = "credentials_invalid"
    message = "手机号、密码或动态验证码不对。"


class SignInLimit(TooMany):
    code = "sign_in_limit"
    message = "登录失败次数太多，请稍后再试。"
