"""The audit log, to be read."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter
from unfold.decorators import display

from accounts.models import Membership
from accounts.rules import reads_everything
from accounts.scope import within
from fengchao.core.admin import DaysFilter, LedgerAdmin, with_person
from fengchao.core.masking import mask_name
from fengchao.core.models import AuditLog

ABOUT = {
    "courier": "快递小哥",
    "grant": "积分发放",
    "redemption": "兑换",
    "stock": "出入库",
    "membership": "任职",
    "user": "账号",
    "station": "蜂巢",
    "gift": "礼品",
    "report": "随手拍",
    "category": "上报类别",
    "question": "类别的问题",
    "texttemplate": "常用答复",
    "outlet": "网点",
    "facility": "设施",
    "enterprise": "快递企业",
    "organisation": "组织",
    "earningrule": "积分规则",
    "budget": "年度预算",
    "honour": "荣誉",
    "programme": "体检项目",
    "slot": "体检时段",
    "voucher": "体检卡",
    "waiting": "体检候补",
}
DONE = {
    "added": "新增",
    "changed": "修改",
    "deleted": "删除",
    "exported": "导出",
    "registered": "登记",
    "verified": "核验",
    "frozen": "冻结",
    "unfrozen": "解除冻结",
    "doubted": "久未登录，待核对",
    "recognised": "核对是本人",
    "not_recognised": "核对不符",
    "number_passed_on": "号码转给新账号",
    "posted": "入账",
    "pending": "待审核",
    "approved": "审核通过",
    "rejected": "驳回",
    "taken_back": "收回",
    "revised": "新版本",
    "stopped": "停用",
    "handed_over": "交付",
    "annulled": "撤销",
    "received": "入库",
    "returned": "退回",
    "transferred": "调拨",
    "written_off": "报损",
    "given": "任命",
    "ended": "免去",
    "closed": "注销",
    "accept": "受理",
    "reject": "不受理",
    "assign": "派单",
    "return": "退回",
    "start": "开始办理",
    "ask": "请上报人补充",
    "resolve": "办结",
    "reopen": "要求重办",
    "disprove": "核实不属实",
    "category": "改类别",
    "blurred": "给照片打码",
    "issue": "发放",
    "wait": "登记候补",
    "void": "作废",
    "opened": "开放",
    "made": "新增一批",
    "check-in": "报到",
    "tick": "勾选项目",
    "complete": "完成",
    "no-show": "未到",
    "second_factor_reset": "重置动态验证码",
}
FACTS = {
    "reason": "原因",
    "rows": "行数",
    "number": "单号",
    "courier": "快递小哥",
    "gift": "礼品",
    "station": "蜂巢",
    "points": "积分",
    "kind": "类别",
    "quantity": "数量",
    "role": "角色",
    "organisation": "组织",
    "outlet": "网点",
    "name": "姓名",
    "event": "事件",
    "version": "版本",
    "day_cap": "每日上限",
    "month_cap": "每月上限",
    "heir": "新账号",
    "because": "缘由",
    "left": "还可再试",
    "state": "状态",
    "photo": "照片",
    "boxes": "打码处数",
    "programme": "体检项目",
    "title": "荣誉",
    "year": "年度",
    "capacity": "人数",
    "day": "日期",
    "last": "到",
    "items": "检查项目",
    "allotments": "企业名额",
}
"""Words that services record beside the names of fields."""


class WhatFilter(RadioFilter):
    """The first word of a verb says what it was about."""

    title = "事项"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(ABOUT.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(verb__startswith=f"{self.value()}.") if self.value() in ABOUT else queryset


@admin.register(AuditLog)
class AuditLogAdmin(LedgerAdmin):
    list_display = ("at", "who", "deed", "subject", "what")
    list_filter = (WhatFilter, DaysFilter)
    search_fields = ("=subject_key", "=request_id", "^verb")
    search_help_text = "对象编号、动作或请求编号"
    fields = ("at", "who", "deed", "subject", "what", "verb", "request_id")

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        """What people of the subtree did. What couriers and the timetable did is for those who read at the root."""
        found = with_person(queryset, "actor_id")
        roles = self.rights().see
        if reads_everything(user, *roles):
            return found
        people = Membership.objects.filter(within(user, "organisation", *roles))
        return found.filter(actor_id__in=people.values("user_id"))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in ("subject_kind", "subject_key") or super().lookup_allowed(lookup, value, request)

    @display(description="操作人")
    def who(self, row: Any) -> str:
        return mask_name(row.person or "") or (f"用户 {row.actor_id}" if row.actor_id else "定时任务")

    @display(description="动作")
    def deed(self, row: AuditLog) -> str:
        about, _, done = row.verb.partition(".")
        return f"{ABOUT.get(about, about)} · {DONE.get(done, done)}"

    @display(description="对象")
    def subject(self, row: AuditLog) -> str:
        model = _model(row.subject_kind)
        return f"{model._meta.verbose_name if model else row.subject_kind} {row.subject_key}"

    @display(description="内容")
    def what(self, row: AuditLog) -> str:
        model = _model(row.subject_kind)
        parts = [f"{_word(model, name)} {_spoken(value)}" for name, value in row.changed.items()]
        return "，".join(parts) or "—"


def _model(kind: str) -> type[Model] | None:
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def _word(model: type[Model] | None, name: str) -> str:
    """What a field is called in its form; what else was recorded has a word of its own."""
    if name not in FACTS and model is not None:
        try:
            return str(getattr(model._meta.get_field(name), "verbose_name", name))
        except FieldDoesNotExist:
            pass
    return FACTS.get(name, name)


def _spoken(value: Any) -> str:
    if isinstance(value, list):
        return " → ".join(_spoken(part) for part in value)
    text = "无" if value in (None, "") else str(value)
    return "（已隐去）" if text.startswith("hmac:") else text
