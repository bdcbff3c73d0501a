"""The rules of this app."""

from gifts.services.options import Option, options
from gifts.services.redemptions import annul, redeem, redeem_with_ticket
from gifts.services.stock import StockLevel, move, receive, stock_levels

__all__ = [
    "Option",
    "StockLevel",
    "annul",
    "move",
    "options",
    "receive",
    "redeem",
    "redeem_with_ticket",
    "stock_levels",
]
