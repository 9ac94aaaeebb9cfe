"""Time between two moments of different processes, after changes of the clocks."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.clock import SystemClock
from bridge.history.store import moment as module
from bridge.history.store.moment import Moment, Timekeeper, elapsed, is_synchronised, read_boot_id

THEN = Moment("monday", ticks=100.0, wall=5000.0, synchronised=True)
HOURS = st.floats(-1e6, 1e6)


class TestWithinOneBoot:
    @given(jump=HOURS, before=st.booleans(), after=st.booleans())
    def test_elapsed_time_within_one_boot_comes_from_the_monotonic_clock(
        self, jump: float, before: bool, after: bool
    ) -> None:
        then = replace(THEN, synchronised=before)
        now = replace(THEN, ticks=130.0, wall=THEN.wall + jump, synchronised=after)
        assert elapsed(then, now) == 30

    def test_time_within_one_boot_is_never_negative(self) -> None:
        assert elapsed(THEN, replace(THEN, ticks=90.0)) == 0


class TestAcrossBoots:
    def test_time_across_boots_is_that_of_two_synchronised_wall_clocks(self) -> None:
        assert elapsed(THEN, Moment("tuesday", 5.0, THEN.wall + 3600, synchronised=True)) == 3600

    @pytest.mark.parametrize(("before", "after"), [(True, False), (False, True), (False, False)])
    def test_time_across_boots_is_unknown_unless_both_clocks_are_synchronised(
        self, before: bool, after: bool
    ) -> None:
        now = Moment("tuesday", 5.0, THEN.wall + 3600, synchronised=after)
        assert elapsed(replace(THEN, synchronised=before), now) is None

    def test_wall_clock_set_back_across_boots_counts_as_no_time(self) -> None:
        assert elapsed(THEN, Moment("tuesday", 5.0, THEN.wall - 3600, synchronised=True)) == 0

    def test_boots_without_an_id_count_as_different(self) -> None:
        nameless = replace(THEN, boot="", synchronised=False)
        assert elapsed(nameless, replace(nameless, ticks=130.0)) is None


class TestThisComputer:
    def test_stored_moments_have_the_boot_id_and_increasing_ticks(self) -> None:
        keeper = Timekeeper.of_this_computer(SystemClock())
        first, second = keeper.now(), keeper.now()
        assert first.boot == read_boot_id()
        assert second.ticks >= first.ticks
        assert abs(first.wall - SystemClock().utc().timestamp()) < 60

    def test_missing_boot_id_reads_as_an_empty_text(self, tmp_path: Path) -> None:
        assert read_boot_id(tmp_path / "none") == ""

    @pytest.mark.parametrize(("answer", "synchronised"), [(0, True), (1, True), (5, False)])
    def test_clock_is_synchronised_if_the_kernel_reports_it(
        self, answer: int, synchronised: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_adjtimex", lambda: lambda _: answer)
        assert is_synchronised() is synchronised

    @pytest.mark.parametrize("there", [True, False])
    def test_clock_state_comes_from_timesyncd_without_adjtimex(
        self, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mark = tmp_path / "synchronized"
        if there:
            mark.touch()
        monkeypatch.setattr(module, "TIMESYNCD", mark)
        monkeypatch.setattr(module, "_adjtimex", lambda: None)
        assert is_synchronised() is there
        monkeypatch.setattr(module, "_adjtimex", lambda: lambda _: -1)
        assert is_synchronised() is there
