import pytest

from tests.factories.vouchers import VoucherScene, voucher_scene


@pytest.fixture
def scene(db: None) -> VoucherScene:
    return voucher_scene()
