"""What a grade requires, and how stations stand to it."""

from django.db import models
from django.db.models import Q

from stations.models.places import Facility, Station


class GradeRequirement(models.Model):
    """A facility that every station of a grade must have: data that the district edits, not code."""

    grade = models.PositiveSmallIntegerField("类别", choices=Station.Grade)
    facility = models.ForeignKey(Facility, models.CASCADE, related_name="required_by", verbose_name="设施")

    class Meta:
        verbose_name = "分类配置标准"
        verbose_name_plural = "分类配置标准"
        constraints = [
            models.UniqueConstraint(fields=["grade", "facility"], name="requirement_once_in_grade"),
            models.CheckConstraint(condition=Q(grade__in=[1, 2, 3]), name="requirement_grade_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_grade_display()} · {self.facility}"


class Compliance(Station):
    """A station as the list of compliance shows it: with what it lacks."""

    class Meta:
        proxy = True
        verbose_name = "配置达标"
        verbose_name_plural = "配置达标"
