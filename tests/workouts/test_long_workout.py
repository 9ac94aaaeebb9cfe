"""A long workout on the simulator, through the whole bridge: every step as in the dry run."""

import asyncio
from typing import Any

import pytest

from bridge.config import Config
from bridge.guard import Past
from bridge.people.household import policy_of
from bridge.values import Axis
from bridge.workouts.dry_run import DryRun, dry_run
from bridge.workouts.library import Library
from bridge.workouts.model import Cue, Kind, Kmh, Repeat, Step, Workout
from bridge.workouts.person import Runner
from bridge.workouts.plan import plan
from simulators.ftms.profile_file import load_profile
from simulators.scenario.script import read_scenario
from tests.rigs.virtual_time import VirtualLoop
from tests.scenarios.rigs import VirtualRig, configuration, ready, virtual_rig

LONG = Workout(
    "Long",
    (
        Step(45, speed=Kmh(5), speed_end=Kmh(8), kind=Kind.WARM_UP),
        Repeat(
            2,
            (
                Step(30, speed=Kmh(9), incline=2.0, cues=(Cue(5, "Up"),)),
                Step(15, speed=Kmh(6), kind=Kind.REST),
            ),
        ),
        Step(duration_s=120, speed=Kmh(5), incline=11.0),
        Step(distance_m=75, speed=Kmh(7), incline=4.0),
        Step(60, speed=Kmh(6), incline=12.0),
        Step(25, speed=Kmh(7)),
        Step(30, speed=Kmh(8), speed_end=Kmh(7)),
        Step(45, speed=Kmh(7), speed_end=Kmh(6), kind=Kind.COOL_DOWN),
    ),
)
SCENARIO = read_scenario(
    """
    title = "A long workout"
    [bridge.guard]
    warm_up_s = 30
    speed_ramp_kmh_per_s = 0.2
    incline_ramp_percent_per_s = 0.5
    steep = [{from_percent = 10, max_s = 60, window_s = 300}]
    [[step]]
    wait = 1
    """,
    "long",
)
"""With times that are shorter than a guard's own, so that an hour takes a seventh of it."""


def rehearsed(rig: VirtualRig, config: Config) -> DryRun:
    (treadmill,) = config.treadmills
    machine = rig.daemon.treadmills["den"].snapshot.machine
    return dry_run(
        plan(LONG, Runner()), policy_of(config, treadmill), machine=machine, past=Past.nobody()
    )


Said = list[tuple[dict[str, Any], dict[str, Any]]]
"""The workout and the state, second by second."""


async def _run() -> tuple[DryRun, Said]:
    config = configuration(SCENARIO, "127.0.0.1", 1883)
    said: Said = []
    async with virtual_rig(SCENARIO, load_profile("strict"), seed=1) as rig:
        await ready(rig)
        rig.daemon.library = Library({"Long": LONG}, {})
        expected = rehearsed(rig, config)
        await rig.send("treadmills/den/set/workout", b"Long", retain=False)
        await asyncio.sleep(1)
        rig.press("start")
        for _ in range(900):
            await asyncio.sleep(1)
            newest = rig.messages.newest
            said.append((newest["workout"], newest["state"]))
            if newest["workout"]["state"] == "ended" and newest["state"]["belt"] == "idle":
                break
    return expected, said


@pytest.mark.unmeasured
def test_played_workout_matches_its_dry_run_in_every_step() -> None:
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(limit=2000)) as runner:
        expected, said = runner.run(_run())
    workout, state = said[-1]
    assert (workout["state"], state["belt"]) == ("ended", "idle")
    for outlook in expected.steps:
        number = outlook.step.number
        states = [
            state
            for workout, state in said
            if workout["step"] == number and workout["state"] == "running"
        ]
        assert abs(len(states) - outlook.seconds) <= 8, (number, len(states), outlook.seconds)
        states = states[2:]  # the state of the second before
        speed = max(state["target_speed_kmh"] for state in states)
        incline = max(state["target_incline_percent"] for state in states)
        assert abs(speed - outlook.reached[Axis.SPEED] / 100) <= 0.2, (number, speed, outlook)
        assert abs(incline - outlook.reached[Axis.INCLINE] / 10) <= 0.5, (number, incline, outlook)
    rules = " ".join(outlook.text for outlook in expected.steps)
    assert "warm up" in rules
    assert "steep" in rules
