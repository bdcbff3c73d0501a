"""The audit log as outside readers see it, under a name and with columns that stay."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE VIEW audit_log AS
            SELECT at, actor_id, verb, subject_kind, subject_key, request_id FROM core_auditlog
            """,
            "DROP VIEW audit_log",
        )
    ]
