"""Runs jobs and the timetable until it is told to stop; any number of workers may run at once."""

import logging
import uuid
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection
from django_tasks_db.management.commands.db_worker import Worker

from fengchao.jobs import Keeper, reap_own

logger = logging.getLogger("fengchao.jobs")


class Command(BaseCommand):
    help = "运行后台任务和定时任务（make run 已包含；可同时运行多个）。"

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=1,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=uuid.uuid4().hex,
        )
        worker.configure_signals()
        keeper = Keeper(worker.worker_id)
        keeper.start()
        while worker.running:
            if not keeper.registered.wait(1.0):
                continue
            try:
                reap_own(worker.worker_id)
                worker.run()
            except (OperationalError, InterfaceError) as error:
                logger.warning("the worker lost the database: %s", type(error).__name__)
                connection.close()
                keeper.registered.clear()
                keeper.lost.set()
