"""Data that cannot be true."""

from dataclasses import replace

from bridge.guard.rules import limits
from tests.guard.rules.moment import FACTS


class TestGarbled:
    def test_nothing_rises_on_the_word_of_who_talks_nonsense(self) -> None:
        assert [h.rule for h in limits(replace(FACTS, garbled=True)).holds] == ["garbled"]
