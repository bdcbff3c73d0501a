"""Refusals: what a rule says when it says no.

A rule raises; it never returns False and never makes an answer. Each door translates: the API into a problem document
(`core.problems`), a page into a message beside the field, an admin action into a line of its summary.
"""

from typing import Any


class RuleBroken(Exception):
    """A rule refuses. Subclasses stand beside the service that raises them and set `code`, `message`, perhaps `status`.

    `code` is stable and English, programs match on it; `message` is a Chinese sentence for the person and may name
    facts in braces. `field` names the input that is at fault, `retry_after` counts seconds, and the other keywords are
    facts kept for the caller and for the record of refused attempts.
    """

    code = "rule_broken"
    message = "现在不能这样做。"
    status = 409

    def __init__(
        self, message: str | None = None, *, field: str | None = None, retry_after: int | None = None, **facts: Any
    ) -> None:
        self.message = message if message is not None else type(self).message.format(**facts)
        self.field = field
        self.retry_after = retry_after
        self.facts = facts
        super().__init__(self.message)


class BadValue(RuleBroken):
    """A value that cannot be used; `field` says which."""

    code = "invalid"
    message = "填写的内容有误。"
    status = 400


class NotAllowed(RuleBroken):
    code = "not_allowed"
    message = "您没有权限这样做。"
    status = 403


class NotThere(RuleBroken):
    """Does not exist or is out of scope: both look alike."""

    code = "not_found"
    message = "没有找到。"
    status = 404


class TooLarge(RuleBroken):
    code = "too_large"
    message = "提交的内容太大。"
    status = 413


class WrongType(RuleBroken):
    code = "unsupported_media_type"
    message = "不支持这种格式。"
    status = 415


class TooMany(RuleBroken):
    """Too often; `retry_after` says when to come back."""

    code = "too_many_requests"
    message = "操作太频繁，请稍后再试。"
    status = 429

    def __init__(self, message: str | None = None, *, retry_after: int, field: str | None = None, **facts: Any) -> None:
        super().__init__(message, field=field, retry_after=max(1, retry_after), **facts)
