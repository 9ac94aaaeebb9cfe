"""The journal: events are reported once, faults as long as they last."""

from bridge.guard.journal import Ended, Ending, Journal
from bridge.values import Axis, Reason


def test_only_an_event_with_an_effect_on_a_request_ends_it() -> None:
    journal = Journal()
    journal.report("fresh")
    journal.report("console_slowed", Axis.SPEED, limit=700, ends=Ending.CHANGED)
    journal.report("limited", Axis.SPEED, ends=Ending.CHANGED, why=Reason("range"))
    events, ended = journal.drain()
    assert ended == (
        Ended(Ending.CHANGED, events[1].reason, Axis.SPEED),
        Ended(Ending.CHANGED, Reason("range"), Axis.SPEED),
    )
