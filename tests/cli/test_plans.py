"""`treadmill-bridge plans`, without any treadmill."""

import json
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.history.history import History
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper
from bridge.plans.progress import Load, Progress, State
from tests.cli.conftest import Invoke, ended

CONFIG = """
state_dir = "{state}"
[[treadmills]]
id = "home"
speed_unit = "kmh"
[[people]]
name = "Anna"
[[people.plan]]
name = "return-to-run"
[[people]]
name = "Ben"
[[people.plan]]
file = "knee.toml"
start_phase = 2
[[people]]
name = "Carl"
"""
KNEE = """
name = "Knee"
[[phase]]
name = "Walk"
sessions = 2
session_min = 20
max_speed_kmh = 6
[[phase]]
name = "Run"
sessions = 1
session_km = 5
rest_days = 0
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(state=tmp_path))
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans/knee.toml").write_text(KNEE)
    return path


def remember(state: Path, person: str, plan: str, progress: Progress) -> None:
    history = History(Timekeeper.of_this_computer(SystemClock()), HistoryFile(state / NAME))
    history.keep_progress(person, plan, progress)
    history.close()


def test_built_in_plans_are_listed(invoke: Invoke) -> None:
    lines = invoke("plans", "list").output.splitlines()
    assert len(lines) == 5
    assert lines[0] == (
        "couch-to-5k: Nine weeks from walking to 30 minutes of running, three runs a week."
    )
    assert lines[2].endswith("Needs clinician = true.")
    document = json.loads(invoke("plans", "list", "--json").output)
    assert document["return-to-run"]["phases"] == 6
    assert document["intermittent-walking"]["clinician"]


def test_plan_is_shown_with_its_phases_and_its_source(invoke: Invoke) -> None:
    lines = invoke("plans", "show", "return-to-run").output.splitlines()
    assert "source: Trials 2023, 10.1186/s13063-023-07502-x, Table 1" in lines[1]
    assert lines[2].strip() == (
        "pain: from 3 on a session does not count, from 5 on the plan goes back a phase, from 7 "
        "on it ends"
    )
    assert lines[3:6] == [
        "  1  Walk 2 min, run 3 min, 1 mile: 2 sessions, up to 2000 m, at most 8 km/h, level, "
        "rest days between: 1",
        "         walk 5 min at 5 km/h",
        "         3 times: walk 2 min at 5 km/h, run 3 min at 7.5 km/h",
    ]
    document = json.loads(invoke("plans", "show", "couch-to-5k", "--json").output)
    assert document["detail"][0]["session_s"] == 1500


def test_plan_of_a_file_is_shown(invoke: Invoke, config: Path) -> None:
    result = invoke("plans", "show", str(config.parent / "plans/knee.toml"))
    assert "  2  Run: 1 session, up to 5000 m, a night between" in result.output
    assert "source: none given" in result.output


def test_file_of_a_plan_is_printed_as_a_template(
    invoke: Invoke, config: Path, tmp_path: Path
) -> None:
    text = invoke("plans", "show", "gradual", "--toml").output
    path = tmp_path / "mine.toml"
    path.write_text(text)
    assert invoke("plans", "check", str(path)).output == (
        f"{path}: good: Gradual progress, 14 phases\n"
    )
    assert invoke("plans", "show", str(path), "--toml").output == text


def test_error_in_a_plan_file_is_reported_with_its_place(invoke: Invoke, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(KNEE)
    bad.write_text(KNEE.replace("session_km = 5", "session_km = 500"))
    result = ended(invoke("plans", "check", str(good), str(bad)), 1)
    assert result.output.splitlines() == [
        f"{good}: good: Knee, 2 phases",
        f"{bad}: phase 2 session_km: 60 is the most",
    ]
    document = json.loads(invoke("plans", "check", str(bad), "--json").output)
    assert document["good"] is False
    assert document["files"][str(bad)] == {
        "problem": "60 is the most", "where": "phase 2 session_km",
    }  # fmt: skip
    nothing = invoke("plans", "check", str(tmp_path / "none.toml"))
    assert "it cannot be read (No such file" in nothing.output


class TestStatus:
    def test_plan_status_shows_the_first_phase_before_the_first_session(
        self, invoke: Invoke, config: Path
    ) -> None:
        lines = invoke("plans", "status", "-c", str(config)).output.splitlines()
        assert lines[0] == (
            "Anna: Return to run: phase 1 of 6 (Walk 2 min, run 3 min, 1 mile), session 1 of 2"
        )
        assert lines[2] == "Ben: Knee: phase 2 of 2 (Run), session 1 of 1"
        assert lines[3] == "    today: run; 1 session, up to 5000 m, a night between"

    def test_plan_status_names_a_rest_day_and_an_open_question(
        self, invoke: Invoke, config: Path
    ) -> None:
        load = Load(0.0, 115_200.0, 36_000.0, counts=True)
        remember(config.parent, "Anna", "return-to-run", Progress(phase=1, done=1, load=load))
        result = invoke("plans", "status", "-c", str(config), "--person", "Anna")
        lines = result.output.splitlines()
        assert lines[0].endswith("phase 2 of 6 (Walk 2 min, run 3 min, 1.5 miles), session 2 of 2")
        assert lines[1].startswith("    today: rest; 2 sessions, up to 2800 m")
        assert lines[2].startswith("    rest: for another 1 day ")
        assert lines[3].startswith("    asks: How much does it hurt")
        arguments = ("plans", "status", "-c", str(config), "--json")
        document = json.loads(invoke(*arguments).output)
        assert document["Anna"]["day"] == "rest"
        assert document["Anna"]["question"] == "after"
        assert document["Ben"]["rest_left_s"] == 0

    @pytest.mark.parametrize(
        ("state", "text"),
        [
            (State.FINISHED, "Anna: Return to run: finished"),
            (State.ENDED, "Anna: Return to run: ended because of pain"),
        ],
    )
    def test_finished_plan_is_reported_as_over(
        self, invoke: Invoke, config: Path, state: State, text: str
    ) -> None:
        remember(config.parent, "Anna", "return-to-run", Progress(state=state))
        arguments = ("plans", "status", "-c", str(config), "--person", "Anna")
        assert invoke(*arguments).output.splitlines()[0] == text
        about = json.loads(invoke(*arguments, "--json").output)["Anna"]
        assert (about["state"], about["question"]) == (state, None)

    def test_plan_status_without_any_plan_shows_how_to_configure_one(self, invoke: Invoke) -> None:
        assert "Name one under [[people.plan]]" in invoke("plans", "status").output

    def test_plan_status_of_a_person_without_a_plan_is_an_error(
        self, invoke: Invoke, config: Path
    ) -> None:
        result = invoke("plans", "status", "-c", str(config), "--person", "Carl")
        assert result.exit_code == 2
        assert "'Carl' follows no plan; people with one: Anna, Ben" in result.stderr

    def test_plan_status_reports_a_broken_history(self, invoke: Invoke, config: Path) -> None:
        (config.parent / NAME).write_bytes(b"no database at all, but long enough to be looked at")
        result = invoke("plans", "status", "-c", str(config))
        assert "cannot read the history, so it counts as empty" in result.stderr
        assert "Anna: Return to run: phase 1 of 6" in result.output

    def test_plan_status_leaves_the_history_file_unchanged(
        self, invoke: Invoke, config: Path
    ) -> None:
        remember(config.parent, "Anna", "return-to-run", Progress(phase=1))
        before = (config.parent / NAME).read_bytes()
        invoke("plans", "status", "-c", str(config))
        assert (config.parent / NAME).read_bytes() == before


def test_workout_dry_run_shows_the_limits_of_the_plan(invoke: Invoke, config: Path) -> None:
    (config.parent / "workouts").mkdir()
    fast = 'name = "Fast"\n[[step]]\ntime = "10:00"\nspeed = 5\n[[step]]\ntime = "5:00"\nspeed = 12'
    (config.parent / "workouts/fast.toml").write_text(fast)
    arguments = ("workouts", "show", "fast", "-c", str(config))
    result = invoke(*arguments, "--person", "Anna")
    assert "guard: plan: at most 8 km/h" in result.output
    assert "plan" not in invoke(*arguments, "--person", "Carl").output
    load = Load(0.0, 115_200.0, 36_000.0, counts=True)
    remember(config.parent, "Anna", "return-to-run", Progress(load=load))
    assert "guard: plan: at most 6 km/h" in invoke(*arguments, "--person", "Anna").output


def test_workout_dry_run_ends_with_the_plan_session(invoke: Invoke, config: Path) -> None:
    (config.parent / "workouts").mkdir()
    long = 'name = "Long"\n[[step]]\ntime = "60:00"\nspeed = 7'
    (config.parent / "workouts/long.toml").write_text(long)
    result = invoke("workouts", "show", "long", "-c", str(config), "--person", "Anna")
    assert result.output.splitlines()[-1] == (
        "Here the guard's own cool-down begins, and ends the workout."
    )
