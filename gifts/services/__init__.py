"""The rules of this app."""

from gifts.services.options import Option, options
from gifts.services.redemptions import annul, redeem, redeem_with_ticket
from gifts.services.reservations import (
    cancel,
    expire_reservations,
    look_up,
    pick_up,
    remind_of_reservations,
    reserve,
)
from gifts.services.stock import StockLevel, move, on_hand, receive, stock_levels

__all__ = [
    "Option",
    "StockLevel",
    "annul",
    "cancel",
    "expire_reservations",
    "look_up",
    "move",
    "on_hand",
    "options",
    "pick_up",
    "receive",
    "redeem",
    "redeem_with_ticket",
    "remind_of_reservations",
    "reserve",
    "stock_levels",
]
