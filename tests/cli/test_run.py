"""`run`, `simulate` and `demo`: what they refuse, what they take from where, how they end."""

import asyncio
import json
import logging
import os
import re
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridge.cli import common
from bridge.config import Config
from bridge.history.store.schema import SCHEMA
from tests.cli.conftest import GOOD, PUBLIC, Invoke, ended

Plays = list[tuple[Any, dict[str, Any]]]
"""Arguments of each demo that was played."""


class TestRun:
    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch) -> list[Config]:
        """The configurations that daemons were started with; each ends at once."""
        configs: list[Config] = []

        class Daemon:
            def __init__(
                self, config: Config, _clock: object, _history: object, **_more: object
            ) -> None:
                configs.append(config)

            def stuck(self) -> list[str]:
                return []

            def status(self) -> str:
                return "well"

            async def run(self) -> None:
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(30)

        monkeypatch.setattr("bridge.app.daemon.Daemon", Daemon)
        return configs

    def test_run_without_a_treadmill_exits_with_2_and_a_hint(
        self, invoke: Invoke, started: list[Config]
    ) -> None:
        result = invoke("run")

        assert (result.exit_code, started) == (2, [])
        (line,) = result.stderr.splitlines()
        assert line.startswith("run: no treadmill is configured: add [[treadmills]]")

    def test_run_with_an_invalid_configuration_starts_nothing(
        self, invoke: Invoke, started: list[Config], file: Path
    ) -> None:
        file.write_text(f"{GOOD}[guard]\nmax_speed_kmh = 99\n")

        result = invoke("run", "-c", str(file))

        assert (result.exit_code, started) == (2, [])
        assert "guard.max_speed_kmh: 99 is above 25" in result.stderr

    def test_run_flags_override_environment_and_file_in_that_order(
        self, invoke: Invoke, started: list[Config], file: Path
    ) -> None:
        file.write_text(f'{GOOD}[mqtt]\nhost = "one"\nport = 1\nbase_topic = "gym"\n')

        ended(
            invoke(
                *("run", "-c", str(file), "--mqtt-host", "three", "--radio", "usb:0"),
                TREADMILL_BRIDGE__MQTT__HOST="two",
                TREADMILL_BRIDGE__MQTT__PORT="2",
            ),
            0,
        )
        (config,) = started
        assert (config.mqtt.host, config.mqtt.port, config.mqtt.base_topic) == ("three", 2, "gym")
        assert config.bluetooth.radio == "usb:0"

    def test_run_records_only_one_treadmill_into_a_new_file(
        self, invoke: Invoke, started: list[Config], file: Path
    ) -> None:
        capture = file.with_name("walk.jsonl")
        file.write_text(GOOD)

        assert invoke("run", "-c", str(file), "--record", str(capture)).exit_code == 0
        assert not capture.exists(), "there was no link to record"
        assert len(started) == 1

        capture.write_text("precious")
        result = invoke("run", "-c", str(file), "--record", str(capture))
        assert (result.exit_code, len(started)) == (2, 1)
        assert result.stderr.endswith("already exists; choose another file\n")

        file.write_text(f'{GOOD}name = "A"\n{GOOD.replace("home", "loft")}name = "B"\n')
        result = invoke("run", "-c", str(file), "--record", str(file.with_name("two.jsonl")))
        assert (result.exit_code, len(started)) == (2, 1)
        assert "--record works with one treadmill" in result.stderr

    def test_run_logs_its_start_its_end_and_unwise_limits(
        self, invoke: Invoke, started: list[Config], file: Path
    ) -> None:
        file.write_text(f"{GOOD}[guard]\nmax_speed_kmh = 24\n")

        result = ended(invoke("run", "-v", "-c", str(file)), 0)
        lines = [json.loads(line) for line in result.stderr.splitlines()]
        # Without a broker, its trouble may show while the rest of the bridge loads.
        events = [line for line in lines if line["event"] != "mqtt_trouble"]
        assert [event["event"] for event in events] == [
            "configuration", "bridge_started", "bridge_ended",
        ]  # fmt: skip
        assert "max_speed_kmh" in events[0]["warning"]
        assert events[1]["treadmills"] == ["home"]
        assert events[1]["history"] == str(
            file.parent / "state" / "treadmill-bridge" / "history.sqlite3"
        )

    def test_run_sends_a_plain_text_password_to_a_public_broker_only_if_allowed(
        self, invoke: Invoke, started: list[Config], file: Path
    ) -> None:
        file.write_text(f"{GOOD}{PUBLIC}allow_plaintext_password = true\n")

        assert invoke("run", "-c", str(file)).exit_code == 0
        assert len(started) == 1

    def test_unexpected_error_is_logged_in_one_line_and_exits_with_1(
        self, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, file: Path
    ) -> None:
        class Daemon:
            def __init__(self, *_arguments: object, **_more: object) -> None:
                pass

            def status(self) -> str:
                return "well"

            async def run(self) -> None:
                message = "a bug"
                raise LookupError(message)

        monkeypatch.setattr("bridge.app.daemon.Daemon", Daemon)
        file.write_text(GOOD)

        result = ended(invoke("run", "-c", str(file)), 1)
        events = [json.loads(line) for line in result.stderr.splitlines()]
        (failed,) = [event for event in events if event["event"] == "bridge_failed"]
        assert "LookupError: a bug" in failed["exception"]

    def test_run_refuses_a_history_of_a_newer_version(
        self, invoke: Invoke, started: list[Config], file: Path
    ) -> None:
        state = file.with_name("mine")
        file.write_text(f'state_dir = "{state}"\n{GOOD}')
        assert invoke("run", "-c", str(file)).exit_code == 0
        with closing(sqlite3.connect(state / "history.sqlite3")) as database:
            database.execute("PRAGMA user_version = 99")

        result = invoke("run", "-c", str(file))

        assert (result.exit_code, len(started)) == (2, 1)
        assert f"has version 99, and this program knows {SCHEMA}" in result.stderr

    def test_run_starts_without_a_usable_state_directory(
        self, invoke: Invoke, started: list[Config], file: Path
    ) -> None:
        file.with_name("plain").touch()
        file.write_text(f'state_dir = "{file.with_name("plain")}"\n{GOOD}')

        result = invoke("run", "-c", str(file))

        assert (result.exit_code, len(started)) == (0, 1)
        assert "see that the state directory exists" in result.stderr


class TestEnds:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_signal_ends_the_work_cleanly(self, number: signal.Signals) -> None:
        ended = []

        async def work() -> None:
            os.kill(os.getpid(), number)
            try:
                await asyncio.sleep(30)
            finally:
                ended.append(True)

        common.run_until_signalled(work())

        assert ended == [True]

    def test_error_of_the_work_is_raised(self) -> None:
        async def work() -> None:
            raise LookupError

        with pytest.raises(LookupError):
            common.run_until_signalled(work())

    async def test_cancellation_from_outside_is_passed_on(self) -> None:
        begun = asyncio.Event()

        async def work() -> None:
            begun.set()
            await asyncio.sleep(30)

        task = asyncio.create_task(common._until_signalled(work()))
        async with asyncio.timeout(5):
            await begun.wait()
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task


class TestSimulate:
    def test_simulate_prints_its_radio_and_the_belt(self, invoke: Invoke, tmp_path: Path) -> None:
        ready = tmp_path / "ready"
        ready.write_text("tcp-client:127.0.0.1:1")  # of an earlier run

        result = ended(
            invoke(
                *("simulate", "--port", "0", "--running", "--seed", "7"),
                *("--duration", "0.2", "--ready-file", str(ready)),
            ),
            0,
        )
        first, belt = result.stdout.splitlines()
        assert re.fullmatch(r".* tcp-client:127\.0\.0\.1:\d+", first)
        assert belt == "belt  0.0 km/h, incline  0.0 %"
        assert ready.read_text().strip() == first.split()[-1]

    def test_simulate_on_a_taken_port_exits_with_2_and_deletes_an_old_ready_file(
        self, invoke: Invoke, tmp_path: Path
    ) -> None:
        ready = tmp_path / "ready"
        ready.write_text("tcp-client:127.0.0.1:1")

        with socket.create_server(("127.0.0.1", 0)) as server:
            port = str(server.getsockname()[1])
            result = invoke("simulate", "--port", port, "--ready-file", str(ready))

        ended(result, 2, f"simulate: cannot use port {port} (")
        assert not ready.exists()

    @pytest.mark.parametrize(
        ("machine", "title"), [("urevo-e1l", "UREVO E1L"), ("walkingpad", "KingSmith WalkingPad")]
    )
    def test_simulate_behaves_like_the_named_machine(
        self, invoke: Invoke, machine: str, title: str
    ) -> None:
        result = invoke("simulate", "--port", "0", "--machine", machine, "--duration", "0.1")
        assert result.exit_code == 0
        assert f"It behaves like: {title}" in result.stdout

    def test_simulate_lists_the_machines(self, invoke: Invoke) -> None:
        result = ended(invoke("simulate", "--machine", "list"), 0)
        assert len(result.stdout.splitlines()) > 10
        assert re.search(r"^kingsmith-z1 +KingSmith WalkingPad Z1$", result.stdout, re.MULTILINE)


class TestDemo:
    @pytest.fixture
    def played(self, monkeypatch: pytest.MonkeyPatch) -> Plays:
        """The scripts that were played; nothing really runs."""
        plays: Plays = []

        async def play_demo(*arguments: Any, **named: Any) -> None:
            plays.append((arguments, named))

        monkeypatch.setattr("bridge.demo.run.play_demo", play_demo)
        return plays

    def test_demo_plays_its_script_with_shortened_times(
        self, invoke: Invoke, played: Plays
    ) -> None:
        result = invoke("demo", "--mqtt-port", "0")

        assert (result.exit_code, result.stdout) == (
            0, "The demo has ended and closed everything.\n",
        )  # fmt: skip
        (((config, broker, script, _), named),) = played
        assert (config.guard.warm_up_s, broker.own, len(script) > 3) == (15, True, True)
        assert named == {"duration": None, "shortened": True, "page": True}
        assert logging.getLogger("bumble").level == logging.CRITICAL

    def test_demo_with_a_configuration_uses_its_times(
        self, invoke: Invoke, played: Plays, file: Path
    ) -> None:
        file.write_text(f"{GOOD}[guard]\nwarm_up_s = 240\n")

        invoke(
            *("demo", "--mqtt-port", "0", "-c", str(file), "--script", "none"),
            *("--duration", "5", "-v"),
        )

        (((config, _, script, _), named),) = played
        assert (config.guard.warm_up_s, script) == (240, ())
        assert named == {"duration": 5.0, "shortened": False, "page": True}

    def test_demo_uses_the_given_broker(self, invoke: Invoke, played: Plays) -> None:
        invoke("demo", "--broker", "broker.lan:1884")

        (((config, broker, *_), _),) = played
        assert (broker.host, broker.port, broker.own) == ("broker.lan", 1884, False)
        assert (config.mqtt.host, config.mqtt.port) == ("broker.lan", 1884)

    @pytest.mark.parametrize(("option", "units"), [((), "mph"), (("--units", "km/h"), "km/h")])
    def test_demo_uses_the_configurations_unit_unless_another_is_given(
        self, invoke: Invoke, played: Plays, file: Path, option: tuple[str, ...], units: str
    ) -> None:
        file.write_text(f'units = "mph"\n{GOOD}')
        invoke("demo", "--mqtt-port", "0", "-c", str(file), *option)
        (((config, *_), _),) = played
        assert config.units == units

    def test_demo_on_a_taken_port_exits_with_2(self, invoke: Invoke, played: Plays) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]

            result = invoke("demo", "--mqtt-port", str(port))

        assert (result.exit_code, played) == (2, [])
        assert result.stderr.splitlines() == [
            f"demo: port {port} is taken; name another with --mqtt-port, or leave it out"
        ]
