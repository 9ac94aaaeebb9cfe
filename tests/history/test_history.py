"""The memory of a household, beyond one process and one boot of the computer."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.guard import SteepTier
from bridge.guard.person.past import Past
from bridge.guard.person.session import Session, WarmUp
from bridge.guard.rules.gradual import Effort
from bridge.guard.rules.steep import KEPT_S, Steep
from bridge.history.history import History
from bridge.history.session_log import SessionLog
from bridge.history.store import file as module
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.lock import NAME as LOCK
from bridge.history.store.lock import marked
from bridge.history.store.moment import Timekeeper
from bridge.history.store.rows import Exposure
from bridge.plans.progress import Load, Progress, begin
from bridge.values import (
    Belt,
    Measurement,
    Sample,
)
from tests.history.store.test_file import until

TIER = SteepTier(100, 600.0, 1800.0, 50)
CLIMBED = Past((Steep(TIER, ((300.0, 0.0),), 0.0, was_steep=True),))
RESTED = Past((Steep(TIER, ((300.0, 0.0),), 0.0, was_steep=False),))
START = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY_S = 86_400.0


@dataclass
class Computer:
    """One that can be switched off, and whose clocks do what they want."""

    boot: str = "monday"
    ticks: float = 1000.0
    wall: datetime = START
    vouched: bool = True

    def now(self) -> float:
        return self.ticks

    def utc(self) -> datetime:
        return self.wall

    def spend(self, seconds: float) -> None:
        self.ticks += seconds
        self.wall += timedelta(seconds=seconds)

    def off(self, seconds: float) -> None:
        self.boot += "+"
        self.ticks = 20.0
        self.wall += timedelta(seconds=seconds)

    @property
    def keeper(self) -> Timekeeper:
        return Timekeeper(self, self.boot, lambda: self.vouched)


@pytest.fixture
def computer() -> Computer:
    return Computer()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / NAME


@contextmanager
def history(path: Path, computer: Computer) -> Iterator[History]:
    """One process's memory."""
    memory = History(computer.keeper, HistoryFile(path))
    try:
        yield memory
    finally:
        memory.close()


def used(past: Past) -> float:
    """Steep seconds, with those that nobody saw after a steep moment."""
    (tier,) = past.steep
    unseen = tier.seen if tier.was_steep and tier.seen else 0.0
    return unseen + sum(began - ended for began, ended in tier.spans)


class TestExposure:
    def test_unsaved_seconds_are_added(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            memory.keep("den", "Anna", CLIMBED, None)
        computer.spend(7)
        with history(path, computer) as memory:
            assert used(memory.past("den", "Anna")) == 307

    def test_a_window_drains_while_the_computer_is_off(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            memory.keep("den", "Anna", RESTED, None)
        computer.off(1000)
        with history(path, computer) as memory:
            assert memory.past("den", "Anna").steep[0].spans == ((1300.0, 1000.0),)

    def test_but_not_by_a_clock_that_nobody_vouches_for(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            memory.keep("den", "Anna", RESTED, None)
        computer.off(100_000)
        computer.vouched = False
        with history(path, computer) as memory:
            assert memory.past("den", "Anna").steep[0].spans == ((300.0, 0.0),)
            assert not memory.is_certain("den", "Anna")
            computer.vouched = True
            assert memory.is_certain("den", "Anna")
            assert memory.past("den", "Anna").steep[0].spans == ((100_300.0, 100_000.0),)

    @given(jump=st.integers(-400, 400).map(lambda hours: timedelta(hours=hours)))
    def test_a_wall_clock_that_jumps_within_a_boot_changes_nothing(self, jump: timedelta) -> None:
        computer = Computer()
        memory = History(computer.keeper, blank=True)
        memory.keep("den", "Anna", CLIMBED, None)
        memory.rest("Anna", 1000.0)
        computer.spend(50)
        computer.wall += jump
        past = memory.past("den", "Anna")
        assert used(past) == 350
        assert past.rest_left_s == 950

    def test_one_person_s_is_not_another_s(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            memory.keep("den", "Anna", CLIMBED, None)
            memory.keep("den", "Ben", RESTED, None)
        computer.spend(10)
        with history(path, computer) as memory:
            assert used(memory.past("den", "Anna")) == 310
            assert used(memory.past("den", "Ben")) == 300

    def test_one_person_s_on_two_treadmills_is_one(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            memory.keep("loft", "Anna", RESTED, None)
            computer.spend(400)
            memory.keep("den", "Anna", RESTED, None)
            assert used(memory.past("den", "Anna")) == 600

    def test_another_version_s_counts_as_unknown(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            memory.keep("den", "Anna", CLIMBED, SessionLog(START))
            row = memory._get(Exposure, "den", "Anna")
            assert row is not None
            memory._put(replace(row, past='{"steep": 7}', session="[]"))
        with history(path, computer) as memory:
            assert memory.past("den", "Anna") == Past()
            assert memory.session("den", "Anna") is None


def is_free(memory: History) -> bool:
    """True if Anna's steep budgets are whole."""
    return memory.past("den", "Anna").climbs.known_from >= KEPT_S


class TestOfWhomNothingIsWritten:
    def test_the_strictest_counts_in_a_file_that_is_new(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            assert memory.past("den", "Anna") == Past()

    def test_a_day_later_no_run_can_have_been_missed(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            computer.spend(DAY_S - 1)
            assert not is_free(memory)
            computer.spend(2)
            assert is_free(memory)

    def test_a_file_that_was_lost_starts_that_day_anew(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            computer.spend(3 * DAY_S)
            assert memory.lost is None
        path.write_bytes(b"garbage" * 1000)
        with history(path, computer) as memory:
            assert "is broken" in (memory.lost or "")
            assert memory.past("den", "Anna") == Past()

    def test_a_memory_of_this_process_alone_begins_free(self, computer: Computer) -> None:
        assert is_free(History.blank(computer))
        assert History.blank(computer).trouble is None


class TestNewInstallation:
    """The state directory holds nothing of a bridge: neither a history nor a lock."""

    @contextmanager
    def run(self, path: Path, computer: Computer) -> Iterator[History]:
        with marked(path.parent) as new:
            file = HistoryFile(path)
            memory = History(computer.keeper, file, blank=new and file.is_new)
            try:
                yield memory
            finally:
                memory.close()

    def test_has_the_whole_budget_until_somebody_runs_whatever_the_clock(
        self, path: Path, computer: Computer
    ) -> None:
        with self.run(path, computer) as memory:
            assert is_free(memory)
        computer.off(10)
        computer.vouched = False
        with self.run(path, computer) as memory:
            assert is_free(memory)
            memory.keep("den", "Anna", CLIMBED, None)
        with self.run(path, computer) as memory:
            assert not is_free(memory)
            assert used(memory.past("den", "Anna")) == 300

    @pytest.mark.parametrize("what", ["deleted", "broken", "set aside", "unreadable"])
    def test_a_history_that_was_lost_is_not_new(
        self, path: Path, computer: Computer, what: str
    ) -> None:
        with self.run(path, computer):
            pass
        for part in path.parent.glob(f"{NAME}*"):
            part.unlink()
        match what:
            case "broken":
                path.write_bytes(b"garbage" * 1000)
            case "set aside":
                (path.parent / LOCK).unlink()
                path.with_name(f"{NAME}.broken-20300101").touch()
            case "unreadable":
                (path.parent / LOCK).unlink()
                path.symlink_to(path.parent)
        with self.run(path, computer) as memory:
            assert memory.past("den", "Anna") == Past()


class TestSessions:
    def finish(self, memory: History, computer: Computer, effort: Effort) -> None:
        summary = SessionLog(computer.utc()).close(computer.utc() + timedelta(hours=1))
        memory.finish("den", "Anna", "Ghost", summary, effort)

    def test_the_longest_is_the_baseline(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            self.finish(memory, computer, Effort(1800.0, 4000.0, 20.0))
            computer.spend(DAY_S)
            self.finish(memory, computer, Effort(1200.0, 5000.0, 0.0))
        with history(path, computer) as memory:
            baseline = memory.past("den", "Anna").baseline
            assert baseline is not None
            assert baseline.most == Effort(1800.0, 5000.0, 20.0)
            assert memory.past("den", "Ben").baseline is None

    def test_one_that_nobody_measured_is_no_baseline(self, computer: Computer) -> None:
        memory = History(computer.keeper, blank=True)
        memory.finish("den", "Anna", None, SessionLog(START).close(START), None)
        assert memory.past("den", "Anna").baseline is None

    def test_the_one_under_way_goes_on(self, path: Path, computer: Computer) -> None:
        log = SessionLog(START)
        for second in range(60):
            data = Measurement(speed=720, incline=20, heart_rate=130, distance=second * 2)
            log.add(Sample(second, data), Belt.RUNNING)
        past = Past(session=Session(moved=0.0), warm_up=WarmUp(59.0, 0.0))
        with history(path, computer) as memory:
            memory.keep("den", "Anna", past, log)
        computer.off(30)
        with history(path, computer) as memory:
            again = memory.session("den", "Anna")
            assert again is not None
            assert (again.start, again.moving_s, again.distance_m) == (START, 59, 118)
            assert (again.last, again.seen) == (None, START)
            recalled = memory.past("den", "Anna").session
            assert recalled is not None
            assert recalled.moved == 30.0
            assert memory.past("den", "Anna").warm_up == WarmUp(59.0, 30.0)
            assert memory.session("den", "Ben") is None


class TestPain:
    def test_a_rest_drains_and_can_be_ended(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            memory.rest("Anna", 2 * DAY_S)
        computer.off(DAY_S)
        with history(path, computer) as memory:
            assert memory.past("den", "Anna").rest_left_s == DAY_S
            assert memory.past("den", "Ben").rest_left_s == 0
            memory.rest("Anna", 0.0)
            assert memory.past("den", "Anna").rest_left_s == 0

    def test_a_rest_does_not_drain_by_a_clock_that_nobody_vouches_for(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            memory.rest("Anna", DAY_S)
        computer.off(5 * DAY_S)
        computer.vouched = False
        with history(path, computer) as memory:
            assert memory.past("den", "Anna").rest_left_s == DAY_S

    def test_what_was_rested_without_such_a_clock_is_kept(
        self, path: Path, computer: Computer
    ) -> None:
        computer.vouched = False
        with history(path, computer) as memory:
            memory.rest("Anna", DAY_S)
            computer.spend(1000)
            memory.carry_rest("Anna")
            memory.carry_rest("Ben")
            assert memory.rests("Anna") == 1, "that is no other rest"
        computer.off(10)
        with history(path, computer) as memory:
            assert memory.past("den", "Anna").rest_left_s == DAY_S - 1000
            computer.spend(50)
            memory.carry_rest("Anna")  # of another boot: nobody knows how long it was off
            assert memory.rest_left("Anna") == DAY_S - 1000
            memory.rest("Anna", 0.0)
            memory.carry_rest("Anna")
            assert memory.rest_left("Anna") == 0

    def test_reports_of_the_last_30_days_are_counted(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            assert memory.report_pain("Anna", "knee", 3) == 1
            assert memory.report_pain("Anna", "knee", 3) == 2
            assert memory.report_pain("Anna", "knee", 0) == 2  # it is over: that is no pain
            assert memory.report_pain("Ben", "back", 3) == 1
        computer.spend(29 * DAY_S)
        with history(path, computer) as memory:
            assert memory.report_pain("Anna", "ankle", 3) == 3
        computer.spend(2 * DAY_S)
        with history(path, computer) as memory:
            assert memory.report_pain("Anna", "ankle", 3) == 2


class TestShoes:
    def test_marks_are_told_once_each(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            assert memory.walk("Ghost", 300_000.0, 150_000.0) is None
            assert memory.walk("Ghost", 50_000.0, 150_000.0) == 500
            assert memory.walk("Ghost", 10.0, 150_000.0) is None
        with history(path, computer) as memory:
            assert memory.walk("Ghost", 10.0, 150_000.0) is None
            assert memory.walk("Ghost", 300_000.0, 150_000.0) == 800
            assert memory.walk("Ghost", 300_000.0, 150_000.0) is None
            assert memory.gone("Ghost") == 950_020

    def test_a_pair_that_is_old_to_begin_with_is_told_of_once(self, computer: Computer) -> None:
        memory = History(computer.keeper, blank=True)
        assert memory.walk("Old", 1.0, 900_000.0) == 800
        assert memory.walk("Old", 1.0, 900_000.0) is None

    def test_no_way_leads_back(self, computer: Computer) -> None:
        memory = History(computer.keeper, blank=True)
        memory.walk("Ghost", 10.0, 0.0)
        memory.walk("Ghost", -5.0, 0.0)
        assert memory.gone("Ghost") == 10


class TestOutOfReachAtTheStart:
    def test_what_is_found_later_is_made_up_for(
        self, path: Path, computer: Computer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "AGAIN_S", 0.01)
        with history(path, computer) as memory:
            memory.walk("Ghost", 600_000, 0)
            memory.rest("Anna", DAY_S)
            memory.set_runner("den", "Ben")
        away = path.rename(path.with_name("away"))
        path.symlink_to(path.parent)  # no file that anybody could read
        file = HistoryFile(path)
        memory = History(computer.keeper, file)
        try:
            assert memory.trouble
            assert memory.walk("Ghost", 1000, 0) is None
            memory.set_runner("den", "Anna")
            rests = memory.rests("Anna")
            away.replace(path)
            until(lambda: not memory.trouble)
            memory.catch_up()
            assert memory.gone("Ghost") == 601_000
            assert memory.walk("Ghost", 1000, 0) is None  # 500 km were told before
            assert memory.rest_left("Anna") == DAY_S
            assert memory.rests("Anna") != rests
            assert memory.runner("den") == "Anna"
        finally:
            memory.close()
        with history(path, computer) as memory:
            assert memory.gone("Ghost") == 602_000
            assert memory.rest_left("Anna") == DAY_S


def test_who_is_on_and_in_what_is_remembered(path: Path, computer: Computer) -> None:
    with history(path, computer) as memory:
        assert memory.runner("den") is None
        assert memory.shoes("Anna") is None
        memory.set_runner("den", "Anna")
        memory.set_shoes("Anna", "Ghost")
    with history(path, computer) as memory:
        assert memory.runner("den") == "Anna"
        assert memory.shoes("Anna") == "Ghost"
        assert memory.runner("loft") is None


class TestPlans:
    def test_whoever_is_new_begins_where_the_configuration_says(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            assert memory.progress_in("Anna", "gradual", 3) == Progress(phase=3)

    def test_progress_is_remembered_with_the_time_since(
        self, path: Path, computer: Computer
    ) -> None:
        load = Load(0.0, 100.0, 50.0, counts=True)
        with history(path, computer) as memory:
            memory.keep_progress("Anna", "gradual", Progress(phase=2, load=load))
        computer.spend(60)
        with history(path, computer) as memory:
            kept = memory.progress_in("Anna", "gradual", 0)
            assert kept == Progress(phase=2, load=replace(load, ago_s=60.0))
            assert memory.progress_in("Ben", "gradual", 0) == Progress()
            assert memory.progress_in("Anna", "couch-to-5k", 0) == Progress()

    def test_progress_that_cannot_be_read_begins_again_with_a_rest(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            memory.keep_progress("Anna", "gradual", Progress(phase=2))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute('UPDATE plan SET progress = \'{"phase": "high"}\'')
            connection.commit()
        with history(path, computer) as memory:
            assert memory.progress_in("Anna", "gradual", 1) == begin(0, lost=True)
            computer.spend(60)
            assert memory.progress_in("Anna", "gradual", 1).rest_left_s > 0

    def test_while_the_file_is_out_of_reach_it_is_the_first_phase(
        self, tmp_path: Path, computer: Computer
    ) -> None:
        (tmp_path / "state").write_text("no directory")
        with history(tmp_path / "state" / NAME, computer) as memory:
            assert memory.progress_in("Anna", "gradual", 3) == Progress()

    def test_only_what_waits_is_carried_on(self, path: Path, computer: Computer) -> None:
        load = Load(0.0, 100.0, 50.0, counts=True)
        with history(path, computer) as memory:
            memory.carry_progress("Anna", "gradual")
            memory.keep_progress("Anna", "gradual", Progress(load=load))
            computer.spend(60)
            memory.carry_progress("Anna", "gradual")
            computer.vouched = False
        computer.off(500)
        with history(path, computer) as memory:
            assert memory.progress_in("Anna", "gradual", 0).load == replace(load, ago_s=60.0)
