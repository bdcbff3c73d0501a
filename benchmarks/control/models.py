"""Four tables: who has points, what lies where, and what became of both."""

from django.conf import settings
from django.db import models


class Courier(models.Model):
    points = models.BigIntegerField()


class Stock(models.Model):
    station = models.IntegerField()
    gift = models.IntegerField()
    on_hand = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "gift"], name="control_stock_once")]


class Entry(models.Model):
    courier = models.ForeignKey(Courier, models.PROTECT)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True)


class Redemption(models.Model):
    courier = models.ForeignKey(Courier, models.PROTECT)
    stock = models.ForeignKey(Stock, models.PROTECT)
    points = models.IntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    at = models.DateTimeField(auto_now_add=True)
