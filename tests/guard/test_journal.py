"""What is to be told: happenings once, faults for as long as they last."""

from bridge.guard.journal import Journal
from bridge.values import Axis
from tests.rigs.wording import text_of


def test_what_happened_is_told_once_in_its_order() -> None:
    journal = Journal()
    journal.tell("session_started")
    journal.tell("session_ended")
    assert [event.type for event in journal.drain()[0]] == ["session_started", "session_ended"]
    assert journal.drain() == ((), ())


def test_it_says_of_which_axis_where_it_is_about_one() -> None:
    journal = Journal()
    journal.tell("unexpected_rise_alarm", Axis.INCLINE)
    journal.tell("session_started")
    about, general = journal.drain()[0]
    assert about.axis is Axis.INCLINE
    assert text_of(about).startswith("Incline keeps rising without a request.")
    assert general.axis is None


def test_a_fault_is_news_once_until_it_is_mended() -> None:
    journal = Journal()
    assert journal.fault("stale")
    assert not journal.fault("stale")
    assert journal.faults == {"stale"}
    assert journal.mend("stale")
    assert journal.fault("stale")


def test_any_of_several_may_have_been_wrong() -> None:
    journal = Journal()
    journal.fault("stale")
    journal.fault("garbled")
    assert journal.mend("stale", "control_taken")
    assert not journal.mend("stale", "control_taken")
    assert journal.faults == {"garbled"}


def test_a_belt_is_within_control_until_it_is_found_not_to_be() -> None:
    assert not Journal().disobeyed
