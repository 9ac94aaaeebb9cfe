"""A belt found moving."""

from dataclasses import replace

from bridge.guard.rules import limits
from tests.guard.rules.moment import FACTS


def test_belt_that_has_not_settled_holds_everything() -> None:
    assert [h.rule for h in limits(replace(FACTS, settled=False)).holds] == ["settling"]
