"""What a job runner needs beyond django-tasks-db: knowing which workers live, and a timetable.

A worker lives as long as its database session holds an advisory lock on its id, so a killed one is known at once and
without a clock. Tasks may run twice (a worker may be taken for dead while its connection is lost), so each is harmless
when repeated, as is every command of the timetable.
"""

import logging
import threading
from datetime import datetime, timedelta

from django.core.management import call_command, get_commands
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

logger = logging.getLogger("fengchao.jobs")

TIMETABLE = {
    "expire": timedelta(minutes=10),
    "clearsessions": timedelta(days=1),
    "prune_db_task_results": timedelta(days=1),
}
ATTEMPTS = 3
GRACE = timedelta(seconds=30)  # a worker whose connection broke takes its lock again within this time
ROUND = 5.0  # seconds between two looks
WORKERS, LEADERSHIP = 7501, 7502  # classes of advisory locks


def reap(*, at: datetime | None = None) -> int:
    """Take back tasks whose worker is dead: ready again, or failed after three attempts; how many there were.

    Locks each row, so two reapers never count one death twice.
    """
    before = (at or timezone.now()) - GRACE
    taken_back = 0
    for key in DBTaskResult.objects.running().filter(started_at__lt=before).values_list("pk", flat=True):
        with transaction.atomic():
            row = DBTaskResult.objects.running().select_for_update(skip_locked=True).filter(pk=key).first()
            if row is not None and not _lives(row.worker_ids[-1]):
                _give_back(row)
                taken_back += 1
    return taken_back


def reap_own(worker_id: str) -> None:
    """Take back what this worker left running when it lost the database; it works on nothing now."""
    for row in DBTaskResult.objects.running().filter(worker_ids__contains=[worker_id]):
        if row.worker_ids[-1] == worker_id:
            _give_back(row)


def _give_back(row: DBTaskResult) -> None:
    logger.warning("task %s was left by its worker after attempt %d", row.pk, len(row.worker_ids))
    if len(row.worker_ids) < ATTEMPTS:
        row.status, row.started_at = "READY", None
        row.save(update_fields=["status", "started_at"])
    else:
        row.set_failed(RuntimeError(f"its worker died in each of {ATTEMPTS} attempts"))


def _lives(worker_id: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [WORKERS, worker_id])
        return not cursor.fetchone()[0]


class Keeper(threading.Thread):
    """The second thread of a worker: holds its lock, takes back what dead workers left, and, while no other worker
    does, runs the timetable."""

    def __init__(self, worker_id: str) -> None:
        super().__init__(name="keeper", daemon=True)
        self.worker_id = worker_id
        self.registered = threading.Event()
        self.lost = threading.Event()  # set by the worker when its own connection broke
        self.ran_at: dict[str, datetime] = {}

    def run(self) -> None:
        while True:
            try:
                self._keep()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("the keeper lost the database: %s", type(error).__name__)
            self.registered.clear()
            connection.close()
            self.lost.clear()
            threading.Event().wait(1.0)

    def _keep(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [WORKERS, self.worker_id])
        self.registered.set()
        leads = False
        while not self.lost.wait(ROUND):
            reap()
            leads = leads or self._takes_the_lead()
            if leads:
                self.run_due(timezone.now())

    def _takes_the_lead(self) -> bool:
        # The lock ends with the session, and then another worker leads.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [LEADERSHIP])
            return bool(cursor.fetchone()[0])

    def run_due(self, at: datetime) -> None:
        """Run each command that is due; one that fails is logged and comes again at its next time."""
        for command, every in TIMETABLE.items():
            last = self.ran_at.get(command)
            if command not in get_commands() or (last and at - last < every):
                continue
            self.ran_at[command] = at
            try:
                call_command(command, verbosity=0)
            except (DatabaseError, InterfaceError):
                del self.ran_at[command]
                raise
            except Exception:
                logger.exception("%s failed", command)
