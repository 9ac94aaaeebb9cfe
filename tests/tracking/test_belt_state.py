"""Belt state from data, statuses and silence. Speeds in 0.01 km/h."""

from dataclasses import replace

import pytest

from bridge.drivers.ftms.decoder import activity
from bridge.machines.learned import UNLEARNED
from bridge.tracking.belt_state import BeltReport, BeltState
from bridge.values import Belt
from protocols.ftms.training_status import TrainingStatus


class Machine:
    """A machine that notifies once a second, and the state that its belt is judged to be in.

    A course is a text of steps. `600` is a sample with that speed, `0*3` three of them, `blank*3`
    three without any number; `STOP`, `PAUSE` and `START` are statuses, `ours:STOP` is the answer to
    an order of ours, `training:idle` a training status; `silence:60` are seconds without a sample
    in which reads are answered, and `dead:10` seconds in which they are not. `=idle` behind a step
    is the state that must follow.
    """

    def __init__(self, *, reports_target: bool = False) -> None:
        self.now = 100.0
        self.state = BeltState(self.now)
        self.state.reports_target |= reports_target

    def follow(self, course: str) -> None:
        for number, step in enumerate(course.split()):
            does, _, belt = step.partition("=")
            self._do(does)
            assert not belt or self.state.belt is Belt(belt), (number, step, self.state.belt)

    def _do(self, step: str) -> None:
        kind, _, what = step.partition(":")
        match kind:
            case "training":
                status = None if what == "none" else TrainingStatus[what.upper()]
                self.state.training(activity(status), self.now)
            case "ours":
                self.state.take_report(BeltReport[what], self.now, ours=True)
            case "silence" | "dead":
                for _ in range(int(what)):
                    self.now += 1.0
                    if kind == "silence":
                        self.state.answered(self.now)
                    self.state.tick(self.now)
            case "STOP" | "PAUSE" | "START":
                self.state.take_report(BeltReport[kind], self.now)
            case _:
                speed, _, times = kind.partition("*")
                for _ in range(int(times or 1)):
                    self.now += 1.0
                    value = 0 if speed == "blank" else int(speed)
                    self.state.speed(value, self.now, blank=speed == "blank")


COURSES = {
    "belt is unknown without data": "silence:30=unknown",
    "zeros on a new link are rest after 1.5 s": "0=unknown 0=unknown 0=idle",
    "any speed is running": "80=running",
    "belt found moving runs whatever a constant training status reports": (
        "training:idle 600*2=running training:idle=running"
    ),
    "stopped belt is stopping until its speed is zero": (
        "300 600 STOP=stopping 500 300 80=stopping 0=idle"
    ),
    "paused belt is stopping until its speed is zero": (
        "600 PAUSE=stopping 500 300 80=stopping 0=paused"
    ),
    "idle training status stops the belt as a status does": (
        "training:manual 600 training:post_workout=stopping 300=stopping 0=idle"
    ),
    "pause stays a pause when the training status turns idle with it": (
        "training:manual 600 PAUSE 0*4 training:idle=paused"
    ),
    "pause whose training status turns idle later has ended": (
        "training:manual 600 PAUSE 0*5=paused training:idle=idle"
    ),
    "stop is forgotten when the belt rises": "600 STOP 590 620=stopping 621=running",
    "stop that the belt ignores is forgotten after ten seconds": (
        "600 STOP 600*10=stopping 600=running"
    ),
    "stop before any speed counts": "STOP 500 400=stopping",
    "stop without any speed is a stand after four seconds": "STOP silence:4=unknown silence:1=idle",
    "zeros without a status are rest after 1.5 s": "0*3 200 0*2=stopping 0=idle",
    "zeros without a status are a pause while the training goes on": (
        "training:manual 200 0*3=paused"
    ),
    "started belt is starting until the first speed": (
        "0 START=starting 0*3=starting 80=running 300=running"
    ),
    "pre-workout is starting for fifteen seconds until the first speed": (
        "0 training:pre_workout=starting 0*15=starting 0=idle 80=running 300=running"
    ),
    "stop ends a countdown that began before it": (
        "0*3 STOP 0 training:pre_workout=starting STOP=idle"
    ),
    "start without motion is over after fifteen seconds": (
        "0 START 0*15=starting 0=idle silence:10=idle"
    ),
    "training status of the countdown may report exercising": (
        "training:manual 0=starting 0*15=paused"
    ),
    "belt started at the console without a status runs": "600 STOP 0*2 80=running",
    "zeros alone are rest while no status reports a run": "blank*60=idle",
    "zeros alone are no rest once the training status reports a run": (
        "blank*3 training:manual blank*15=starting blank=unknown STOP=idle"
    ),
    "zeros alone are no rest once a status reports a run": (
        "blank*3 START blank*15=starting blank=unknown STOP=idle"
    ),
    "answer to our start is no report of a run": "blank*3 ours:START blank*16=idle",
    "answer to our stop is no rest while the machine reports a run": (
        "training:manual blank*30 ours:STOP blank*3=unknown training:idle blank=idle"
    ),
    "stop of the machine is rest though it reported a run": (
        "training:manual blank*30 STOP blank*3=idle training:idle blank=idle"
    ),
    "answer to our pause is a pause though the machine reports a run": (
        "training:manual blank*30 ours:PAUSE blank*3=paused"
    ),
    "one number other than zero makes zeros trustworthy": (
        "blank*3 training:manual 0 blank*30=paused"
    ),
    "rest stays rest while reads are answered": "600 PAUSE 0 silence:60=paused",
    "rest without answers is unknown after ten seconds": "0*3 dead:10=idle dead:1=unknown",
    "rest is not claimed once the training status reports a run": (
        "training:idle 0 silence:3=unknown silence:7=idle training:manual=unknown"
    ),
    "start in silence is starting and then unknown": (
        "0*3 silence:10 START=starting silence:15=starting silence:1=unknown"
    ),
    "running belt gone silent is unknown after ten seconds": (
        "600 silence:10=running silence:1=unknown"
    ),
    "stop without a last zero stands once the belt must have slowed": (
        "610 STOP silence:16=stopping silence:1=idle"
    ),
    "stop on a dead link is unknown": "600 STOP dead:16=unknown",
    "machine that sends nothing at rest is idle by its training status": (
        "training:idle silence:3=unknown silence:1=idle silence:60=idle"
    ),
    "idle training status without answered reads is ignored": "training:idle dead:11=unknown",
    "silent machine at rest starts by its training status": (
        "training:idle silence:4 training:pre_workout=starting 80=running"
    ),
    "unknown training status is ignored": (
        "training:none silence:10=unknown training:other silence:10=unknown"
    ),
    "training status read six seconds after a pause may be that of the pause": (
        "training:idle 300 PAUSE 100 0 silence:6 training:manual=paused"
    ),
    "training status of the last zero is no later start": (
        "training:idle 0*3 training:manual silence:4=paused"
    ),
    "training status a second after the last zero is a start": (
        "training:idle 0*3 silence:1 training:manual silence:3=unknown"
    ),
    "training status read later after a pause is that of a woken belt": (
        "training:idle 300 PAUSE 100 0 silence:7 training:manual=unknown"
    ),
}
REPORTS_TARGET = {
    "is stopping for as long as a slow belt takes": "600 STOP 0*16=stopping 0=idle",
    "is stopping though it falls silent": "600 STOP 0 silence:14=stopping silence:4=idle",
    "is idle if it never moved": "0*3=idle",
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_belt_state_follows_from_data_statuses_and_silence(course: str) -> None:
    Machine().follow(course)


@pytest.mark.parametrize("course", REPORTS_TARGET.values(), ids=REPORTS_TARGET)
def test_belt_state_of_a_target_reporting_machine_follows_its_timeline(course: str) -> None:
    """Its reported speed is 0 as soon as it gets a stop; the belt takes longer."""
    Machine(reports_target=True).follow(course)


@pytest.mark.parametrize(
    ("noise", "resolution", "rise", "belt"),
    [
        (1.0, 10.0, 20, "paused"),
        (1.0, 10.0, 21, "idle"),
        (10.0, 32.0, 52, "paused"),
        (10.0, 32.0, 53, "idle"),
    ],
)
def test_only_a_rise_beyond_0_2_kmh_and_the_noise_contradicts_a_pause(
    noise: float, resolution: float, rise: int, belt: str
) -> None:
    machine = Machine()
    speed = replace(UNLEARNED.speed, noise=noise, resolution=resolution)
    machine.state.learned = replace(UNLEARNED, speed=speed)
    machine.follow(f"480 ours:PAUSE {480 + rise} 384 0*3={belt}")
