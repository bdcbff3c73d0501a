"""How a page of the desk acts once, and says beside the field why it did not."""

import hashlib
import json
from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.http import HttpRequest

from fengchao.core.audit import Actor
from fengchao.core.errors import RuleBroken
from fengchao.core.idempotency import Key, KeyMismatch, once

T = TypeVar("T")


def act_once(request: HttpRequest, worker: Actor, key: str, act: Callable[[], T], told: Callable[[T], str]) -> str:
    """Do `act` unless the form with this key did it, and give the sentence that `told` made of it then.

    Raises what `act` refuses, and KeyMismatch when the page was sent before with other contents.
    """
    typed = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
    digest = hashlib.sha256(json.dumps(typed, sort_keys=True).encode()).hexdigest()
    try:
        answer = once(
            Key(worker.pk, f"desk:{key}", "POST", request.path, digest), act, lambda done: (200, {"told": told(done)})
        )
    except KeyMismatch as mismatch:
        raise KeyMismatch("这一页已经提交过，请核对下面的结果，再重新填写。") from mismatch
    return str(answer.body["told"])


def say_refusal(form: forms.Form, refusal: RuleBroken, *, field: str | None = None) -> None:
    """Beside the field at fault, or above the form."""
    at_fault = field or refusal.field
    form.add_error(at_fault if at_fault in form.fields else None, refusal.message)
