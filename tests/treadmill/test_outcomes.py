"""One first outcome at once, and exactly one final one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.treadmill.outcomes import NO_PROGRESS_S, REMEMBERED, Outcomes, Progress
from bridge.values import Axis, Belt, Command, Outcome, Reason, Result, Verb
from tests.rigs.effort import effort
from tests.rigs.wording import rules, why

FINAL = {Result.CONFIRMED, Result.FAILED, Result.SUPERSEDED, Result.REJECTED}


def command(verb: Verb, identity: str = "a") -> Command:
    return Command(id=identity, verb=verb, source="test", received=0.0)


def told(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    return [(outcome.command.id, outcome.result) for outcome in outcomes]


def asked(
    outcomes: Outcomes, verb: Verb, identity: str = "a", *, applied: int | None = None
) -> list[Outcome]:
    return outcomes.begin(command(verb, identity), Result.ACCEPTED, 0.0, applied=applied)


def stuck(axis: Axis) -> tuple[Reason, ...]:
    return (Reason("not_reached", axis, values=(("measured", 500),)),)


def shown(
    outcomes: Outcomes,
    value: int | None,
    now: float,
    *,
    goal: int = 600,
    setpoint: int | None = None,
    axis: Axis = Axis.SPEED,
) -> list[Outcome]:
    """A sample shows a value, on a machine that shows exactly where it stands."""
    written = goal if setpoint is None else setpoint
    return outcomes.follow(axis, Progress(goal, written, value, now, value == goal), now)


def test_rejected_command_has_no_second_outcome() -> None:
    outcomes = Outcomes()
    first = outcomes.begin(command(Verb.SPEED), Result.REJECTED, 0.0, reasons=[Reason("no_radio")])
    assert told(first) == [("a", "rejected")]
    assert first[0].reasons == (Reason("no_radio"),)
    assert outcomes.fail(Reason("ended")) == []


def test_a_target_is_confirmed_when_the_machine_shows_it() -> None:
    outcomes = Outcomes()
    limited = outcomes.begin(
        command(Verb.SPEED), Result.LIMITED, 0.0, applied=600, reasons=[Reason("warm_up")]
    )
    assert told(limited) == [("a", "limited")]
    assert shown(outcomes, 500, 1.0, setpoint=500) == []
    assert shown(outcomes, 600, 1.0, axis=Axis.INCLINE) == []
    assert shown(outcomes, 500, 2.0) == []
    (final,) = shown(outcomes, 600, 3.0)
    assert (final.result, final.applied, final.reasons) == (
        Result.CONFIRMED,
        600,
        (Reason("warm_up"),),
    )
    assert shown(outcomes, 600, 4.0) == []


def test_a_target_is_confirmed_by_a_sample_that_is_newer_than_its_setpoint() -> None:
    outcomes = Outcomes()
    asked(outcomes, Verb.SPEED, applied=600)
    assert shown(outcomes, 600, 1.0, setpoint=590) == []
    assert shown(outcomes, 600, 2.0) == []
    assert shown(outcomes, 600, 2.0) == []
    assert shown(outcomes, 600, 3.0, setpoint=590) == []
    assert shown(outcomes, 600, 4.0) == []
    assert told(shown(outcomes, 600, 5.0)) == [("a", "confirmed")]


def test_a_newer_target_supersedes_the_older_one_and_says_so_without_an_id() -> None:
    outcomes = Outcomes()
    asked(outcomes, Verb.SPEED, "old", applied=600)
    asked(outcomes, Verb.INCLINE, "other axis", applied=20)
    news = asked(outcomes, Verb.SPEED, "new", applied=500)
    assert told(news) == [("new", "accepted"), ("old", "superseded")]
    assert rules(news[1]) == ("superseded",)


def test_reason_of_a_limit_is_no_reason_of_superseding() -> None:
    outcomes = Outcomes()
    old, new = (Command(each, Verb.SPEED, "test", 0.0) for each in ("old", "new"))
    outcomes.begin(old, Result.LIMITED, 0.0, applied=600, reasons=[Reason("warm_up")])
    news = outcomes.begin(new, Result.ACCEPTED, 1.0, applied=500)
    assert rules(news[1]) == ("superseded",)


def test_a_rejected_target_supersedes_nothing() -> None:
    outcomes = Outcomes()
    asked(outcomes, Verb.SPEED, "old", applied=600)
    outcomes.begin(command(Verb.SPEED, "new"), Result.REJECTED, 0.0)
    shown(outcomes, 600, 1.0)
    assert told(shown(outcomes, 600, 2.0)) == [("old", "confirmed")]


def test_a_stop_supersedes_all_that_moves_and_is_confirmed_by_a_standing_belt() -> None:
    outcomes = Outcomes()
    outcomes.belt(Belt.RUNNING)
    for verb in (Verb.SPEED, Verb.INCLINE, Verb.PAUSE, Verb.RELEASE):
        asked(outcomes, verb, verb)
    first, *ended = asked(outcomes, Verb.STOP)
    assert first.result is Result.ACCEPTED
    # The pause had superseded the targets; letting go of the link moves nothing.
    assert told(ended) == [("pause", "superseded")]
    assert outcomes.belt(Belt.STOPPING) == []
    assert told(outcomes.belt(Belt.IDLE)) == [("a", "confirmed")]


def test_a_stop_of_a_belt_that_stands_already_is_confirmed() -> None:
    outcomes = Outcomes()
    outcomes.belt(Belt.IDLE)
    asked(outcomes, Verb.STOP)
    assert told(outcomes.tick(0.25, stuck)) == [("a", "confirmed")]


def test_a_start_is_confirmed_by_a_running_belt_or_fails_in_the_end() -> None:
    outcomes = Outcomes()
    outcomes.belt(Belt.IDLE)
    asked(outcomes, Verb.START)
    assert outcomes.tick(19.9, stuck) == []
    assert outcomes.belt(Belt.STARTING) == []
    assert told(outcomes.belt(Belt.RUNNING)) == [("a", "confirmed")]
    asked(outcomes, Verb.START, "b")
    outcomes.belt(Belt.IDLE)
    (failed,) = outcomes.tick(20.0, stuck)
    assert failed.result is Result.FAILED
    assert why(failed) == "The belt did not start within 20 s."


def test_a_target_fails_when_the_belt_stands() -> None:
    outcomes = Outcomes()
    outcomes.belt(Belt.RUNNING)
    asked(outcomes, Verb.SPEED, "b", applied=900)
    (failed,) = outcomes.belt(Belt.PAUSED)
    assert rules(failed) == ("belt_stands",)


def test_a_target_may_take_as_long_as_it_comes_nearer_and_fails_60_s_later() -> None:
    outcomes = Outcomes()
    outcomes.belt(Belt.RUNNING)
    asked(outcomes, Verb.SPEED, applied=900)
    for second in range(0, 300, 50):
        shown(outcomes, 100 + second, float(second), goal=900)
    assert outcomes.tick(250 + NO_PROGRESS_S - 1, stuck) == []
    assert shown(outcomes, 340, 300.0, goal=900) == []
    (failed,) = outcomes.tick(250 + NO_PROGRESS_S, stuck)
    assert rules(failed) == ("not_reached",)


def test_a_setpoint_that_climbs_is_progress_though_nothing_is_measured() -> None:
    outcomes = Outcomes()
    asked(outcomes, Verb.SPEED, applied=900)
    for second in range(0, 300, 50):
        shown(outcomes, None, float(second), goal=900, setpoint=100 + second)
    assert outcomes.tick(250 + NO_PROGRESS_S - 1, stuck) == []
    assert len(outcomes.tick(250 + NO_PROGRESS_S, stuck)) == 1


def test_a_refused_value_ends_nothing_but_is_the_reason_where_no_other_is_taken() -> None:
    outcomes = Outcomes()
    asked(outcomes, Verb.INCLINE, applied=35)
    outcomes.refused([Verb.INCLINE, Verb.SPEED], Reason("machine_refused"))
    (failed,) = outcomes.tick(NO_PROGRESS_S, stuck)
    assert rules(failed) == ("machine_refused",)


def test_a_finish_takes_the_time_it_takes_and_60_s_more() -> None:
    outcomes = Outcomes()
    outcomes.belt(Belt.RUNNING)
    asked(outcomes, Verb.SPEED, "s", applied=900)
    assert told(asked(outcomes, Verb.FINISH))[1:] == [("s", "superseded")]
    for now in range(0, 1000, 50):
        outcomes.goes_on(Verb.FINISH, float(now))
        assert outcomes.tick(float(now), stuck) == []
    assert outcomes.tick(1009.0, stuck) == []
    (failed,) = outcomes.tick(1010.0, stuck)
    assert why(failed) == "The belt did not stop within 1 min."
    outcomes.goes_on(Verb.FINISH, 1010.0)
    asked(outcomes, Verb.FINISH, "b")
    assert told(outcomes.belt(Belt.IDLE)) == [("b", "confirmed")]


def test_a_resume_ends_a_finish() -> None:
    outcomes = Outcomes()
    outcomes.belt(Belt.RUNNING)
    asked(outcomes, Verb.FINISH, "f")
    assert told(asked(outcomes, Verb.RESUME, "r")) == [("r", "accepted"), ("f", "superseded")]
    assert told(outcomes.tick(1.0, stuck)) == [("r", "confirmed")]


def test_a_finish_whose_link_is_lost_has_failed_for_now_and_says_what_to_do() -> None:
    outcomes = Outcomes()
    outcomes.link(connected=True)
    outcomes.belt(Belt.RUNNING)
    asked(outcomes, Verb.FINISH)
    (failed,) = outcomes.link(connected=False)
    assert failed.result is Result.FAILED
    assert "goes on when it is back" in why(failed)
    assert "console" in why(failed)


def test_link_change_ends_connect_release_and_motion_commands() -> None:
    outcomes = Outcomes()
    outcomes.link(connected=True)
    asked(outcomes, Verb.CONNECT, "c")
    assert told(outcomes.tick(1.0, stuck)) == [("c", "confirmed")]
    asked(outcomes, Verb.STOP, "s")
    asked(outcomes, Verb.RELEASE, "r")
    assert told(outcomes.link(connected=False)) == [("r", "confirmed"), ("s", "failed")]


def test_command_without_motion_is_confirmed_by_its_handler() -> None:
    outcomes = Outcomes()
    asked(outcomes, Verb.PERSON)
    assert told(outcomes.confirm(Verb.PERSON)) == [("a", "confirmed")]


def test_a_failure_names_its_reason_after_the_first_ones() -> None:
    outcomes = Outcomes()
    outcomes.begin(
        command(Verb.SPEED), Result.LIMITED, 0.0, applied=600, reasons=[Reason("warm_up")]
    )
    (failed,) = outcomes.fail(Reason("console_slowed"), [Verb.SPEED])
    assert rules(failed) == ("warm_up", "console_slowed")


def test_what_is_open_when_the_bridge_ends_has_failed() -> None:
    outcomes = Outcomes()
    outcomes.belt(Belt.RUNNING)
    outcomes.begin(command(Verb.FINISH, "f"), Result.ACCEPTED, 0.0)
    outcomes.begin(command(Verb.INCLINE, "i"), Result.LIMITED, 0.0, applied=20)
    assert told(outcomes.close(Reason("ended"))) == [("f", "failed"), ("i", "failed")]
    assert outcomes.close(Reason("ended")) == []


def test_an_id_that_comes_twice_gets_its_first_outcome_again() -> None:
    outcomes = Outcomes()
    assert outcomes.seen(command(Verb.SPEED)) is None
    (first,) = asked(outcomes, Verb.SPEED, applied=600)
    shown(outcomes, 600, 1.0)
    shown(outcomes, 600, 2.0)
    assert outcomes.seen(command(Verb.SPEED)) == first


def test_a_stop_that_comes_twice_is_done_again_and_ends_once() -> None:
    outcomes = Outcomes()
    outcomes.belt(Belt.RUNNING)
    asked(outcomes, Verb.STOP)
    assert outcomes.seen(command(Verb.STOP)) is None
    assert told(asked(outcomes, Verb.STOP)) == [("a", "accepted")]
    assert told(outcomes.belt(Belt.IDLE)) == [("a", "confirmed")]


def test_remembered_outcomes_are_bounded() -> None:
    outcomes = Outcomes()
    for number in range(REMEMBERED + 1):
        outcomes.begin(command(Verb.SPEED, str(number)), Result.REJECTED, 0.0)
    assert outcomes.seen(command(Verb.SPEED, "0")) is None
    assert outcomes.seen(command(Verb.SPEED, "1")) is not None


HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.sampled_from(Verb), st.sampled_from(list(Result)[:2])),
        st.tuples(st.just("belt"), st.sampled_from(Belt)),
        st.tuples(st.just("link"), st.booleans()),
        st.tuples(st.just("measured"), st.integers(0, 1000)),
        st.tuples(st.just("tick"), st.integers(0, 100)),
    ),
    max_size=30,
)


@settings(max_examples=effort(60, 400))
@given(HAPPENINGS)
def test_whatever_happens_each_command_ends_at_most_once(
    happenings: list[tuple[object, ...]],
) -> None:
    outcomes, now, heard = Outcomes(), 0.0, list[Outcome]()
    for number, happening in enumerate(happenings):
        match happening:
            case ("begin", Verb() as verb, Result() as result):
                new = command(verb, str(number))
                heard += outcomes.begin(new, result, now, applied=500)
            case ("belt", Belt() as belt):
                heard += outcomes.belt(belt)
            case ("link", bool() as connected):
                heard += outcomes.link(connected=connected)
            case ("measured", int() as value):
                heard += shown(outcomes, value, now, goal=500)
            case ("tick", int() as seconds):
                now += seconds
                heard += outcomes.tick(now, stuck)
    for identity in {outcome.command.id for outcome in heard}:
        results = [outcome.result for outcome in heard if outcome.command.id == identity]
        assert results[0] in {Result.ACCEPTED, Result.LIMITED}
        assert len(results) <= 2
        assert all(result in FINAL for result in results[1:])
