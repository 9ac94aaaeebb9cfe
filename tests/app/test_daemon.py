"""The process around the treadmills: what fails is begun again, alone, and as if nothing was known.

The broker, the radio and the links are stand-ins here; all else is real, in virtual time.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.app import daemon as module
from bridge.app.daemon import Daemon
from bridge.bluetooth.radio import RadioError
from bridge.bluetooth.scan import Match
from bridge.config import Config
from bridge.contract.parser import Refusal
from bridge.history.history import History
from bridge.machines import Declared, SpeedUnit
from bridge.mqtt.inbox import Incoming
from bridge.treadmill.actor import Treadmill
from bridge.values import (
    RELEASED,
    Belt,
    Command,
    Measurement,
    Outcome,
    Reason,
    Result,
    Snapshot,
    Trouble,
    Verb,
)
from tests.rigs.daemon_rig import (
    LINKS,
    MACHINE,
    RADIOS,
    REFUSED,
    TWO,
    Broker,
    House,
    Link,
    house,
    open_radio,
)
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for things in (LINKS, RADIOS, REFUSED):
        things.clear()
    monkeypatch.setattr(module, "Broker", Broker)
    monkeypatch.setattr("bridge.drivers.link.Link", Link)
    monkeypatch.setattr(module, "open_radio", open_radio)
    with capture_logs():
        yield


@pytest.fixture
async def home() -> AsyncIterator[House]:
    async with house(TWO) as found:
        yield found


async def test_each_treadmill_has_a_link_that_looks_for_it() -> None:
    address = "12:34:56:78:9A:BC"
    den = {"id": "den", "address": address, "control": "never", "connect": "on_demand"}
    async with house({"treadmills": [den, {"id": "loft", "name": "Loft"}]}) as home:
        one, two = LINKS
        assert (one.match, one.observe_only, one.wanted) == (Match(address=address), True, False)
        assert (two.match, two.observe_only, two.wanted) == (Match(name="Loft"), False, True)
        assert home.line("loft") is two
        assert home.broker.treadmills == ["den", "loft"]


async def test_each_link_knows_what_the_owner_says_of_its_machine() -> None:
    den = {"id": "den", "name": "Den", "speed_unit": "mph", "machine": {"model": "fitshow"}}
    async with house({"treadmills": [den, {"id": "loft", "name": "Loft"}]}):
        one, two = LINKS
        profile = one.declared.profile("Den")
        assert (profile.pace_s, profile.target_speed_unit) == (1.2, SpeedUnit.MPH)
        assert two.declared == Declared()


async def test_messages_find_their_treadmill_and_answers_their_way_back(home: House) -> None:
    command = Command("a", Verb.SPEED, "test", 0.0, 500)
    home.broker.handler(Incoming("loft", command))
    await asyncio.sleep(1)

    ((treadmill, answer),) = home.broker.answers
    assert isinstance(answer, Outcome)
    assert (treadmill, answer.command, answer.result) == ("loft", command, Result.REJECTED)
    assert home.outcomes == [answer]


async def test_a_treadmill_that_fails_restarts_alone(home: House) -> None:
    before = dict(home.daemon.treadmills)
    home.fail("den")
    await asyncio.sleep(3)

    assert home.daemon.treadmills["den"] is not before["den"]
    assert home.daemon.treadmills["loft"] is before["loft"]
    assert [link.ended for link in home.links("Den")] == [True, False]
    assert [link.ended for link in home.links("Loft")] == [False]
    assert home.line("den") is home.links("Den")[1]


async def test_messages_for_it_reach_the_new_one(home: House) -> None:
    home.fail("den")
    await asyncio.sleep(3)

    home.broker.handler(Incoming("den", Refusal("x", "speed", "mqtt", Reason("not_json"))))
    await asyncio.sleep(1)

    assert home.broker.answers == [("den", Refusal("x", "speed", "mqtt", Reason("not_json")))]


async def test_it_is_offline_at_once_and_told_anew_after(home: House) -> None:
    home.daemon.treadmills["den"].connected(MACHINE)
    await asyncio.sleep(1)
    assert home.broker.last("den/availability") == b"online"

    home.fail("den")
    await asyncio.sleep(0.1)
    assert home.broker.last("den/availability") == b"offline"

    await asyncio.sleep(3)
    assert json.loads(home.broker.last("den/state"))["belt"] == "unknown"


async def test_where_nothing_is_known_the_strictest_is_assumed() -> None:
    async with house(TWO, blank=False) as home:
        for treadmill in home.daemon.treadmills.values():
            assert treadmill.decision.steep[0].left_s == 0


async def test_whoever_restarts_goes_on_where_it_ended(home: House) -> None:
    den = home.daemon.treadmills["den"]
    den.connected(MACHINE)
    for _ in range(40):
        den.measured(Measurement(speed=300, incline=120))
        await asyncio.sleep(1)
    before = den.decision.steep[0].used_s
    assert before > 30

    home.fail("den")
    await asyncio.sleep(3)

    after = home.daemon.treadmills["den"].decision.steep[0].used_s
    assert before <= after <= before + 4  # nobody saw whether it went on: so it did


async def test_a_restart_orders_nothing(home: House) -> None:
    home.fail("den")
    await asyncio.sleep(3)
    treadmill = home.daemon.treadmills["den"]
    treadmill.connected(MACHINE)
    for _ in range(5):
        treadmill.measured(Measurement(speed=300))
        await asyncio.sleep(0.5)

    # An order would have failed the treadmill again.
    assert home.daemon.treadmills["den"] is treadmill


async def test_it_is_tried_again_ever_more_slowly_but_at_least_every_30_s(home: House) -> None:
    Link.broken = True
    try:
        await asyncio.sleep(300)
    finally:
        Link.broken = False
    assert 10 <= len(home.links("Den")) <= 40


async def test_after_a_good_minute_the_pauses_start_anew(home: House) -> None:
    for _ in range(6):
        home.fail("den")
        await asyncio.sleep(70)
    failing = home.daemon.treadmills["den"]
    home.fail("den")
    await asyncio.sleep(1.6)

    assert home.daemon.treadmills["den"] is not failing
    assert home.daemon.treadmills["den"].line is not None


async def test_a_link_that_fails_restarts_its_treadmill(home: House) -> None:
    before = home.daemon.treadmills["den"]
    home.links("Den")[0].broken = True
    await asyncio.sleep(4)

    assert home.daemon.treadmills["den"] is not before
    assert not home.links("Den")[-1].ended


class TestWatchdog:
    async def test_all_that_works_is_not_stuck(self, home: House) -> None:
        for _ in range(12):
            await asyncio.sleep(10)
            home.broker.turned = asyncio.get_running_loop().time()
            assert home.daemon.stuck() == []

    async def test_a_treadmill_whose_task_hangs_is_named(
        self, home: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def hang(self: Treadmill) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(Treadmill, "run", hang)
        home.fail("den")
        await asyncio.sleep(9)
        assert home.daemon.stuck() == []
        await asyncio.sleep(5)
        assert home.daemon.stuck() == ["den"]

    async def test_a_broker_s_task_that_hangs_is_named(self, home: House) -> None:
        await asyncio.sleep(80)
        assert home.daemon.stuck() == []
        await asyncio.sleep(20)
        assert home.daemon.stuck() == ["broker"]

    async def test_who_rests_after_a_failure_is_not_stuck(self, home: House) -> None:
        Link.broken = True
        try:
            for _ in range(12):
                await asyncio.sleep(10)
                home.broker.turned = asyncio.get_running_loop().time()
                assert home.daemon.stuck() == []
        finally:
            Link.broken = False

    async def test_its_status_is_one_line_for_people(self, home: House) -> None:
        home.daemon.treadmills["den"].connected(MACHINE)
        await asyncio.sleep(1)
        expected = (
            "broker connected; Den: connected, belt state not known yet;"
            " Loft: not connected. The bridge is looking for the treadmill."
        )
        assert home.daemon.status() == expected


class TestRadio:
    async def test_one_that_is_lost_is_opened_again(self, home: House) -> None:
        RADIOS[0].gone.set()
        await asyncio.sleep(1)
        assert home.daemon.treadmills["den"].line is None
        assert all(link.ended for link in LINKS)

        await asyncio.sleep(5)

        assert [link.radio for link in home.links("Den")] == RADIOS
        assert len(RADIOS) == 2
        assert not home.links("Den")[1].ended

    async def test_with_it_the_machine_is_not_connected_any_more(self, home: House) -> None:
        home.daemon.treadmills["den"].connected(MACHINE)
        await asyncio.sleep(1)

        RADIOS[0].gone.set()
        await asyncio.sleep(1)

        assert home.broker.last("den/availability") == b"offline"

    async def test_what_was_released_stays_released(self, home: House) -> None:
        home.broker.handler(Incoming("den", Command("r", Verb.RELEASE, "test", 0.0)))
        await asyncio.sleep(1)

        RADIOS[0].gone.set()
        await asyncio.sleep(6)

        assert [link.wanted for link in home.links("Den")] == [False, False]
        assert [link.wanted for link in home.links("Loft")] == [True, True]

    async def test_one_that_does_not_open_is_tried_until_it_does(self) -> None:
        REFUSED.extend(RadioError(why) for why in ("it is busy", "no adapter", "no adapter"))
        with capture_logs() as logs:
            async with house(TWO) as home:
                assert LINKS == []
                await asyncio.sleep(10)
                assert [link.radio for link in home.links("Den")] == RADIOS
        said = [(e["log_level"], e["reason"]) for e in logs if e["event"] == "radio_unavailable"]
        assert said == [
            ("warning", "no adapter"),
            ("debug", "no adapter"),
            ("warning", "it is busy"),
        ]


async def test_why_there_is_no_link_is_published_and_logged_once_until_a_link(home: House) -> None:
    den = home.daemon.treadmills["den"]
    off, away = Trouble("powered_off", "Off."), Trouble("not_found", "Away.")
    with capture_logs() as logs:
        for trouble in (off, off, away, off):
            den.trouble(trouble)
            await asyncio.sleep(1)
        assert json.loads(home.broker.last("den/link"))["reason"] == {
            "rule": "powered_off",
            "text": "Off.",
        }
        assert "Den: not connected. Off." in home.daemon.status()
        den.connected(MACHINE)
        await asyncio.sleep(1)
        assert json.loads(home.broker.last("den/link"))["reason"] is None
        den.disconnected("gone")
        den.trouble(off)
        den.trouble(RELEASED)
    said = [(e["log_level"], e["reason"]) for e in logs if e["event"] == "no_link"]
    assert said == [
        ("warning", "powered_off"),
        ("warning", "not_found"),
        ("warning", "powered_off"),
        ("debug", "released"),
    ]


async def test_to_another_bridge_that_serves_them_the_machines_are_left(home: House) -> None:
    await asyncio.sleep(1)
    home.broker.on_aside(True)
    home.broker.on_aside(True)
    assert [link.wanted for link in home.links("Den")] == [False]

    RADIOS[0].gone.set()  # a new link, while it stands aside
    await asyncio.sleep(6)
    assert [link.wanted for link in home.links("Den")] == [False, False]

    home.broker.on_aside(False)
    assert [link.wanted for link in home.links("Den")] == [False, True]
    assert [link.wanted for link in home.links("Loft")] == [False, True]


async def test_what_was_released_by_a_person_is_not_taken_again_after_standing_aside(
    home: House,
) -> None:
    await asyncio.sleep(1)
    home.links("Den")[0].release()
    home.broker.on_aside(True)
    home.broker.on_aside(False)
    assert [link.wanted for link in home.links("Den")] == [False]
    assert [link.wanted for link in home.links("Loft")] == [True]


async def test_a_belt_that_moves_is_not_let_go(home: House) -> None:
    await asyncio.sleep(1)
    home.daemon.treadmills["den"]._builder.snapshot = Snapshot(True, MACHINE, Belt.RUNNING)
    home.broker.on_aside(True)
    assert [link.wanted for link in home.links("Den")] == [True]
    assert [link.wanted for link in home.links("Loft")] == [False]


async def test_home_assistants_birth_has_everything_said_again(home: House) -> None:
    born = home.broker.listeners["homeassistant/status"]
    born(b"offline")
    assert home.broker.republished == 0
    born(b"online")
    assert home.broker.republished == 1


async def test_home_assistant_is_told_of_each_treadmill_until_it_is_not_wanted() -> None:
    topics = {f"homeassistant/device/{name}/config" for name in ("den", "loft")}
    async with house(TWO) as home:
        await asyncio.sleep(5)
        assert topics <= {topic for topic, _ in home.broker.said}
        assert topics <= home.broker.listeners.keys()
    async with house({**TWO, "home_assistant": {"discovery": False}}) as home:
        await asyncio.sleep(5)
        assert not topics & {topic for topic, _ in home.broker.said}


async def test_a_failure_of_the_broker_s_task_ends_the_process() -> None:
    clock = LoopClock()
    daemon = Daemon(Config.model_validate(TWO), clock, History.blank(clock))
    broker: Any = daemon.broker
    task = asyncio.create_task(daemon.run())
    await asyncio.sleep(1)

    broker.broken.set()

    with pytest.raises(LookupError, match="the broker's task has a bug"):
        await task


async def test_the_broker_outlives_the_treadmills_last_words() -> None:
    async with house(TWO) as home:
        pass
    *said, last = home.broker.said
    assert last == ("broker", b"gone")
    for name in ("den", "loft"):
        assert [word for word in said if word[0].startswith(name)][-1] == (
            f"{name}/availability",
            b"offline",
        )


class TestConfiguredAnew:
    async def test_limits_hold_at_once_and_what_does_not_is_named(self, home: House) -> None:
        den = home.daemon.treadmills["den"]
        den.connected(MACHINE)
        await asyncio.sleep(1)

        tighter = {**TWO, "guard": {"max_speed_kmh": 5}, "mqtt": {"host": "elsewhere"}}
        home.daemon.reload(Config.model_validate(tighter))
        await asyncio.sleep(1)

        said = [event for event in home.events if event.type == "config_changed"]
        assert len(said) == 2, "each treadmill tells its own"
        assert all(e.text.endswith("Restart the bridge for: mqtt.") for e in said)
        assert all(e.details == {"restart": ("mqtt",)} for e in said)
        # Nobody vouched for km/h yet: 5 km/h are 3.1 of the machine's.
        assert json.loads(home.broker.last("den/guard"))["bounds"]["speed"]["max"] < 5

    async def test_where_all_of_it_is_taken_over_no_restart_is_spoken_of(self, home: House) -> None:
        home.daemon.reload(Config.model_validate({**TWO, "guard": {"max_speed_kmh": 5}}))
        await asyncio.sleep(1)
        said = [event for event in home.events if event.type == "config_changed"]
        assert [event.details for event in said] == [{"restart": ()}] * 2
        assert not any("estart" in event.text for event in said)

    async def test_it_outlives_the_treadmill_s_task(self, home: House) -> None:
        people = {**TWO, "people": [{"name": "Anna"}]}
        home.daemon.reload(Config.model_validate(people))
        home.fail("den")
        await asyncio.sleep(5)
        assert json.loads(home.broker.last("den/state"))["person"] == "Anna"

    async def test_one_that_cannot_be_used_is_told(self, home: House) -> None:
        problems = ["guard.max_speed_kmh: 99 is above 25", "and more"]
        home.daemon.refuse(problems)
        await asyncio.sleep(1)
        said = [event for event in home.events if event.type == "config_refused"]
        assert len(said) == 2
        assert said[0].text.endswith("99 is above 25; and more")
        assert said[0].details == {"problems": tuple(problems)}


async def test_refusals_and_ends_of_commands_are_logged(home: House) -> None:
    refusal = Refusal(
        id="r", command="speed", requested="fast", reason=Reason("no_value"), source="test"
    )
    ended = Outcome(Command("a", Verb.STOP, "test", 0.0), Result.CONFIRMED)
    with capture_logs() as logs:
        for result in (refusal, refusal, ended):
            home.daemon._answer("den", result)
        await asyncio.sleep(1)
        home.daemon._answer("den", refusal)
    said = [(e["event"], e["log_level"], e["outcome"]) for e in logs if "outcome" in e]
    assert said == [
        ("command", "info", "rejected"),
        ("command", "debug", "rejected"),
        ("outcome", "info", "confirmed"),
        ("command", "info", "rejected"),
    ]


class TestStopOnExit:
    """With `stop_belt_on_exit` a belt is stopped when the bridge is told to end."""

    async def _told_to_end(
        self, monkeypatch: pytest.MonkeyPatch, *, wanted: bool, belt: Belt, obeys: bool = True
    ) -> tuple[list[Verb], float]:
        den = {"id": "den", "name": "Den", "stop_belt_on_exit": wanted}
        stops: list[Verb] = []
        loop = asyncio.get_running_loop()
        async with house({"treadmills": [den]}) as home:
            treadmill = home.daemon.treadmills["den"]
            await asyncio.sleep(1)
            treadmill._builder.snapshot = Snapshot(connected=True, belt=belt)

            def take(command: Command) -> None:
                stops.append(command.verb)
                if obeys:
                    treadmill._builder.snapshot = Snapshot(connected=True, belt=Belt.IDLE)

            monkeypatch.setattr(treadmill, "take", take)
            # The guard is not the subject here; it would look at the snapshot that was put there.
            monkeypatch.setattr(treadmill, "_command_belt", lambda: False)
            monkeypatch.setattr(treadmill, "_follow", lambda: None)
            began = loop.time()
            await home.end()
        return stops, loop.time() - began

    async def test_a_moving_belt_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stops, _ = await self._told_to_end(monkeypatch, wanted=True, belt=Belt.RUNNING)
        assert stops == [Verb.STOP]

    async def test_a_belt_that_goes_on_is_not_waited_for_longer_than_5_s(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stops, took = await self._told_to_end(
            monkeypatch, wanted=True, belt=Belt.RUNNING, obeys=False
        )
        assert stops == [Verb.STOP]
        assert 5 <= took < 10

    @pytest.mark.parametrize(
        ("wanted", "belt"), [(True, Belt.IDLE), (True, Belt.UNKNOWN), (False, Belt.RUNNING)]
    )
    async def test_otherwise_nothing_is_ordered(
        self, monkeypatch: pytest.MonkeyPatch, wanted: bool, belt: Belt
    ) -> None:
        stops, _ = await self._told_to_end(monkeypatch, wanted=wanted, belt=belt)
        assert stops == []


async def test_a_strap_is_looked_for_while_its_treadmill_is_connected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    straps: list[tuple[str, str]] = []

    class Strap:
        def __init__(self, _radio: object, address: str, name: str, heard: Any) -> None:
            straps.append((address, name))
            self.heard = heard

        async def run(self) -> None:
            self.heard(120)
            await asyncio.Event().wait()

    monkeypatch.setattr(module, "Strap", Strap)
    sensors = [{"treadmill": "loft", "name": "HRM"}]
    async with house({**TWO, "sensors": sensors}) as found:
        assert straps == []
        found.daemon.treadmills["loft"].connected(MACHINE)
        await asyncio.sleep(1)
        assert straps == [("", "HRM")]
        RADIOS[-1].gone.set()
        await asyncio.sleep(60)
        found.daemon.treadmills["loft"].connected(MACHINE)
        await asyncio.sleep(1)
        assert straps == [("", "HRM")] * 2
