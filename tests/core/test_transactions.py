import pytest
from django.db import OperationalError
from django.db.transaction import TransactionManagementError

from fengchao.core.errors import RuleBroken
from fengchao.core.models import Counter
from fengchao.core.transactions import unit_of_work

pytestmark = pytest.mark.django_db(transaction=True)


def make(key: str) -> Counter:
    return Counter.objects.create(key=key, window_start="2026-01-01T00:00Z", window_end="2026-01-01T00:00Z", count=1)


def keys() -> set[str]:
    return set(Counter.objects.values_list("key", flat=True))


def test_a_unit_that_ends_well_is_kept() -> None:
    with unit_of_work(lambda refusal: make("refused") and None):
        make("deed")
    assert keys() == {"deed"}


def test_a_refusal_undoes_the_deed_and_leaves_its_record() -> None:
    with pytest.raises(RuleBroken), unit_of_work(lambda refusal: make(f"refused {refusal.code}") and None):
        make("deed")
        raise RuleBroken
    assert keys() == {"refused rule_broken"}


def test_the_record_outlives_the_outer_unit() -> None:
    with pytest.raises(RuleBroken), unit_of_work():
        make("outer")
        with unit_of_work(lambda refusal: make("refused") and None):
            make("inner")
            raise RuleBroken
    assert keys() == {"refused"}


def test_an_inner_refusal_that_is_answered_leaves_the_outer_deed_and_its_record() -> None:
    with unit_of_work():
        make("outer")
        with pytest.raises(RuleBroken), unit_of_work(lambda refusal: make("refused") and None):
            make("inner")
            raise RuleBroken
    assert keys() == {"outer", "refused"}


def test_without_a_savepoint_the_refusal_ends_the_outer_unit_even_when_it_is_answered() -> None:
    with pytest.raises(TransactionManagementError), unit_of_work():
        make("outer")
        with pytest.raises(RuleBroken), unit_of_work(lambda refusal: make("refused") and None, savepoint=False):
            raise RuleBroken
        make("after")
    assert "outer" not in keys()


def test_without_a_savepoint_the_record_outlives_the_outer_unit() -> None:
    with pytest.raises(RuleBroken), unit_of_work():
        make("outer")
        with unit_of_work(lambda refusal: make("refused") and None, savepoint=False):
            make("inner")
            raise RuleBroken
    assert keys() == {"refused"}


def test_an_error_is_no_refusal() -> None:
    with pytest.raises(OperationalError), unit_of_work():
        with pytest.raises(RuleBroken), unit_of_work(lambda refusal: make("refused") and None):
            raise RuleBroken
        raise OperationalError("deadlock")
    assert keys() == set()


def test_a_record_that_fails_does_not_hide_the_refusal(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RuleBroken), unit_of_work(lambda refusal: make("k" * 201) and None):
        raise RuleBroken
    assert caplog.messages == ["a refusal could not be recorded: rule_broken"]
    with unit_of_work():
        make("next")
    assert keys() == {"next"}
