"""The books to be read, points to be given, and what events earn."""

from points.admin import books, budgets, couriers, grants, rules

__all__ = ["books", "budgets", "couriers", "grants", "rules"]
