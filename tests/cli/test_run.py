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

from bridge.cli import common, run
from bridge.config import Config
from bridge.history.store.schema import SCHEMA
from tests.cli.conftest import Invoke

GOOD = '[[treadmills]]\nid = "home"\n'


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

        monkeypatch.setattr(run, "Daemon", Daemon)
        return configs

    def test_without_a_treadmill_it_says_what_to_do(
        self, invoke: Invoke, started: list[Config]
    ) -> None:
        result = invoke("run")

        assert (result.exit_code, started) == (2, [])
        (line,) = result.stderr.splitlines()
        assert line.startswith("run: no treadmill is configured: add [[treadmills]]")

    def test_a_bad_configuration_starts_nothing(
        self, invoke: Invoke, started: list[Config], tmp_path: Path
    ) -> None:
        file = tmp_path / "config.toml"
        file.write_text(f"{GOOD}[guard]\nmax_speed_kmh = 99\n")

        result = invoke("run", "-c", str(file))

        assert (result.exit_code, started) == (2, [])
        assert "guard.max_speed_kmh: 99 is above 25" in result.stderr

    def test_flags_win_over_the_environment_and_that_over_the_file(
        self, invoke: Invoke, started: list[Config], tmp_path: Path
    ) -> None:
        file = tmp_path / "config.toml"
        file.write_text(f'{GOOD}[mqtt]\nhost = "one"\nport = 1\nbase_topic = "gym"\n')

        result = invoke(
            *("run", "-c", str(file), "--mqtt-host", "three", "--radio", "usb:0"),
            TREADMILL_BRIDGE__MQTT__HOST="two",
            TREADMILL_BRIDGE__MQTT__PORT="2",
        )

        assert result.exit_code == 0
        (config,) = started
        assert (config.mqtt.host, config.mqtt.port, config.mqtt.base_topic) == ("three", 2, "gym")
        assert config.bluetooth.radio == "usb:0"

    def test_it_records_one_treadmill_into_a_new_file(
        self, invoke: Invoke, started: list[Config], tmp_path: Path
    ) -> None:
        config, capture = tmp_path / "config.toml", tmp_path / "walk.jsonl"
        config.write_text(GOOD)

        assert invoke("run", "-c", str(config), "--record", str(capture)).exit_code == 0
        assert not capture.exists(), "there was no link to record"
        assert len(started) == 1

        capture.write_text("precious")
        result = invoke("run", "-c", str(config), "--record", str(capture))
        assert (result.exit_code, len(started)) == (2, 1)
        assert "already exists" in result.stderr

        one, two = (
            '[[treadmills]]\nid = "a"\nname = "A"\n',
            '[[treadmills]]\nid = "b"\nname = "B"\n',
        )
        config.write_text(one + two)
        result = invoke("run", "-c", str(config), "--record", str(tmp_path / "two.jsonl"))
        assert (result.exit_code, len(started)) == (2, 1)
        assert "--record works with one treadmill" in result.stderr

    def test_it_logs_its_start_its_end_and_what_is_not_wise(
        self, invoke: Invoke, started: list[Config], tmp_path: Path
    ) -> None:
        file = tmp_path / "config.toml"
        file.write_text(f"{GOOD}[guard]\nmax_speed_kmh = 24\n")

        result = invoke("run", "-v", "-c", str(file))

        assert result.exit_code == 0
        events = [json.loads(line) for line in result.stderr.splitlines()]
        assert [event["event"] for event in events] == [
            "configuration", "bridge_started", "bridge_ended",
        ]  # fmt: skip
        assert "max_speed_kmh" in events[0]["warning"]
        assert events[1]["treadmills"] == ["home"]
        assert events[1]["history"] == str(
            tmp_path / "state" / "treadmill-bridge" / "history.sqlite3"
        )

    def test_a_password_does_not_leave_the_house_in_plain_text(
        self, invoke: Invoke, started: list[Config], tmp_path: Path
    ) -> None:
        file = tmp_path / "config.toml"
        broker = 'host = "203.0.113.7"\nusername = "me"\npassword = "mine"\n'
        file.write_text(f"{GOOD}[mqtt]\n{broker}")

        result = invoke("run", "-c", str(file))

        assert (result.exit_code, started) == (2, [])
        assert "203.0.113.7 is outside this computer and private networks" in result.stderr
        assert "mqtt.tls = true" in result.stderr
        assert invoke("check", str(file)).exit_code == 2

        file.write_text(f"{GOOD}[mqtt]\n{broker}allow_plaintext_password = true\n")
        assert invoke("run", "-c", str(file)).exit_code == 0
        assert len(started) == 1

    def test_what_nobody_expected_is_one_line_and_an_error(
        self, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        class Daemon:
            def __init__(self, *_arguments: object, **_more: object) -> None:
                pass

            def status(self) -> str:
                return "well"

            async def run(self) -> None:
                message = "a bug"
                raise LookupError(message)

        monkeypatch.setattr(run, "Daemon", Daemon)
        file = tmp_path / "config.toml"
        file.write_text(GOOD)

        result = invoke("run", "-c", str(file))

        assert result.exit_code == 1
        events = [json.loads(line) for line in result.stderr.splitlines()]
        (failed,) = [event for event in events if event["event"] == "bridge_failed"]
        assert "LookupError: a bug" in failed["exception"]

    def test_a_history_of_a_newer_version_is_refused_in_words(
        self, invoke: Invoke, started: list[Config], tmp_path: Path
    ) -> None:
        config, state = tmp_path / "config.toml", tmp_path / "mine"
        config.write_text(f'state_dir = "{state}"\n{GOOD}')
        assert invoke("run", "-c", str(config)).exit_code == 0
        with closing(sqlite3.connect(state / "history.sqlite3")) as database:
            database.execute("PRAGMA user_version = 99")

        result = invoke("run", "-c", str(config))

        assert (result.exit_code, len(started)) == (2, 1)
        assert f"has version 99, and this program knows {SCHEMA}" in result.stderr

    def test_a_history_that_cannot_be_used_keeps_nobody_from_running(
        self, invoke: Invoke, started: list[Config], tmp_path: Path
    ) -> None:
        config = tmp_path / "config.toml"
        (tmp_path / "file").touch()
        config.write_text(f'state_dir = "{tmp_path / "file"}"\n{GOOD}')

        result = invoke("run", "-c", str(config))

        assert (result.exit_code, len(started)) == (0, 1)
        assert "see that the state directory exists" in result.stderr


class TestEnds:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_is_a_clean_end(self, number: signal.Signals) -> None:
        ended = []

        async def work() -> None:
            os.kill(os.getpid(), number)
            try:
                await asyncio.sleep(30)
            finally:
                ended.append(True)

        common.run_until_signalled(work())

        assert ended == [True]

    def test_what_fails_is_not_hidden(self) -> None:
        async def work() -> None:
            raise LookupError

        with pytest.raises(LookupError):
            common.run_until_signalled(work())

    async def test_being_cancelled_from_outside_is_no_end_of_ours(self) -> None:
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
    def test_it_tells_how_to_reach_it_and_what_the_belt_does(
        self, invoke: Invoke, tmp_path: Path
    ) -> None:
        ready = tmp_path / "ready"
        ready.write_text("tcp-client:127.0.0.1:1")  # of an earlier run

        result = invoke(
            *("simulate", "--port", "0", "--running", "--seed", "7"),
            *("--duration", "0.2", "--ready-file", str(ready)),
        )

        assert result.exit_code == 0
        first, belt = result.stdout.splitlines()
        assert re.fullmatch(r".* tcp-client:127\.0\.0\.1:\d+", first)
        assert belt == "belt  0.0 km/h, incline  0.0 %"
        assert ready.read_text().strip() == first.split()[-1]

    def test_a_ready_file_of_an_earlier_run_is_gone_before_anything_is_ready(
        self, invoke: Invoke, tmp_path: Path
    ) -> None:
        ready = tmp_path / "ready"
        ready.write_text("tcp-client:127.0.0.1:1")

        with socket.create_server(("127.0.0.1", 0)) as server:
            port = str(server.getsockname()[1])
            assert invoke("simulate", "--port", port, "--ready-file", str(ready)).exit_code == 2

        assert not ready.exists()

    def test_it_plays_the_machine_of_that_name(self, invoke: Invoke) -> None:
        result = invoke(
            *("simulate", "--port", "0", "--machine", "urevo-e1l"), *("--duration", "0.1")
        )

        assert result.exit_code == 0
        assert "It behaves like: UREVO E1L" in result.stdout

    def test_it_lists_the_machines(self, invoke: Invoke) -> None:
        result = invoke("simulate", "--machine", "list")

        assert result.exit_code == 0
        assert len(result.stdout.splitlines()) > 10
        assert re.search(r"^kingsmith-z1 +KingSmith WalkingPad Z1$", result.stdout, re.MULTILINE)

    def test_an_unknown_machine_is_2_with_a_hint(self, invoke: Invoke) -> None:
        result = invoke("simulate", "--machine", "sole-f8")

        assert result.exit_code == 2
        assert result.stderr == ("simulate: no machine is called sole-f8; did you mean sole-f85?\n")

    def test_a_port_that_is_taken_is_2(self, invoke: Invoke) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]

            result = invoke("simulate", "--port", str(port))

        assert result.exit_code == 2
        assert result.stderr.startswith(f"simulate: cannot use port {port} (")


class TestDemo:
    @pytest.fixture
    def played(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
        """What was played; nothing really is."""
        plays: list[tuple[Any, dict[str, Any]]] = []

        async def play_demo(*arguments: Any, **named: Any) -> None:
            plays.append((arguments, named))

        monkeypatch.setattr("bridge.demo.run.play_demo", play_demo)
        return plays

    def test_by_default_the_play_with_shortened_times(
        self, invoke: Invoke, played: list[tuple[Any, dict[str, Any]]]
    ) -> None:
        result = invoke("demo", "--mqtt-port", "0")

        assert (result.exit_code, result.stdout) == (
            0, "The demo has ended and closed everything.\n",
        )  # fmt: skip
        (((config, broker, script, _), named),) = played
        assert (config.guard.warm_up_s, broker.own, len(script) > 3) == (15, True, True)
        assert named == {"duration": None, "shortened": True, "page": True}
        assert logging.getLogger("bumble").level == logging.CRITICAL

    def test_with_a_configuration_its_own_times(
        self, invoke: Invoke, played: list[tuple[Any, dict[str, Any]]], tmp_path: Path
    ) -> None:
        file = tmp_path / "config.toml"
        file.write_text(f"{GOOD}[guard]\nwarm_up_s = 240\n")

        invoke(
            *("demo", "--mqtt-port", "0", "-c", str(file), "--script", "none"),
            *("--duration", "5", "-v"),
        )

        (((config, _, script, _), named),) = played
        assert (config.guard.warm_up_s, script) == (240, ())
        assert named == {"duration": 5.0, "shortened": False, "page": True}

    def test_a_broker_may_be_given(
        self, invoke: Invoke, played: list[tuple[Any, dict[str, Any]]]
    ) -> None:
        invoke("demo", "--broker", "broker.lan:1884")

        (((config, broker, *_), _),) = played
        assert (broker.host, broker.port, broker.own) == ("broker.lan", 1884, False)
        assert (config.mqtt.host, config.mqtt.port) == ("broker.lan", 1884)

    def test_one_that_is_none_is_2(
        self, invoke: Invoke, played: list[tuple[Any, dict[str, Any]]]
    ) -> None:
        result = invoke("demo", "--broker", "broker.lan:mqtt")

        assert (result.exit_code, played) == (2, [])
        assert "write HOST or HOST:PORT" in result.stderr

    def test_a_port_that_is_taken_is_2(
        self, invoke: Invoke, played: list[tuple[Any, dict[str, Any]]]
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]

            result = invoke("demo", "--mqtt-port", str(port))

        assert (result.exit_code, played) == (2, [])
        assert result.stderr.splitlines() == [
            f"demo: port {port} is taken; name another with --mqtt-port, or leave it out"
        ]
