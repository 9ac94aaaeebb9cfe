"""Final outcomes of commands. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.guard import Decision
from bridge.guard.journal import Ended, Ending
from bridge.guard.limits import Bound, Hold, Limits, Wait
from bridge.machines import Quirk
from bridge.machines.learned import UNLEARNED, UNLEARNED_INCLINE, UNLEARNED_SPEED, LearnedMachine
from bridge.treadmill.endings import Endings, Moment, Travel
from bridge.treadmill.outcomes import NO_PROGRESS_S, Outcomes
from bridge.values import (
    INCLINE,
    NOT_THIS_VALUE,
    SPEED,
    Axis,
    Belt,
    Command,
    Halt,
    MachineInfo,
    Measurement,
    Outcome,
    Reason,
    Result,
    Sample,
    SetTarget,
    Snapshot,
    StartBelt,
    Verb,
)
from tests.rigs.treadmill_rig import POLICY, treadmill_rig
from tests.rigs.wording import rules, why

LOW_INCLINE = replace(UNLEARNED_INCLINE, offset=-10.0, spread=2.0, grid=10)


class EndingsRig:
    """A belt that runs, and one command of which the end is awaited."""

    def __init__(self, verb: Verb = Verb.SPEED, applied: int | None = 800) -> None:
        self.now = 0.0
        self.outcomes = Outcomes()
        self.endings = Endings(self.outcomes)
        self.learned: LearnedMachine = UNLEARNED
        self.belt = Belt.RUNNING
        self.machine: MachineInfo | None = None
        self.outcomes.begin(Command("a", verb, "test", 0.0), Result.ACCEPTED, 0.0, applied=applied)
        self.requested: dict[Axis, int | None] = {SPEED: 800, INCLINE: 100}

    def look(
        self, speed: int | None = 800, incline: int | None = 0, **decision: Any
    ) -> list[Outcome]:
        """A second later."""
        self.now += 1
        data = Measurement(speed=speed, incline=incline)
        snapshot = self.snapshot(Sample(self.now, data))
        told = Decision(**{"requested": self.requested, "setpoint": self.requested, **decision})
        moment = Moment(told, snapshot, lambda _: 5, self.now)
        return list(self.endings.follow(moment))

    def snapshot(self, sample: Sample | None) -> Snapshot:
        return Snapshot(
            connected=True,
            machine=self.machine,
            belt=self.belt,
            sample=sample,
            learned=self.learned,
        )

    def rests(self, speed: int) -> bool:
        """True if the target is confirmed by a belt that has stayed at a speed."""
        for _ in range(10):
            if ended := self.look(speed):
                return ended[0].result is Result.CONFIRMED
        return False

    def until_it_ends(self, *look: int | None, **decision: Any) -> Outcome:
        """Look until there is an outcome."""
        for _ in range(1000):
            if ended := self.look(*look, **decision):
                (outcome,) = ended
                return outcome
        raise AssertionError


class TestConfirmed:
    @pytest.mark.parametrize(
        ("speed", "there"), [(759, False), (760, True), (800, True), (840, True), (841, False)]
    )
    def test_target_is_confirmed_by_a_reading_within_its_band(
        self, speed: int, there: bool
    ) -> None:
        rig = EndingsRig()
        assert rig.rests(speed) is there

    @pytest.mark.parametrize(("speed", "there"), [(740, False), (752, True), (765, False)])
    def test_target_is_confirmed_by_a_reading_within_the_learned_band(
        self, speed: int, there: bool
    ) -> None:
        rig = EndingsRig()
        learned = replace(UNLEARNED_SPEED, gain=0.94, spread=8.0)
        rig.learned = replace(UNLEARNED, speed=learned)
        assert rig.rests(speed) is there

    @pytest.mark.parametrize(("speed", "there"), [(700, False), (701, True), (899, True)])
    def test_new_belt_of_whole_kmh_reports_confirms_no_target_a_whole_kmh_away(
        self, speed: int, there: bool
    ) -> None:
        rig = EndingsRig()
        rig.learned = replace(UNLEARNED, speed=replace(UNLEARNED_SPEED, resolution=100.0))
        assert rig.rests(speed) is there

    def test_target_is_confirmed_at_once_by_a_reading_of_it(self) -> None:
        rig = EndingsRig()
        assert rig.look(797) == []
        assert [outcome.result for outcome in rig.look(797)] == [Result.CONFIRMED]

    def test_target_is_not_confirmed_by_a_reading_in_its_band_before_the_axis_moved(self) -> None:
        """The band of 1 % is 1 % wide before it is learned, and the lag up to 6 s."""
        rig = EndingsRig(Verb.INCLINE, 10)
        rig.requested = {INCLINE: 10}
        for incline in (0, 0, 0, 0, 0, 4, 5):
            assert rig.look(incline=incline) == []
        assert [o.result for o in rig.look(incline=6)] == [Result.CONFIRMED]

    def test_target_is_not_confirmed_while_the_reading_still_approaches_it(self) -> None:
        rig = EndingsRig()
        for speed in range(740, 796, 5):
            assert rig.look(speed) == []
        assert [outcome.result for outcome in rig.look(796)] == [Result.CONFIRMED]

    def test_target_is_confirmed_as_the_value_on_the_learned_grid(self) -> None:
        rig = EndingsRig(Verb.INCLINE, 35)
        rig.learned = replace(UNLEARNED, incline=LOW_INCLINE)
        rig.requested = {INCLINE: 35}
        assert rig.look(incline=20, setpoint={INCLINE: 30}) == []
        (outcome,) = rig.look(incline=20, setpoint={INCLINE: 30})
        assert (outcome.result, outcome.applied) == (Result.CONFIRMED, 30)

    def test_unreported_incline_is_confirmed_after_the_travel_time_of_the_slowest_motor(
        self,
    ) -> None:
        rig = EndingsRig(Verb.INCLINE, 100)
        for target in range(5, 105, 5):
            rig.endings.written(SetTarget(Axis.INCLINE, target), rig.snapshot(None), rig.now)
            rig.look(incline=None, setpoint={INCLINE: target})
        outcome = rig.until_it_ends(800, None)
        assert outcome.result is Result.CONFIRMED
        assert rig.now == pytest.approx(100 / 0.5, abs=2)

    def test_unreported_incline_makes_progress_with_each_answer(self) -> None:
        rig = EndingsRig(Verb.INCLINE, 70)
        rig.look(incline=None, setpoint={INCLINE: 10})  # where the console set it
        for target in range(15, 75, 5):
            rig.endings.written(SetTarget(INCLINE, target), rig.snapshot(None), rig.now)
            for _ in range(10):
                assert rig.look(incline=None, setpoint={INCLINE: target}) == []

    def test_answer_to_another_order_confirms_no_incline(self) -> None:
        rig = EndingsRig(Verb.INCLINE, 100)
        for request in (StartBelt(), SetTarget(Axis.SPEED, 100)):
            rig.endings.written(request, rig.snapshot(None), rig.now)
        outcome = rig.until_it_ends(800, None)
        assert outcome.result is Result.FAILED
        assert outcome.reasons == (Reason("not_reached", INCLINE, case="unseen"),)

    def test_target_is_not_confirmed_before_any_sample(self) -> None:
        rig = EndingsRig()
        decision = Decision(requested=rig.requested, setpoint=rig.requested)
        for now in (1.0, 2.0):
            moment = Moment(decision, rig.snapshot(None), lambda _: 5, now)
            assert not list(rig.endings.follow(moment))

    @pytest.mark.parametrize(
        ("start", "end", "after", "place"),
        [(0, 10, 10, 5), (0, 10, 30, 10), (10, 0, 10, 5), (10, 0, 30, 0), (5, 5, 0, 5)],
    )
    def test_unreported_axis_is_assumed_to_move_at_the_slowest_rate(
        self, start: float, end: int, after: float, place: float
    ) -> None:
        assert Travel(start, end, 100.0).at(100.0 + after, UNLEARNED_INCLINE) == place


STALE = Hold("stale")
WAIT = Wait(SPEED, 700.0, "slower", "first")
LIMITS = Limits((Bound(SPEED, 600.0, "rest"),), ())


class TestFailed:
    @pytest.mark.parametrize(
        ("decision", "reason"),
        [
            ({}, ("not_reached",)),
            ({"setpoint": {SPEED: 500}}, ("not_reached",)),
            (
                {"setpoint": {SPEED: 500}, "limits": Limits((), (STALE,), (WAIT,))},
                ("stale", "slower"),
            ),
        ],
    )
    def test_target_fails_60_s_after_its_last_progress_and_names_its_holds(
        self, decision: dict[str, Any], reason: tuple[str, ...]
    ) -> None:
        rig = EndingsRig()
        outcome = rig.until_it_ends(500, **decision)
        assert (outcome.result, rules(outcome)) == (Result.FAILED, reason)
        assert rig.now == NO_PROGRESS_S + 1

    @pytest.mark.parametrize(
        ("request_", "decision", "reason"),
        [
            (600, {"limits": LIMITS}, "rest"),
            (600, {}, "console_set"),
            (600, {"faults": ("stale",)}, "stale"),
            (600, {"faults": ("garbled", "heart_rate_lost")}, "garbled"),
            (600, {"faults": ("memory",)}, "console_set"),
            (None, {"halt": Halt.STOP}, "belt_stopping"),
            (None, {"faults": ("control_taken",)}, "control_taken"),
            (None, {}, "belt_restarted"),
        ],
    )
    def test_target_that_is_not_requested_any_more_fails_with_the_reason(
        self, request_: int | None, decision: dict[str, Any], reason: str
    ) -> None:
        (outcome,) = EndingsRig().look(requested={SPEED: request_}, **decision)
        assert (outcome.result, rules(outcome)) == (Result.FAILED, (reason,))

    @pytest.mark.parametrize(
        "fault",
        ["stale", "garbled", "heart_rate_lost", "control_taken", "control_denied", "link_lost"],
    )
    def test_fault_that_blocks_a_target_is_a_reason_with_a_sentence(self, fault: str) -> None:
        (outcome,) = EndingsRig().look(requested={SPEED: None}, faults=(fault,))
        assert rules(outcome) == (fault,)
        assert why(outcome).endswith(".")

    @pytest.mark.parametrize(
        ("belt", "reason"),
        [
            (Belt.STOPPING, "belt_stopping"),
            (Belt.UNKNOWN, "belt_not_running"),
            (Belt.STARTING, "belt_not_running"),
        ],
    )
    def test_target_fails_when_the_belt_does_not_run(self, belt: Belt, reason: str) -> None:
        rig = EndingsRig()
        rig.belt = belt
        (outcome,) = rig.look(requested={})
        assert rules(outcome) == (reason,)

    @pytest.mark.parametrize(
        ("ending", "axis", "request_", "fails"),
        [
            (Ending.GIVEN_UP, SPEED, 800, True),
            (Ending.GIVEN_UP, INCLINE, 800, False),
            (Ending.CHANGED, SPEED, 800, False),
            (Ending.CHANGED, SPEED, 700, True),
            (Ending.CHANGED, None, None, True),
        ],
    )
    def test_target_fails_when_the_guard_reports_its_end(
        self, ending: Ending, axis: Axis | None, request_: int | None, fails: bool
    ) -> None:
        why = Reason("safety_key", axis)
        ended = EndingsRig().look(
            requested={SPEED: request_}, setpoint={SPEED: 700}, ended=(Ended(ending, why, axis),)
        )
        assert [outcome.reasons for outcome in ended] == [(why,)] * fails


class TestFinish:
    def test_finish_fails_60_s_after_its_cool_down_if_the_stop_is_ignored(self) -> None:
        rig = EndingsRig(Verb.FINISH, None)
        for _ in range(400):
            assert rig.look(phase="cool_down") == []
        outcome = rig.until_it_ends(800, phase="cool_down", setpoint={})
        assert outcome.result is Result.FAILED
        assert rig.now == pytest.approx(400 + 60, abs=1)


class TestRefused:
    @pytest.mark.virtual_time
    async def test_refused_target_near_the_reading_is_not_confirmed(
        self,
    ) -> None:
        async with treadmill_rig(replace(POLICY, warm_up_s=0)) as rig:
            await rig.play("runs, disobeys, incline 5, 1")
            rig.treadmill.refused(SetTarget(Axis.INCLINE, 5), NOT_THIS_VALUE)
            await rig.live(70)
            assert rig.results("incline") == [Result.ACCEPTED, Result.FAILED]
            assert NOT_THIS_VALUE in rig.reasons("incline")

    @pytest.mark.virtual_time
    @pytest.mark.parametrize("why", ["the machine does not permit control", NOT_THIS_VALUE])
    async def test_command_survives_one_refused_write_if_the_belt_still_reaches_it(
        self, why: str
    ) -> None:
        async with treadmill_rig(replace(POLICY, warm_up_s=0)) as rig:
            await rig.start()
            rig.request(Verb.SPEED, 200)
            await rig.live(5)
            rig.treadmill.refused(SetTarget(Axis.SPEED, 130), why)
            await rig.live(3)
            assert rig.results("speed") == [Result.ACCEPTED]
            await rig.live(20)
            assert rig.machine.speed == 200
            assert rig.results("speed") == [Result.ACCEPTED, Result.CONFIRMED]

    @pytest.mark.virtual_time
    async def test_command_of_which_every_write_is_refused_fails_with_the_reason(self) -> None:
        async with treadmill_rig(replace(POLICY, warm_up_s=0)) as rig:
            await rig.play("runs, disobeys, incline 50, 1")
            for value in (5, 10, 15):
                rig.treadmill.refused(SetTarget(Axis.INCLINE, value), "the write failed")
            await rig.live(70)
            assert rig.results("incline") == [Result.ACCEPTED, Result.FAILED]
            assert "the write failed" in rig.reasons("incline")

    def test_request_to_a_machine_that_refuses_everything_fails_with_that_reason(self) -> None:
        rig = EndingsRig()
        quirks = (Quirk.REFUSES_EVERYTHING,)
        rig.machine = MachineInfo("F0:00:00:00:00:01", can_control=True, quirks=quirks)
        rig.outcomes.refused([Verb.SPEED], Reason("machine_refused"))
        (outcome,) = rig.look(requested={SPEED: None})
        assert rules(outcome) == ("machine_refused", "refuses_everything")

    def test_half_percent_target_ends_at_the_nearest_possible_whole_percent(self) -> None:
        rig = EndingsRig(Verb.INCLINE, 35)
        rig.requested = {INCLINE: 35}
        rig.outcomes.refused([Verb.INCLINE], Reason("machine_refused"))
        assert rig.look(incline=20, setpoint={INCLINE: 35}) == []
        rig.learned = replace(UNLEARNED, incline=LOW_INCLINE)
        for _ in range(3):
            assert rig.look(incline=20, setpoint={INCLINE: 30}) == []
        rig.endings.written(SetTarget(Axis.INCLINE, 30), rig.snapshot(None), rig.now)
        (outcome,) = rig.look(incline=20, setpoint={INCLINE: 30})
        assert (outcome.result, outcome.applied) == (Result.CONFIRMED, 30)
