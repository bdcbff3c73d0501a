"""A picture may get other bytes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0003_notices")]

    operations = [
        migrations.AddField(
            model_name="photo",
            name="replaced_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="换图时间"),
        ),
    ]
