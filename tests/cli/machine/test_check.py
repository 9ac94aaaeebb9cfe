"""`treadmill-bridge check`: the configuration file and its problems."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import GOOD, PUBLIC, Invoke, ended


def test_check_accepts_a_valid_configuration(invoke: Invoke, file: Path) -> None:
    file.write_text(GOOD)

    result = invoke("check", str(file))

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{file} is valid: 1 treadmill(s).\n"


@pytest.mark.parametrize("how", ["-c", "--config", "variable", "usual place"])
def test_check_finds_its_file(
    invoke: Invoke, file: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    file.write_text(GOOD)
    arguments: tuple[str, ...] = ()
    if how == "variable":
        monkeypatch.setenv("TREADMILL_BRIDGE_CONFIG", str(file))
    elif how == "usual place":
        monkeypatch.setattr("bridge.cli.common.DEFAULT_PATH", file)
    else:
        arguments = (how, str(file))

    assert "1 treadmill" in invoke("check", *arguments).stdout


def test_check_uses_environment_variables(invoke: Invoke) -> None:
    result = invoke("check", TREADMILL_BRIDGE__TREADMILLS__0__ID="den")

    assert "1 treadmill" in result.stdout


def test_check_without_a_treadmill_names_the_missing_file(invoke: Invoke) -> None:
    result = ended(invoke("check"), 1)
    assert "warning: no treadmill is configured" in result.stdout
    assert "nowhere.toml does not exist; the environment configures no treadmill." in result.stdout


def test_check_refuses_an_empty_file(invoke: Invoke, file: Path) -> None:
    file.write_text("")

    result = ended(invoke("check", str(file)), 1)
    assert f"failed: {file} configures no treadmill." in result.stdout


def test_check_prints_unwise_limits_as_warnings(invoke: Invoke, file: Path) -> None:
    file.write_text(f'{GOOD}\n[mqtt]\nhost = "broker.lan"\n[guard]\nmax_speed_kmh = 24\n')

    result = ended(invoke("check", str(file)), 0)
    warnings = [line for line in result.stdout.splitlines() if line.startswith("warning: ")]
    assert ["mqtt.host" in warnings[0], "guard.max_speed_kmh" in warnings[1]] == [True, True]


def test_check_prints_each_problem_on_one_line(invoke: Invoke, file: Path) -> None:
    file.write_text('[guard]\nmax_sped_kmh = 5\nwarm_up_s = -1\n[[treadmills]]\nid = "a b"\n')

    result = invoke("check", str(file))

    assert (result.exit_code, result.stdout) == (2, "")
    first, *problems = result.stderr.splitlines()
    assert first == f"check: {file}: invalid configuration"
    assert len(problems) == 3
    assert "max_speed_kmh" in result.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [(None, "cannot be read (No such file"), ("not = = toml", "is not valid TOML: ")],
)
def test_check_names_a_file_that_cannot_be_read(
    invoke: Invoke, file: Path, text: str | None, says: str
) -> None:
    if text is not None:
        file.write_text(text)

    result = ended(invoke("check", str(file)), 2)
    assert result.stderr.startswith(f"check: {file} {says}")
    assert "invalid configuration" not in result.stderr


def test_check_prints_a_valid_configuration_as_json(invoke: Invoke, file: Path) -> None:
    file.write_text(GOOD)

    result = invoke("check", "--json", str(file))

    assert json.loads(result.stdout) == {"good": True, "treadmills": 1, "warnings": []}


def test_check_prints_problems_as_json(invoke: Invoke, file: Path) -> None:
    file.write_text(f"{GOOD}[guard]\nmax_speed_kmh = 26\nwarm_up_s = -1\n")

    result = ended(invoke("check", "--json", str(file)), 2)
    assert json.loads(result.stdout) == {
        "good": False,
        "problems": [
            "guard.max_speed_kmh: 26 is above 25, the highest allowed",
            "guard.warm_up_s: -1 is below 0, the lowest allowed",
        ],
    }
    assert "invalid configuration" in result.stderr


def test_check_refuses_a_plain_text_password_to_a_public_broker(invoke: Invoke, file: Path) -> None:
    file.write_text(f"{GOOD}{PUBLIC}")

    result = ended(invoke("check", "--json", str(file)), 2)
    document = json.loads(result.stdout)
    assert not document["good"]
    assert "mqtt.tls = true" in document["problems"][0]
    assert "sesame" not in result.stdout + result.stderr
