"""Two questions for whoever watches the service: does the process live, and can it serve."""

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fengchao.core.problems import RETRY_SECONDS

# The migrations of a running process do not change, so once applied they are applied for its life.
_migrated = False


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """200 without a look at the database: a restart would not bring that back."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and every migration is applied, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        reason = None if _is_migrated() else "migrations"
    except (DatabaseError, InterfaceError):
        reason = "database"
    if reason is None:
        return JsonResponse({"status": "ready"})
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return JsonResponse({"status": "unavailable", "reason": reason}, status=503, headers=headers)


def _is_migrated() -> bool:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
