"""What the map draws where no tile server is set."""

from django.db import models


class DistrictOutline(models.Model):
    """The official outline of the district, as GeoJSON that was looked through (`services.outlines`). One row at most.

    Without it the map draws a schematic of ours and says so.
    """

    THE_ONE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    geojson = models.JSONField("边界", help_text="WGS-84，Polygon 或 MultiPolygon")
    source = models.CharField("来源", max_length=100, help_text="如：区自然资源和规划局，2026 年")
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        verbose_name = "区划边界"
        verbose_name_plural = "区划边界"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="district_has_one_outline")]

    def __str__(self) -> str:
        return self.source
