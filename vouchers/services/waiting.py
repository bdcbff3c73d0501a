"""Who waits for a card is taken off the list again."""

from accounts.models import User
from fengchao.core import audit
from fengchao.core.errors import NotThere
from fengchao.core.transactions import unit_of_work
from vouchers.models import Programme, Waiting
from vouchers.services.turns import lock_programme


def take_off(waiting: Waiting, *, by: User) -> None:
    """Raises NotThere for a row that is not `by`'s, or is gone: he has his card or was taken off."""
    with unit_of_work():
        if not Programme.objects.managed_by(by).filter(pk=waiting.programme_id).exists():
            raise NotThere("这个候补不归您处理。")
        lock_programme(waiting.programme_id)
        found = Waiting.objects.filter(pk=waiting.pk).first()
        if found is None:
            raise NotThere("已经不在候补名单上。")
        audit.record(by, "waiting.deleted", found, {"courier": found.courier_id, "programme": found.programme_id})
        found.delete()
