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
from tests.rigs.treadmill_rig import POLICY, TreadmillRig, treadmill_rig
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time


class TestWholeRun:
    async def test_start_speed_and_stop_are_ordered_and_confirmed(self, rig: TreadmillRig) -> None:
        await rig.start()
        assert rig.results("start") == [Result.ACCEPTED, Result.CONFIRMED]

        await rig.play("speed 400, 45")
        assert rig.results("speed") == [Result.ACCEPTED, Result.CONFIRMED]
        speeds = rig.machine.ordered(Axis.SPEED)
        assert speeds[-1] == 400
        assert speeds == sorted(speeds, key=lambda value: int(str(value)))

        await rig.play("stop, 4")
        assert rig.results("stop") == [Result.ACCEPTED, Result.CONFIRMED]
        assert rig.machine.given[-1] == (Halt.STOP,)

    async def test_session_is_published_at_its_end(self, rig: TreadmillRig) -> None:
        await rig.play("runs, 20, stop, 4")

        (said,) = rig.on("session")
        assert said["max_speed_kmh"] == 0.8
        assert 18 <= said["moving_s"] <= 24
        assert [kind for kind in rig.event_types() if "session" in kind] == [
            "session_started", "session_ended",
        ]  # fmt: skip

    async def test_stop_is_ordered_without_delay(self, rig: TreadmillRig) -> None:
        await rig.start()
        began = LoopClock().now()
        await rig.play("stop, silence 0, silence 0")
        assert rig.machine.given[-1] == (Halt.STOP,)
        assert LoopClock().now() == began


class TestCommands:
    async def test_refused_payload_is_answered(self, rig: TreadmillRig) -> None:
        refusal = Refusal("x", "speed", "mqtt", Reason("not_json"))
        rig.treadmill.take(refusal)
        await asyncio.sleep(1)
        assert rig.answers == [refusal]

    async def test_commands_without_a_machine_are_rejected_and_not_kept(
        self, rig: TreadmillRig
    ) -> None:
        for verb in (Verb.START, Verb.STOP, Verb.FINISH):
            rig.request(verb)
        await rig.play("speed 500, silence 1")
        assert all(rig.results(v) == [Result.REJECTED] for v in ("start", "stop", "speed"))

        await rig.play("connect, 5")
        assert rig.machine.given == []

    async def test_repeated_command_id_gets_the_first_outcome_and_one_execution(
        self, rig: TreadmillRig
    ) -> None:
        await rig.play("connect, start as a, start as a, 3")
        assert rig.results("a")[:2] == [Result.ACCEPTED, Result.ACCEPTED]
        assert rig.machine.given.count(("start",)) == 1

    @pytest.mark.parametrize(
        ("rule", "results"), [("too_old", [Result.ACCEPTED]), ("retained", [])]
    )
    async def test_redelivered_message_keeps_its_first_outcome_unless_retained(
        self, rig: TreadmillRig, rule: str, results: list[Result]
    ) -> None:
        await rig.play("runs, speed 500 as a, 1")
        rig.answers.clear()
        rig.treadmill.refuse(Refusal("a", "speed", "mqtt", Reason(rule)))
        assert len(rig.answers) == 1
        assert rig.results("a") == results

    async def test_corrected_message_with_the_id_of_a_refused_one_gets_its_refusal_again(
        self, rig: TreadmillRig
    ) -> None:
        await rig.start()
        rig.answers.clear()
        refusal = Refusal("a", "speed", "mqtt", Reason("unknown_unit"))
        rig.treadmill.take(refusal)
        await rig.play("speed 500 as a, 1")
        assert rig.answers == [refusal, refusal]

    async def test_command_with_the_id_of_a_retained_message_is_carried_out(
        self, rig: TreadmillRig
    ) -> None:
        await rig.start()
        rig.answers.clear()
        rig.treadmill.take(Refusal("a", "speed", "mqtt", Reason("retained")))
        await rig.play("speed 500 as a, 1")
        assert rig.results("a")[:1] == [Result.ACCEPTED]

    async def test_connect_and_release_are_passed_to_the_link(self, rig: TreadmillRig) -> None:
        rig.request(Verb.CONNECT)
        await rig.play("release, silence 1")
        assert rig.machine.links == ["connect", "release"]

    @pytest.mark.parametrize("verb", [Verb.CONNECT, Verb.RELEASE])
    async def test_late_connect_or_release_is_rejected(self, rig: TreadmillRig, verb: Verb) -> None:
        await rig.start()
        rig.request_late(verb)
        await rig.live(1)
        assert rig.results(f"late-{verb}") == [Result.REJECTED]
        assert "delivers late" in rig.reasons(f"late-{verb}")
        assert rig.machine.links == []

    async def test_release_without_a_link_is_confirmed(self, rig: TreadmillRig) -> None:
        await rig.play("release, silence 1")
        assert rig.results("release") == [Result.ACCEPTED, Result.CONFIRMED]

    @pytest.mark.parametrize("verb", [Verb.CONNECT, Verb.RELEASE])
    async def test_connect_and_release_without_a_radio_are_rejected(
        self, rig: TreadmillRig, verb: Verb
    ) -> None:
        rig.treadmill.line = None
        rig.request(verb)
        await asyncio.sleep(1)
        assert rig.results(verb) == [Result.REJECTED]
        assert "no Bluetooth at the moment" in rig.reasons(verb)


class TestEnds:
    async def test_lost_link_fails_open_commands_and_is_published(self, rig: TreadmillRig) -> None:
        await rig.play("runs, speed 500, 1, lost, silence 1")

        assert rig.results("speed") == [Result.ACCEPTED, Result.FAILED]
        assert rig.on("state")[-1]["belt"] == "unknown"
        assert ("availability", b"offline") in rig.published

    async def test_request_from_before_a_link_loss_is_not_sent_after_it(
        self, rig: TreadmillRig
    ) -> None:
        await rig.play("runs, speed 900, 2, lost, silence 5")
        before = len(rig.machine.given)

        await rig.play("linked, 20")

        assert rig.machine.given[before:] == []
        assert rig.event_types()[-1] == "adopted"

    async def test_command_after_the_end_is_rejected(self) -> None:
        """Until a restarted task takes over, which waits for the link to be released."""
        async with treadmill_rig() as rig:
            await rig.start()
        rig.request(Verb.STOP)
        assert rig.results("stop") == [Result.REJECTED]
        assert "restarting" in rig.reasons("stop")

    async def test_unexpected_exception_ends_the_task_and_publishes_offline(self) -> None:
        rig = TreadmillRig()
        rig.treadmill.take("no message")  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            await rig.treadmill.run()
        assert rig.published[-1] == ("availability", b"offline")


def moment(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


class TestOnTheClock:
    """The guard has no clock on the wall; here there is one."""

    async def test_end_of_a_limit_is_published_as_clock_time(self) -> None:
        tier = SteepTier(threshold=50, budget_s=12, window_s=600, then=20)
        policy = replace(POLICY, warm_up_s=0.0, incline_ramp=5.0, steep=(tier,))
        async with treadmill_rig(policy=policy) as rig:
            await rig.play("runs, incline 60, 40, incline 60 as again, 1")

            (closed,) = (e for e in rig.on("event") if e["type"] == "steep_closed")
            (reason,) = rig.on("guard")[-1]["bounds"]["incline"]["reasons"]
            said = [closed["text"], reason["text"], rig.reasons("again")]
            assert all(re.search(r"until \d\d:\d\d", text) for text in said)
            assert abs(moment(closed["details"]["until"]) - moment(reason["until"])) <= 5


async def test_learned_figures_of_a_machine_survive_a_restart() -> None:
    history = History.blank(LoopClock())
    async with treadmill_rig(history=history) as rig:
        await rig.play("runs, speed 300, 60")
        learned = rig.treadmill.snapshot.learned
        assert learned.speed.spread is not None
        assert rig.on("link")[-1]["learned"]["speed"]["gain"] is not None
    async with treadmill_rig(history=history) as again:
        await again.connect()
        assert again.treadmill.snapshot.learned.speed == learned.speed


class TestStrap:
    async def test_heart_rate_of_a_strap_replaces_the_machine_s(self, rig: TreadmillRig) -> None:
        await rig.start()
        for bpm in (120, 121, 122):
            rig.treadmill.heart_rate(bpm)
            await rig.live(1)
        assert rig.on("state")[-1]["heart_rate_bpm"] == 122
        rig.treadmill.heart_rate(0)
        await rig.live(3)
        assert rig.on("state")[-1]["heart_rate_bpm"] is None
