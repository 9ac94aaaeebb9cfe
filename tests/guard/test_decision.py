"""What the guard answers where it has nothing to say."""

from bridge.guard import Decision, Verdict
from bridge.guard.decision import Target
from bridge.guard.limits import Limits
from bridge.values import Axis, Result


def test_default_decision_has_no_orders() -> None:
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


def test_default_target_is_no_reduction_and_not_asked() -> None:
    target = Target(Axis.SPEED, 800)
    assert not target.reduction
    assert not target.asked


def test_default_verdict_has_no_value_and_no_reasons() -> None:
    assert Verdict(Result.ACCEPTED) == Verdict(Result.ACCEPTED, applied=None, reasons=())
