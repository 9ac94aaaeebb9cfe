"""The daemon: links, radios, messages, Home Assistant and changes of the configuration.

The broker, the radio and the links are stand-ins here; all else is real, in virtual time.
"""

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.bluetooth.radio import RadioError
from bridge.bluetooth.scan import Match
from bridge.config import Config
from bridge.contract.parser import Refusal
from bridge.machines import Declared, SpeedUnit
from bridge.mqtt.inbox import Incoming
from bridge.values import (
    LINK_LOST,
    RELEASED,
    Belt,
    Command,
    Outcome,
    Reason,
    Result,
    Snapshot,
    Trouble,
    Verb,
)
from tests.rigs.daemon_rig import LINKS, MACHINE, RADIOS, REFUSED, TWO, DaemonRig, daemon_rig

pytestmark = [pytest.mark.virtual_time, pytest.mark.usefixtures("stand_ins")]


async def test_each_treadmill_has_a_link_that_searches_for_its_machine() -> None:
    address = "12:34:56:78:9A:BC"
    den = {"id": "den", "address": address, "control": "never", "connect": "on_demand"}
    async with daemon_rig({"treadmills": [den, {"id": "loft", "name": "Loft"}]}) as rig:
        one, two = LINKS
        assert (one.match, one.observe_only, one.wanted) == (Match(address=address), True, False)
        assert (two.match, two.observe_only, two.wanted) == (Match(name="Loft"), False, True)
        assert rig.line("loft") is two
        assert rig.broker.treadmills == ["den", "loft"]


async def test_each_link_gets_the_configured_profile_of_its_machine() -> None:
    den = {"id": "den", "name": "Den", "speed_unit": "mph", "machine": {"model": "fitshow"}}
    async with daemon_rig({"treadmills": [den, {"id": "loft", "name": "Loft"}]}):
        one, two = LINKS
        profile = one.declared.profile("Den")
        assert (profile.pace_s, profile.target_speed_unit) == (1.2, SpeedUnit.MPH)
        assert two.declared == Declared()


async def test_command_reaches_its_treadmill_and_its_outcome_the_broker(rig: DaemonRig) -> None:
    command = Command("a", Verb.SPEED, "test", 0.0, 500)
    rig.broker.handler(Incoming("loft", command))
    await asyncio.sleep(1)

    ((treadmill, answer),) = rig.broker.answers
    assert isinstance(answer, Outcome)
    assert (treadmill, answer.command, answer.result) == ("loft", command, Result.REJECTED)
    assert rig.outcomes == [answer]


class TestRadio:
    async def test_lost_radio_is_opened_again(self, rig: DaemonRig) -> None:
        RADIOS[0].gone.set()
        await asyncio.sleep(1)
        assert rig.daemon.treadmills["den"].line is None
        assert all(link.ended for link in LINKS)

        await asyncio.sleep(5)

        assert [link.radio for link in rig.links("Den")] == RADIOS
        assert len(RADIOS) == 2
        assert not rig.links("Den")[1].ended

    async def test_lost_radio_publishes_its_machine_as_unavailable(self, rig: DaemonRig) -> None:
        rig.daemon.treadmills["den"].connected(MACHINE)
        await asyncio.sleep(1)

        RADIOS[0].gone.set()
        await asyncio.sleep(1)

        assert rig.broker.last("den/availability") == b"offline"

    async def test_released_machine_stays_released_with_a_new_radio(self, rig: DaemonRig) -> None:
        rig.broker.handler(Incoming("den", Command("r", Verb.RELEASE, "test", 0.0)))
        await asyncio.sleep(1)

        RADIOS[0].gone.set()
        await asyncio.sleep(6)

        assert [link.wanted for link in rig.links("Den")] == [False, False]
        assert [link.wanted for link in rig.links("Loft")] == [True, True]

    async def test_radio_that_fails_to_open_is_retried(self) -> None:
        REFUSED.extend(RadioError(why) for why in ("it is busy", "no adapter", "no adapter"))
        with capture_logs() as logs:
            async with daemon_rig(TWO) as rig:
                assert LINKS == []
                await asyncio.sleep(10)
                assert [link.radio for link in rig.links("Den")] == RADIOS
        said = [(e["log_level"], e["reason"]) for e in logs if e["event"] == "radio_unavailable"]
        assert said == [
            ("warning", "no adapter"),
            ("debug", "no adapter"),
            ("warning", "it is busy"),
        ]


async def test_reason_for_a_missing_link_is_published_and_logged_once(rig: DaemonRig) -> None:
    den = rig.daemon.treadmills["den"]
    off, away = Trouble("powered_off", "Off."), Trouble("not_found", "Away.")
    with capture_logs() as logs:
        for trouble in (off, off, away, off):
            den.trouble(trouble)
            await asyncio.sleep(1)
        assert json.loads(rig.broker.last("den/link"))["reason"] == {
            "rule": "powered_off",
            "text": "Off.",
        }
        assert "Den: not connected. Off." in rig.daemon.status()
        den.connected(MACHINE)
        await asyncio.sleep(1)
        assert json.loads(rig.broker.last("den/link"))["reason"] is None
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


async def test_bridge_that_stands_aside_releases_its_machines(rig: DaemonRig) -> None:
    await asyncio.sleep(1)
    rig.broker.on_aside(True)
    rig.broker.on_aside(True)
    assert [link.wanted for link in rig.links("Den")] == [False]

    RADIOS[0].gone.set()  # a new link, while it stands aside
    await asyncio.sleep(6)
    assert [link.wanted for link in rig.links("Den")] == [False, False]

    rig.broker.on_aside(False)
    assert [link.wanted for link in rig.links("Den")] == [False, True]
    assert [link.wanted for link in rig.links("Loft")] == [False, True]


async def test_manual_release_outlasts_standing_aside(
    rig: DaemonRig,
) -> None:
    await asyncio.sleep(1)
    rig.links("Den")[0].release()
    rig.broker.on_aside(True)
    rig.broker.on_aside(False)
    assert [link.wanted for link in rig.links("Den")] == [False]
    assert [link.wanted for link in rig.links("Loft")] == [True]


async def test_bridge_that_stands_aside_keeps_a_moving_belt(rig: DaemonRig) -> None:
    await asyncio.sleep(1)
    rig.daemon.treadmills["den"]._builder.snapshot = Snapshot(True, MACHINE, Belt.RUNNING)
    rig.broker.on_aside(True)
    assert [link.wanted for link in rig.links("Den")] == [True]
    assert [link.wanted for link in rig.links("Loft")] == [False]


async def test_birth_of_home_assistant_republishes_everything(rig: DaemonRig) -> None:
    born = rig.broker.listeners["homeassistant/status"]
    born(b"offline")
    assert rig.broker.republished == 0
    born(b"online")
    assert rig.broker.republished == 1


async def test_each_treadmill_is_announced_to_home_assistant_unless_switched_off() -> None:
    topics = {f"homeassistant/device/{name}/config" for name in ("den", "loft")}
    async with daemon_rig(TWO) as rig:
        await asyncio.sleep(5)
        assert topics <= {topic for topic, _ in rig.broker.said}
        assert topics <= rig.broker.listeners.keys()
    async with daemon_rig({**TWO, "home_assistant": {"discovery": False}}) as rig:
        await asyncio.sleep(5)
        assert not topics & {topic for topic, _ in rig.broker.said}


class TestReload:
    async def test_reload_applies_limits_at_once_and_names_other_changes(
        self, rig: DaemonRig
    ) -> None:
        den = rig.daemon.treadmills["den"]
        den.connected(MACHINE)
        await asyncio.sleep(1)

        tighter = {**TWO, "guard": {"max_speed_kmh": 5}, "mqtt": {"host": "elsewhere"}}
        rig.daemon.reload(Config.model_validate(tighter))
        await asyncio.sleep(1)

        said = [event for event in rig.events if event.type == "config_changed"]
        assert len(said) == 2, "each treadmill reports its own"
        assert all(e.text.endswith("Restart the bridge for: mqtt.") for e in said)
        assert all(e.details == {"restart": ("mqtt",)} for e in said)
        # The unit is not verified yet: 5 km/h become 3.1 of the machine's.
        assert json.loads(rig.broker.last("den/guard"))["bounds"]["speed"]["max"] < 5

    async def test_reload_that_needs_no_restart_does_not_mention_one(self, rig: DaemonRig) -> None:
        rig.daemon.reload(Config.model_validate({**TWO, "guard": {"max_speed_kmh": 5}}))
        await asyncio.sleep(1)
        said = [event for event in rig.events if event.type == "config_changed"]
        assert [event.details for event in said] == [{"restart": ()}] * 2
        assert not any("estart" in event.text for event in said)

    async def test_reloaded_configuration_survives_a_restart_of_the_treadmill_task(
        self, rig: DaemonRig
    ) -> None:
        people = {**TWO, "people": [{"name": "Anna"}]}
        rig.daemon.reload(Config.model_validate(people))
        rig.fail("den")
        await asyncio.sleep(5)
        assert json.loads(rig.broker.last("den/state"))["person"] == "Anna"

    async def test_refused_configuration_is_reported(self, rig: DaemonRig) -> None:
        problems = ["guard.max_speed_kmh: 99 is above 25", "and more"]
        rig.daemon.refuse(problems)
        await asyncio.sleep(1)
        said = [event for event in rig.events if event.type == "config_refused"]
        assert len(said) == 2
        assert said[0].text.endswith("99 is above 25; and more")
        assert said[0].details == {"problems": tuple(problems)}


async def test_refusals_and_ends_of_commands_are_logged(rig: DaemonRig) -> None:
    refusal = Refusal(
        id="r", command="speed", requested="fast", reason=Reason("no_value"), source="test"
    )
    ended = Outcome(Command("a", Verb.STOP, "test", 0.0), Result.CONFIRMED)
    with capture_logs() as logs:
        for result in (refusal, refusal, ended):
            rig.daemon._answer("den", result)
        await asyncio.sleep(1)
        rig.daemon._answer("den", refusal)
    said = [(e["event"], e["log_level"], e["outcome"]) for e in logs if "outcome" in e]
    assert said == [
        ("command", "info", "rejected"),
        ("command", "debug", "rejected"),
        ("outcome", "info", "confirmed"),
        ("command", "info", "rejected"),
    ]


async def test_strap_is_searched_for_while_its_treadmill_is_connected(
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

    monkeypatch.setattr("bridge.bluetooth.strap.Strap", Strap)
    sensors = [{"treadmill": "loft", "name": "HRM"}]
    async with daemon_rig({**TWO, "sensors": sensors}) as found:
        assert straps == []
        found.daemon.treadmills["loft"].connected(MACHINE)
        await asyncio.sleep(1)
        assert straps == [("", "HRM")]
        RADIOS[-1].gone.set()
        await asyncio.sleep(60)
        found.daemon.treadmills["loft"].connected(MACHINE)
        await asyncio.sleep(1)
        assert straps == [("", "HRM")] * 2


async def test_strap_is_kept_during_link_loss_and_released_with_its_treadmill(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worn: list[bool] = []

    class Strap:
        def __init__(self, *_: object) -> None: ...

        async def run(self) -> None:
            worn.append(True)
            try:
                await asyncio.Event().wait()
            finally:
                worn.append(False)

    monkeypatch.setattr("bridge.bluetooth.strap.Strap", Strap)
    sensors = [{"treadmill": "loft", "name": "HRM"}]
    async with daemon_rig({**TWO, "sensors": sensors}) as found:
        loft = found.daemon.treadmills["loft"]
        for reason in (LINK_LOST, RELEASED.rule):
            loft.connected(MACHINE)
            await asyncio.sleep(1)
            assert worn == [True]
            loft.disconnected(reason)
            await asyncio.sleep(1)
        assert worn == [True, False]
        loft.connected(MACHINE)
        await asyncio.sleep(1)
        assert worn == [True, False, True]
