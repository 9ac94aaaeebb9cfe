"""Command lines that are refused: exit code 2, and a reason on standard error."""

from pathlib import Path

import pytest

from tests.cli.conftest import GOOD, PUBLIC, Invoke, ended

SAYS: dict[str, list[str]] = {
    "No such command 'scann'. Did you mean scan?": ["scann"],
    "No such command 'juggle'": ["juggle"],
    "'tcsh' is not one of": ["completion tcsh"],
    "need --live": ["check --yes", "check --report file.md"],
    "scan: the radio 'tcp-client:127.0.0.1:1'": ["scan --radio tcp-client:127.0.0.1:1"],
    "--seconds": ["scan --seconds 0"],
    "is not a finite number": [
        "scan --seconds nan",
        *(f"{name} --duration inf" for name in ("demo", "watch", "simulate", "record walk.jsonl")),
    ],
    "is not a treadmill id": [*(f"forget {name}" for name in ("bridge", "a/b", "#", "x" * 65))],
    "a number above 0, or max": [
        *(f"replay walk.jsonl --speed {speed}" for speed in ("0", "-1", "inf", "nan", "fast"))
    ],
    "HOST or HOST:PORT": [
        *(f"watch --broker {address}" for address in (":1883", "host:0", "host:many")),
        "demo --broker broker.lan:mqtt",
    ],
    "no machine is called sole-f8; did you mean sole-f85?": ["simulate --machine sole-f8"],
    "no scenario 'xyzzy'": ["simulate --port 0 --scenario xyzzy"],
    "choose one with --scenario": ["simulate --port 0 --junit report.xml"],
    "leave out --speed": ["simulate --port 0 --scenario jump --speed 2"],
    "the adapter 'tcp-client:127.0.0.1:1' does not open": [
        "simulate --port 0 --radio tcp-client:127.0.0.1:1"
    ],
    "'nonsense:1' does not open": ["simulate --port 0 --radio nonsense:1"],
    "history list: ": ["history list"],
    "run the bridge once": ["history list"],
    "plans show: couch: no plan 'couch' is built in; ": ["plans show couch"],
    "so set a password": ["dashboard --address 0.0.0.0", "dashboard --address treadmill.lan"],
    "--hash-password": ["dashboard --address 0.0.0.0"],
}
"""Command lines by their error message."""


@pytest.mark.parametrize(
    ("line", "says"), [(line, says) for says, lines in SAYS.items() for line in lines]
)
def test_command_line_is_refused_with_a_reason(invoke: Invoke, line: str, says: str) -> None:
    ended(invoke(*line.split()), 2, says)


def test_forget_refuses_an_empty_id(invoke: Invoke) -> None:
    assert "is not a treadmill id" in invoke("forget", "").stderr


@pytest.mark.parametrize("command", ["run", "dashboard"])
def test_plain_text_password_to_a_public_broker_is_refused(
    invoke: Invoke, file: Path, command: str
) -> None:
    file.write_text(f"{GOOD}{PUBLIC}")
    result = invoke(command, "-c", str(file))
    assert result.exit_code == 2
    assert "203.0.113.7 is outside this computer and private networks" in result.stderr
    assert "anyone on the way there can read the password" in result.stderr
    assert "mqtt.tls = true" in result.stderr
