"""What the belt is judged to do, from data, words and silence. Speeds in 0.01 km/h."""

from collections.abc import Callable

import pytest

from bridge.drivers.ftms.decoder import activity
from bridge.tracking.belt_state import LOST, SETTLE, START_LIMIT, BeltState, Word
from bridge.values import Belt
from protocols.ftms.training_status import TrainingStatus

T = TrainingStatus


class Story:
    """A belt told of second by second, as a machine that notifies once a second would."""

    def __init__(self) -> None:
        self.now = 100.0
        self.state = BeltState(self.now)

    def speeds(self, *speeds: int) -> Belt:
        for speed in speeds:
            self.now += 1.0
            self.state.speed(speed, self.now)
        return self.state.belt

    def say(self, word: Word) -> Belt:
        self.state.say(word, self.now)
        return self.state.belt

    def training(self, status: TrainingStatus | None) -> Belt:
        self.state.training(activity(status), self.now)
        return self.state.belt

    def silence(self, seconds: float, *, answered: bool = True) -> Belt:
        end = self.now + seconds
        while self.now < end:
            self.now += 1.0
            if answered:
                self.state.answered(self.now)
            self.state.tick(self.now)
        return self.state.belt


@pytest.fixture
def story() -> Story:
    return Story()


def test_belt_is_unknown_without_data(story: Story) -> None:
    assert story.state.belt is Belt.UNKNOWN
    assert story.silence(30) is Belt.UNKNOWN


def test_zeros_on_a_new_link_are_rest_after_one_and_a_half_seconds(story: Story) -> None:
    assert story.speeds(0) is Belt.UNKNOWN
    assert story.speeds(0) is Belt.UNKNOWN
    assert story.speeds(0) is Belt.IDLE


def test_any_speed_is_running(story: Story) -> None:
    assert story.speeds(80) is Belt.RUNNING


def test_a_belt_found_moving_runs_whatever_its_constant_training_status_says(story: Story) -> None:
    story.training(T.IDLE)
    assert story.speeds(600, 600) is Belt.RUNNING
    assert story.training(T.IDLE) is Belt.RUNNING


@pytest.mark.parametrize(("word", "rest"), [(Word.STOP, Belt.IDLE), (Word.PAUSE, Belt.PAUSED)])
def test_a_halted_belt_is_stopping_until_its_speed_is_zero(
    story: Story, word: Word, rest: Belt
) -> None:
    story.speeds(600)
    assert story.say(word) is Belt.STOPPING
    assert story.speeds(500, 300, 80) is Belt.STOPPING
    assert story.speeds(0) is rest


def test_idle_training_status_says_stop_as_a_status_would(story: Story) -> None:
    story.training(T.MANUAL)
    story.speeds(600)
    assert story.training(T.POST_WORKOUT) is Belt.STOPPING
    assert story.speeds(300) is Belt.STOPPING
    assert story.speeds(0) is Belt.IDLE


def test_a_pause_stays_a_pause_when_training_turns_idle_with_it(story: Story) -> None:
    story.training(T.MANUAL)
    story.speeds(600)
    story.say(Word.PAUSE)
    story.training(T.IDLE)
    assert story.speeds(0) is Belt.PAUSED


def test_a_pause_that_turns_idle_later_has_ended(story: Story) -> None:
    story.training(T.MANUAL)
    story.speeds(600)
    story.say(Word.PAUSE)
    assert story.speeds(*[0] * (int(SETTLE) + 1)) is Belt.PAUSED
    assert story.training(T.IDLE) is Belt.IDLE


def test_a_stop_that_the_belt_belies_by_rising_is_forgotten(story: Story) -> None:
    story.speeds(600)
    story.say(Word.STOP)
    assert story.speeds(590) is Belt.STOPPING
    assert story.speeds(620) is Belt.RUNNING


def test_a_stop_that_the_belt_ignores_is_forgotten_after_ten_seconds(story: Story) -> None:
    story.speeds(600)
    story.say(Word.STOP)
    assert story.speeds(*[600] * int(LOST)) is Belt.STOPPING
    assert story.speeds(600) is Belt.RUNNING


def test_a_stop_said_before_any_speed_is_heard_counts(story: Story) -> None:
    story.say(Word.STOP)
    assert story.speeds(500, 400) is Belt.STOPPING


def test_zeros_without_a_status_are_rest_after_one_and_a_half_seconds(story: Story) -> None:
    story.speeds(200)
    assert story.speeds(0, 0) is Belt.STOPPING
    assert story.speeds(0) is Belt.IDLE


def test_without_a_status_a_training_that_goes_on_is_a_pause(story: Story) -> None:
    story.training(T.MANUAL)
    story.speeds(200)
    assert story.speeds(0, 0, 0) is Belt.PAUSED


@pytest.mark.parametrize(
    "start",
    [
        lambda story: story.say(Word.START),
        lambda story: story.training(T.PRE_WORKOUT),
    ],
)
def test_started_is_starting_until_the_first_speed(
    story: Story, start: Callable[[Story], Belt]
) -> None:
    story.speeds(0)
    assert start(story) is Belt.STARTING
    assert story.speeds(0, 0, 0) is Belt.STARTING
    assert story.speeds(80) is Belt.RUNNING
    assert story.speeds(300) is Belt.RUNNING


def test_a_start_without_motion_is_over_in_fifteen_seconds(story: Story) -> None:
    story.speeds(0)
    story.say(Word.START)
    assert story.speeds(*[0] * int(START_LIMIT)) is Belt.STARTING
    assert story.speeds(0) is Belt.IDLE


def test_the_countdown_may_say_exercising_already(story: Story) -> None:
    story.training(T.MANUAL)
    assert story.speeds(0) is Belt.STARTING
    assert story.speeds(*[0] * int(START_LIMIT)) is Belt.PAUSED


def test_a_belt_started_at_the_console_without_a_word_runs(story: Story) -> None:
    story.speeds(600)
    story.say(Word.STOP)
    story.speeds(0, 0)
    assert story.speeds(80) is Belt.RUNNING


class TestNothingButZeros:
    """Some machines send zeros, counters included, until their maker's app was there."""

    @pytest.fixture
    def zeros(self, story: Story) -> Callable[[int], Belt]:
        def send(seconds: int) -> Belt:
            for _ in range(seconds):
                story.now += 1.0
                story.state.speed(0, story.now, blank=True)
            return story.state.belt

        return send

    def test_zeros_alone_are_rest_while_no_status_reports_a_run(
        self, zeros: Callable[[int], Belt]
    ) -> None:
        assert zeros(60) is Belt.IDLE

    @pytest.mark.parametrize(
        "says",
        [lambda story: story.training(T.MANUAL), lambda story: story.say(Word.START)],
    )
    def test_zeros_alone_are_no_rest_once_the_machine_reports_a_run(
        self, story: Story, zeros: Callable[[int], Belt], says: Callable[[Story], Belt]
    ) -> None:
        zeros(3)
        says(story)
        assert zeros(15) is Belt.STARTING
        assert zeros(1) is Belt.UNKNOWN
        assert story.say(Word.STOP) is Belt.IDLE

    def test_answer_to_our_start_is_no_report_of_a_run(
        self, story: Story, zeros: Callable[[int], Belt]
    ) -> None:
        zeros(3)
        story.state.say(Word.START, story.now, ours=True)
        assert zeros(16) is Belt.IDLE

    @pytest.mark.parametrize(
        ("word", "ours", "belt"),
        [
            (Word.STOP, True, Belt.UNKNOWN),
            (Word.STOP, False, Belt.IDLE),
            (Word.PAUSE, True, Belt.PAUSED),
        ],
    )
    def test_answer_to_our_stop_is_no_rest_while_the_machine_reports_a_run(
        self,
        story: Story,
        zeros: Callable[[int], Belt],
        word: Word,
        ours: bool,
        belt: Belt,
    ) -> None:
        story.training(T.MANUAL)
        zeros(30)
        story.state.say(word, story.now, ours=ours)
        assert zeros(3) is belt
        story.training(T.IDLE)
        assert zeros(1).stands

    def test_one_number_other_than_zero_makes_zeros_trustworthy(
        self, story: Story, zeros: Callable[[int], Belt]
    ) -> None:
        zeros(3)
        story.training(T.MANUAL)
        story.state.speed(0, story.now, blank=False)
        assert zeros(30) is Belt.PAUSED


class TestSilence:
    def test_rest_stays_rest_while_reads_are_answered(self, story: Story) -> None:
        story.speeds(600)
        story.say(Word.PAUSE)
        story.speeds(0)
        assert story.silence(60) is Belt.PAUSED

    def test_rest_without_answers_is_unknown_after_ten_seconds(self, story: Story) -> None:
        story.speeds(0, 0, 0)
        assert story.silence(LOST, answered=False) is Belt.IDLE
        assert story.silence(1, answered=False) is Belt.UNKNOWN

    def test_rest_that_wakes_up_is_not_claimed_any_more(self, story: Story) -> None:
        story.training(T.IDLE)
        story.speeds(0)
        story.silence(10)
        assert story.training(T.MANUAL) is Belt.UNKNOWN

    def test_a_start_in_silence_is_starting_and_then_unknown(self, story: Story) -> None:
        story.speeds(0)
        story.silence(10)
        assert story.say(Word.START) is Belt.STARTING
        assert story.silence(START_LIMIT) is Belt.STARTING
        assert story.silence(1) is Belt.UNKNOWN

    def test_a_running_belt_gone_silent_is_unknown_after_ten_seconds(self, story: Story) -> None:
        story.speeds(600)
        assert story.silence(LOST) is Belt.RUNNING
        assert story.silence(1) is Belt.UNKNOWN

    def test_a_stop_without_a_last_zero_stands_once_the_belt_must_have_slowed(
        self, story: Story
    ) -> None:
        story.speeds(600)
        story.say(Word.STOP)
        assert story.silence(15) is Belt.STOPPING
        assert story.silence(1) is Belt.IDLE

    def test_a_stop_and_a_dead_link_is_unknown(self, story: Story) -> None:
        story.speeds(600)
        story.say(Word.STOP)
        assert story.silence(16, answered=False) is Belt.UNKNOWN

    def test_a_machine_that_sends_nothing_at_rest_is_idle_by_its_training_status(
        self, story: Story
    ) -> None:
        assert story.training(T.IDLE) is Belt.UNKNOWN
        assert story.silence(4) is Belt.IDLE
        assert story.silence(60) is Belt.IDLE

    def test_idle_training_status_without_answered_reads_is_ignored(self, story: Story) -> None:
        story.training(T.IDLE)
        assert story.silence(11, answered=False) is Belt.UNKNOWN

    def test_silent_machine_at_rest_starts_by_its_training_status(self, story: Story) -> None:
        story.training(T.IDLE)
        story.silence(4)
        assert story.training(T.PRE_WORKOUT) is Belt.STARTING
        assert story.speeds(80) is Belt.RUNNING

    def test_an_unknown_training_status_says_nothing(self, story: Story) -> None:
        story.training(None)
        assert story.silence(10) is Belt.UNKNOWN
        story.training(T.OTHER)
        assert story.silence(10) is Belt.UNKNOWN


class TestAMachineThatShowsItsTarget:
    """Its speed is 0 the moment it is told to stop; the belt takes its time."""

    def test_machine_that_reports_its_target_stops_as_long_as_a_slow_belt_takes(
        self, story: Story
    ) -> None:
        story.state.reports_target = True
        story.speeds(600)
        story.say(Word.STOP)
        assert story.speeds(*[0] * 16) is Belt.STOPPING
        assert story.speeds(0) is Belt.IDLE

    def test_belt_that_shows_its_target_counts_as_stopping_though_it_falls_silent(
        self, story: Story
    ) -> None:
        story.state.reports_target = True
        story.speeds(600)
        story.say(Word.STOP)
        story.speeds(0)
        assert story.silence(14) is Belt.STOPPING
        assert story.silence(4) is Belt.IDLE

    def test_machine_that_reports_its_target_and_never_moved_is_idle(self, story: Story) -> None:
        story.state.reports_target = True
        assert story.speeds(0, 0, 0) is Belt.IDLE


def test_a_training_status_read_after_a_pause_may_be_of_the_pause(story: Story) -> None:
    story.training(T.IDLE)
    story.speeds(300)
    story.say(Word.PAUSE)
    story.speeds(100, 0)
    story.silence(4)
    assert story.training(T.MANUAL) is Belt.PAUSED


def test_training_status_read_long_after_a_pause_is_of_a_woken_belt(story: Story) -> None:
    story.training(T.IDLE)
    story.speeds(300)
    story.say(Word.PAUSE)
    story.speeds(100, 0)
    story.silence(20)
    assert story.training(T.MANUAL) is Belt.UNKNOWN
