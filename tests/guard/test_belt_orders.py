"""What was ordered of the belt, and what may be ordered now. Times in seconds."""

import pytest

from bridge.guard import Policy
from bridge.guard.journal import Journal
from bridge.guard.orders import BeltOrders
from bridge.values import Belt, Command, Halt, Snapshot, Verb

AT = 1000.0
LEAVE = Policy(allow_remote_start=True)


def orders() -> tuple[BeltOrders, Journal]:
    """Nothing was ordered yet."""
    journal = Journal()
    return BeltOrders(journal), journal


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
    def test_a_belt_that_stands_may_be_started(self) -> None:
        ordered, _ = orders()
        assert refused(ordered) is None
        assert refused(ordered, belt=Belt.PAUSED) is None
        assert refused(ordered, verb=Verb.RESUME, belt=Belt.PAUSED) is None

    def test_why_not(self) -> None:
        ordered, _ = orders()
        assert refused(ordered, policy=Policy()) == "remote_start"
        assert refused(ordered, late=True) == "late"
        assert refused(ordered, belt=Belt.STOPPING) == "belt_moves"
        assert refused(ordered, verb=Verb.RESUME) == "not_paused"
        assert refused(ordered, fresh=False) == "stale_at_rest"

    def test_not_without_the_safety_key(self) -> None:
        ordered, _ = orders()
        ordered.pull_key()
        assert refused(ordered) == "safety_key"

    def test_not_before_a_stop_is_written(self) -> None:
        ordered, _ = orders()
        ordered.halt(Halt.STOP, AT, 0)
        assert refused(ordered) == "halting"
        ordered.halt_due(AT, Belt.IDLE, 0)
        assert refused(ordered) is None

    @pytest.mark.parametrize(("after", "reason"), [(15.0, "starting"), (15.25, None)])
    def test_not_while_another_start_may_still_show(self, after: float, reason: str | None) -> None:
        """A second one would stop a machine that toggles."""
        ordered, _ = orders()
        ordered.start(AT)
        assert refused(ordered, now=AT + after) == reason


class TestStart:
    def test_nobody_asked_for_one_yet(self) -> None:
        ordered, _ = orders()
        assert not ordered.awaits_start(AT)
        assert not ordered.start_due(Belt.IDLE)

    def test_it_is_written_once(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        assert ordered.start_due(Belt.IDLE)
        assert not ordered.start_due(Belt.IDLE)
        assert ordered.awaits_start(AT + 15)

    def test_one_that_found_the_belt_moving_is_not_written_later(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        assert not ordered.start_due(Belt.RUNNING)
        assert not ordered.start_due(Belt.IDLE)

    def test_a_belt_that_moves_has_started(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.started()
        assert not ordered.awaits_start(AT)

    def test_it_takes_the_place_of_a_stop_that_was_written(self) -> None:
        ordered, _ = orders()
        ordered.halt(Halt.STOP, AT, 0)
        ordered.start(AT)
        assert ordered.halting is None

    def test_a_stop_takes_its_place(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.halt(Halt.STOP, AT, 0)
        assert not ordered.start_due(Belt.IDLE)
        assert not ordered.awaits_start(AT)
        assert ordered.halt_due(AT, Belt.IDLE, 0) is Halt.STOP

    def test_of_one_that_was_written_it_is_waited_for_what_it_does(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        assert ordered.start_due(Belt.IDLE)
        ordered.halt(Halt.STOP, AT + 1, 0)
        assert ordered.awaits_start(AT + 1)


class TestKey:
    def test_it_is_in_until_it_is_pulled(self) -> None:
        ordered, _ = orders()
        assert not ordered.key_pulled

    def test_pulling_it_takes_a_start_back(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.pull_key()
        assert not ordered.start_due(Belt.IDLE)
        assert not ordered.awaits_start(AT)

    @pytest.mark.parametrize(("after", "pulled"), [(15.0, True), (15.25, False)])
    def test_only_a_start_that_is_not_our_own_shows_that_it_is_in_again(
        self, after: float, pulled: bool
    ) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.pull_key()
        ordered.start_seen(AT + after)
        assert ordered.key_pulled is pulled


class TestHalt:
    def test_without_one_nothing_is_due_or_done(self) -> None:
        ordered, _ = orders()
        assert ordered.halt_due(AT, Belt.RUNNING, 800) is None
        assert not ordered.stood(AT)
        ordered.restarted()
        assert ordered.halting is None

    def test_asked_again_it_is_what_was_asked_last_and_written_at_once(self) -> None:
        ordered, _ = orders()
        ordered.halt(Halt.PAUSE, AT, 800)
        assert ordered.halt_due(AT, Belt.RUNNING, 800) is Halt.PAUSE
        ordered.halt(Halt.STOP, AT, 800)
        assert ordered.halt_due(AT, Belt.RUNNING, 800) is Halt.STOP
        assert ordered.halt_due(AT, Belt.RUNNING, 800) is None

    def test_one_that_is_ignored_is_a_fault_and_told_once(self) -> None:
        ordered, journal = orders()
        ordered.halt(Halt.STOP, AT, 800)
        for second in range(10):
            ordered.halt_due(AT + second, Belt.RUNNING, 800)
        assert journal.faults == {"stop_ignored"}
        assert [event.type for event in journal.events] == ["stop_ignored"]

    def test_a_belt_that_stands_has_done_it_and_mends_the_fault(self) -> None:
        ordered, journal = orders()
        ordered.halt(Halt.PAUSE, AT, 800)
        assert not ordered.stood(AT)  # it has yet to be written
        for second in range(10):
            ordered.halt_due(AT + second, Belt.RUNNING, 800)
        assert not ordered.stood(AT + 10)  # a pause was it, and no stop
        assert ordered.halting is None
        assert not journal.faults

    def test_a_belt_that_may_have_yet_to_start_has_not(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.start_due(Belt.IDLE)
        ordered.halt(Halt.STOP, AT + 1, 0)
        ordered.halt_due(AT + 1, Belt.IDLE, 0)
        assert not ordered.stood(AT + 15)
        assert ordered.stood(AT + 15.25)

    @pytest.mark.parametrize(("speed", "obeyed"), [(700, False), (690, True)])
    def test_a_belt_that_runs_again_was_started_if_it_had_obeyed(
        self, speed: int, obeyed: bool
    ) -> None:
        ordered, _ = orders()
        ordered.halt(Halt.STOP, AT, 800)
        ordered.halt_due(AT, Belt.RUNNING, 800)
        ordered.halt_due(AT + 1, Belt.STOPPING, speed)
        ordered.restarted()
        again = ordered.halt_due(AT + 2, Belt.RUNNING, speed)
        assert again is (None if obeyed else Halt.STOP)

    def test_a_link_that_was_lost_forgets_all_but_the_key(self) -> None:
        ordered, journal = orders()
        ordered.pull_key()
        ordered.halt(Halt.STOP, AT, 800)
        for second in range(10):
            ordered.halt_due(AT + second, Belt.RUNNING, 800)
        ordered.forget()
        assert ordered.halting is None
        assert not journal.faults
        assert ordered.key_pulled

    def test_and_a_start(self) -> None:
        ordered, _ = orders()
        ordered.start(AT)
        ordered.forget()
        assert not ordered.awaits_start(AT)
        assert not ordered.start_due(Belt.IDLE)
