"""The bridge and Home Assistant together, each a process of its own. Run by `make test-ha`.

Not among the ordinary tests: it needs Home Assistant's own environment, and a minute or two.
"""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.bridge_rig import Listener, until
from tests.e2e.processes import Program, program
from tests.home_assistant.server import ENVIRONMENT, HomeAssistant, home_assistant
from tests.rigs.brokers import Mosquitto, free_port, mosquitto, subscriber

pytestmark = pytest.mark.timeout(900)

DEVICE = "den_treadmill"
CONFIGURATION = """
state_dir = "{directory}"
[mqtt]
host = "127.0.0.1"
port = {broker}
[home_assistant]
speed_unit = "{unit}"
[bluetooth]
radio = "tcp-client:127.0.0.1:{radio}"
[guard]
speed_ramp_kmh_per_s = 0.5
incline_ramp_percent_per_s = 0.5
[[treadmills]]
id = "den"
speed_unit = "kmh"
allow_remote_start = true
[[people]]
name = "Ann"
[[people]]
name = "Zoë"
shoes = "trail"
[[shoes]]
name = "road"
[[shoes]]
name = "trail"
"""

DOCS = Path(__file__).parents[2] / "docs" / "home-assistant"
EXTRA = """
input_button:
  doorbell:
    name: Doorbell
lovelace:
  dashboards:
    the-treadmill:
      mode: yaml
      title: Treadmill
      filename: dashboard.yaml
automation:
  - alias: Doorbell
    use_blueprint:
      path: treadmill/slow-down-for-the-doorbell.yaml
      input:
        doorbell: input_button.doorbell
        running: binary_sensor.den_treadmill_running
        speed: sensor.den_treadmill_speed
        treadmill: den
  - alias: Warnings
    use_blueprint:
      path: treadmill/announce-warnings.yaml
      input:
        events: event.den_treadmill_event
        voice: tts.nobody
        speakers: [media_player.nobody]
        kinds: [stop_ignored]
"""
"""Both automations, and the dashboard as a file."""


@dataclass
class HomeAssistantRig:
    """Broker, treadmill, bridge and Home Assistant, and somebody who reads MQTT along."""

    directory: Path
    broker: Mosquitto
    bridge: Program
    machine: Program
    home: HomeAssistant
    listener: Listener

    async def announced(self) -> dict[str, Any]:
        """The entities of the discovery message, once the machine is in it."""

        def found() -> dict[str, Any] | None:
            said = self.listener.subscriber.on("homeassistant/device/den/config")
            components = json.loads(said[-1].payload)["cmps"] if said else {}
            return components if "target_speed" in components else None

        return await until("the discovery message", found, 40)


def entity(kind: str, key: str) -> str:
    return f"{kind}.{DEVICE}_{key}"


@asynccontextmanager
async def home_assistant_rig(
    directory: Path, unit: str = "km/h", extra: str = ""
) -> AsyncIterator[HomeAssistantRig]:
    radio = free_port()
    async with mosquitto(directory) as broker, home_assistant(directory, extra) as home:
        await home.meet(broker.port)
        if unit == "mph":
            await home.tell("config/core/update", unit_system="us_customary")
        path = directory / "bridge.toml"
        configuration = CONFIGURATION.format(
            broker=broker.port, radio=radio, unit=unit, directory=directory / "state"
        )
        path.write_text(configuration, "utf-8")
        async with (
            subscriber(broker.port) as heard,
            program("simulate", "--port", str(radio)) as machine,
            program("run", "--config", str(path)) as bridge,
        ):
            await machine.prints("in range of the radio")
            yield HomeAssistantRig(directory, broker, bridge, machine, home, Listener(heard))


def test_schema_matches_the_home_assistant_package() -> None:
    """Then the ordinary tests, which have the schema alone, test the right thing."""
    here = Path(__file__).parent
    python = Path(os.environ[ENVIRONMENT]).with_name("python")
    told = subprocess.run(
        [python, here / "extract.py"], capture_output=True, text=True, check=True
    ).stdout
    assert told == (here / "schema.json").read_text("utf-8")


async def test_home_assistant_shows_every_entity_without_a_warning(tmp_path: Path) -> None:
    async with home_assistant_rig(tmp_path) as rig:
        home = rig.home
        wanted = await rig.announced()
        await home.shows(entity("sensor", "belt"), "idle")

        # Every announced entity is registered, under the id that the manual names.
        known = {entry["entity_id"]: entry for entry in await home.registry()}
        assert known.keys() == {entity(c["p"], key) for key, c in wanted.items()}

        # What is off by default works too, once it is turned on.
        off = [entry for entry in known.values() if entry["disabled_by"]]
        assert {e["entity_id"] for e in off} == {
            entity(c["p"], key)
            for key, c in wanted.items()
            if not c.get("enabled_by_default", True)
        }
        await home.enable(off)
        # It waits for half a minute before it loads them.
        await home.shows(entity("sensor", "quirks"), "none", within=90)

        # Numbers and buttons move the belt.
        await home.call("button.press", entity("button", "start"))
        await home.shows(entity("sensor", "belt"), "running")
        await home.shows(entity("binary_sensor", "running"), "on")
        await home.call("number.set_value", entity("number", "target_speed"), value=3)
        await home.shows(entity("sensor", "speed"), "3.0")
        await home.shows(entity("number", "target_speed"), "3.0")
        await home.shows(entity("sensor", "written_speed"), "3.0")
        await home.call("number.set_value", entity("number", "target_incline"), value=1.5)
        await home.shows(entity("sensor", "incline"), "1.5")
        outcome = await home.shows(entity("event", "outcome"))
        assert outcome["attributes"]["source"] == "home-assistant"
        limit = await home.shows(entity("sensor", "speed_limit"), "6.0")
        assert limit["attributes"]["unit_of_measurement"] == "km/h"
        reason = await home.shows(entity("sensor", "speed_limit_reason"))
        assert "Warm-up" in reason["state"]
        assert reason["attributes"]["rules"] == ["warm_up"]
        await home.shows(entity("sensor", "phase"), "warm_up")
        event = await home.shows(entity("event", "event"))
        assert event["attributes"]["event_type"] in {"session_started", "no_baseline"}

        await home.call("button.press", entity("button", "pause"))
        await home.shows(entity("sensor", "belt"), "paused")
        await home.call("button.press", entity("button", "resume"))
        await home.shows(entity("sensor", "belt"), "running")
        await home.call("button.press", entity("button", "stop"))
        await home.shows(entity("sensor", "belt"), "idle")
        ended = await home.shows(entity("sensor", "last_session"))
        assert ended["attributes"]["max_speed_kmh"] == pytest.approx(3.0, abs=0.2)

        # Letting go of the machine, and taking it again: what needs it is not available meanwhile.
        await home.call("button.press", entity("button", "release"))
        await home.shows(entity("sensor", "speed"), "unavailable")
        await home.shows(entity("binary_sensor", "connected"), "off")
        await home.call("button.press", entity("button", "connect"))
        await home.shows(entity("sensor", "speed"), "0.0")
        await home.shows(entity("binary_sensor", "connected"), "on")

        assert home.warnings == []


async def test_home_assistant_sets_person_and_shoes_and_reports_pain(tmp_path: Path) -> None:
    async with home_assistant_rig(tmp_path) as rig:
        home = rig.home
        await rig.announced()
        await home.shows(entity("sensor", "belt"), "idle")
        await home.call("select.select_option", entity("select", "person"), option="Zoë")
        await home.shows(entity("select", "person"), "Zoë")
        await home.shows(entity("select", "shoes"), "trail")
        await home.call("select.select_option", entity("select", "shoes"), option="road")
        await home.shows(entity("select", "shoes"), "road")

        # Pain begins a rest: only then is there something to lift, and to start in spite of.
        assert (await home.shows(entity("button", "lift_rest")))["state"] == "unavailable"
        await home.shows(entity("sensor", "resting_until"), "unknown")
        await home.call("text.set_value", entity("text", "report_pain"), value="lower back 3")
        await until(
            "the report",
            lambda: [o for o in rig.listener.all("outcome") if o["command"] == "pain"],
        )
        await home.shows(entity("button", "lift_rest"), "unknown")
        resting = await home.shows(entity("sensor", "resting_until"))
        assert resting["state"] > "20"
        await home.call("button.press", entity("button", "start"))
        await until(
            "a start that is refused",
            lambda: [
                o
                for o in rig.listener.all("outcome")
                if (o["command"], o["outcome"]) == ("start", "rejected")
            ],
        )
        await home.call("button.press", entity("button", "start_despite_rest"))
        await home.shows(entity("sensor", "belt"), "running")
        await home.call("button.press", entity("button", "stop"))
        await home.shows(entity("sensor", "belt"), "idle")
        await home.call("button.press", entity("button", "lift_rest"))
        await home.shows(entity("sensor", "resting_until"), "unknown")
        assert home.warnings == []


async def test_home_assistant_runs_the_dashboard_and_the_blueprints(tmp_path: Path) -> None:
    async with home_assistant_rig(tmp_path, extra=EXTRA) as rig:
        home = rig.home
        await rig.announced()
        await home.shows(entity("sensor", "belt"), "idle")
        board = await home.tell("lovelace/config", url_path="the-treadmill")
        assert [view["path"] for view in board["views"]] == ["run", "more"]
        listed = await home.tell("blueprint/list", domain="automation")
        ours = {name: b for name, b in listed.items() if name.startswith("treadmill/")}
        files = (DOCS / "blueprints").glob("*.yaml")
        assert set(ours) == {f"treadmill/{file.name}" for file in files}
        assert not [name for name, b in ours.items() if "error" in b]
        await home.shows("automation.warnings", "on")

        await home.call("button.press", entity("button", "start"))
        await home.shows(entity("sensor", "belt"), "running")
        await home.call("number.set_value", entity("number", "target_speed"), value=5)
        await home.measures(entity("sensor", "speed"), 5, 0.05)
        await home.call("input_button.press", "input_button.doorbell")
        await home.measures(entity("number", "target_speed"), 3, 0.05)
        await home.measures(entity("sensor", "speed"), 3, 0.05)
        said = [o for o in rig.listener.all("outcome") if o["source"] == "automation:doorbell"]
        assert said

        # A second ring changes nothing: the belt is slow already.
        await home.call("number.set_value", entity("number", "target_speed"), value=2)
        await home.measures(entity("sensor", "speed"), 2, 0.05)
        before = len(rig.listener.all("outcome"))
        await home.call("input_button.press", "input_button.doorbell")
        await home.call("button.press", entity("button", "stop"))
        await home.shows(entity("sensor", "belt"), "idle")
        later = rig.listener.all("outcome")[before:]
        assert {o["source"] for o in later} == {"home-assistant"}
        assert home.warnings == []


async def test_home_assistant_recovers_from_restarts_of_bridge_broker_and_itself(
    tmp_path: Path,
) -> None:
    async with home_assistant_rig(tmp_path) as rig:
        home = rig.home
        await rig.announced()
        await home.shows(entity("sensor", "belt"), "idle")

        # The bridge is killed: the broker publishes its will.
        await rig.bridge.kill()
        await home.shows(entity("sensor", "belt"), "unavailable")
        await home.shows(entity("binary_sensor", "connected"), "unavailable")
        assert (await home.shows(entity("button", "stop")))["state"] == "unavailable"
        await rig.bridge.start()
        await home.shows(entity("sensor", "belt"), "idle")
        await home.shows(entity("binary_sensor", "connected"), "on")

        # Home Assistant restarts.
        before = {entry["entity_id"] for entry in await home.registry()}
        await home.end()
        await home.start()
        await home.shows(entity("sensor", "belt"), "idle", within=60)
        assert {entry["entity_id"] for entry in await home.registry()} == before
        await home.call("button.press", entity("button", "start"))
        await home.shows(entity("sensor", "belt"), "running")
        await home.call("button.press", entity("button", "stop"))
        await home.shows(entity("sensor", "belt"), "idle")

        assert home.warnings == []

        # The broker restarts, and has lost its memory. Home Assistant complains about that loss
        # itself, in words that depend on what it was about to publish; no warning is about us.
        rig.broker.end()
        await home.shows(entity("sensor", "belt"), "unavailable")
        await rig.broker.start()
        await home.shows(entity("sensor", "belt"), "idle", within=90)

        assert [line for line in home.warnings if "treadmill" in line.casefold()] == []


async def test_home_assistant_removes_a_forgotten_treadmill(tmp_path: Path) -> None:
    async with home_assistant_rig(tmp_path) as rig:
        home = rig.home
        await rig.announced()
        await home.shows(entity("sensor", "belt"), "idle")
        await rig.bridge.kill()
        path = str(tmp_path / "bridge.toml")
        async with program("forget", "den", "--config", path) as forget:
            assert await forget.ends(within=30) == 0
        assert "cleared: homeassistant/device/den/config" in forget.lines
        async with asyncio.timeout(30):
            while await home.registry():  # noqa: ASYNC110 - it has to be asked
                await asyncio.sleep(0.2)
        # It clears the topic once more itself, and then wonders about that.
        own = "No device components to cleanup"
        assert [line for line in home.warnings if own not in line] == []


async def test_home_assistant_in_mph_shows_and_sends_mph(tmp_path: Path) -> None:
    async with home_assistant_rig(tmp_path, "mph") as rig:
        home = rig.home
        await rig.announced()
        await home.shows(entity("sensor", "belt"), "idle")
        await home.call("button.press", entity("button", "start"))
        await home.shows(entity("sensor", "belt"), "running")
        await home.call("number.set_value", entity("number", "target_speed"), value=2.5)
        await home.measures(entity("sensor", "speed"), 2.5, 0.05)
        await home.measures(entity("number", "target_speed"), 2.5, 0.05)
        speed = await home.shows(entity("number", "target_speed"))
        assert speed["attributes"]["unit_of_measurement"] == "mph"
        await rig.listener.state("4 km/h", lambda s: 3.9 < (s["requested_speed_kmh"] or 0) <= 4.03)
        assert home.warnings == []
