"""What the guard answers where it has nothing to say."""

from bridge.guard import Decision, Verdict
from bridge.guard.decision import Target
from bridge.guard.limits import Limits
from bridge.values import Axis, Result


def test_a_decision_without_a_word_moves_nothing() -> None:
    assert Decision() == Decision(
        halt=None,
        start=False,
        targets=(),
        limits=Limits((), (), ()),
        events=(),
        ended=(),
        faults=(),
        phase=None,
        warm_up_left_s=0.0,
        rest_left_s=0.0,
        steep=(),
        requested={},
        setpoint={},
    )


def test_a_target_takes_control_back_only_where_it_says_so() -> None:
    target = Target(Axis.SPEED, 800)
    assert not target.reduction
    assert not target.asked


def test_a_verdict_needs_no_reason() -> None:
    assert Verdict(Result.ACCEPTED) == Verdict(Result.ACCEPTED, applied=None, reasons=())
