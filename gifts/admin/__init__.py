"""Lists of this app for the district's staff."""

from gifts.admin import catalogue, redemptions, reservations, stock

__all__ = ["catalogue", "redemptions", "reservations", "stock"]
