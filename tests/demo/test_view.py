"""What the demo shows: on a terminal a picture, elsewhere a line where something changed."""

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
    def test_everything_that_counts_is_there(self, height: int) -> None:
        view = View(terminal(height), ["mosquitto_pub -t treadmills/demo/set/speed -m 12"])
        view.add_line("A walk: 4 km/h is asked.")

        picture = drawn(view)

        for text in (
            "Simulated treadmill · connected · belt running · phase warm-up · control held",
            "5.9 km/h", "2.0 %",  # the belt
            "6.0 km/h",  # commanded, asked, allowed
            "speed: Warm-up: at most 6 km/h for another 10 s on the moving belt.",
            "speed and incline: The treadmill sends no data, so nothing may rise.",
            "steep time used 30 s, left 0 s, closed, opens in 45 s",
            "fault: stale",
            "A walk: 4 km/h is asked.",
            "mosquitto_pub -t treadmills/demo/set/speed -m 12",
        ):  # fmt: skip
            assert text in picture, text

    def test_before_a_machine_is_there(self) -> None:
        picture = drawn(View(terminal(), []), Snapshot(), Decision())

        assert "no machine yet · not connected · belt unknown · phase none" in picture

    def test_a_low_terminal_shows_it_all_without_frames(self) -> None:
        low, high = (drawn(View(terminal(height), ["a hint"])) for height in (24, 50))

        assert ("try it" in low, "try it" in high) == (False, True)
        assert len(low.splitlines()) < len(high.splitlines())

    def test_nothing_is_printed_between_pictures(self) -> None:
        view = View(terminal(), [])

        view.add_line("A walk.")
        view.line(SNAPSHOT, DECISION, TRUTH)

        assert not view.console.export_text()

    def test_owner_who_reads_miles_gets_miles(self) -> None:
        picture = drawn(View(terminal(), [], Texts(Units.MPH)))

        for text in ("mph and %", "3.6 mph", "3.7 mph", "speed: Warm-up: at most 3.7 mph"):
            assert text in picture, text
        assert "km/h" not in picture


class TestElsewhere:
    def test_what_is_said_is_printed_with_its_time(self) -> None:
        view = View(paper(), [])

        view.add_line(
            "A walk: [4 km/h] is asked, and this line is by far longer than the paper is wide."
        )

        (line,) = view.console.export_text().splitlines()
        assert line.startswith("[   0.0 s] A walk: [4 km/h] is asked")

    def test_a_line_says_it_all(self) -> None:
        view = View(paper(), [])

        view.line(SNAPSHOT, DECISION, TRUTH)

        (line,) = view.console.export_text().splitlines()
        assert line.partition("] ")[2] == (
            "running  warm-up   speed  5.9 km/h (asked 6.0 km/h, set 6.0 km/h, allowed 6.0 km/h)"
            "  incline     2.0 % (set 2.0 %, allowed -)"
        )

    def test_view_prints_again_only_if_something_changed(self) -> None:
        view = View(paper(), [])

        view.line(SNAPSHOT, DECISION, TRUTH)
        view.line(SNAPSHOT, DECISION, TRUTH)
        view.line(SNAPSHOT, Decision(), TRUTH)

        assert len(view.console.export_text().splitlines()) == 2


def test_outcome_is_printed_in_words() -> None:
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
