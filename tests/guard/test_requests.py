"""Requests, and their answers. Speeds in 0.01 km/h, inclines in 0.1 %."""

from dataclasses import replace

import pytest

from bridge.guard.engine.run import Run
from bridge.guard.journal import Journal
from bridge.guard.limits import Bound, Hold, Limits, Wait
from bridge.guard.requests import answer, refuse, refuse_rise
from bridge.guard.slowed import Slowed
from bridge.machines.edge import MilesRange
from bridge.values import Axis, Command, Reason, Result, Verb
from tests.guard.engine.moments import moment
from tests.guard.rules.moment import FACTS
from tests.rigs.wording import rules

AT = FACTS.now
FREE = Limits((), ())
HELD = Limits((), (Hold("garbled"), Hold("settling")))


def runs(at: int = 800) -> Run:
    """A belt under guard, found at 8 km/h on the level."""
    run = Run.begin({Axis.SPEED: at, Axis.INCLINE: 0}, moment(AT), Journal(), {})
    run.axes[Axis.SPEED].take_request(at, at_once=False)
    return run


class TestRefused:
    @pytest.mark.parametrize(
        ("axis", "value", "reason"),
        [
            (Axis.SPEED, 80, None),
            (Axis.SPEED, 79, Reason("below_minimum", Axis.SPEED, 80)),
            (Axis.INCLINE, 0, None),
            (Axis.INCLINE, -1, Reason("below_lowest", Axis.INCLINE, 0)),
        ],
    )
    def test_request_below_the_lowest_value_of_the_machine_is_refused(
        self, axis: Axis, value: int, reason: Reason | None
    ) -> None:
        verdict = refuse(axis, value, FACTS)
        assert (verdict and verdict.reasons) == (reason and (reason,))

    @pytest.mark.parametrize(("value", "refused"), [(79, True), (80, False), (81, False)])
    def test_lowest_speed_in_miles_may_be_requested_rounded_down(
        self, value: int, refused: bool
    ) -> None:
        """Row 24: 0.5 mph are 0.80467 km/h, so 0.8 is a request for it."""
        miles = replace(FACTS.grids[Axis.SPEED], range=MilesRange(80, 1593, 17))
        facts = replace(FACTS, grids=FACTS.grids | {Axis.SPEED: miles})
        assert (refuse(Axis.SPEED, value, facts) is not None) is refused


class TestRises:
    def asked(
        self,
        value: int,
        run: Run,
        *,
        limits: Limits = FREE,
        late: bool = False,
        program: bool = False,
        faults: frozenset[str] = frozenset(),
        slowed: Slowed | None = None,
        taken: bool = False,
    ) -> Reason | None:
        command = Command("1", Verb.SPEED, "mqtt", AT, value, late=late, program=program)
        axis = run.axes[Axis.SPEED]
        axis.journal, axis.slowed = Journal(faults=set(faults)), {}
        if slowed is not None:
            axis.slowed[slowed.axis] = slowed
        verdict = refuse_rise(command, value, axis, limits, AT, taken=taken)
        if verdict is None:
            return None
        assert (verdict.result, verdict.applied) == (Result.REJECTED, None)
        return verdict.reasons[0]

    def test_rise_under_a_hold_is_refused_with_the_first_reason(self) -> None:
        assert self.asked(801, runs(), limits=HELD) == HELD.holds[0].reason

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ("control_taken", "control_taken"),
            ("control_denied", "control_taken"),
            ("unexpected_rise_speed", "unexpected_rise"),
            ("unexpected_rise_incline", None),
            ("stale", None),
        ],
    )
    def test_program_cannot_raise_under_a_fault_that_needs_a_person(
        self, fault: str, reason: str | None
    ) -> None:
        faults = frozenset({fault})
        text = reason and Reason(reason)
        assert self.asked(801, runs(), program=True, faults=faults) == text
        assert self.asked(800, runs(), program=True, faults=faults) is None
        assert self.asked(801, runs(), faults=faults) is None

    def test_program_cannot_raise_after_another_app_had_control(self) -> None:
        assert self.asked(801, runs(), program=True, taken=True) == Reason("control_taken")
        assert self.asked(800, runs(), program=True, taken=True) is None
        assert self.asked(801, runs(), taken=True) is None

    def test_rise_above_a_recent_slower_press_is_refused(self) -> None:
        run = runs()
        hand = Slowed(Axis.SPEED, AT - 29.5, 900)
        reason = Reason("console", Axis.SPEED, ends_s=0.5)
        assert self.asked(901, run, slowed=hand) == reason
        assert self.asked(900, run, slowed=hand) is None


class TestAnswer:
    LIMITS = Limits(
        (Bound(Axis.SPEED, 600.0, "range"),),
        (),
        (Wait(Axis.SPEED, 500.0, "slower", "first"),),
    )

    @pytest.mark.parametrize(
        ("value", "applied", "result", "reasons"),
        [
            (500, 500, Result.ACCEPTED, ()),
            (600, 600, Result.ACCEPTED, ("slower",)),
            (
                601,
                600,
                Result.LIMITED,
                ("range", "slower"),
            ),
        ],
    )
    def test_answer_names_the_bounds_and_waits_that_apply(
        self, value: int, applied: int, result: Result, reasons: tuple[str, ...]
    ) -> None:
        verdict = answer(Axis.SPEED, value, applied, self.LIMITS)
        assert (verdict.result, verdict.applied, rules(verdict)) == (result, applied, reasons)
