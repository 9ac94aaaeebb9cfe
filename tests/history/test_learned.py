"""Learned facts about a machine across processes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings

from bridge.clock import SystemClock
from bridge.history.history import History
from bridge.history.learned import decode, encode, read
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper
from bridge.history.store.rows import Learned
from bridge.tracking.learning.knowledge import NOTHING
from bridge.tracking.learning.learner import Learner, learned_of
from tests.tracking.belt import MACHINE, Physics, ridden
from tests.tracking.test_learner import EVENTS, feed


def history(path: Path) -> tuple[History, HistoryFile]:
    file = HistoryFile(path / NAME)
    return History(Timekeeper(SystemClock(), "boot", lambda: True), file), file


@settings(max_examples=40, deadline=None)
@given(EVENTS)
def test_anything_learned_is_the_same_after_writing_and_reading(
    events: list[tuple[str, int, float]],
) -> None:
    learner = Learner()
    learner.connected(MACHINE, None)
    feed(learner, events)
    known = learner.knowledge
    assert decode(encode(MACHINE.address, known)) == known
    again = learned_of(MACHINE, known)
    assert again.speed == learner.learned.speed or learner.learned.sessions
    assert again.targets is learner.learned.targets


def test_learned_facts_survive_a_restart(tmp_path: Path) -> None:
    ride = ridden(Physics(gain=0.95))
    memory, file = history(tmp_path)
    assert memory.learned(MACHINE.address) is None
    memory.keep_learned(MACHINE.address, ride.learner.knowledge)
    file.close()
    memory, file = history(tmp_path)
    known = memory.learned(MACHINE.address)
    file.close()
    assert known == ride.learner.knowledge == read(tmp_path / NAME, MACHINE.address)
    assert learned_of(MACHINE, known) == ride.learner.learned
    assert read(tmp_path / NAME, "F0:00:00:00:00:09") is None


def test_learned_facts_of_a_version_without_echo_rounding_are_read() -> None:
    before = '{"speed": {"echoed": 32}, "sessions": 3, "echo": "each"}'
    known = decode(Learned(MACHINE.address, before))
    assert known is not None
    assert (known.speed.echoed, known.speed.off, known.sessions) == (32, None, 3)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"echo": "loud"}', '{"frame_s": "soon"}'),
        *('{"speed": {"noises": [1e999]}}', '{"speed": {"noises": ["nan"]}}'),
        '{"speed": {"points": [{"target": 5, "means": []}]}}',
    ],
)
def test_invalid_row_of_learned_facts_is_ignored(text: str) -> None:
    assert decode(Learned("F0", text)) is None


def test_broken_row_of_learned_facts_keeps_the_other_history(tmp_path: Path) -> None:
    memory, file = history(tmp_path)
    memory.keep_learned("F0", NOTHING)
    file.close()
    with closing(sqlite3.connect(tmp_path / NAME)) as other:
        other.execute("UPDATE learned SET knowledge = 'nonsense'")
        other.commit()
    memory, file = history(tmp_path)
    assert memory.learned("F0") is None
    assert file.lost is None
    file.close()


def test_history_without_the_learned_table_gets_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / NAME)) as other:
        other.execute("PRAGMA user_version = 1")
    assert read(tmp_path / NAME, "F0") is None
    memory, file = history(tmp_path)
    memory.keep_learned("F0", NOTHING)
    file.close()
    assert read(tmp_path / NAME, "F0") == NOTHING
    assert read(tmp_path / "none", "F0") is None
