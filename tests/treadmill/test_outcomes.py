"""One first outcome at once, and exactly one final one. Speeds in 0.01 km/h, times in seconds."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.contract.message import REMEMBERED
from bridge.treadmill.outcomes import Outcomes, Progress
from bridge.values import Axis, Belt, Command, Outcome, Reason, Result, Verb
from tests.rigs.effort import effort
from tests.rigs.wording import rules, why

FINAL = {Result.CONFIRMED, Result.FAILED, Result.SUPERSEDED, Result.REJECTED}


def command(verb: Verb, identity: str = "a") -> Command:
    return Command(id=identity, verb=verb, source="test", received=0.0)


def stuck(axis: Axis) -> tuple[Reason, ...]:
    return (Reason("not_reached", axis, values=(("measured", 500),)),)


REASONS = {Result.LIMITED: [Reason("warm_up")], Result.REJECTED: [Reason("no_radio")]}


def begin(
    outcomes: Outcomes, result: Result, verb: str, identity: str, applied: str = ""
) -> list[Outcome]:
    value = int(applied) if applied else None
    new, reasons = command(Verb(verb), identity), REASONS.get(result, [])
    return outcomes.begin(new, result, 0.0, applied=value, reasons=reasons)


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


def reading(  # noqa: PLR0917 - the numbers of one step
    to: Outcomes, now: float, value: str, goal: str, setpoint: str, axis: str = "speed"
) -> list[Outcome]:
    measured = int(value) if value else None
    return shown(to, measured, now, goal=int(goal), setpoint=int(setpoint), axis=Axis(axis))


STEPS: dict[str, Callable[..., list[Outcome] | None]] = {
    "accept": lambda to, *what: begin(to, Result.ACCEPTED, *what),
    "limit": lambda to, *what: begin(to, Result.LIMITED, *what),
    "reject": lambda to, *what: begin(to, Result.REJECTED, *what),
    "shows": lambda to, now, value, *rest: reading(to, float(now), value, *rest),
    "belt": lambda to, belt: to.belt(Belt(belt)),
    "link": lambda to, state: to.link(connected=state == "up"),
    "tick": lambda to, now: to.tick(float(now), stuck),
    "goes_on": lambda to, verb, now: to.goes_on(Verb(verb), float(now)),
    "refused": lambda to, verb: to.refused([Verb(verb), Verb.STOP], Reason("machine_refused")),
    "fail": lambda to, verb: to.fail(Reason("console_slowed"), [Verb(verb)]),
    "fail_motion": lambda to: to.fail(Reason("ended")),
    "close": lambda to: to.close(Reason("ended")),
    "confirm": lambda to, verb: to.confirm(Verb(verb)),
}


def told(outcomes: list[Outcome] | None) -> str:
    """Each outcome as its id, result and reasons."""
    return (
        ",".join("/".join([o.command.id, o.result, *rules(o)]) for o in outcomes or ()) or "nothing"
    )


def follow(course: str) -> list[Outcome]:
    """Take the steps of a text; return the newest outcomes.

    `accept:speed:a:600` begins a command with the id `a`, and so do `limit` and `reject`;
    `shows:2:500:600:590` is a reading of 5 km/h at 2 s, on the way to 6 with a setpoint of 5.9.
    `=a/failed/not_reached` behind a step are the outcomes that it has, `=nothing` none.
    """
    outcomes, found = Outcomes(), list[Outcome]()
    for step in course.split():
        does, _, expected = step.partition("=")
        kind, *what = does.split(":")
        found = STEPS[kind](outcomes, *what) or []
        assert expected in {"", told(found)}, (step, told(found))
    return found


COURSES = {
    "rejected command has no second outcome": (
        "reject:speed:a=a/rejected/no_radio fail_motion=nothing"
    ),
    "target is confirmed when the machine shows it": (
        "limit:speed:a:600=a/limited/warm_up shows:1:500:600:500=nothing "
        "shows:1:600:600:600:incline=nothing shows:2:500:600:600=nothing "
        "shows:3:600:600:600=a/confirmed/warm_up shows:4:600:600:600=nothing"
    ),
    "target is confirmed by a sample that is newer than its setpoint": (
        "accept:speed:a:600 shows:1:600:600:590=nothing shows:2:600:600:600=nothing "
        "shows:2:600:600:600=nothing shows:3:600:600:590=nothing shows:4:600:600:600=nothing "
        "shows:5:600:600:600=a/confirmed"
    ),
    "newer target supersedes the older one on its axis": (
        "accept:speed:old:600 accept:incline:other:20 "
        "accept:speed:new:500=new/accepted,old/superseded/superseded"
    ),
    "reason of a limit is no reason of superseding": (
        "limit:speed:old:600 accept:speed:new:500=new/accepted,old/superseded/superseded"
    ),
    "rejected target supersedes nothing": (
        "accept:speed:old:600 reject:speed:new shows:1:600:600:600 "
        "shows:2:600:600:600=old/confirmed"
    ),
    "stop supersedes all that moves and is confirmed by a standing belt": (
        "belt:running accept:speed:s accept:incline:i accept:pause:p accept:release:r "
        "accept:stop:a=a/accepted,p/superseded/superseded belt:stopping=nothing "
        "belt:idle=a/confirmed"
    ),
    "stop of a standing belt is confirmed": "belt:idle accept:stop:a tick:0.25=a/confirmed",
    "start is confirmed by a running belt": (
        "belt:idle accept:start:a tick:19.9=nothing belt:starting=nothing belt:running=a/confirmed"
    ),
    "start without motion fails after 20 s": ("belt:idle accept:start:a tick:20=a/failed/timeout"),
    "target fails when the belt stands": (
        "belt:running accept:speed:a:900 belt:paused=a/failed/belt_stands"
    ),
    "target fails 60 s after its last progress": (
        "belt:running accept:speed:a:900 shows:0:100:900:900 shows:50:150:900:900 "
        "shows:100:200:900:900 tick:159=nothing shows:150:190:900:900=nothing "
        "tick:160=a/failed/not_reached"
    ),
    "setpoint that climbs is progress though nothing is measured": (
        "accept:speed:a:900 shows:0::900:100 shows:50::900:150 shows:100::900:200 "
        "tick:159=nothing tick:160=a/failed/not_reached"
    ),
    "refused value is the reason if no other value is accepted": (
        "accept:incline:a:35 refused:incline tick:60=a/failed/machine_refused"
    ),
    "finish supersedes a target and fails 60 s after its last progress": (
        "belt:running accept:speed:s:900 accept:finish:a=a/accepted,s/superseded/superseded "
        "goes_on:finish:0 tick:0=nothing goes_on:finish:50 tick:50=nothing tick:109=nothing "
        "tick:110=a/failed/timeout goes_on:finish:110 accept:finish:b belt:idle=b/confirmed"
    ),
    "resume ends a finish": (
        "belt:running accept:finish:f accept:resume:r=r/accepted,f/superseded/superseded "
        "tick:1=r/confirmed"
    ),
    "link change ends connect release and motion commands": (
        "link:up accept:connect:c tick:1=c/confirmed accept:stop:s accept:release:r "
        "link:down=r/confirmed,s/failed/link_down"
    ),
    "command without motion is confirmed by its handler": (
        "accept:person:a confirm:person=a/confirmed"
    ),
    "failure has its reason after that of the limit": (
        "limit:speed:a:600 fail:speed=a/failed/warm_up/console_slowed"
    ),
    "open commands fail when the bridge ends": (
        "belt:running accept:finish:f accept:incline:i:20 close=f/failed/ended,i/failed/ended "
        "close=nothing"
    ),
    "repeated stop is done again and ends once": (
        "belt:running accept:stop:a accept:stop:a=a/accepted belt:idle=a/confirmed"
    ),
}


def test_refusal_that_ends_its_command_is_its_only_reason() -> None:
    outcomes, refusal = Outcomes(), Reason("machine_refused")
    begin(outcomes, Result.ACCEPTED, "incline", "a", "20")
    outcomes.refused([Verb.INCLINE], refusal)
    assert told(outcomes.fail(refusal, [Verb.INCLINE])) == "a/failed/machine_refused"


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_command_outcomes_follow_the_given_courses(course: str) -> None:
    follow(course)


@pytest.mark.parametrize(
    ("course", "sentence"),
    [
        ("belt:idle accept:start:a tick:20", "The belt did not start within 20 s."),
        ("belt:running accept:finish:a tick:60", "The belt did not stop within 1 min."),
    ],
)
def test_command_timeout_has_a_sentence_as_reason(course: str, sentence: str) -> None:
    (failed,) = follow(course)
    assert why(failed) == sentence


def test_finish_fails_with_advice_when_the_link_is_lost() -> None:
    (failed,) = follow("link:up belt:running accept:finish:a link:down")
    assert failed.result is Result.FAILED
    assert "goes on when it is back" in why(failed)
    assert "console" in why(failed)


def test_confirmed_target_has_the_value_that_the_machine_shows() -> None:
    (final,) = follow("accept:speed:a:605 shows:1:600:600:600 shows:2:600:600:600")
    assert (final.result, final.applied) == (Result.CONFIRMED, 600)


def test_repeated_id_gets_its_first_outcome_again_except_for_a_stop() -> None:
    outcomes = Outcomes()
    assert outcomes.seen(command(Verb.SPEED)) is None
    (first,) = begin(outcomes, Result.ACCEPTED, "speed", "a", "600")
    shown(outcomes, 600, 1.0)
    shown(outcomes, 600, 2.0)
    assert outcomes.seen(command(Verb.SPEED)) == first
    begin(outcomes, Result.ACCEPTED, "stop", "b")
    assert outcomes.seen(command(Verb.STOP, "b")) is None


def test_id_is_known_after_a_thousand_newer_commands() -> None:
    outcomes = Outcomes()
    for number in range(1001):
        outcomes.begin(command(Verb.SPEED, str(number)), Result.ACCEPTED, 0.0)
    assert outcomes.seen(command(Verb.SPEED, "0")) is not None


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
def test_each_command_has_at_most_one_final_outcome(
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
