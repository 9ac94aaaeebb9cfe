"""What holds over any interleaving of commands, hands, faults and time.

The witness (`tests/guard/witness.py`) judges every decision of the long stories. The rest compares
two engines or two guards that were treated alike but for one thing.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.guard import Policy
from bridge.values import MachineInfo
from tests.guard.actions import MACHINES, POLICIES, Action, anything
from tests.guard.witness import Witnessed

HARD = settings.default.max_examples if settings.default else 100


def times(ordinary: int) -> settings:
    """How often a property is tried, under the ordinary profile."""
    return settings(max_examples=ordinary * HARD // 100)


class TestAnyStory:
    @times(600)
    @given(st.sampled_from(POLICIES), st.sampled_from(MACHINES), st.booleans(), anything)
    def test_every_decision_keeps_the_promise(
        self, policy: Policy, machine: MachineInfo, known_past: bool, actions: list[Action]
    ) -> None:
        story = Witnessed(policy=policy, machine=machine, known_past=known_past)
        story.runs().wait(8)
        for action in actions:
            action.act(story)
        story.wait(1)
