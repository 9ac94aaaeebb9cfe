"""Order and bounds of the inbox; no command before a stop moves the belt after it."""

import pytest

from bridge.contract.parser import Refusal
from bridge.mqtt.inbox import CAPACITY, Inbox, Incoming
from bridge.values import Command, Reason, Verb
from tests.rigs.wording import text_of

PER_S = 10


def incoming(verb: Verb, identity: str = "x", source: str = "t") -> Incoming:
    return Incoming("den", Command(id=identity, verb=verb, source=source, received=0.0, value=1))


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(PER_S)


def drain(inbox: Inbox) -> list[Incoming]:
    return [inbox.get() for _ in range(len(inbox))]


def fill(inbox: Inbox, verb: Verb, number: int = CAPACITY, now: float = 0.0) -> None:
    """Let so many come and be dealt with at once."""
    for _ in range(number):
        assert inbox.put(incoming(verb), now) is None
        inbox.get()


def test_commands_keep_their_order(inbox: Inbox) -> None:
    messages = [incoming(Verb.SPEED, str(number)) for number in range(5)]
    assert [inbox.put(message, 0) for message in messages] == [None] * 5
    assert drain(inbox) == messages


@pytest.mark.parametrize("halt", [Verb.STOP, Verb.PAUSE])
def test_halt_is_returned_at_once_and_refuses_the_commands_it_overtakes(
    inbox: Inbox, halt: Verb
) -> None:
    verbs = [Verb.SPEED, Verb.INCLINE, Verb.START, Verb.RESUME, Verb.FINISH]
    for verb in verbs:
        inbox.put(incoming(verb, verb), 0)
    stop = incoming(halt)
    assert inbox.put(stop, 0) is stop
    overtaken = [message.content for message in drain(inbox)]
    assert [content.id for content in overtaken] == verbs
    assert all(isinstance(content, Refusal) for content in overtaken)


def test_halt_keeps_commands_that_do_not_move_the_belt(inbox: Inbox) -> None:
    others = [incoming(Verb.PAIN), incoming(Verb.RELEASE)]
    for message in others:
        inbox.put(message, 0)
    inbox.put(incoming(Verb.STOP), 0)
    assert drain(inbox) == others


def test_full_inbox_refuses_every_command_except_a_stop(inbox: Inbox) -> None:
    for number in range(CAPACITY):
        assert inbox.put(incoming(Verb.PAIN, str(number)), number) is None
    late = inbox.put(incoming(Verb.PERSON, "late"), CAPACITY)
    assert late is not None
    assert isinstance(late.content, Refusal)
    assert late.content.reason.rule == "too_many"
    stop = incoming(Verb.STOP)
    assert inbox.put(stop, CAPACITY) is stop
    assert inbox.turned_down == 1


def test_refused_message_takes_no_place_in_the_inbox(inbox: Inbox) -> None:
    wrong = Incoming("den", Refusal("r", "speed", "t", Reason("not_json")))
    assert [inbox.put(wrong, 0) for _ in range(2 * CAPACITY)] == [wrong] * 2 * CAPACITY
    assert inbox.put(incoming(Verb.SPEED), 0) is None


class TestRate:
    def test_rate_limit_passes_a_fixed_rate_per_kind_after_a_burst(self, inbox: Inbox) -> None:
        fill(inbox, Verb.PAIN)
        passed = [inbox.put(incoming(Verb.PAIN), at / 64) is None for at in range(3 * 64 + 1)]
        assert sum(passed) == 3 * PER_S

    def test_rate_limit_of_one_kind_does_not_affect_another(self, inbox: Inbox) -> None:
        fill(inbox, Verb.START)
        assert inbox.put(incoming(Verb.START), 0) is not None
        assert inbox.put(incoming(Verb.FINISH), 0) is None

    def test_rate_limit_allows_one_burst_after_an_hour_of_quiet(self, inbox: Inbox) -> None:
        fill(inbox, Verb.PAIN)
        fill(inbox, Verb.PAIN, now=3600)
        assert inbox.put(incoming(Verb.PAIN), 3600) is not None

    @pytest.mark.parametrize("halt", [Verb.STOP, Verb.PAUSE])
    def test_stop_and_pause_have_no_rate_limit(self, inbox: Inbox, halt: Verb) -> None:
        halts = [incoming(halt, str(number)) for number in range(1000)]
        assert [inbox.put(each, 0) for each in halts] == halts

    @pytest.mark.parametrize("verb", [Verb.SPEED, Verb.INCLINE])
    def test_newest_target_replaces_those_above_the_rate_limit(
        self, inbox: Inbox, verb: Verb
    ) -> None:
        fill(inbox, verb)
        assert inbox.put(incoming(verb, "first"), 0) is None
        older = inbox.put(incoming(verb, "second"), 0)
        newer = inbox.put(incoming(verb, "third"), 0)
        assert [message.content.id for message in drain(inbox)] == ["third"]
        for refused, winner in ((older, "second"), (newer, "third")):
            assert refused is not None
            assert isinstance(refused.content, Refusal)
            assert winner in text_of(refused.content.reason)

    def test_target_of_one_source_does_not_replace_that_of_another(self, inbox: Inbox) -> None:
        fill(inbox, Verb.SPEED)
        inbox.put(incoming(Verb.SPEED, "person", source="dashboard"), 0)
        inbox.put(incoming(Verb.INCLINE, "incline", source="program"), 0)
        for number in range(100):
            inbox.put(incoming(Verb.SPEED, str(number), source="program"), 0)
        waiting = [message.content.id for message in drain(inbox)]
        assert waiting == ["person", "incline", "99"]
