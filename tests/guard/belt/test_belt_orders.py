"""Orders for the belt: pending ones, and those allowed now. Times in seconds."""

import pytest

from bridge.guard import Policy
from bridge.guard.belt.orders import BeltOrders
from bridge.guard.decision import Target
from bridge.guard.journal import Journal
from bridge.values import INCLINE, SPEED, Belt, Command, Halt, Snapshot, Verb
from bridge.values.grid import Grid
from protocols.ranges import SpeedRange

AT = 1000.0
LAG_S = 1.0
ALLOWED = Policy(allow_remote_start=True)


def halt_due(ordered: BeltOrders, now: float, belt: Belt, speed: int | None) -> Halt | None:
    """The halt that is written now; what the belt does shows within a second."""
    return ordered.halt_due(now, belt, speed, lag_s=LAG_S, still=False)


class Course:
    """The orders to a belt, and what happens to them, as a text of steps.

    The first number of a step is the time. `start:0` and `halt:0:stop:800` are ordered, the second
    of a belt at 8 km/h. `due:1:running:800=stop` is the halt that is written then, `ignored:10` the
    same each second for so long; `start_due:idle=yes` is a start that is written. `key`, `stopped`,
    `started`, `forget` and `failed` (a start) happen, `seen:4` is the status of a start, `taken`,
    `given:10` and `asked` change the control. `refuse:0:start:idle=late` is why a start would be
    refused.
    """

    def __init__(self, course: str) -> None:
        self.journal = Journal()
        self.ordered = BeltOrders(self.journal)
        for step in course.split():
            does, _, expected = step.partition("=")
            kind, *what = does.split(":")
            found = getattr(self, f"_{kind}")(*what)
            shown = {None: "none", True: "yes", False: "no"}.get(found, found)
            assert "=" not in step or shown == expected, (step, shown)

    def _start(self, at: str) -> None:
        self.ordered.start(AT + float(at))

    def _halt(self, at: str, kind: str, speed: str) -> None:
        self.ordered.halt(Halt(kind), AT + float(at), int(speed))

    def _due(self, at: str, belt: str, speed: str) -> Halt | None:
        return halt_due(self.ordered, AT + float(at), Belt(belt), int(speed))

    def _ignored(self, seconds: str) -> None:
        for second in range(int(seconds)):
            halt_due(self.ordered, AT + second, Belt.RUNNING, 800)

    def _start_due(self, belt: str) -> bool:
        return self.ordered.start_due(Belt(belt))

    def _awaits(self, at: str) -> bool:
        return self.ordered.awaits_start(AT + float(at))

    def _stood(self, at: str, belt: str = "idle") -> bool:
        return self.ordered.stood(AT + float(at), Belt(belt))

    def _seen(self, at: str) -> bool:
        return self.ordered.start_seen(AT + float(at), lag_s=LAG_S)

    def _stopped(self) -> None:
        self.ordered.stop_seen()

    def _started(self) -> None:
        self.ordered.started()

    def _failed(self, before: str = "inf") -> None:
        self.ordered.drop_start(AT + float(before))

    def _forget(self) -> None:
        self.ordered.forget()

    def _key(self) -> None:
        self.ordered.pull_key()

    def _pulled(self) -> bool:
        return self.ordered.key_pulled

    def _halting(self) -> Halt | None:
        halting = self.ordered.halting
        return halting.kind if halting else None

    def _faults(self) -> str:
        return " ".join(sorted(self.journal.faults))

    def _events(self) -> str:
        return ",".join(event.type for event in self.journal.events) or "none"

    def _taken(self) -> None:
        self.ordered.control_refused()

    def _given(self, at: str) -> None:
        self.ordered.control_given(AT + float(at))

    def _asked(self) -> None:
        self.ordered.control_wanted()

    def _others(self, at: str) -> bool:
        return self.ordered.others_in_control(AT + float(at))

    def _refuse(self, at: str, verb: str, belt: str, *more: str) -> str | None:
        now = AT + float(at)
        late, fresh = "late" in more, "stale" not in more
        policy = Policy() if "forbidden" in more else ALLOWED
        command = Command(id="c", verb=Verb(verb), source="test", received=now, late=late)
        snapshot = Snapshot(connected=True, belt=Belt(belt))
        return self.ordered.refuse_start(command, policy, snapshot, now, fresh=fresh)


COURSES = {
    # Refused starts.
    "standing belt may be started": (
        "refuse:0:start:idle=none refuse:0:start:paused=none refuse:0:resume:paused=none"
    ),
    "refused start names its reason": (
        "refuse:0:start:idle:forbidden=remote_start refuse:0:start:idle:late=late "
        "refuse:0:start:stopping=belt_moves refuse:0:resume:idle=not_paused "
        "refuse:0:start:idle:stale=stale_at_rest"
    ),
    "start without the safety key is refused": "key refuse:0:start:idle=safety_key",
    "start before a stop is over is refused": (
        "halt:0:stop:0 refuse:0:start:idle=halting due:0:idle:0 refuse:0:start:idle=halting "
        "stood:0 refuse:0:start:idle=none"
    ),
    "start while another may take effect is refused": (
        "start:0 refuse:15:start:idle=starting refuse:15.25:start:idle=none"
    ),
    # Starts.
    "no start is due before a request": "awaits:0=no start_due:idle=no",
    "start is written once": "start:0 start_due:idle=yes start_due:idle=no awaits:15=yes",
    "report about an earlier start leaves the newest": "start:5 failed:3 start_due:idle=yes",
    "start that met a moving belt is not written later": (
        "start:0 start_due:running=no start_due:idle=no"
    ),
    "moving belt ends the wait for a start": "start:0 started awaits:0=no",
    "stop replaces an unwritten start": (
        "start:0 halt:0:stop:0 start_due:idle=no awaits:0=no due:0:idle:0=stop"
    ),
    "written start is awaited in spite of a stop": (
        "start:0 start_due:idle=yes halt:1:stop:0 awaits:1=yes"
    ),
    "start that failed is not awaited": (
        "start:0 start_due:idle failed awaits:0=no refuse:0:start:idle=none"
    ),
    "stop after a start that failed is over once the belt stands": (
        "start:0 start_due:idle halt:1:stop:0 failed due:1:idle:0 stood:1=yes"
    ),
    # The safety key.
    "safety key counts as inserted until it is pulled": "pulled=no",
    "pulled safety key withdraws a start": "start:0 key start_due:idle=no awaits:0=no",
    "start that may be our own does not show the safety key": "start:0 key seen:15=no pulled=yes",
    "foreign start shows that the safety key is back": "start:0 key seen:15.25=no pulled=no",
    # Halts.
    "no write is due without a halt": "due:0:running:800=none stood:0=no stopped halting=none",
    "second halt replaces the first and is written at once": (
        "halt:0:pause:800 due:0:running:800=pause "
        "halt:0:stop:800 due:0:running:800=stop due:0:running:800=none"
    ),
    "ignored halt is a fault and reported once": (
        "halt:0:stop:800 ignored:10 faults=stop_ignored events=stop_ignored"
    ),
    "standing belt ends the stop and its fault": (
        "halt:0:stop:800 stood:0=no ignored:10 stood:10=yes halting=none faults="
    ),
    "standing belt ends the pause and its fault": (
        "halt:0:pause:800 stood:0=no ignored:10 stood:10=no halting=none faults="
    ),
    "standing belt that may yet start does not end the halt": (
        "start:0 start_due:idle halt:1:stop:0 due:1:idle:0 stood:15=no stood:15.25=yes"
    ),
    "start that the machine withdrew is not awaited": (
        "start:0 start_due:idle halt:1:stop:0 due:1:idle:0 stopped stood:2=yes awaits:2=no"
    ),
    "pulled safety key completes a halt": "halt:0:stop:0 due:0:starting:0 key stood:0=yes",
    "lost link clears the halt but not the pulled key": (
        "key halt:0:stop:800 ignored:10 taken forget halting=none faults= pulled=yes others:9=no"
    ),
    "lost link clears a start": "start:0 forget awaits:0=no start_due:idle=no",
    # A start during a halt.
    "person's start after a reported stop ends the stop": (
        "halt:0:stop:800 due:0:running:800 stopped seen:4=yes halting=none"
    ),
    "person's start after a reported stop ends the pause": (
        "halt:0:pause:800 due:0:running:800 stopped seen:4=no halting=none"
    ),
    "start that may be our own does not end the halt": (
        "start:0 start_due:idle halt:1:stop:0 due:1:starting:0 stopped seen:5=no halting=stop"
    ),
    "start after a repeated halt reveals a toggle and delays the next halt": (
        "halt:0:stop:800 due:0:running:800 due:1:running:800=stop seen:1.5 "
        "due:4:running:800=none due:4.25:running:800=stop"
    ),
    "start after the first halt reveals no toggle": (
        "halt:0:stop:800 due:0:running:800 seen:0.5 due:4.5:running:800=stop "
        "due:5.5:running:800=stop"
    ),
    "late start after a repeated halt reveals no toggle": (
        "halt:0:stop:800 due:0:running:800 due:1:running:800 seen:4.25 "
        "due:4.5:running:800=stop due:5.5:running:800=stop"
    ),
    # Control.
    "no other app is in control at first": "given:0 others:0=no",
    "another app is in control while control is lost": "taken others:3600=yes",
    "another app counts as in control for 30 s after control returned": (
        "taken given:0 given:10 others:30=yes others:30.25=no"
    ),
    "request of a person takes control back": "taken asked others:0=no taken others:0=yes",
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_belt_orders_follow_the_given_courses(course: str) -> None:
    Course(course)


class TestTargetsBetweenHalts:
    GRID = Grid(SpeedRange(80, 1600, 10), told=True, settable=True)

    def ignored(self, seconds: float = 6.0) -> BeltOrders:
        """A belt at 8 km/h that ignores a stop."""
        ordered = BeltOrders(Journal())
        ordered.halt(Halt.STOP, AT, 800)
        now = AT
        while now <= AT + seconds:
            halt_due(ordered, now, Belt.RUNNING, 800)
            now += 0.5
        return ordered

    @pytest.mark.parametrize("step", [None, 100])
    def test_lowest_speed_follows_each_halt_that_is_ignored(self, step: int | None) -> None:
        ordered, grid = self.ignored(), self.GRID.coarser(step)
        lowest = Target(SPEED, 80, reduction=True)
        assert ordered.targets(AT + 6.5, Belt.RUNNING, grid) == (lowest,)
        assert ordered.targets(AT + 6.75, Belt.RUNNING, self.GRID) == ()
        assert ordered.setpoint == {SPEED: 80, INCLINE: None}
        halt_due(ordered, AT + 7, Belt.RUNNING, 800)
        assert ordered.targets(AT + 7.25, Belt.RUNNING, self.GRID) == ()
        assert ordered.targets(AT + 7.5, Belt.RUNNING, self.GRID) == (lowest,)

    def test_speed_that_cannot_be_set_is_not_written_between_halts(self) -> None:
        fixed = Grid(self.GRID.range, told=True, settable=False)
        assert self.ignored().targets(AT + 6.5, Belt.RUNNING, fixed) == ()

    def test_lower_request_is_written_at_once_and_again_between_halts(self) -> None:
        ordered = self.ignored(0.5)
        assert ordered.lower(INCLINE, 20, 50, Belt.RUNNING) == 20
        assert ordered.lower(SPEED, 400, 800, Belt.RUNNING) == 400
        told = ordered.targets(AT + 0.5, Belt.RUNNING, self.GRID)
        assert [(t.axis, t.value, t.asked) for t in told] == [
            (SPEED, 400, True),
            (INCLINE, 20, True),
        ]
        halt_due(ordered, AT + 1, Belt.RUNNING, 800)
        told = ordered.targets(AT + 1.5, Belt.RUNNING, self.GRID)
        assert [(t.axis, t.value, t.asked) for t in told] == [
            (SPEED, 400, False),
            (INCLINE, 20, False),
        ]

    def test_request_above_the_lowest_speed_written_after_a_halt_raises_nothing(self) -> None:
        ordered = self.ignored()
        ordered.targets(AT + 6.5, Belt.RUNNING, self.GRID)
        assert ordered.lower(SPEED, 400, 800, Belt.RUNNING) == 80
        (told,) = ordered.targets(AT + 6.75, Belt.RUNNING, self.GRID)
        assert (told.value, told.asked) == (80, True)

    def test_targets_between_halts_end_with_the_halt(self) -> None:
        ordered = self.ignored()
        ordered.targets(AT + 6.5, Belt.RUNNING, self.GRID)
        ordered.stood(AT + 7, Belt.IDLE)
        assert ordered.setpoint[SPEED] is None
