"""One treadmill put together: frames and commands in, orders and messages out, in virtual time."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime

import pytest

from bridge.contract.parser import Refusal
from bridge.guard import SteepTier
from bridge.history.history import History
from bridge.values import Axis, Halt, Reason, Result, Verb
from tests.rigs.home import POLICY, Home, home
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time


class TestWholeRun:
    async def test_start_speed_and_stop_are_ordered_and_confirmed(self, here: Home) -> None:
        await here.start()
        assert here.results("start") == [Result.ACCEPTED, Result.CONFIRMED]

        await here.play("speed 400, 45")
        assert here.results("speed") == [Result.ACCEPTED, Result.CONFIRMED]
        speeds = here.machine.ordered(Axis.SPEED)
        assert speeds[-1] == 400
        assert speeds == sorted(speeds, key=lambda value: int(str(value)))

        await here.play("stop, 4")
        assert here.results("stop") == [Result.ACCEPTED, Result.CONFIRMED]
        assert here.machine.given[-1] == (Halt.STOP,)

    async def test_session_is_published_at_its_end(self, here: Home) -> None:
        await here.play("runs, 20, stop, 4")

        (said,) = here.on("session")
        assert said["max_speed_kmh"] == 0.8
        assert 18 <= said["moving_s"] <= 24
        assert [kind for kind in here.event_types() if "session" in kind] == [
            "session_started", "session_ended",
        ]  # fmt: skip

    async def test_stop_is_ordered_without_delay(self, here: Home) -> None:
        await here.start()
        began = LoopClock().now()
        await here.play("stop, silence 0, silence 0")
        assert here.machine.given[-1] == (Halt.STOP,)
        assert LoopClock().now() == began


class TestCommands:
    async def test_refused_payload_is_answered(self, here: Home) -> None:
        refusal = Refusal("x", "speed", "mqtt", Reason("not_json"))
        here.treadmill.take(refusal)
        await asyncio.sleep(1)
        assert here.answers == [refusal]

    async def test_commands_without_a_machine_are_rejected_and_not_kept(self, here: Home) -> None:
        for verb in (Verb.START, Verb.STOP, Verb.FINISH):
            here.request(verb)
        await here.play("speed 500, silence 1")
        assert all(here.results(v) == [Result.REJECTED] for v in ("start", "stop", "speed"))

        await here.play("connect, 5")
        assert here.machine.given == []

    async def test_repeated_command_id_gets_the_first_outcome_and_one_execution(
        self, here: Home
    ) -> None:
        await here.play("connect, start as a, start as a, 3")
        assert here.results("a")[:2] == [Result.ACCEPTED, Result.ACCEPTED]
        assert here.machine.given.count(("start",)) == 1

    @pytest.mark.parametrize(
        ("rule", "results"), [("too_old", [Result.ACCEPTED]), ("retained", [])]
    )
    async def test_redelivered_message_keeps_its_first_outcome_unless_retained(
        self, here: Home, rule: str, results: list[Result]
    ) -> None:
        await here.play("runs, speed 500 as a, 1")
        here.answers.clear()
        here.treadmill.refuse(Refusal("a", "speed", "mqtt", Reason(rule)))
        assert len(here.answers) == 1
        assert here.results("a") == results

    async def test_corrected_message_with_the_id_of_a_refused_one_gets_its_refusal_again(
        self, here: Home
    ) -> None:
        await here.start()
        here.answers.clear()
        refusal = Refusal("a", "speed", "mqtt", Reason("unknown_unit"))
        here.treadmill.take(refusal)
        await here.play("speed 500 as a, 1")
        assert here.answers == [refusal, refusal]

    async def test_command_with_the_id_of_a_retained_message_is_carried_out(
        self, here: Home
    ) -> None:
        await here.start()
        here.answers.clear()
        here.treadmill.take(Refusal("a", "speed", "mqtt", Reason("retained")))
        await here.play("speed 500 as a, 1")
        assert here.results("a")[:1] == [Result.ACCEPTED]

    async def test_connect_and_release_are_passed_to_the_link(self, here: Home) -> None:
        here.request(Verb.CONNECT)
        await here.play("release, silence 1")
        assert here.machine.links == ["connect", "release"]

    @pytest.mark.parametrize("verb", [Verb.CONNECT, Verb.RELEASE])
    async def test_late_connect_or_release_is_rejected(self, here: Home, verb: Verb) -> None:
        await here.start()
        here.request_late(verb)
        await here.live(1)
        assert here.results(f"late-{verb}") == [Result.REJECTED]
        assert "delivers late" in here.reasons(f"late-{verb}")
        assert here.machine.links == []

    async def test_release_without_a_link_is_confirmed(self, here: Home) -> None:
        await here.play("release, silence 1")
        assert here.results("release") == [Result.ACCEPTED, Result.CONFIRMED]

    @pytest.mark.parametrize("verb", [Verb.CONNECT, Verb.RELEASE])
    async def test_connect_and_release_without_a_radio_are_rejected(
        self, here: Home, verb: Verb
    ) -> None:
        here.treadmill.line = None
        here.request(verb)
        await asyncio.sleep(1)
        assert here.results(verb) == [Result.REJECTED]
        assert "no Bluetooth at the moment" in here.reasons(verb)


class TestEnds:
    async def test_lost_link_fails_open_commands_and_is_published(self, here: Home) -> None:
        await here.play("runs, speed 500, 1, lost, silence 1")

        assert here.results("speed") == [Result.ACCEPTED, Result.FAILED]
        assert here.on("state")[-1]["belt"] == "unknown"
        assert ("availability", b"offline") in here.published

    async def test_request_from_before_a_link_loss_is_not_sent_after_it(self, here: Home) -> None:
        await here.play("runs, speed 900, 2, lost, silence 5")
        before = len(here.machine.given)

        await here.play("linked, 20")

        assert here.machine.given[before:] == []
        assert here.event_types()[-1] == "adopted"

    async def test_command_after_the_end_is_rejected(self) -> None:
        """Until a restarted task takes over, which waits for the link to be released."""
        async with home() as here:
            await here.start()
        here.request(Verb.STOP)
        assert here.results("stop") == [Result.REJECTED]
        assert "restarting" in here.reasons("stop")

    async def test_unexpected_exception_ends_the_task_and_publishes_offline(self) -> None:
        here = Home()
        here.treadmill.take("no message")  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            await here.treadmill.run()
        assert here.published[-1] == ("availability", b"offline")


def moment(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


class TestOnTheClock:
    """The guard has no clock on the wall; here there is one."""

    async def test_end_of_a_limit_is_published_as_clock_time(self) -> None:
        tier = SteepTier(threshold=50, budget_s=12, window_s=600, then=20)
        policy = replace(POLICY, warm_up_s=0.0, incline_ramp=5.0, steep=(tier,))
        async with home(policy=policy) as here:
            await here.play("runs, incline 60, 40, incline 60 as again, 1")

            (closed,) = (e for e in here.on("event") if e["type"] == "steep_closed")
            (reason,) = here.on("guard")[-1]["bounds"]["incline"]["reasons"]
            said = [closed["text"], reason["text"], here.reasons("again")]
            assert all(re.search(r"until \d\d:\d\d", text) for text in said)
            assert abs(moment(closed["details"]["until"]) - moment(reason["until"])) <= 5


async def test_learned_figures_of_a_machine_survive_a_restart() -> None:
    history = History.blank(LoopClock())
    async with home(history=history) as here:
        await here.play("runs, speed 300, 60")
        learned = here.treadmill.snapshot.learned
        assert learned.speed.spread is not None
        assert here.on("link")[-1]["learned"]["speed"]["gain"] is not None
    async with home(history=history) as again:
        await again.connect()
        assert again.treadmill.snapshot.learned.speed == learned.speed


class TestStrap:
    async def test_heart_rate_of_a_strap_replaces_the_machine_s(self, here: Home) -> None:
        await here.start()
        for bpm in (120, 121, 122):
            here.treadmill.heart_rate(bpm)
            await here.live(1)
        assert here.on("state")[-1]["heart_rate_bpm"] == 122
        here.treadmill.heart_rate(0)
        await here.live(3)
        assert here.on("state")[-1]["heart_rate_bpm"] is None
