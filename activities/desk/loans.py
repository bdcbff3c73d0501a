"""One loan to either side of it, and what each does with it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from activities import sharing_rules as rules
from activities.desk.sharing import organiser_page
from activities.desk.sharing_forms import MoveForm
from activities.models import Loan
from activities.services import sharing
from activities.sharing_problems import OwnRequest
from activities.sharing_states import MOVE_NAMES, MOVES, LoanState
from fengchao.core import clock
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import NotThere, RuleBroken

ACTS: dict[str, Callable[[Loan, str, User], Loan]] = {
    "approve": lambda loan, note, by: sharing.approve(loan, by=by),
    "decline": lambda loan, note, by: sharing.decline(loan, note=note, by=by),
    "cancel": lambda loan, note, by: sharing.cancel(loan, note=note, by=by),
    "hand_back": lambda loan, note, by: sharing.hand_back(loan, note=note, by=by),
}
TOLD = {
    "approve": "已同意，借用方在“我们借的”里看得到。",
    "decline": "已回绝，借用方看得到原因。",
    "cancel": "已取消，这段时间又空出来了。",
    "hand_back": "已登记归还。",
}


@require_safe
@organiser_page
def loan(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    return _page(request, worker, _found(worker, key), MoveForm())


@require_POST
@organiser_page
def move(request: HttpRequest, worker: User, key: int, name: str) -> HttpResponse:
    found = _found(worker, key)
    if name not in ACTS:
        raise NotThere
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _page(request, worker, found, form, status=400)
    said = form.cleaned_data
    try:
        told = act_once(
            request, worker, said["key"], lambda: ACTS[name](found, said["note"], worker), lambda made: TOLD[name]
        )  # fmt: skip
    except OwnRequest as refusal:
        messages.error(request, refusal.message)
        return redirect("desk_loan", key)
    except RuleBroken as refusal:
        say_refusal(form, refusal)
        return _page(request, worker, _found(worker, key), form, status=refusal.status)
    messages.success(request, told)
    return redirect("desk_loan", key)


def _found(worker: User, key: int) -> Loan:
    rows = (Loan.objects.lent_by(worker) | Loan.objects.borrowed_by(worker)).shown()
    found: Loan | None = rows.filter(pk=key).first()
    if found is None:
        raise NotThere
    return found


def moves(worker: User, found: Loan) -> list[tuple[str, str]]:
    """What `worker` may do with it now, with its words."""
    own = rules.is_own_request(worker, found)
    open_ = [name for name, (starts, _) in MOVES.items() if found.state in starts]
    allowed = [name for name in open_ if rules.may_move(worker, found, name)]
    if own:
        allowed = [name for name in allowed if name not in ("approve", "decline")]
    if found.starts_at > clock.now():
        allowed = [name for name in allowed if name != "hand_back"]
    return [(name, MOVE_NAMES[name]) for name in allowed]


def _page(request: HttpRequest, worker: User, found: Loan, form: MoveForm, status: int = 200) -> HttpResponse:
    waits = found.state == LoanState.REQUESTED
    open_moves = moves(worker, found)
    context = {
        "loan": found,
        "form": form,
        "moves": open_moves,
        "waits_for_them": waits and not any(name == "approve" for name, _ in open_moves),
        "needs_words": waits and len(open_moves) > 1,
    }
    return render(request, "desk/loan.html", context, status=status)
