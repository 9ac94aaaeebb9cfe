"""Answers about the history to other programs, each from a process of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.history import answer
from bridge.history.answer import LISTED, NOTHING, POINTS
from bridge.history.export import FORMATS
from bridge.history.reader import NoHistoryError, opened
from bridge.history.store.file import NAME
from bridge.values import Units
from tests.history.years import PERSON, fill

NOBODY = 65534


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("answers") / NAME
    fill(path, 30)
    return path


@pytest.fixture(scope="module")
def number(path: Path) -> int:
    """The number of the newest session."""
    with opened(path) as reader:
        return reader.sessions(limit=1)[0].number


def asked(path: Path, *question: str) -> subprocess.CompletedProcess[bytes]:
    command = (sys.executable, "-P", "-m", "bridge.history.answer", str(path), *question)
    return subprocess.run(command, capture_output=True, check=False, timeout=60)


def listed(path: Path, *question: str) -> dict[str, Any]:
    found = asked(path, "list", *question)
    assert found.returncode == 0, found.stderr
    document: dict[str, Any] = json.loads(found.stdout)
    return document


def test_sessions_are_listed_in_pages_newest_first(path: Path) -> None:
    first = listed(path)
    second = listed(path, repr(first["sessions"][-1]["began"]))
    began = [each["began"] for each in first["sessions"] + second["sessions"]]

    assert (len(first["sessions"]), first["more"], second["more"]) == (LISTED, True, False)
    assert began == sorted(set(began), reverse=True)
    assert first["sessions"][0] | {"person": PERSON, "finished": True} == first["sessions"][0]


def test_session_answer_has_chart_columns_and_limited_spans(path: Path, number: int) -> None:
    found = json.loads(asked(path, "show", str(number), "mph").stdout)
    columns = found["columns"]

    assert {len(column) for column in columns.values()} <= set(range(POINTS // 2, POINTS + 2))
    assert columns["t"] == sorted(set(columns["t"]))
    assert columns["t"][-1] == found["session"]["moving_s"] - 1
    assert max(columns["speed"]) == pytest.approx(found["session"]["max_speed_kmh"], abs=0.1)
    assert found["limited"] == []


def test_session_without_samples_has_no_chart(path: Path, number: int) -> None:
    with opened(path) as reader:
        course = reader.course(number)
    bare = answer.shown(type(course)(course.number, course.session), Units.KMH)

    assert bare["columns"] is None


@pytest.mark.parametrize("form", FORMATS)
def test_export_answer_begins_with_the_file_name(path: Path, number: int, form: str) -> None:
    name, _, content = asked(path, "export", str(number), form).stdout.partition(b"\n")

    assert name == f"2026-11-28T070000Z-den.{form}".encode()
    assert len(content) > 10_000


@pytest.mark.parametrize("question", [("show", "99999"), ("export", "99999", "fit")])
def test_missing_session_is_reported_in_a_sentence(path: Path, question: tuple[str, ...]) -> None:
    found = asked(path, *question)

    assert (found.returncode, found.stdout) == (NOTHING, b"")
    assert found.stderr == b"no session has the number 99999; history list shows them\n"


def test_missing_history_is_reported_in_a_sentence(tmp_path: Path) -> None:
    found = asked(tmp_path / NAME, "list")

    assert found.returncode == NOTHING
    assert found.stderr.startswith(b"there is no history at")


def test_unknown_history_query_is_an_error(path: Path, capfdbinary: Any) -> None:
    with pytest.raises(ValueError, match="none of list, show and export"):
        answer.main((str(path), "delete"))


class TestAnotherUser:
    @pytest.fixture
    def place(self) -> Iterator[Path]:
        """A directory that everybody may enter."""
        if os.geteuid() != 0:
            pytest.skip("LEFT OUT: only root can become another user")
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            place.chmod(0o755)
            try:
                yield place
            finally:
                os.seteuid(0)

    def test_readable_history_is_read_in_an_unwritable_directory(
        self, path: Path, place: Path
    ) -> None:
        shutil.copy(path, place / NAME)
        (place / NAME).chmod(0o644)
        os.seteuid(NOBODY)

        with opened(place / NAME) as reader:
            assert len(reader.sessions()) > LISTED

    def test_unreadable_history_is_an_error_with_advice(self, path: Path, place: Path) -> None:
        shutil.copy(path, place / NAME)
        (place / NAME).chmod(0o600)
        os.seteuid(NOBODY)

        with (
            pytest.raises(NoHistoryError, match="see that this user may read it"),
            opened(place / NAME),
        ):
            pass

    def test_history_in_an_unreadable_directory_is_an_error(self, path: Path, place: Path) -> None:
        (place / "state").mkdir(mode=0o700)
        shutil.copy(path, place / "state" / NAME)
        os.seteuid(NOBODY)

        with (
            pytest.raises(NoHistoryError, match="Permission denied"),
            opened(place / "state" / NAME),
        ):
            pass
