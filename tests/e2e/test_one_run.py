"""One run at home, over a real broker and real Bluetooth bytes: what the guard promises, measured.

Times are shortened by the configuration, never by the clock: the ramp is the fastest allowed,
0.5 km/h and 0.5 % per second, where the default is a fifth of it.
"""

from pathlib import Path

import pytest

from protocols.ftms.control_point import StopKind, StopOrPause
from tests.e2e.house import FAST_RAMP, STEP_KMH, House, house, rises, seconds, until

pytestmark = pytest.mark.unmeasured

RAMP = 0.5
"""km/h per second, and percent per second."""
LATENESS = 0.5
"""km/h that a busy computer may add to a window of 5 s, by a write a second late before it."""
SLOWEST_KMH = 0.8
"""What the machine itself jumps to when it starts; the ramp begins there."""
SAMPLE_AGE_S = 0.7
"""How old a measurement may be when it is published: sampling, and the pause between states."""


async def test_a_greedy_speed_waits_for_the_warm_up_and_for_a_second_request(
    tmp_path: Path,
) -> None:
    guard = {**FAST_RAMP, "warm_up_s": 10, "warm_up_speed_kmh": 4}
    async with house(tmp_path, guard) as home:
        await home.start()

        # In the warm-up 12 means 4, and the answer says why.
        await home.send("speed", {"value": 12, "id": "greedy"})
        first = await home.outcome("greedy")
        assert (first["outcome"], first["requested"], first["applied"]) == ("limited", 12, 4)
        assert first["reasons"][0]["rule"] == "warm_up"
        await home.outcome("greedy", "confirmed", within=20)
        await home.state("warm-up at 4", lambda s: s["target_speed_kmh"] == 4)

        # After it nothing rises by itself: what was cut off is gone.
        await until("the warm-up's end", lambda: home.events("warm_up_over"), within=20)
        over = len(home.all("state"))
        await until("2 s of states after it", lambda: len(home.all("state")) >= over + 4)
        assert {s["target_speed_kmh"] for s in home.all("state")[over:]} == {4}
        assert max(home.speeds_ordered) == 4

        # Asked again, it climbs there at the ramp.
        await home.send("speed", "7")
        await home.state("7 ± 0.1 km/h", lambda s: abs(s["speed_kmh"] - 7) <= 0.1, within=60)
        assert abs(home.now.speed_kmh - 7) <= 0.1

        slack = STEP_KMH + LATENESS
        true = [(t.time, max(t.speed_kmh, SLOWEST_KMH)) for t in home.truths]
        assert rises(true, 5) <= RAMP * 5 + slack
        for key in ("speed_kmh", "target_speed_kmh"):
            said = [
                (seconds(s["time"]), max(s[key], SLOWEST_KMH))
                for s in home.all("state")
                if s[key] is not None
            ]
            assert rises(said, 5) <= RAMP * (5 + SAMPLE_AGE_S) + slack, key


async def test_pause_and_stop_in_a_ramp_are_the_next_thing_written(tmp_path: Path) -> None:
    async with house(tmp_path, {**FAST_RAMP, "warm_up_s": 0}) as home:
        await home.start()
        await _climb_past(home, 2)
        await home.send("belt", "pause")
        await home.belt("paused")
        assert home.now.speed_kmh == 0
        before = len(home.speeds_ordered)

        # The session goes on, at the slowest speed.
        await home.send("belt", {"command": "resume", "id": "resume"})
        await home.outcome("resume", "confirmed")
        state = await home.state("measured again", lambda s: (s["speed_kmh"] or 0) > 0)
        assert state["requested_speed_kmh"] is None
        assert all(speed == 0.8 for speed in home.speeds_ordered[before:])
        assert home.all("session") == [], "a pause belongs to its session"

        await _climb_past(home, 2)
        written = len(home.orders)
        await home.send("belt", {"command": "stop", "id": "stop"})
        await until("the stop at the machine", lambda: _halts(home))
        after = home.orders[written:]
        # One target may have been on its way when the stop was said; none follows it.
        assert StopOrPause(StopKind.STOP) in after[:2]
        await home.outcome("stop", "confirmed")
        assert home.now.speed_kmh == 0
        assert home.orders[-1] == StopOrPause(StopKind.STOP)
        assert (await home.belt("idle"))["speed_kmh"] == 0

        # A target is nobody's wish any more, until the belt is started again.
        await home.send("speed", {"value": 5, "id": "late"})
        assert (await home.outcome("late"))["reasons"][0]["rule"] == "not_running"
        assert home.orders[-1] == StopOrPause(StopKind.STOP)


async def test_a_finish_cools_down_and_stops_by_itself(tmp_path: Path) -> None:
    cool_down = {"cool_down_s": 8, "cool_down_speed_kmh": 2, "warm_up_s": 0}
    async with house(tmp_path, {**FAST_RAMP, **cool_down}) as home:
        await home.start()
        await home.send("speed", {"value": 4, "id": "run"})
        await home.send("incline", {"value": 2, "id": "hill"})
        for identity in ("run", "hill"):
            await home.outcome(identity, "confirmed", within=30)
        speeds, inclines = len(home.speeds_ordered), len(home.inclines_ordered)
        await home.send("belt", {"command": "finish", "id": "enough"})
        begun = (await until("a cool-down", lambda: home.events("cool_down")))[0]
        assert "slowing to 2 km/h over 8 s, then stop" in begun["text"]
        await home.state("its phase", lambda s: s["phase"] == "cool_down")

        await home.outcome("enough", "confirmed", within=40)
        assert home.now.speed_kmh == 0
        assert [o for o in home.orders if isinstance(o, StopOrPause)] == [
            StopOrPause(StopKind.STOP)
        ]
        # A slope and no jump: down in many steps, to a walk and to level, and only then the stop.
        eased = home.speeds_ordered[speeds:]
        assert eased == sorted(eased, reverse=True)
        assert len(set(eased)) >= 5
        assert eased[-1] <= 2 + 0.5, "two seconds of the slope: the two axes take turns"
        assert home.inclines_ordered[inclines:][-1] <= 0.5
        assert home.orders[-1] == StopOrPause(StopKind.STOP)
        done = home.events("cool_down_done")[0]
        assert seconds(done["time"]) - seconds(begun["time"]) >= 7.5
        summary = await until("the session's summary", lambda: home.newest("session"))
        assert 3.9 <= summary["max_speed_kmh"] <= 4
        assert summary["distance_m"] > 0


async def _climb_past(home: House, kmh: float) -> None:
    """The belt is on its way to 12 km/h."""
    await home.send("speed", "12")
    await until(f"{kmh} km/h on the way up", lambda: home.now.speed_kmh >= kmh)


def _halts(home: House) -> bool:
    return StopOrPause(StopKind.STOP) in home.orders
