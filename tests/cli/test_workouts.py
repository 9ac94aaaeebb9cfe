"""`treadmill-bridge workouts`, without any treadmill."""

import json
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.guard import Past
from bridge.history.history import History
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper
from tests.cli.conftest import Invoke, ended
from tests.workouts import samples

CONFIG = """
state_dir = "{state}"
[workouts]
reference_kmh = {{ 5_km = 12, 10_km = 11 }}
max_heart_rate_bpm = 180
[[treadmills]]
id = "home"
speed_unit = "kmh"
[[people]]
name = "Anna"
[[people]]
name = "Ben"
reference_kmh = {{ 5_km = 9, 10_km = 8 }}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(state=tmp_path))
    folder = tmp_path / "workouts"
    folder.mkdir()
    (folder / "Hills.toml").write_bytes(samples.TOML)
    (folder / "four.zwo").write_bytes(samples.ZWO_TIME)
    (folder / "broken.xml").write_bytes(b"<rows><row/></rows>")
    return path


def test_workouts_list_names_files_and_errors(invoke: Invoke, config: Path) -> None:
    result = ended(invoke("workouts", "list", "-c", str(config)), 0)
    assert result.output.splitlines() == [
        "Hills: 7 steps, TOML",
        "four (Four by one): 12 steps, Zwift",
        "broken.xml: invalid: line 1: a row needs a duration such as 00:05:00, or a distance in km",
    ]
    document = json.loads(invoke("workouts", "list", "-c", str(config), "--json").output)
    assert document["workouts"]["Hills"]["steps"] == 7


def test_workouts_list_of_an_empty_folder_names_the_accepted_formats(
    invoke: Invoke, tmp_path: Path
) -> None:
    (tmp_path / "state/treadmill-bridge/workouts").mkdir(parents=True)
    result = invoke("workouts", "list")
    assert "put .zwo" in result.output


def test_workouts_list_of_a_missing_folder_suggests_its_creation(invoke: Invoke) -> None:
    result = ended(invoke("workouts", "list"), 0)
    assert result.output.endswith(
        "workouts does not exist; create it, and put .zwo, .fit, .gpx, .xml or .toml files there.\n"
    )


def test_workout_dry_run_shows_the_limits_of_the_guard(invoke: Invoke, config: Path) -> None:
    result = ended(invoke("workouts", "show", "hills", "-c", str(config)), 0)
    assert result.output.startswith("Hills: 20 min")
    assert "reference: 10 km: 11 km/h" in result.output
    assert "guard: warm up: at most 6 km/h" in result.output
    assert result.output.endswith("Then the guard cools down to 4 km/h in 5 min, and stops.\n")


def test_workout_dry_run_uses_the_limits_of_the_person(invoke: Invoke, config: Path) -> None:
    arguments = ("workouts", "show", "four", "-c", str(config), "--json", "--person", "Ben")
    document = json.loads(invoke(*arguments).output)
    assert document["references"] == ["5 km: 9 km/h", "10 km: 8 km/h"]
    assert document["duration_s"] == pytest.approx(1920, abs=2)
    assert document["steps"][1]["reached"]["speed"] == "9.9 km/h"


def test_workout_dry_run_counts_the_used_steep_budget(invoke: Invoke, config: Path) -> None:
    file = HistoryFile(config.parent / NAME)
    history = History(Timekeeper.of_this_computer(SystemClock()), file)
    spent = Past()  # nothing is known, so all of the steep budget is spent
    history.keep("home", "Anna", spent, None)
    history.close()
    steep = b"[[step]]\ntime = 400\nspeed = 5\n[[step]]\ntime = 60\nspeed = 5\nincline = 12"
    (config.parent / "workouts/steep.toml").write_bytes(steep)
    result = invoke("workouts", "show", "steep", "-c", str(config))
    assert "guard: steep incline: at most 5 %" in result.output


def test_workout_dry_run_reports_a_broken_history(invoke: Invoke, config: Path) -> None:
    (config.parent / NAME).write_bytes(b"no database at all, but long enough to be looked at")
    result = invoke("workouts", "show", "hills", "-c", str(config), "--json")
    assert "cannot read the history" in json.loads(result.output)["notes"][-1]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("valleys",), "no workout 'valleys' in"),
        (("Broken",), "Broken: line 1: a row needs"),
        (("hills", "--treadmill", "den"), "no treadmill 'den' is configured; configured: home"),
        (("hills", "--person", "Eve"), "no person 'Eve' is configured; configured: Anna, Ben"),
    ],
)
def test_unknown_workout_is_an_error_that_names_the_known_ones(
    invoke: Invoke, config: Path, arguments: tuple[str, ...], text: str
) -> None:
    ended(invoke("workouts", "show", "-c", str(config), *arguments), 2, text)


def test_workout_file_outside_the_folder_is_shown(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "hills.toml"
    path.write_bytes(samples.QZ.replace(b'zonehr="4"', b""))
    assert invoke("workouts", "show", str(path)).exit_code == 0
    path.write_bytes(samples.TOML)
    ended(invoke("workouts", "show", str(path)), 2, "no speed of yours is configured")
    path.write_bytes(b"x")
    assert "not valid TOML" in invoke("workouts", "show", str(path)).stderr


def test_workouts_check_reports_each_file(invoke: Invoke, config: Path) -> None:
    folder = config.parent / "workouts"
    good, bad = str(folder / "four.zwo"), str(folder / "broken.xml")
    result = ended(invoke("workouts", "check", good, bad), 1)
    assert f"{good}: good: Four by one, 12 steps, Zwift" in result.output
    assert "    note: a meaningless pace" in result.output
    assert f"{bad}: line 1: a row needs" in result.output
    document = json.loads(invoke("workouts", "check", good, "--json").output)
    assert document["good"] is True
