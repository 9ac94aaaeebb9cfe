"""Output of the demo: a picture on a terminal, else a line after each change."""

import io

import pytest
from rich.console import Console

from bridge.demo.view import Truth, View
from bridge.guard import Decision
from bridge.guard.decision import SteepReport
from bridge.guard.limits import Bound, Hold, Limits
from bridge.texts import Texts
from bridge.values import (
    Axis,
    Belt,
    Command,
    Control,
    MachineInfo,
    Measurement,
    Outcome,
    Reason,
    Result,
    Sample,
    Snapshot,
    Units,
    Verb,
)

SNAPSHOT = Snapshot(
    connected=True,
    machine=MachineInfo("F0:F1:F2:F3:F4:F5", name="Simulated treadmill"),
    belt=Belt.RUNNING,
    sample=Sample(0, Measurement(speed=590, incline=20)),
    control=Control.HELD,
)
DECISION = Decision(
    phase="warm_up",
    limits=Limits.of(
        [
            Bound(Axis.SPEED, 600, "warm_up", "waits", values=(("left", 10),)),
            Hold("stale"),
        ]
    ),
    steep=(SteepReport(12, 18, None), SteepReport(30, 0, 45)),
    faults=("stale",),
    requested={Axis.SPEED: 600, Axis.INCLINE: None},
    setpoint={Axis.SPEED: 600, Axis.INCLINE: 20},
)
TRUTH = Truth(5.87, 2.04)


def terminal(height: int = 50) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, width=140, height=height, record=True,
        color_system=None,
    )  # fmt: skip


def paper() -> Console:
    return Console(file=io.StringIO(), force_terminal=False, width=80, record=True)


def drawn(view: View, snapshot: Snapshot = SNAPSHOT, decision: Decision = DECISION) -> str:
    view.console.print(view.draw(snapshot, decision, TRUTH))
    return view.console.export_text()


class TestOnATerminal:
    @pytest.mark.parametrize("height", [24, 50])
    def test_demo_view_shows_every_main_value(self, height: int) -> None:
        view = View(terminal(height), ["mosquitto_pub -t treadmills/demo/set/speed -m 12"])
        view.add_line("A walk: 4 km/h is asked.")

        picture = drawn(view)

        for text in (
            "Simulated treadmill · connected · belt running · phase warm-up · control held",
            "5.9 km/h", "2.0 %",  # the belt
            "6.0 km/h",  # setpoint, request, bound
            "speed: Warm-up: at most 6 km/h for another 10 s on the moving belt.",
            "speed and incline: The treadmill sends no data, so nothing may rise.",
            "steep time used 30 s, left 0 s, closed, opens in 45 s",
            "fault: stale",
            "A walk: 4 km/h is asked.",
            "mosquitto_pub -t treadmills/demo/set/speed -m 12",
        ):  # fmt: skip
            assert text in picture, text

    def test_demo_view_without_a_machine_shows_unknown_states(self) -> None:
        picture = drawn(View(terminal(), []), Snapshot(), Decision())

        assert "no machine yet · not connected · belt unknown · phase none" in picture

    def test_demo_view_on_a_low_terminal_omits_frames_and_hints(self) -> None:
        low, high = (drawn(View(terminal(height), ["a hint"])) for height in (24, 50))

        assert ("try it" in low, "try it" in high) == (False, True)
        assert len(low.splitlines()) < len(high.splitlines())

    def test_demo_view_on_a_terminal_prints_no_lines(self) -> None:
        view = View(terminal(), [])

        view.add_line("A walk.")
        view.line(SNAPSHOT, DECISION, TRUTH)

        assert not view.console.export_text()

    def test_demo_view_shows_mph_to_an_owner_who_uses_miles(self) -> None:
        picture = drawn(View(terminal(), [], Texts(Units.MPH)))

        for text in ("mph and %", "3.6 mph", "3.7 mph", "speed: Warm-up: at most 3.7 mph"):
            assert text in picture, text
        assert "km/h" not in picture


class TestWithoutTerminal:
    def test_demo_line_is_printed_with_its_time(self) -> None:
        view = View(paper(), [])

        view.add_line(
            "A walk: [4 km/h] is asked, and this line is by far longer than the paper is wide."
        )

        (line,) = view.console.export_text().splitlines()
        assert line.startswith("[   0.0 s] A walk: [4 km/h] is asked")

    def test_demo_line_shows_belt_speed_and_incline_with_limits(self) -> None:
        view = View(paper(), [])

        view.line(SNAPSHOT, DECISION, TRUTH)

        (line,) = view.console.export_text().splitlines()
        assert line.partition("] ")[2] == (
            "running  warm-up   speed  5.9 km/h (asked 6.0 km/h, set 6.0 km/h, allowed 6.0 km/h)"
            "  incline     2.0 % (set 2.0 %, allowed -)"
        )

    def test_demo_view_prints_a_line_only_after_a_change(self) -> None:
        view = View(paper(), [])

        view.line(SNAPSHOT, DECISION, TRUTH)
        view.line(SNAPSHOT, DECISION, TRUTH)
        view.line(SNAPSHOT, Decision(), TRUTH)

        assert len(view.console.export_text().splitlines()) == 2


def test_demo_prints_an_outcome_as_a_sentence() -> None:
    view = View(paper(), [])
    command = Command("a", Verb.SPEED, "test", 0.0, requested=14)
    view.outcome(Outcome(command, Result.LIMITED, 600, (Reason("halting"),)))
    assert (
        view.console.export_text()
        .rstrip()
        .endswith(
            "] speed 14 km/h → limited to 6 km/h: The belt is being stopped. Start it again first."
        )
    )
