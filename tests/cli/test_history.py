"""`treadmill-bridge history`: past sessions, beside a running bridge and without it."""

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli import main
from bridge.extras import install_line
from bridge.history import text
from bridge.history.reader import opened
from bridge.history.store.file import NAME, HistoryFile
from bridge.values import Units
from tests.cli.conftest import Invoke, ended, without
from tests.history.years import PERSON, course, fill


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with runs of two months; for reading and copying alone."""
    file = tmp_path_factory.mktemp("runs") / NAME
    fill(file, 60, every=6)
    return file


@pytest.fixture
def state(tmp_path: Path, runs: Path) -> Path:
    """The state directory of the usual configuration, with some runs."""
    directory = tmp_path / "state" / "treadmill-bridge"
    shutil.copytree(runs.parent, directory)
    return directory


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def newest(state: Path) -> int:
    with opened(state / NAME) as reader:
        return reader.sessions(limit=1)[0].number


def change(state: Path, sql: str, *values: object) -> None:
    """Change the history's file."""
    with closing(sqlite3.connect(state / NAME)) as other:
        other.execute(sql, values)
        other.commit()


class TestList:
    def test_history_list_begins_with_the_newest_session(self, invoke: Invoke, state: Path) -> None:
        result = ended(invoke("history", "list", "-n", "3"), 0)
        header, *lines = result.stdout.splitlines()
        assert header.split()[:4] == ["No", "began", "time", "km"]
        numbers = [int(line.split()[0]) for line in lines]
        assert numbers == sorted(numbers, reverse=True)
        assert len(numbers) == 3

    def test_history_list_takes_the_first_and_the_last_day_of_the_calendar(
        self, invoke: Invoke, state: Path
    ) -> None:
        every = invoke("history", "list", "--all").stdout
        span = ("--since", "0001-01-01", "--until", "9999-12-31")
        assert invoke("history", "list", "--all", *span).stdout == every

    @pytest.mark.parametrize(
        "arguments", [("list",), ("stats",), ("export", "--since", "2020-01-01"), ("report",)]
    )
    def test_history_names_the_known_people_if_it_does_not_know_a_person(
        self, invoke: Invoke, state: Path, file: Path, here: Path, arguments: tuple[str, ...]
    ) -> None:
        file.write_text('[[people]]\nname = "Ben"\n')
        result = invoke("history", "-c", str(file), *arguments, "--person", "Nobody")
        ended(result, 2, f"no person Nobody is known; known people: {PERSON}, Ben")

    def test_history_list_shows_no_sessions_of_a_configured_person_without_any(
        self, invoke: Invoke, state: Path, file: Path
    ) -> None:
        file.write_text('[[people]]\nname = "Ben"\n')
        result = invoke("history", "-c", str(file), "list", "--person", "ben")
        assert ended(result, 0).stdout == "No sessions.\n"

    def test_history_list_finds_a_person_in_lower_case(self, invoke: Invoke, state: Path) -> None:
        named = invoke("history", "list", "--person", PERSON).stdout
        assert invoke("history", "list", "--person", PERSON.lower()).stdout == named

    def test_history_list_refuses_a_limit_that_the_file_cannot_take(
        self, invoke: Invoke, state: Path
    ) -> None:
        assert invoke("history", "list", "-n", str(2**63)).exit_code == 2

    def test_history_list_prints_sessions_as_json(self, invoke: Invoke, state: Path) -> None:
        result = invoke("history", "list", "--all", "--json", "--person", PERSON)
        documents = [json.loads(line) for line in result.stdout.splitlines()]
        assert len(documents) > 3
        assert documents[0]["start"].endswith("Z")
        assert documents[0]["person"] == PERSON

    def test_history_list_is_bounded_by_days(self, invoke: Invoke, state: Path) -> None:
        result = invoke("history", "list", "--since", "2026-10-20", "--until", "2026-10-01")
        assert result.stdout == "No sessions.\n"

    def test_history_list_works_while_the_bridge_has_the_file_open(
        self, invoke: Invoke, state: Path
    ) -> None:
        file = HistoryFile(state / NAME)
        result = invoke("history", "list")
        file.close()
        assert result.exit_code == 0

    def test_history_list_reads_another_file(
        self, invoke: Invoke, tmp_path: Path, runs: Path
    ) -> None:
        shutil.copy(runs, tmp_path / "backup")
        ended(invoke("history", "--file", str(tmp_path / "backup"), "list"), 0)


class TestShow:
    def test_history_show_has_a_chart_splits_phases_and_limits(
        self, invoke: Invoke, state: Path
    ) -> None:
        number = newest(state)
        with opened(state / NAME) as reader:
            wall = reader.session(number).session.start + 60
        for row in (
            """command VALUES ('den', ?, 'c', 'speed', 'mqtt', '20', 16, 'limited',
            '[{"rule": "envelope", "text": "at most 16 km/h"}]', NULL)""",
            "decision VALUES ('den', ?, 'speed', 'warm_up', 'the warm-up', 6, 8)",
            "decision VALUES ('den', ?, 'incline', 'range', 'its range', 15, 0)",
        ):
            change(state, f"INSERT INTO {row}", wall)
        result = ended(invoke("history", "show", str(number)), 0)
        for part in (
            "speed, km/h",
            "█",
            "Time by phase: warm-up 4:59, active",
            "speed 20 km/h: limited to 16 km/h (at most 16 km/h)",
            "speed: the warm-up",
            "flat-equivalent",
        ):
            assert part in result.stdout
        assert "its range" not in result.stdout
        assert max(map(len, result.stdout.splitlines()[3:20])) <= 100

    def test_history_show_names_each_reason_once_and_no_value_of_a_failed_command(
        self, invoke: Invoke, state: Path
    ) -> None:
        with opened(state / NAME) as reader:
            (last,) = reader.sessions(limit=1)
        for end in ("confirmed", "failed"):
            why = '[{"text": "rest"}, {"text": "rest"}]'
            values = f"'{end}', 'speed', 'mqtt', '20', 16, 'limited, {end}', '{why}', NULL"
            change(state, f"INSERT INTO command VALUES ('den', ?, {values})", last.session.start)  # noqa: S608
        shown = ended(invoke("history", "show", str(last.number)), 0).stdout
        assert "limited, confirmed to 16 km/h (rest)" in shown
        assert "limited, failed (rest)" in shown

    def test_a_session_of_a_few_metres_has_no_table_of_kilometres(self) -> None:
        first = list(course(20, 1))
        assert list(text._splits(first[:5], Units.KMH)) == []
        assert len(list(text._splits(first[:20], Units.KMH))) == 2

    def test_session_without_samples_is_shown_as_a_summary_and_not_exported(
        self, invoke: Invoke, state: Path
    ) -> None:
        change(state, "DELETE FROM samples")
        result = invoke("history", "show", str(newest(state)))
        assert "samples are not kept any more" in result.stdout
        ended(invoke("history", "export", str(newest(state))), 2, "no samples")

    @pytest.mark.parametrize("number", ["999", "9" * 30])
    def test_history_show_of_an_unknown_session_exits_with_2(
        self, invoke: Invoke, state: Path, number: str
    ) -> None:
        ended(invoke("history", "show", number), 2, f"no session has the number {number}")


def test_history_stats_sum_up_periods_and_name_the_longest_session(
    invoke: Invoke, state: Path
) -> None:
    result = ended(invoke("history", "stats"), 0)
    lines = result.stdout.splitlines()
    names = [line[:10].strip() for line in lines[1:8]]
    assert names == ["this week", "last week", "this month", "last month", "this year",
                     "last year", "all"]  # fmt: skip
    assert "Most distance: " in result.stdout


class TestMiles:
    @pytest.fixture(autouse=True)
    def miles(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The owner counts in miles."""
        monkeypatch.setenv("TREADMILL_BRIDGE__UNITS", "mph")

    def test_lists_and_sums_are_in_miles_and_feet(self, invoke: Invoke, state: Path) -> None:
        with opened(state / NAME) as reader:
            session = reader.sessions(limit=1)[0].session
        header, newest_line = invoke("history", "list", "-n", "1").stdout.splitlines()
        assert header.split()[3:6] == ["mi", "climb", "ft"]
        assert newest_line.split()[4] == f"{session.distance_m / 1609.344:.2f}"
        sums = invoke("history", "stats").stdout
        assert sums.splitlines()[0].split()[2:] == ["mi", "climb", "ft", "steep", "load", "mi"]
        assert "km" not in sums

    def test_session_is_shown_in_miles_with_a_split_for_each(
        self, invoke: Invoke, state: Path
    ) -> None:
        number = newest(state)
        with opened(state / NAME) as reader:
            shown = reader.course(number)
        row = "command VALUES ('den', ?, 'c', 'speed', 'mqtt', '20', 16, 'limited', '[]', NULL)"
        change(state, f"INSERT INTO {row}", shown.session.start + 60)
        lines = invoke("history", "show", str(number)).stdout.splitlines()
        assert "min/mi" in lines[1]
        assert "speed, mph" in lines
        splits = lines[next(i for i, line in enumerate(lines) if line.startswith("mi ")) + 1 :]
        whole = int(shown.session.distance_m // 1609.344)
        assert [line.split()[0] for line in splits[:whole]] == [str(n + 1) for n in range(whole)]
        assert any("speed 12.4 mph: limited to 9.9 mph" in line for line in lines)
        assert not any("km" in line for line in lines)


class TestReport:
    def test_history_report_is_written_as_an_html_page(
        self, invoke: Invoke, state: Path, here: Path
    ) -> None:
        ended(invoke("history", "report", "--weeks", "4"), 0)
        assert (here / "treadmill-report.html").read_text().startswith("<!doctype html>")

    def test_history_report_of_two_people_needs_a_name(
        self, invoke: Invoke, state: Path, here: Path
    ) -> None:
        change(state, "UPDATE session SET person = 'Ben' WHERE number = 1")
        ended(invoke("history", "report"), 2, "add --person with one of: Anna, Ben")
        result = invoke("history", "report", "--person", "Ben", "-o", "-")
        assert "Treadmill report: Ben" in result.stdout

    def test_history_report_uses_the_configured_limits(
        self, invoke: Invoke, state: Path, tmp_path: Path
    ) -> None:
        config = tmp_path / "config.toml"
        config.write_text(
            f'state_dir = "{state}"\n[[treadmills]]\nid = "den"\n'
            "[guard]\ngradual_percent = 125\n"
            '[[people]]\nname = "Anna"\n[[shoes]]\nname = "Ghost"\nstart_km = 100\n'
        )
        result = invoke("history", "-c", str(config), "report", "-o", "-")
        assert "the guard warns above 125 %" in result.stdout
        assert "Ghost 512 km" in result.stdout


class TestExport:
    def test_history_export_writes_one_file_per_session(
        self, invoke: Invoke, state: Path, here: Path
    ) -> None:
        number = str(newest(state))
        for form in ("fit", "tcx", "csv"):
            assert invoke("history", "export", number, "--format", form).exit_code == 0
        assert len(list(here.iterdir())) == 3
        assert invoke("history", "export", number, "-o", "mine.fit").exit_code == 0
        assert (here / "mine.fit").read_bytes()[8:12] == b".FIT"

    def test_history_export_writes_to_standard_output(self, invoke: Invoke, state: Path) -> None:
        result = invoke(
            "history", "export", str(newest(state)), "--format", "csv", "--excel", "-o", "-"
        )
        rows = list(csv.reader(io.StringIO(result.stdout), delimiter=";"))
        assert rows[1][2] == "warm_up"

    def test_history_export_since_a_day_skips_sessions_without_samples(
        self, invoke: Invoke, state: Path, here: Path
    ) -> None:
        change(state, "DELETE FROM samples WHERE session = (SELECT min(id) FROM session)")
        result = ended(invoke("history", "export", "--since", "2026-01-01", "-o", "runs"), 0)
        assert "skipped: session 1 has no samples" in result.stderr
        assert len(list((here / "runs").iterdir())) > 3
        result = invoke("history", "export", "--since", "2030-01-01")
        assert "No sessions" in result.stderr

    @pytest.mark.parametrize("arguments", [(), ("1", "--since", "2026-01-01")])
    def test_history_export_needs_one_session_or_a_first_day(
        self, invoke: Invoke, state: Path, arguments: tuple[str, ...]
    ) -> None:
        result = invoke("history", "export", *arguments)
        assert result.exit_code == 2
        assert "give the ID of one session, or a first day" in result.stderr

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("1", "--person", PERSON), "--until and --person are for several sessions"),
            (("1", "--until", "2026-01-01"), "--until and --person are for several sessions"),
            (("1", "--excel"), "--excel needs --format csv"),
            (("--since", "2026-01-01", "-o", "-"), "standard output takes one session"),
        ],
    )
    def test_history_export_refuses_options_that_would_be_ignored(
        self, invoke: Invoke, state: Path, here: Path, arguments: tuple[str, ...], says: str
    ) -> None:
        ended(invoke("history", "export", *arguments), 2, says)
        assert list(here.iterdir()) == []

    def test_history_export_of_several_sessions_needs_a_directory(
        self, invoke: Invoke, state: Path, here: Path
    ) -> None:
        (here / "file").touch()
        result = invoke("history", "export", "--since", "2026-01-01", "-o", "file")
        assert result.exit_code == 2
        assert "several sessions need a directory" in result.stderr
        result = invoke("history", "export", str(newest(state)), "-o", "file/run.fit")
        assert "cannot write" in result.stderr


class TestImport:
    def test_exported_session_is_deleted_and_imported_once(
        self, invoke: Invoke, state: Path, here: Path
    ) -> None:
        number = str(newest(state))
        invoke("history", "export", number, "-o", "run.fit")
        assert invoke("history", "delete", number, "--yes").exit_code == 0
        result = invoke("history", "import", "run.fit")
        assert result.stdout == f"imported as session {number}\n"
        listed = invoke("history", "list").stdout
        assert "imported from run.fit" in listed
        ended(invoke("history", "import", "run.fit"), 2, "already")

    def test_history_import_needs_a_configured_person(
        self, invoke: Invoke, state: Path, here: Path, tmp_path: Path
    ) -> None:
        config = tmp_path / "config.toml"
        config.write_text(f'state_dir = "{state}"\n[[people]]\nname="A"\n[[people]]\nname="B"\n')
        invoke("history", "export", str(newest(state)), "-o", "run.fit")
        one = invoke("history", "-c", str(config), "import", "run.fit")
        assert "add --person with one of: A, B" in one.stderr
        two = invoke("history", "-c", str(config), "import", "run.fit", "--person", "C")
        assert "no person C is configured" in two.stderr
        ended(invoke("history", "-c", str(config), "import", "run.fit", "--person", "B"), 0)

    def test_history_import_without_its_extra_exits_with_an_install_hint(
        self, state: Path, here: Path
    ) -> None:
        (here / "run.fit").write_bytes(b"x")
        result = without("fitdecode", "history", "--file", str(state / NAME), "import", "run.fit")
        assert result.returncode == 2
        assert install_line("fit") in result.stderr


class TestBackup:
    def test_history_backup_can_be_read_like_the_history(
        self, invoke: Invoke, state: Path, here: Path
    ) -> None:
        assert invoke("history", "backup", "copy").exit_code == 0
        mine = invoke("history", "list").stdout
        assert invoke("history", "--file", "copy", "list").stdout == mine
        ended(invoke("history", "backup", "copy"), 2, "--force")
        assert invoke("history", "backup", "copy", "--force").exit_code == 0
        assert "cannot write" in invoke("history", "backup", "none/copy").stderr

    def test_history_backup_never_replaces_the_history_itself(
        self, invoke: Invoke, state: Path
    ) -> None:
        before = (state / NAME).stat().st_ino
        ended(invoke("history", "backup", str(state / NAME), "--force"), 2, "is the history itself")
        assert (state / NAME).stat().st_ino == before


class TestDelete:
    def test_history_delete_without_a_terminal_suggests_yes(
        self, invoke: Invoke, state: Path
    ) -> None:
        number = str(newest(state))
        result = ended(invoke("history", "delete", number), 2, "no terminal to ask on; add --yes")
        assert f"Delete session {number} of" in result.stdout
        assert f"({PERSON})" in result.stdout

    def test_history_delete_answered_with_no_deletes_nothing(self, state: Path) -> None:
        number = str(newest(state))
        result = CliRunner().invoke(main, ["history", "delete", number], input="n\n")
        assert (result.exit_code, newest(state)) == (1, int(number))
        assert "nothing was deleted" in result.stderr

    def test_history_delete_refuses_a_session_in_progress(
        self, invoke: Invoke, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        number = newest(state)
        change(state, "UPDATE session SET finished = 0 WHERE number = ?", number)
        with opened(state / NAME) as reader:
            end = reader.session(number).session.end
        monkeypatch.setattr("time.time", lambda: end + 1800)
        ended(invoke("history", "delete", str(number), "--yes"), 2, "is under way")
