"""`treadmill-bridge check`: the configuration file and its problems."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke
from tests.cli.machine.samples import GOOD


def test_a_good_one(invoke: Invoke, file: Path) -> None:
    file.write_text(GOOD)

    result = invoke("check", str(file))

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{file} is valid: 1 treadmill(s).\n"


@pytest.mark.parametrize("option", ["-c", "--config"])
def test_it_may_be_named_by_an_option(invoke: Invoke, file: Path, option: str) -> None:
    file.write_text(GOOD)

    assert invoke("check", option, str(file)).exit_code == 0


def test_it_may_be_named_by_a_variable(invoke: Invoke, file: Path) -> None:
    file.write_text(GOOD)

    assert "1 treadmill" in invoke("check", TREADMILL_BRIDGE_CONFIG=str(file)).stdout


def test_it_is_found_at_its_usual_place(
    invoke: Invoke, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(GOOD)
    monkeypatch.setattr("bridge.cli.common.DEFAULT_PATH", file)

    assert "1 treadmill" in invoke("check").stdout


def test_the_environment_counts(invoke: Invoke) -> None:
    result = invoke("check", TREADMILL_BRIDGE__TREADMILLS__0__ID="den")

    assert "1 treadmill" in result.stdout


def test_without_a_treadmill_it_is_not_good_and_names_the_file_that_is_missing(
    invoke: Invoke,
) -> None:
    result = invoke("check")

    assert result.exit_code == 1
    assert "warning: no treadmill is configured" in result.stdout
    assert "nowhere.toml does not exist; the environment configures no treadmill." in result.stdout


def test_an_empty_file_is_not_good(invoke: Invoke, file: Path) -> None:
    file.write_text("")

    result = invoke("check", str(file))

    assert result.exit_code == 1
    assert f"failed: {file} configures no treadmill." in result.stdout


def test_what_is_not_wise_is_a_warning(invoke: Invoke, file: Path) -> None:
    file.write_text(f'{GOOD}\n[mqtt]\nhost = "broker.lan"\n[guard]\nmax_speed_kmh = 24\n')

    result = invoke("check", str(file))

    assert result.exit_code == 0
    warnings = [line for line in result.stdout.splitlines() if line.startswith("warning: ")]
    assert ["mqtt.host" in warnings[0], "guard.max_speed_kmh" in warnings[1]] == [True, True]


def test_each_problem_is_one_line_that_helps(invoke: Invoke, file: Path) -> None:
    file.write_text('[guard]\nmax_sped_kmh = 5\nwarm_up_s = -1\n[[treadmills]]\nid = "a b"\n')

    result = invoke("check", str(file))

    assert (result.exit_code, result.stdout) == (2, "")
    first, *problems = result.stderr.splitlines()
    assert first == f"check: {file}: invalid configuration"
    assert len(problems) == 3
    assert "max_speed_kmh" in result.stderr


@pytest.mark.parametrize("text", [None, "not = = toml"])
def test_one_that_cannot_be_read(invoke: Invoke, file: Path, text: str | None) -> None:
    if text is not None:
        file.write_text(text)

    result = invoke("check", str(file))

    assert result.exit_code == 2
    assert str(file) in result.stderr


def test_a_program_gets_the_configuration_s_state_too(invoke: Invoke, file: Path) -> None:
    file.write_text(GOOD)

    result = invoke("check", "--json", str(file))

    assert json.loads(result.stdout) == {"good": True, "treadmills": 1, "warnings": []}


def test_a_program_gets_what_is_wrong_with_it_too(invoke: Invoke, file: Path) -> None:
    file.write_text(f"{GOOD}[guard]\nmax_speed_kmh = 26\nwarm_up_s = -1\n")

    result = invoke("check", "--json", str(file))

    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "good": False,
        "problems": [
            "guard.max_speed_kmh: 26 is above 25, the highest allowed",
            "guard.warm_up_s: -1 is below 0, the lowest allowed",
        ],
    }
    assert "invalid configuration" in result.stderr


def test_a_password_for_all_to_read_is_a_problem_of_the_configuration(
    invoke: Invoke, file: Path
) -> None:
    secret = 'host = "198.51.100.7"\nusername = "den"\npassword = "sesame"\n'
    file.write_text(f"{GOOD}[mqtt]\n{secret}")

    result = invoke("check", "--json", str(file))

    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert not document["good"]
    assert "mqtt.tls = true" in document["problems"][0]
    assert "sesame" not in result.stdout + result.stderr


@pytest.mark.parametrize("option", [("--yes",), ("--report", "file.md")])
def test_what_goes_with_live_needs_it(invoke: Invoke, option: tuple[str, ...]) -> None:
    result = invoke("check", *option)

    assert result.exit_code == 2
    assert "need --live" in result.stderr
