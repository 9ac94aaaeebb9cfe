"""One halt under way: when it is repeated, when it is ignored, and when it is over.

Speeds in 0.01 km/h, times in seconds.
"""

import pytest

from bridge.guard.belt.halting import Halting
from bridge.values import Belt, Halt

AT = 1000.0
LAG_S = 1.0
ANSWERS = {"write": True, "quiet": False, "yes": True, "no": False, "": None}


class Course:
    """A halt, and what happens to it, as a text of steps.

    `1:stopping:700=quiet` is a second after the halt was ordered; the belt stops and reads 7 km/h,
    and the halt is not written again (`=write`: it is). `none` is a belt without a reading, `still`
    and `toggles` describe the machine. `again:pause` is an order, `stopped` is a status. `alarm`,
    `between`, `over` and `started` query the halt at a time; `kind` and `ends` check it. A course
    is that of a stop that was written to a belt at 8 km/h, unless it begins with another halt:
    `stop:0:-1` is one of a belt at rest that was started a second before.
    """

    def __init__(self, course: str) -> None:
        steps = course.split()
        if steps[0].partition(":")[0] not in set(Halt):
            steps = ["stop:800", "0:running:800=write", *steps]
        kind, speed, *start = steps[0].split(":")
        asked = AT + float(start[0]) if start else None
        self.halt = Halting(Halt(kind), AT, _number(speed), asked)
        for step in steps[1:]:
            does, _, expected = step.partition("=")
            found = self._do(*does.split(":"))
            assert ANSWERS[expected] in {None, found}, (step, found)

    def _do(self, kind: str, *what: str) -> bool | None:
        halt = self.halt
        match kind, *what:
            case "again", asked:
                halt.again(Halt(asked))
            case ("stopped",):
                halt.stop_seen()
            case "kind", expected:
                return halt.kind == expected
            case ("ends",):
                return halt.stops
            case "alarm", after:
                return halt.alarms(AT + float(after))
            case "between", after:
                return halt.is_between(AT + float(after))
            case "started", after:
                return halt.start_seen(AT + float(after), lag_s=LAG_S)
            case "over", after, belt:
                return halt.is_over(AT + float(after), Belt(belt))
            case after, belt, speed, *more:
                return halt.due(
                    AT + float(after),
                    Belt(belt),
                    _number(speed),
                    lag_s=LAG_S,
                    toggles="toggles" in more,
                    still="still" in more,
                )
        return None


def _number(text: str) -> int | None:
    return None if text == "none" else int(text)


COURSES = {
    # When it is repeated.
    "halt is not repeated within a second": "0.99:running:800=quiet",
    "halt is repeated after a second": "1:running:800=write",
    "second repeat comes a second after the first": (
        "1.5:running:800=write 2:running:800=quiet 2.5:running:800=write"
    ),
    "fall of less than 0.3 km/h does not end the repeats": "1:running:771=write",
    "fall of 0.3 km/h ends the repeats": "1:running:770=quiet",
    "belt that has not fallen for 2 s is written to again": (
        "1:stopping:700=quiet 2.75:stopping:700=quiet 3:stopping:700=write"
    ),
    "belt that falls slowly is not written to again": " ".join(
        f"{1 + tick}:stopping:{700 - 15 * tick}=quiet" for tick in range(20)
    ),
    "first speed that is measured is no fall": (
        "stop:none 0:running:none=write 1:running:100=write 2:running:70=quiet"
    ),
    "running belt at zero is not written to again": "1:running:0=quiet 9:running:0=quiet",
    "stopping belt at zero is not written to again": "1:stopping:0=quiet 9:stopping:0=quiet",
    "zeros of an unknown belt are no fall": "stop:0 0:unknown:0=write 1:unknown:0=write",
    "idle belt with a reading is not written to again": "1:idle:800=quiet 9:idle:800=quiet",
    "paused belt with a reading is not written to again": "1:paused:800=quiet 9:paused:800=quiet",
    "stopping belt without a reading is not written to again": "1:stopping:none=quiet",
    "running belt without a reading is written to again": "1:running:none=write",
    "unknown belt without a reading is written to again": "1:unknown:none=write",
    "belt in its countdown is written to each second": (
        "stop:0 0:idle:0=write 1:idle:0=quiet 1.25:starting:0=write"
    ),
    "belt in its countdown without a reading is written to each second": (
        "stop:0 0:idle:0=write 1:idle:0=quiet 1.25:starting:none=write"
    ),
    "belt whose counters stand gets no second write, but the alarm": (
        "4:running:800:still=quiet alarm:5.25=yes 6:running:800=write"
    ),
    "halt asked again is written though the counters stand": (
        "again:stop 0.25:running:800:still=write"
    ),
    "belt that was sped up falls from its new speed": (
        "stop:400 0:running:400=write 1:running:500=write 2:running:501=write 3:running:471=quiet"
    ),
    "sway of less than 1 km/h is no new speed to fall from": (
        "stop:400 0:running:400=write 1:running:500=write 2:running:460=write"
    ),
    # A machine that takes a stop for a toggle.
    "toggle is written to again only after its lag and 2 s": (
        "3:running:800:toggles=quiet 3.25:running:800:toggles=write"
    ),
    "toggle without a reading is not written to again": "9:running:none:toggles=quiet",
    "toggle that fell within its lag and 2 s is not written to again": (
        "2:stopping:700:toggles 4.75:stopping:700:toggles=quiet 5:stopping:700:toggles=write"
    ),
    "halt asked again is written to a toggle at once": "again:stop 0.25:running:800:toggles=write",
    # Ordered again.
    "halt asked again is written at once": "again:pause 0.25:running:800=write kind:pause=yes",
    "stop ends the session": "stop:800 ends=yes",
    "pause does not end the session": "pause:800 ends=no",
    "stop ends the session though a pause follows": "again:pause ends=yes again:pause ends=yes",
    "stop after a pause ends the session": "pause:800 again:stop kind:stop=yes ends=yes",
    "unwritten stop goes ahead of a pause": "stop:800 again:pause kind:stop=yes",
    # The alarm.
    "alarm comes once after 5 s without a fall": "alarm:5=no alarm:5.25=yes alarm:6=no",
    "alarm counts from the newest fall": "4:stopping:700 alarm:9=no alarm:9.25=yes",
    "alarm is not delayed by asking again": (
        "4:running:800 again:stop alarm:5.25=yes again:stop alarm:7=no"
    ),
    # Targets between two writes of a halt.
    "target may follow each write once after half a second": (
        "between:0.25=no between:0.5=yes between:0.75=no 1:running:800=write between:1.5=yes"
    ),
    "target may follow a write later": "between:0.75=yes",
    "target does not go ahead of the halt": "stop:800 between:9=no",
    "target does not follow a write to a falling belt": "0.5:stopping:700 between:0.5=no",
    # When it is over.
    "halt is over when the belt stands after the write": (
        "stop:800 over:0:idle=no 0:running:800=write over:0:stopping=no over:0:idle=yes "
        "again:stop over:0:idle=no"
    ),
    "halt in a start is over after 15 s without motion": (
        "stop:0:-1 0:starting:0=write over:14:idle=no over:14.25:idle=yes"
    ),
    "halt in a later countdown is over 15 s after its beginning": (
        "stop:0 0:idle:0=write 1:starting:0 2:starting:0 over:16:idle=no over:16.25:idle=yes"
    ),
    "halt in a start is over once the machine reports the stop": (
        "stop:0:-1 0:starting:0 stopped over:0.25:idle=yes"
    ),
    "halt in a countdown is over after 1.5 s of rest that the machine reports": (
        "stop:0:-1 0:starting:0 1:idle:0 over:2.25:idle=no over:2.5:idle=yes"
    ),
    "halt in a countdown that goes on is not over": (
        "stop:0:-1 0:starting:0 1:idle:0 2:starting:0 3:idle:0 over:4.25:idle=no over:4.5:idle=yes"
    ),
    "halt before a countdown is not over after 3 s": ("stop:0:-1 0:idle:0 over:4:idle=no"),
    "start that showed is not awaited": "stop:0:-1 0:starting:0 1:running:80 over:2:idle=yes",
    "frozen speed of a standing belt is no start that showed": (
        "stop:0:-1 0:idle:80 over:1:idle=no"
    ),
    # A start during it.
    "start within the lag of a halt is not a person's": "stopped started:3=no",
    "start beyond that lag after a reported stop is a person's": "stopped started:3.25=yes",
    "start without a reported stop is not a person's": "started:60=no",
    "stop reported before the write does not count": (
        "stop:800 stopped 0:running:800 started:60=no"
    ),
    "start within the lag takes the reported stop back": "stopped started:1=no started:60=no",
    "countdown after a start is awaited from its own beginning": (
        "stop:0:-14 0:starting:0 started:1 1:starting:0 over:16:idle=no over:16.25:idle=yes"
    ),
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_halting_follows_the_given_courses(course: str) -> None:
    Course(course)
