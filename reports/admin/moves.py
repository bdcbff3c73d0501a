"""The staff's moves on one report or many: each row through its service, and said how many went and why others not."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from fengchao.core.admin import MOST_AT_ONCE, LedgerAdmin, me
from reports import services
from reports.admin.forms import AssignForm, CategoryForm, MergeForm, RejectForm, WordsForm
from reports.models import Report
from reports.problems import CannotBeDuplicate
from reports.services import offers
from reports.states import RejectReason


class Moves(LedgerAdmin):
    actions = (
        "accept_chosen", "assign_chosen", "reject_chosen", "merge_chosen", "ask_chosen", "recategorise_chosen",
        "reopen_chosen", "disprove_chosen",
    )  # fmt: skip

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="受理", permissions=["decide"])
    def accept_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Report, given: dict[str, Any]) -> object:
            return services.accept(row, text=given["text"], by=me(request))

        asked = self._words(request, chosen, "accept", title="受理所选上报", button="受理", needed=False)
        return self._made(request, chosen, asked, act, done="已受理 {} 件，积分按类别入账。")

    @action(description="不受理", permissions=["decide"])
    def reject_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Report, given: dict[str, Any]) -> object:
            return services.reject(row, reason=given["reason"], text=given["text"], by=me(request))

        asked = self._words(request, chosen, "reject", title="不受理所选上报", button="不受理", form=RejectForm)
        return self._made(request, chosen, asked, act, done="已答复 {} 件不受理。")

    @action(description="派单", permissions=["decide"])
    def assign_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Report, given: dict[str, Any]) -> object:
            return services.assign(row, organisation=given["organisation"], text=given["text"], by=me(request))

        usual = list(chosen.order_by().values_list("category__handler", flat=True).distinct()[:2])
        asked = self._words(
            request, chosen, "assign", title="派给办理单位", button="派单", form=AssignForm, needed=False,
            unit=usual[0] if len(usual) == 1 else None,
        )  # fmt: skip
        return self._made(request, chosen, asked, act, done="已派单 {} 件。")

    @action(description="请上报人补充", permissions=["decide"])
    def ask_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Report, given: dict[str, Any]) -> object:
            return services.ask(row, text=given["text"], by=me(request))

        asked = self._words(request, chosen, "ask", title="请上报人补充", button="发出")
        return self._made(request, chosen, asked, act, done="已请 {} 件的上报人补充。")

    @action(description="要求重办", permissions=["decide"])
    def reopen_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Report, given: dict[str, Any]) -> object:
            return services.reopen(row, text=given["text"], by=me(request))

        asked = self._words(request, chosen, "reopen", title="要求办理单位重办", button="要求重办")
        return self._made(request, chosen, asked, act, done="已要求重办 {} 件，期限重新计算。")

    @action(description="核实不属实", permissions=["decide"])
    def disprove_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Report, given: dict[str, Any]) -> object:
            return services.disprove(row, text=given["text"], by=me(request))

        asked = self._words(request, chosen, "disprove", title="核实后认为不属实", button="记为不属实")
        return self._made(request, chosen, asked, act, done="已记 {} 件不属实，积分已收回。")

    @action(description="并入先报的一件", permissions=["decide"])
    def merge_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        """Several may be merged into one: what is offered are the earlier ones near the first of them."""

        def act(row: Report, given: dict[str, Any]) -> object:
            first = self.get_queryset(request).filter(number=given["duplicate_of"]).first()
            if first is None:
                raise CannotBeDuplicate
            return services.reject(
                row, reason=RejectReason.DUPLICATE, text=given["text"], duplicate_of=first, adds=given["adds"],
                by=me(request),
            )  # fmt: skip

        oldest = chosen.order_by("pk").first()
        asked = self._words(
            request, chosen, "merge", title="并入先报的一件", button="并入", form=MergeForm,
            earlier=offers.earlier(oldest) if oldest else [],
        )  # fmt: skip
        return self._made(request, chosen, asked, act, done="已并入 {} 件，上报人会收到答复。")

    @action(description="改类别", permissions=["decide"])
    def recategorise_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        def act(row: Report, given: dict[str, Any]) -> object:
            return services.change_category(row, category=given["category"], by=me(request))

        asked = self.ask(request, chosen, CategoryForm, title="改类别", button="改类别")
        return self._made(request, chosen, asked, act, done="已改 {} 件的类别。")

    def _words(
        self,
        request: HttpRequest,
        chosen: QuerySet,
        move: str,
        *,
        form: type[WordsForm] = WordsForm,
        title: str,
        button: str,
        **options: Any,
    ) -> Any:
        """The filled-in form of a move, or the page that asks for it with the sentences ready for these categories."""
        kinds = set(chosen.order_by().values_list("category", flat=True).distinct()[:MOST_AT_ONCE])
        texts = offers.texts("reject" if move == "merge" else move, kinds)
        return self.ask(request, chosen, form, title=title, button=button, move=move, texts=texts, **options)

    def _made(
        self,
        request: HttpRequest,
        chosen: QuerySet,
        asked: Any,
        act: Callable[[Report, dict[str, Any]], object],
        *,
        done: str,
    ) -> HttpResponse | None:
        if isinstance(asked, HttpResponse):
            return asked
        given = asked.cleaned_data
        self.each(request, chosen, lambda row: act(row, given), done=done, key=given["key"])
        return self.onward(request)
