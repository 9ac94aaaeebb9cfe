"""What is to be told: happenings once, faults for as long as they last."""

from bridge.guard.journal import Ended, Ending, Journal
from bridge.values import Axis, Reason
from tests.rigs.wording import text_of


def test_events_are_reported_once_and_in_order() -> None:
    journal = Journal()
    journal.report("session_started")
    journal.report("session_ended")
    assert [event.type for event in journal.drain()[0]] == ["session_started", "session_ended"]
    assert journal.drain() == ((), ())


def test_event_about_an_axis_names_it() -> None:
    journal = Journal()
    journal.report("unexpected_rise_alarm", Axis.INCLINE)
    journal.report("session_started")
    about, general = journal.drain()[0]
    assert about.axis is Axis.INCLINE
    assert text_of(about).startswith("Incline keeps rising without a request.")
    assert general.axis is None


def test_fault_is_new_once_until_it_is_cleared() -> None:
    journal = Journal()
    journal.fault("stale", age=3.0)
    journal.fault("stale", age=4.0)
    assert journal.faults == {"stale"}
    assert journal.mend("stale")
    journal.fault("stale", age=5.0)
    journal.fault("stale", age=6.0, again=True)
    assert [dict(event.values)["age"] for event in journal.drain()[0]] == [3.0, 5.0, 6.0]


def test_fault_of_an_axis_names_it() -> None:
    journal = Journal()
    journal.fault("unexpected_rise", Axis.INCLINE)
    assert journal.faults == {"unexpected_rise_incline"}
    assert [(e.type, e.axis) for e in journal.drain()[0]] == [("unexpected_rise", Axis.INCLINE)]


def test_one_of_several_faults_can_be_cleared() -> None:
    journal = Journal()
    journal.fault("stale")
    journal.fault("garbled")
    assert journal.mend("stale", "control_taken")
    assert not journal.mend("stale", "control_taken")
    assert journal.faults == {"garbled"}


def test_belt_counts_as_obedient_at_first() -> None:
    assert not Journal().disobeyed


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
