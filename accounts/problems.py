"""Refusals of this app: stable code, Chinese sentence for the person."""

from typing import Any

from fengchao.core.errors import BadValue, NotAllowed, RuleBroken, TooMany


class CodeInvalid(BadValue):
    code = "code_invalid"
    message = "验证码不对或已失效，请核对后重试。"


class SmsLimit(TooMany):
    code = "sms_limit"
    message = "验证码发送太频繁，请稍后再试。"


class SmsUnavailable(RuleBroken):
    """No message has left. `reason` is for the log."""

    code = "sms_unavailable"
    message = "短信暂时发不出去，请稍后再试。"
    status = 503

    def __init__(self, message: str | None = None, *, retry_after: int = 10, **facts: Any) -> None:
        super().__init__(message, retry_after=retry_after, **facts)


class SmsUnanswered(SmsUnavailable):
    """A message may have left: the provider did not say."""

    message = "短信服务没有回应，验证码可能会晚到。没收到的话，过一会儿重新获取。"


class GuessLimit(TooMany):
    code = "guess_limit"
    message = "验证码输错次数太多，请稍后重新获取。"


class RegistrationRequired(NotAllowed):
    code = "registration_required"
    message = "请先完善姓名和网点。"


class ConsentRequired(NotAllowed):
    """The privacy notice has changed since he agreed. `version` is the one that holds."""

    code = "consent_required"
    message = "隐私说明有更新（版本 {version}），请看过并同意后接着用。"

    def __init__(self, *, version: str) -> None:
        super().__init__(version=version, field="consent_version")


class ConfirmationRequired(NotAllowed):
    code = "confirmation_required"
    message = "这个号码很久没有登录，请先核对原来登记的姓名和网点。"


class NotRecognised(RuleBroken):
    code = "not_recognised"
    message = "和原来登记的对不上，还可以再试 {left} 次。"


class AccountFrozen(NotAllowed):
    code = "account_frozen"
    message = "该账号已停用，请联系街道。"


class NumberTaken(RuleBroken):
    code = "number_taken"
    message = "这个号码已经有账号。请先用它登录并注销，再来更换。"


class SameNumber(BadValue):
    code = "same_number"
    message = "这就是现在的号码。"


class HoldsOffice(NotAllowed):
    code = "holds_office"
    message = "您还有任职，请用密码和动态验证码登录后再办理。"


class CodeUnknown(RuleBroken):
    code = "code_unknown"
    message = "没有这个码，请让快递小哥刷新后再扫。"


class CodeExpired(RuleBroken):
    code = "code_expired"
    message = "码已过期，请让快递小哥刷新后再扫。"


class CodeUsed(RuleBroken):
    code = "code_used"
    message = "这个码已经用过，请让快递小哥刷新后再扫。"


class AlreadyVerified(RuleBroken):
    code = "wrong_state"
    message = "该快递小哥已经核验过。"


class AlreadyFrozen(RuleBroken):
    code = "wrong_state"
    message = "该快递小哥已经冻结。"


class NotFrozen(RuleBroken):
    code = "wrong_state"
    message = "该快递小哥没有冻结，或账号已注销。"


class OwnAccount(RuleBroken):
    code = "self_dealing"
    message = "不能给自己办理，请让另一位管理员来办。"


class CredentialsInvalid(BadValue):
    code = "credentials_invalid"
    message = "手机号、密码或动态验证码不对。"


class SignInLimit(TooMany):
    code = "sign_in_limit"
    message = "登录失败次数太多，请稍后再试。"


class AlreadyHonoured(RuleBroken):
    code = "already_honoured"
    message = "已经登记过 {year} 年的“{title}”。"
