"""Lists of this app for the district's staff."""

from gifts.admin import catalogue, redemptions, reservations, slips, stock, stock_takes

__all__ = ["catalogue", "redemptions", "reservations", "slips", "stock", "stock_takes"]
