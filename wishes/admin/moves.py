"""The staff's moves on one wish or many: each row through its service, and said how many went and why others not."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action

from fengchao.core.admin import AskForm, LedgerAdmin, me
from fengchao.core.errors import RuleBroken
from wishes import services
from wishes.admin.forms import ImproveForm, ReasonForm
from wishes.models import Wish
from wishes.states import Flag


class Moves(LedgerAdmin):
    actions = ("approve_chosen", "reject_chosen", "withdraw_chosen", "hide_thanks_chosen", "improve_chosen")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="通过", permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        """At once, unless several are marked and something is to be looked at twice in one of them."""
        many = len(request.POST.getlist(ACTION_CHECKBOX_NAME)) > 1
        flagged = list(chosen.exclude(flags=[]).values_list("flags", flat=True)) if many else []
        key = ""
        if flagged:
            kinds = "、".join(str(flag.label) for flag in Flag if any(flag in flags for flags in flagged))
            title = f"其中 {len(flagged)} 个有提示（{kinds}），仍然都通过？"
            asked = self.ask(request, chosen, AskForm, title=title, button="都通过")
            if isinstance(asked, HttpResponse):
                return asked
            key = asked.cleaned_data["key"]
        by = me(request)
        self.each(request, chosen, lambda row: services.approve(row, by=by), done="已通过 {} 个，挂上树了。", key=key)
        return self.onward(request)

    @action(description="不通过", permissions=["decide"])
    def reject_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Wish, reason: str) -> object:
            return services.reject(row, reason=reason, by=me(request))

        return self._with_reason(
            request, chosen, "reject", act, title="不通过所选心愿", button="不通过", done="已答复 {} 个没有通过。"
        )

    @action(description="撤下", permissions=["decide"])
    def withdraw_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Wish, reason: str) -> object:
            return services.withdraw(row, reason=reason, by=me(request))

        return self._with_reason(
            request,
            chosen,
            "withdraw",
            act,
            title="撤下所选心愿",
            button="撤下",
            done="已撤下 {} 个，许愿人会收到通知。",
        )

    @action(description="不公开道谢", permissions=["decide"])
    def hide_thanks_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Wish, reason: str) -> object:
            return services.hide_thanks(row, reason=reason, by=me(request))

        return self._with_reason(
            request,
            chosen,
            "hide_thanks",
            act,
            title="不公开所选心愿的道谢",
            button="不公开",
            done="{} 条道谢不再公开。",
        )

    @action(description="做成蜂巢改进", permissions=["decide"])
    def improve_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        """All of them or none, by one decision."""
        rows, by = list(chosen.select_related("station__organisation")), me(request)
        asked = self.ask(
            request, chosen, ImproveForm, title="做成蜂巢改进", button="做成改进", wishes=rows, user=by
        )  # fmt: skip
        if isinstance(asked, HttpResponse):
            return asked
        given = asked.cleaned_data

        def act() -> None:
            if improvement := given.get("improvement"):
                services.join(improvement, rows, by=by)
            else:
                services.plan(rows[0].station, title=given["title"], wishes=rows, by=by)

        try:
            self.act_once(request, given["key"], act)
        except RuleBroken as refusal:
            asked.refuse(refusal)
            return self.form_page(request, asked, title="做成蜂巢改进", button="做成改进", rows=rows)
        messages.success(request, f"已做成改进，{len(rows)} 个心愿由蜂巢所属单位认领。")
        return HttpResponseRedirect(reverse("admin:wishes_improvement_changelist"))

    def _with_reason(
        self,
        request: HttpRequest,
        chosen: QuerySet,
        move: str,
        act: Callable[[Wish, str], object],
        *,
        title: str,
        button: str,
        done: str,
    ) -> HttpResponse | None:
        asked = self.ask(request, chosen, ReasonForm, title=title, button=button, move=move)
        if isinstance(asked, HttpResponse):
            return asked
        given = asked.cleaned_data
        self.each(request, chosen, lambda row: act(row, given["reason"]), done=done, key=given["key"])
        return self.onward(request)
