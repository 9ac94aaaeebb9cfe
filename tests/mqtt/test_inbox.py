"""Order, bounds, and that nothing sets the belt going again behind a stop."""

import pytest

from bridge.mqtt.inbox import CAPACITY, Inbox, Incoming
from bridge.mqtt.incoming import Refusal
from bridge.values import Command, Verb


def incoming(verb: Verb, identity: str = "x", treadmill: str = "den") -> Incoming:
    return Incoming(treadmill, Command(id=identity, verb=verb, source="t", received=0.0, value=1))


def drain(inbox: Inbox) -> list[Incoming]:
    return [inbox.get() for _ in range(len(inbox))]


def test_commands_keep_their_order() -> None:
    inbox = Inbox()
    messages = [incoming(Verb.SPEED, str(number)) for number in range(5)]
    assert [inbox.put(message) for message in messages] == [None] * 5
    assert drain(inbox) == messages


@pytest.mark.parametrize("halt", [Verb.STOP, Verb.PAUSE])
def test_a_halt_is_handed_back_at_once_and_turns_down_what_it_overtakes(halt: Verb) -> None:
    inbox = Inbox()
    verbs = [Verb.SPEED, Verb.INCLINE, Verb.START, Verb.RESUME, Verb.FINISH]
    for verb in verbs:
        inbox.put(incoming(verb, verb))
    stop = incoming(halt)
    assert inbox.put(stop) is stop
    overtaken = [message.content for message in drain(inbox)]
    assert [content.id for content in overtaken] == verbs
    assert all(isinstance(content, Refusal) for content in overtaken)


def test_a_halt_leaves_alone_what_moves_nothing_and_other_treadmills() -> None:
    inbox = Inbox()
    others = [
        incoming(Verb.PAIN),
        incoming(Verb.RELEASE),
        incoming(Verb.SPEED, treadmill="attic"),
        Incoming("den", Refusal("r", "speed", "t", "wrong")),
    ]
    for message in others:
        inbox.put(message)
    inbox.put(incoming(Verb.STOP))
    assert drain(inbox) == others


def test_what_finds_no_room_is_refused_but_never_a_stop() -> None:
    inbox = Inbox()
    for number in range(CAPACITY):
        assert inbox.put(incoming(Verb.PAIN, str(number))) is None
    late = inbox.put(incoming(Verb.PAIN, "late"))
    assert late is not None
    assert isinstance(late.content, Refusal)
    assert "Too many" in late.content.reason
    wrong = Incoming("den", Refusal("r", "speed", "t", "wrong"))
    assert inbox.put(wrong) is wrong
    stop = incoming(Verb.STOP)
    assert inbox.put(stop) is stop
