"""The rest of what docs/safety.md promises a runner, over a real broker and real Bluetooth bytes.

Warm-up, ramp, stop and finish stand in `test_one_run.py`. Times are shortened by the configuration.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.house import FAST_RAMP, House, house, rises, seconds, until

pytestmark = pytest.mark.no_cover

CONSOLE_KMH = 5.0
RAMP_PERCENT_PER_S = 0.5
QUICK: dict[str, object] = {
    **FAST_RAMP,
    "warm_up_s": 0,
    "speed_easing_kmh_per_s": 2,
    "incline_easing_percent_per_s": 2,
}


async def run_at(home: House, kmh: float, identity: str) -> None:
    await home.say("speed", {"value": kmh, "id": identity})
    await home.outcome(identity, "confirmed", within=40)


async def test_steep_incline_is_warned_of_and_closed_when_its_budget_is_used(
    tmp_path: Path,
) -> None:
    # That it opens again, and nothing rises by itself, is the scenario `long-climb`.
    tier = {"from_percent": 3, "max_s": 10, "window_s": 60, "then_percent": 1}
    async with house(tmp_path, {**QUICK, "steep": [tier]}) as home:
        await home.start()
        await home.say("incline", {"value": 4, "id": "steep"})
        assert (await home.outcome("steep"))["outcome"] == "accepted"
        await home.outcome("steep", "confirmed", within=30)
        ramp = rises([(t.time, t.incline_percent) for t in home.truths], 5)
        assert ramp <= RAMP_PERCENT_PER_S * 5 + 1.0
        warning = (await until("a warning", lambda: home.events("steep_warning")))[0]
        assert warning["details"]["limit"] == 1.0
        assert home.now.incline_percent >= 3, "the warning comes before the end"
        closed = (await until("the end", lambda: home.events("steep_closed")))[0]
        assert closed["details"]["limit"] == 1.0
        assert seconds(warning["time"]) < seconds(closed["time"])
        await until("1 % or less", lambda: home.now.incline_percent <= 1.05)
        steep = [t.time for t in home.truths if t.incline_percent >= 3]
        assert 0.9 * 10 <= steep[-1] - steep[0] <= 10 + 1.0
        guard = await until(
            "when it opens",
            lambda: g if (g := home.newest("guard"))["steep"]["opens_s"] is not None else None,
        )
        assert 0 < guard["steep"]["opens_s"] <= 60
        assert guard["steep"]["left_s"] == 0
        assert guard["bounds"]["incline"]["max"] == 1
        assert "10 s at 3 % or more" in guard["bounds"]["incline"]["reasons"][0]["text"]
        await home.say("incline", {"value": 4, "id": "early"})
        early = await home.outcome("early")
        assert (early["outcome"], early["applied"]) == ("limited", 1)


async def test_slower_at_the_console_is_obeyed_and_not_undone(tmp_path: Path) -> None:
    async with house(tmp_path, QUICK) as home:
        await home.start()
        await run_at(home, 5, "run")
        machine = home.simulation.machine
        written = len(home.speeds_ordered)

        machine.set_speed(300)

        slowed = (await until("it is seen", lambda: home.events("console_slowed")))[0]
        assert "3 km/h" in slowed["text"]
        await home.say("speed", {"value": 6, "id": "automation", "source": "automation"})
        refused = await home.outcome("automation")
        assert refused["outcome"] == "rejected"
        assert refused["reasons"][0]["rule"] == "console"
        await home.state("3 km/h", lambda s: s["speed_kmh"] == 3)
        again = home.speeds_ordered[written:]
        assert again in ([], [3]), "at most what was pressed is written"
        assert home.newest("state")["requested_speed_kmh"] == 3
        await home.say("speed", {"value": 2.5, "id": "less"})
        assert (await home.outcome("less"))["outcome"] == "accepted"


async def test_faster_at_the_console_is_a_gentle_climb_and_no_jump(tmp_path: Path) -> None:
    async with house(tmp_path, {**QUICK, "speed_ramp_kmh_per_s": 0.25}) as home:
        await home.start()
        await run_at(home, 2, "walk")
        await until("the last write is old", _quiet_for(home, 9), within=30)

        begun, written = home.now.time, len(home.speeds_ordered)
        home.simulation.machine.set_speed(round(CONSOLE_KMH * 100))

        raised = (await until("it is seen", lambda: home.events("console_raised")))[0]
        assert raised["details"]["axis"] == "speed"
        assert min(home.speeds_ordered[written:]) < CONSOLE_KMH - 1, "it is set back"
        await home.state("there", lambda s: abs(s["speed_kmh"] - CONSOLE_KMH) <= 0.1, within=60)
        # Beyond the allowance, 5 s of the ramp of 0.25 km/h per s and 0.5 km/h, it climbs.
        assert home.now.time - begun >= 0.8 * (CONSOLE_KMH - (2 + 5 * 0.25 + 0.5)) / 0.25
        assert home.newest("state")["requested_speed_kmh"] == CONSOLE_KMH


def _quiet_for(home: House, quiet_s: float) -> Callable[[], bool]:
    """Whether nothing was written to the machine for so long."""
    seen = [len(home.orders), home.now.time]

    def quiet() -> bool:
        if len(home.orders) != seen[0]:
            seen[:] = [len(home.orders), home.now.time]
        return home.now.time - seen[1] >= quiet_s

    return quiet


async def test_pain_eases_the_run_it_is_reported_in_and_rests_until_it_is_lifted(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, QUICK) as home:
        await home.start()
        await run_at(home, 7, "run")
        await home.say("incline", {"value": 4, "id": "hill"})
        await home.outcome("hill", "confirmed", within=30)

        await home.say("pain", {"place": "ankle", "severity": 4, "id": "ouch"})
        await home.outcome("ouch", "confirmed")
        assert [o["outcome"] for o in home.outcomes("ouch")] == ["accepted", "confirmed"]
        await until("a rest", lambda: home.events("rest"))
        await until("6 km/h", lambda: home.now.speed_kmh <= 6.05)
        await until("2 %", lambda: home.now.incline_percent <= 2.05)
        await until("resting_until", lambda: home.newest("guard")["resting_until"])
        await home.say("speed", {"value": 8, "id": "greedy"})
        greedy = await home.outcome("greedy")
        assert (greedy["outcome"], greedy["applied"]) == ("limited", 6)
        await home.say("belt", {"command": "stop", "id": "stop"})
        await home.outcome("stop", "confirmed", within=20)

        # Who rests is asked whether they mean it.
        await home.say("belt", {"command": "start", "id": "unsure"})
        unsure = await home.outcome("unsure")
        assert unsure["outcome"] == "rejected"
        assert unsure["reasons"][0]["rule"] == "resting"
        await home.say("belt", {"command": "start", "confirm": True, "id": "sure"})
        await home.outcome("sure", "confirmed", within=20)

        await home.say("pain", {"clear": True, "id": "better"})
        await home.outcome("better", "confirmed")
        await until("no rest", lambda: home.newest("guard")["resting_until"] is None)
        await run_at(home, 7, "run-again")
