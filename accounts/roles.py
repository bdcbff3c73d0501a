"""What a membership can be, and the sets of roles that rules speak of (domain.md, accounts)."""

from django.db.models import TextChoices


class Role(TextChoices):
    DISTRICT_ADMIN = "district_admin", "区管理员"
    STREET_ADMIN = "street_admin", "街道管理员"
    COUNTER = "counter", "柜台(社区工作者)"
    HANDLER = "handler", "办理单位"
    CLAIMER = "claimer", "心愿认领单位"
    CLINIC = "clinic", "体检机构"
    OUTLET_MANAGER = "outlet_manager", "网点负责人"
    AUDITOR = "auditor", "审计"
    SYSTEM_ADMIN = "system_admin", "系统管理员"


MANAGERS = (Role.DISTRICT_ADMIN, Role.STREET_ADMIN)
"""Who runs the programme in a district or a street."""

READERS = (*MANAGERS, Role.AUDITOR)
"""Who reads business data in scope; an auditor changes nothing."""

COUNTER_STAFF = (Role.COUNTER, *MANAGERS)
"""Who may stand at a station's counter."""

DESK_STAFF = (*COUNTER_STAFF, Role.HANDLER, Role.CLAIMER, Role.CLINIC, Role.OUTLET_MANAGER)
"""Who has work at the desk: at a counter, on reports dispatched to a unit, on wishes that an organisation grants, with
who comes for a check-up, and on the cards of an outlet's couriers."""

ADMIN_SITE = (*READERS, Role.SYSTEM_ADMIN)
"""Who enters the Django admin."""

VERIFIERS = (Role.OUTLET_MANAGER, Role.COUNTER, Role.STREET_ADMIN, Role.DISTRICT_ADMIN)
"""Who may confirm that a courier is one."""
