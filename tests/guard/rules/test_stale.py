"""Data that are missing. Times in seconds."""

from dataclasses import replace

from bridge.guard.rules import limits
from tests.guard.rules.moment import FACTS
from tests.rigs.wording import text_of


class TestStale:
    def test_stale_data_is_a_hold(self) -> None:
        assert [h.rule for h in limits(replace(FACTS, fresh=False, age=4.0)).holds] == ["stale"]

    def test_missing_data_is_a_hold_with_its_reason(self) -> None:
        (hold,) = limits(replace(FACTS, fresh=False, age=float("inf"))).holds
        assert text_of(hold.reason) == "The treadmill sends no data, so nothing may rise."
