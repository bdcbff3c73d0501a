from gifts.models.catalogue import Gift, Suggestion
from gifts.models.redemptions import PaperSlip, Redemption, RefusedAttempt
from gifts.models.reservations import Reservation
from gifts.models.stock import LARGEST_QUANTITY, Movement, StockTake, StockTakeLine

__all__ = [
    "LARGEST_QUANTITY",
    "Gift",
    "Movement",
    "PaperSlip",
    "Redemption",
    "RefusedAttempt",
    "Reservation",
    "StockTake",
    "StockTakeLine",
    "Suggestion",
]
