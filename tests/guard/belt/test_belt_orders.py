"""What was ordered of the belt, and what may be ordered now. Times in seconds."""

import pytest

from bridge.guard import Policy
from bridge.guard.belt.halting import Halting
from bridge.guard.belt.orders import BeltOrders
from bridge.guard.decision import Target
from bridge.guard.journal import Journal
from bridge.values import INCLINE, SPEED, Belt, Command, Halt, Snapshot, Verb
from bridge.values.grid import Grid
from protocols.ranges import SpeedRange

AT = 1000.0
LEAVE = Policy(allow_remote_start=True)


def orders() -> tuple[BeltOrders, Journal]:
    """Nothing was ordered yet."""
    journal = Journal()
    return BeltOrders(journal), journal


def halt_due(ordered: BeltOrders, now: float, belt: Belt, speed: int | None) -> Halt | None:
    """The halt that is written now; what the belt does shows within a second."""
    return ordered.halt_due(now, belt, speed, lag_s=1.0, still=False)


def halting(ordered: BeltOrders) -> Halting:
    """The halt under way."""
    assert ordered.halting is not None
    return ordered.halting


def refused(
    ordered: BeltOrders,
    *,
    verb: Verb = Verb.START,
    belt: Belt = Belt.IDLE,
    policy: Policy = LEAVE,
    fresh: bool = True,
    late: bool = False,
    now: float = AT,
) -> str | None:
    """Why a start would be refused."""
    command = Command(id="c", verb=verb, source="test", received=now, late=late)
    snapshot = Snapshot(connected=True, belt=belt)
    return ordered.refuse_start(command, policy, snapshot, now, fresh=fresh)


class TestRefused:
    def test_standing_belt_may_be_started(self) -> None:
        ordered, _ = orders()
        assert refused(ordered) is None
        assert refused(ordered, belt=Belt.PAUSED) is None
        assert refused(ordered, verb=Verb.RESUME, belt=Belt.PAUSED) is None

    def test_refused_start_names_its_reason(self) -> None:
        ordered, _ = orders()
        assert refused(ordered, policy=Policy()) == "remote_start"
        assert refused(ordered, late=True) == "late"
        assert refused(ordered, belt=Belt.STOPPING) == "belt_moves"
        assert refused(ordered, verb=Verb.RESUME) == "not_paused"
        assert refused(ordered, fresh=False) == "stale_at_rest"

    def test_start_without_the_safety_key_is_refused(self) -> None:
        ordered, _ = orders()
        ordered.pull_key()
        assert refused(ordered) == "safety_key"

    def test_start_before_a_stop_is_over_is_refused(self) -> None:
        ordered, _ = orders()
        ordered.halt(Halt.STOP, AT, 0)
        assert refused(ordered) == "halting"
        halt_due(ordered, AT, Belt.IDLE, 0)
        assert refused(ordered) == "halting"
        ordered.stood(AT, Belt.IDLE)
        assert refused(ordered) is None

    @pytest.mark.parametrize(("after", "reason"), [(15.0, "starting"), (15.25, None)])
    def test_start_while_another_may_still_take_effect_is_refused(
        self, after: float, reason: str | None
    ) -> None:
        """A second one would stop a machine that toggles."""
        ordered, _ = orders()
        ordered.start(AT)
        assert refused(ordered, now=AT + after) == reason


class TestStart:
    def test_no_start_is_due_before_a_request(self) -> None:
        ordered, _ = orders()
        assert not ordered.awaits_start(AT)
        assert not ordered.start_due(Belt.IDLE)

    def test_start_is_written_once(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        assert ordered.start_due(Belt.IDLE)
        assert not ordered.start_due(Belt.IDLE)
        assert ordered.awaits_start(AT + 15)

    def test_start_that_met_a_moving_belt_is_not_written_later(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        assert not ordered.start_due(Belt.RUNNING)
        assert not ordered.start_due(Belt.IDLE)

    def test_moving_belt_ends_the_wait_for_a_start(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.started()
        assert not ordered.awaits_start(AT)

    def test_stop_replaces_an_unwritten_start(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.halt(Halt.STOP, AT, 0)
        assert not ordered.start_due(Belt.IDLE)
        assert not ordered.awaits_start(AT)
        assert halt_due(ordered, AT, Belt.IDLE, 0) is Halt.STOP

    def test_written_start_is_awaited_in_spite_of_a_stop(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        assert ordered.start_due(Belt.IDLE)
        ordered.halt(Halt.STOP, AT + 1, 0)
        assert ordered.awaits_start(AT + 1)


class TestKey:
    def test_safety_key_counts_as_inserted_until_it_is_pulled(self) -> None:
        ordered, _ = orders()
        assert not ordered.key_pulled

    def test_pulled_safety_key_withdraws_a_start(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.pull_key()
        assert not ordered.start_due(Belt.IDLE)
        assert not ordered.awaits_start(AT)

    @pytest.mark.parametrize(("after", "pulled"), [(15.0, True), (15.25, False)])
    def test_only_a_foreign_start_shows_that_the_safety_key_is_back(
        self, after: float, pulled: bool
    ) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.pull_key()
        assert not ordered.start_seen(AT + after, lag_s=1.0)
        assert ordered.key_pulled is pulled


class TestHalt:
    def test_no_write_is_due_without_a_halt(self) -> None:
        ordered, _ = orders()
        assert halt_due(ordered, AT, Belt.RUNNING, 800) is None
        assert not ordered.stood(AT, Belt.IDLE)
        ordered.stop_seen()
        assert ordered.halting is None

    def test_second_halt_replaces_the_first_and_is_written_at_once(self) -> None:
        ordered, _ = orders()
        ordered.halt(Halt.PAUSE, AT, 800)
        assert halt_due(ordered, AT, Belt.RUNNING, 800) is Halt.PAUSE
        ordered.halt(Halt.STOP, AT, 800)
        assert halt_due(ordered, AT, Belt.RUNNING, 800) is Halt.STOP
        assert halt_due(ordered, AT, Belt.RUNNING, 800) is None

    def test_ignored_halt_is_a_fault_and_reported_once(self) -> None:
        ordered, journal = orders()
        ordered.halt(Halt.STOP, AT, 800)
        for second in range(10):
            halt_due(ordered, AT + second, Belt.RUNNING, 800)
        assert journal.faults == {"stop_ignored"}
        assert [event.type for event in journal.events] == ["stop_ignored"]

    @pytest.mark.parametrize("kind", Halt)
    def test_standing_belt_ends_the_halt_and_its_fault(self, kind: Halt) -> None:
        ordered, journal = orders()
        ordered.halt(kind, AT, 800)
        assert not ordered.stood(AT, Belt.IDLE)  # it has yet to be written
        for second in range(10):
            halt_due(ordered, AT + second, Belt.RUNNING, 800)
        assert ordered.stood(AT + 10, Belt.IDLE) is (kind is Halt.STOP)
        assert ordered.halting is None
        assert not journal.faults

    def test_standing_belt_that_may_yet_start_does_not_end_the_halt(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.start_due(Belt.IDLE)
        ordered.halt(Halt.STOP, AT + 1, 0)
        halt_due(ordered, AT + 1, Belt.IDLE, 0)
        assert not ordered.stood(AT + 15, Belt.IDLE)
        assert ordered.stood(AT + 15.25, Belt.IDLE)

    def test_start_that_the_machine_withdrew_is_no_longer_awaited(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.start_due(Belt.IDLE)
        ordered.halt(Halt.STOP, AT + 1, 0)
        halt_due(ordered, AT + 1, Belt.IDLE, 0)
        ordered.stop_seen()
        assert ordered.stood(AT + 2, Belt.IDLE)
        assert not ordered.awaits_start(AT + 2)

    def test_pulled_safety_key_completes_a_halt(self) -> None:
        ordered, _ = orders()
        ordered.halt(Halt.STOP, AT, 0)
        halt_due(ordered, AT, Belt.STARTING, 0)
        ordered.pull_key()
        assert ordered.stood(AT, Belt.IDLE)

    def test_lost_link_clears_the_halt_but_not_the_pulled_key(self) -> None:
        ordered, journal = orders()
        ordered.pull_key()
        ordered.halt(Halt.STOP, AT, 800)
        for second in range(10):
            halt_due(ordered, AT + second, Belt.RUNNING, 800)
        ordered.control_refused()
        ordered.forget()
        assert ordered.halting is None
        assert not journal.faults
        assert ordered.key_pulled
        assert not ordered.others_in_control(AT + 9)

    def test_lost_link_clears_a_start(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.forget()
        assert not ordered.awaits_start(AT)
        assert not ordered.start_due(Belt.IDLE)


class TestStartedDuringAHalt:
    @pytest.mark.parametrize("kind", Halt)
    def test_a_person_s_start_after_a_reported_stop_ends_the_halt(self, kind: Halt) -> None:
        ordered, _ = orders()
        ordered.halt(kind, AT, 800)
        halt_due(ordered, AT, Belt.RUNNING, 800)
        ordered.stop_seen()
        assert ordered.start_seen(AT + 4, lag_s=1.0) is (kind is Halt.STOP)
        assert ordered.halting is None

    def test_start_that_may_be_our_own_does_not_end_the_halt(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.start_due(Belt.IDLE)
        ordered.halt(Halt.STOP, AT + 1, 0)
        halt_due(ordered, AT + 1, Belt.STARTING, 0)
        ordered.stop_seen()
        assert not ordered.start_seen(AT + 5, lag_s=1.0)
        assert halting(ordered).kind is Halt.STOP

    def test_start_after_a_repeated_halt_reveals_a_toggle_and_delays_the_next_halt(self) -> None:
        ordered, _ = orders()
        ordered.halt(Halt.STOP, AT, 800)
        halt_due(ordered, AT, Belt.RUNNING, 800)
        assert halt_due(ordered, AT + 1, Belt.RUNNING, 800)
        ordered.start_seen(AT + 1.5, lag_s=1.0)
        assert not halt_due(ordered, AT + 4, Belt.RUNNING, 800)
        assert halt_due(ordered, AT + 4.25, Belt.RUNNING, 800)

    @pytest.mark.parametrize("again", [False, True])
    def test_late_start_or_start_after_the_first_halt_reveals_no_toggle(self, again: bool) -> None:
        ordered, _ = orders()
        ordered.halt(Halt.STOP, AT, 800)
        halt_due(ordered, AT, Belt.RUNNING, 800)
        if again:
            halt_due(ordered, AT + 1, Belt.RUNNING, 800)
        ordered.start_seen(AT + (4.25 if again else 0.5), lag_s=1.0)
        assert halt_due(ordered, AT + 4.5, Belt.RUNNING, 800)
        assert halt_due(ordered, AT + 5.5, Belt.RUNNING, 800)


class TestTargetsBetweenHalts:
    GRID = Grid(SpeedRange(80, 1600, 10), told=True, settable=True)

    def ignored(self, seconds: float = 6.0) -> BeltOrders:
        """A belt at 8 km/h that was told to stop and does not."""
        ordered, _ = orders()
        ordered.halt(Halt.STOP, AT, 800)
        now = AT
        while now <= AT + seconds:
            halt_due(ordered, now, Belt.RUNNING, 800)
            now += 0.5
        return ordered

    def test_no_targets_are_written_without_a_halt(self) -> None:
        ordered, _ = orders()
        assert ordered.targets(AT, Belt.RUNNING, self.GRID) == ()
        assert ordered.setpoint == {SPEED: None, INCLINE: None}

    def test_no_targets_are_written_before_the_halt_is_ignored(self) -> None:
        ordered = self.ignored(5.0)
        assert ordered.targets(AT + 5.5, Belt.RUNNING, self.GRID) == ()

    def test_lowest_speed_follows_each_halt_that_is_ignored(self) -> None:
        ordered = self.ignored()
        lowest = Target(SPEED, 80, reduction=True)
        assert ordered.targets(AT + 6.5, Belt.RUNNING, self.GRID) == (lowest,)
        assert ordered.targets(AT + 6.75, Belt.RUNNING, self.GRID) == ()
        assert ordered.setpoint == {SPEED: 80, INCLINE: None}
        halt_due(ordered, AT + 7, Belt.RUNNING, 800)
        assert ordered.targets(AT + 7.25, Belt.RUNNING, self.GRID) == ()
        assert ordered.targets(AT + 7.5, Belt.RUNNING, self.GRID) == (lowest,)

    def test_speed_that_cannot_be_set_is_not_written_between_halts(self) -> None:
        fixed = Grid(self.GRID.range, told=True, settable=False)
        assert self.ignored().targets(AT + 6.5, Belt.RUNNING, fixed) == ()

    @pytest.mark.parametrize("belt", [Belt.IDLE, Belt.PAUSED, Belt.STARTING])
    def test_belt_at_rest_gets_no_targets_between_halts(self, belt: Belt) -> None:
        assert self.ignored().targets(AT + 6.5, belt, self.GRID) == ()

    def test_request_to_lower_is_written_at_once_and_again_between_the_halts(self) -> None:
        ordered = self.ignored(0.5)
        assert ordered.lower(INCLINE, 20, 50, Belt.RUNNING) == 20
        assert ordered.lower(SPEED, 400, 800, Belt.RUNNING) == 400
        told = ordered.targets(AT + 0.5, Belt.RUNNING, self.GRID)
        assert [(t.axis, t.value, t.asked) for t in told] == [
            (SPEED, 400, True),
            (INCLINE, 20, True),
        ]
        halt_due(ordered, AT + 1, Belt.RUNNING, 800)
        told = ordered.targets(AT + 1.5, Belt.RUNNING, self.GRID)
        assert [(t.axis, t.value, t.asked) for t in told] == [
            (SPEED, 400, False),
            (INCLINE, 20, False),
        ]

    def test_request_that_was_undercut_already_raises_nothing(self) -> None:
        ordered = self.ignored()
        ordered.targets(AT + 6.5, Belt.RUNNING, self.GRID)
        assert ordered.lower(SPEED, 400, 800, Belt.RUNNING) == 80
        (told,) = ordered.targets(AT + 6.75, Belt.RUNNING, self.GRID)
        assert (told.value, told.asked) == (80, True)

    @pytest.mark.parametrize(
        ("value", "measured", "belt"),
        [
            (800, 800, Belt.RUNNING),
            (400, None, Belt.RUNNING),
            (400, 800, Belt.PAUSED),
            (400, 800, Belt.STARTING),
        ],
    )
    def test_request_that_lowers_no_moving_belt_is_refused(
        self, value: int, measured: int | None, belt: Belt
    ) -> None:
        assert self.ignored(0.5).lower(SPEED, value, measured, belt) is None

    def test_targets_between_halts_end_with_the_halt(self) -> None:
        ordered = self.ignored()
        ordered.targets(AT + 6.5, Belt.RUNNING, self.GRID)
        ordered.stood(AT + 7, Belt.IDLE)
        assert ordered.setpoint[SPEED] is None


class TestControl:
    def test_no_other_app_is_in_control_at_first(self) -> None:
        ordered, _ = orders()
        ordered.control_given(AT)
        assert not ordered.others_in_control(AT)

    def test_another_app_is_in_control_while_control_is_lost(self) -> None:
        ordered, _ = orders()
        ordered.control_refused()
        assert ordered.others_in_control(AT + 3600)

    @pytest.mark.parametrize(("after", "others"), [(30.0, True), (30.25, False)])
    def test_another_app_counts_as_in_control_for_30_s_after_control_returned(
        self, after: float, others: bool
    ) -> None:
        ordered, _ = orders()
        ordered.control_refused()
        ordered.control_given(AT)
        ordered.control_given(AT + 10)
        assert ordered.others_in_control(AT + after) is others

    def test_request_of_a_person_takes_control_back(self) -> None:
        ordered, _ = orders()
        ordered.control_refused()
        ordered.control_wanted()
        assert not ordered.others_in_control(AT)
        ordered.control_refused()
        assert ordered.others_in_control(AT)
