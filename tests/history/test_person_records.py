"""Pain, shoes and plans of each person, kept in the history."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bridge.history.history import History
from bridge.history.store.file import NAME
from bridge.plans.progress import Load, Progress, begin
from tests.history.computer import DAY_S, Computer, history


class TestPain:
    def test_rest_after_pain_drains_and_can_be_ended(self, path: Path, computer: Computer) -> None:
        with history(path, computer) as memory:
            memory.rest("Anna", 2 * DAY_S)
        computer.off(DAY_S)
        with history(path, computer) as memory:
            assert memory.past("den", "Anna").rest_left_s == DAY_S
            assert memory.past("den", "Ben").rest_left_s == 0
            memory.rest("Anna", 0.0)
            assert memory.past("den", "Anna").rest_left_s == 0

    def test_rest_does_not_drain_across_boots_without_a_synchronised_clock(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            memory.rest("Anna", DAY_S)
        computer.off(5 * DAY_S)
        computer.vouched = False
        with history(path, computer) as memory:
            assert memory.past("den", "Anna").rest_left_s == DAY_S

    def test_rest_that_drained_within_a_boot_is_kept_without_a_synchronised_clock(
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
            memory.carry_rest("Anna")  # of another boot, off for an unknown time
            assert memory.rest_left("Anna") == DAY_S - 1000
            memory.rest("Anna", 0.0)
            memory.carry_rest("Anna")
            assert memory.rest_left("Anna") == 0

    def test_pain_reports_of_the_last_30_days_are_counted(
        self, path: Path, computer: Computer
    ) -> None:
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
    def test_each_distance_mark_of_a_pair_of_shoes_is_reported_once(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            assert memory.walk("Ghost", 300_000.0, 150_000.0) is None
            assert memory.walk("Ghost", 50_000.0, 150_000.0) == 500
            assert memory.walk("Ghost", 10.0, 150_000.0) is None
        with history(path, computer) as memory:
            assert memory.walk("Ghost", 10.0, 150_000.0) is None
            assert memory.walk("Ghost", 300_000.0, 150_000.0) == 800
            assert memory.walk("Ghost", 300_000.0, 150_000.0) is None
            assert memory.gone("Ghost") == 950_020

    def test_shoes_configured_above_the_mark_are_reported_once(self, computer: Computer) -> None:
        memory = History(computer.keeper, blank=True)
        assert memory.walk("Old", 1.0, 900_000.0) == 800
        assert memory.walk("Old", 1.0, 900_000.0) is None

    def test_distance_of_a_pair_of_shoes_never_falls(self, computer: Computer) -> None:
        memory = History(computer.keeper, blank=True)
        memory.walk("Ghost", 10.0, 0.0)
        memory.walk("Ghost", -5.0, 0.0)
        assert memory.gone("Ghost") == 10


class TestPlans:
    def test_new_runner_begins_at_the_configured_phase(
        self, path: Path, computer: Computer
    ) -> None:
        with history(path, computer) as memory:
            assert memory.progress_in("Anna", "gradual", 3) == Progress(phase=3)

    def test_progress_in_a_plan_is_kept_with_its_age(self, path: Path, computer: Computer) -> None:
        load = Load(0.0, 100.0, 50.0, counts=True)
        with history(path, computer) as memory:
            memory.keep_progress("Anna", "gradual", Progress(phase=2, load=load))
        computer.spend(60)
        with history(path, computer) as memory:
            kept = memory.progress_in("Anna", "gradual", 0)
            assert kept == Progress(phase=2, load=replace(load, ago_s=60.0))
            assert memory.progress_in("Ben", "gradual", 0) == Progress()
            assert memory.progress_in("Anna", "couch-to-5k", 0) == Progress()

    def test_unreadable_plan_progress_restarts_with_a_rest(
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

    def test_plan_is_in_its_first_phase_while_the_file_is_unreachable(
        self, tmp_path: Path, computer: Computer
    ) -> None:
        (tmp_path / "state").write_text("no directory")
        with history(tmp_path / "state" / NAME, computer) as memory:
            assert memory.progress_in("Anna", "gradual", 3) == Progress()

    def test_only_unsaved_progress_is_carried_into_a_file_found_later(
        self, path: Path, computer: Computer
    ) -> None:
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
