"""Four tables: who has points, what lies where, and what became of both."""

from django.conf import settings
from django.db import models


class Courier(models.Model):
    """Somebody with points."""

    points = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.points}"


class Stock(models.Model):
    """What lies at a station of a gift."""

    station = models.IntegerField()
    gift = models.IntegerField()
    on_hand = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "gift"], name="control_stock_once")]

    def __str__(self) -> str:
        return f"{self.on_hand}"


class Entry(models.Model):
    """A change of somebody's points."""

    courier = models.ForeignKey(Courier, models.PROTECT)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.amount:+d}"


class Redemption(models.Model):
    """A piece that was handed over."""

    courier = models.ForeignKey(Courier, models.PROTECT)
    stock = models.ForeignKey(Stock, models.PROTECT)
    points = models.IntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.points}"
