"""The history of a household across processes and boots: exposure, sessions, installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.guard import SteepTier
from bridge.guard.person.past import Past
from bridge.guard.person.session import Session, WarmUp
from bridge.guard.rules.steep import KEPT_S, Steep
from bridge.history.history import History
from bridge.history.session_log import SessionLog
from bridge.history.store import file as module
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.lock import NAME as LOCK
from bridge.history.store.lock import marked
from bridge.history.store.rows import Exposure
from bridge.values import Belt, Measurement, Sample
from bridge.values.effort import Effort
from tests.history.computer import DAY_S, START, Computer, history
from tests.history.store.test_file import until

TIER = SteepTier(100, 600.0, 1800.0, 50)


CLIMBED = Past((Steep(TIER, ((300.0, 0.0),), 0.0, was_steep=True),))


RESTED = Past((Steep(TIER, ((300.0, 0.0),), 0.0, was_steep=False),))


def used(past: Past) -> float:
    """Return steep seconds, including unobserved ones after a steep moment."""
    (tier,) = past.steep
    unseen = tier.seen if tier.was_steep and tier.seen else 0.0
    return unseen + sum(began - ended for began, ended in tier.spans)


class TestExposure:
    def test_time_between_the_last_save_and_a_restart_is_added(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            memory.keep("den", "Anna", CLIMBED, None)
        computer.spend(7)
        with history(path, computer) as memory:
            assert used(memory.past("den", "Anna")) == 307

    def test_steep_window_drains_while_the_computer_is_off(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            memory.keep("den", "Anna", RESTED, None)
        computer.off(1000)
        with history(path, computer) as memory:
            assert memory.past("den", "Anna").steep[0].spans == ((1300.0, 1000.0),)

    def test_steep_window_does_not_drain_over_a_boot_without_synchronised_clock(
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
    def test_wall_clock_jump_within_a_boot_changes_no_elapsed_time(self, jump: timedelta) -> None:
        computer = Computer()
        memory = History(computer.keeper, blank=True)
        memory.keep("den", "Anna", CLIMBED, None)
        memory.rest("Anna", 1000.0)
        computer.spend(50)
        computer.wall += jump
        past = memory.past("den", "Anna")
        assert used(past) == 350
        assert past.rest_left_s == 950

    def test_exposure_in_an_unknown_format_counts_as_an_unknown_past(
        self, path: Path, computer: Computer
    ) -> None:
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


class TestUnknownPast:
    def test_new_file_assumes_that_the_steep_budget_is_spent(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            assert memory.past("den", "Anna") == Past()

    def test_steep_budget_is_unused_after_a_day_of_recording(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            computer.spend(DAY_S - 1)
            assert not is_free(memory)
            computer.spend(2)
            assert is_free(memory)

    def test_broken_history_restarts_the_day_of_recording(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            computer.spend(3 * DAY_S)
            assert memory.lost is None
        path.write_bytes(b"garbage" * 1000)
        with history(path, computer) as memory:
            assert "is broken" in (memory.lost or "")
            assert memory.past("den", "Anna") == Past()

    def test_history_without_a_file_begins_with_an_unused_budget(self, computer: Computer) -> None:
        assert is_free(History.blank(computer))
        assert History.blank(computer).trouble is None


class TestNewInstallation:
    """The state directory holds nothing of a bridge: neither a history nor a lock."""

    @contextmanager
    def run(self, path: Path, computer: Computer) -> Iterator[History]:
        with marked(path.parent) as new:
            file = HistoryFile(path)
            memory = History(computer.keeper, file, blank=bool(new) and file.is_new)
            try:
                yield memory
            finally:
                memory.close()

    def test_new_installation_has_an_unused_budget_until_the_first_run(
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
    def test_lost_history_is_not_a_new_installation(
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

    def test_baseline_is_the_most_of_each_measure_over_all_sessions(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            self.finish(memory, computer, Effort(1800.0, 4000.0, 20.0))
            computer.spend(DAY_S)
            self.finish(memory, computer, Effort(1200.0, 5000.0, 0.0))
        with history(path, computer) as memory:
            baseline = memory.past("den", "Anna").baseline
            assert baseline is not None
            assert baseline.most == Effort(1800.0, 5000.0, 20.0)
            assert memory.past("den", "Ben").baseline is None

    def test_session_without_an_effort_gives_no_baseline(self, computer: Computer) -> None:
        memory = History(computer.keeper, blank=True)
        memory.finish("den", "Anna", None, SessionLog(START).close(START), None)
        assert memory.past("den", "Anna").baseline is None

    def test_session_in_progress_continues_after_a_restart(
        self, path: Path, computer: Computer
    ) -> None:
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


class TestUnreachableAtTheStart:
    def test_changes_before_the_history_is_reachable_are_merged_into_it(
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
            assert memory.walk("Ghost", 1000, 0) is None  # 500 km were reported before
            assert memory.rest_left("Anna") == DAY_S
            assert memory.rests("Anna") != rests
            assert memory.runner("den") == "Anna"
        finally:
            memory.close()
        with history(path, computer) as memory:
            assert memory.gone("Ghost") == 602_000
            assert memory.rest_left("Anna") == DAY_S


def test_runner_and_shoes_are_kept_across_processes(path: Path, computer: Computer) -> None:
    with history(path, computer) as memory:
        assert memory.runner("den") is None
        assert memory.shoes("Anna") is None
        memory.set_runner("den", "Anna")
        memory.set_shoes("Anna", "Ghost")
    with history(path, computer) as memory:
        assert memory.runner("den") == "Anna"
        assert memory.shoes("Anna") == "Ghost"
        assert memory.runner("loft") is None
