"""How long ago something was, told by another process, after whatever the clocks did meanwhile."""

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
    def test_only_the_computer_s_own_clock_counts(
        self, jump: float, before: bool, after: bool
    ) -> None:
        then = replace(THEN, synchronised=before)
        now = replace(THEN, ticks=130.0, wall=THEN.wall + jump, synchronised=after)
        assert elapsed(then, now) == 30

    def test_it_never_runs_backwards(self) -> None:
        assert elapsed(THEN, replace(THEN, ticks=90.0)) == 0


class TestAcrossBoots:
    def test_the_wall_clock_counts_where_both_ends_are_synchronised(self) -> None:
        assert elapsed(THEN, Moment("tuesday", 5.0, THEN.wall + 3600, synchronised=True)) == 3600

    @pytest.mark.parametrize(("before", "after"), [(True, False), (False, True), (False, False)])
    def test_else_nobody_can_tell(self, before: bool, after: bool) -> None:
        now = Moment("tuesday", 5.0, THEN.wall + 3600, synchronised=after)
        assert elapsed(replace(THEN, synchronised=before), now) is None

    def test_a_clock_set_back_gives_no_time(self) -> None:
        assert elapsed(THEN, Moment("tuesday", 5.0, THEN.wall - 3600, synchronised=True)) == 0

    def test_two_boots_without_a_name_are_not_the_same(self) -> None:
        nameless = replace(THEN, boot="", synchronised=False)
        assert elapsed(nameless, replace(nameless, ticks=130.0)) is None


class TestThisComputer:
    def test_it_names_its_boot_and_counts_on(self) -> None:
        keeper = Timekeeper.of_this_computer(SystemClock())
        first, second = keeper.now(), keeper.now()
        assert first.boot == read_boot_id()
        assert second.ticks >= first.ticks
        assert abs(first.wall - SystemClock().utc().timestamp()) < 60

    def test_a_boot_without_a_name_has_an_empty_one(self, tmp_path: Path) -> None:
        assert read_boot_id(tmp_path / "none") == ""

    @pytest.mark.parametrize(("answer", "synchronised"), [(0, True), (1, True), (5, False)])
    def test_the_kernel_says_whether_its_clock_is_set(
        self, answer: int, synchronised: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_adjtimex", lambda: lambda _: answer)
        assert is_synchronised() is synchronised

    @pytest.mark.parametrize("there", [True, False])
    def test_where_nobody_may_ask_it_timesyncd_says_so(
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
