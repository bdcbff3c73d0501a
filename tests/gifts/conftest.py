from collections.abc import Iterator

import pytest

from tests.gifts.shop import Shop, differences, open_shop


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    """After every test the books must balance."""
    yield open_shop()
    assert differences() == []
