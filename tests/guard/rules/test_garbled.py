"""Data that cannot be true."""

from dataclasses import replace

from bridge.guard.rules import limits
from tests.guard.rules.moment import FACTS


class TestGarbled:
    def test_garbage_is_a_hold(self) -> None:
        assert [h.rule for h in limits(replace(FACTS, garbled=True)).holds] == ["garbled"]
