from tests.gifts.conftest import shop

__all__ = ["shop"]
