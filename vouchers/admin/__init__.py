"""Check-ups as the district runs them: programmes, the centre's line, cards, who waits, and the courier list."""

from vouchers.admin import couriers, programmes, slots, vouchers, waiting

__all__ = ["couriers", "programmes", "slots", "vouchers", "waiting"]
