from bridge.mqtt.own_messages import OVERDUE_S, OwnMessages

HOME, LINK = "treadmills/bridge/availability", "treadmills/den/link"
LATER = OVERDUE_S + 0.1


def test_message_that_does_not_return_is_reported_once() -> None:
    own = OwnMessages([HOME])
    own.sent(HOME, 0.0)
    own.sent(HOME, 1.0)
    assert own.take_refused(OVERDUE_S) == []
    assert own.take_refused(LATER) == [HOME]
    own.sent(HOME, LATER)
    assert own.take_refused(2 * LATER) == []


def test_topic_is_reported_when_a_later_message_does_not_return() -> None:
    own = OwnMessages([HOME])
    for start in (0.0, 100.0):
        own.sent(HOME, start)
        own.received(HOME)
        assert own.take_refused(start + LATER) == []
        own.sent(HOME, start + 10)
        assert own.take_refused(start + 10 + LATER) == [HOME]


def test_message_of_an_unsubscribed_topic_is_not_expected() -> None:
    own = OwnMessages()
    own.sent(LINK, 0.0)
    assert own.take_refused(LATER) == []
    own.add(LINK)
    own.sent(LINK, 0.0)
    assert own.take_refused(LATER) == [LINK]


def test_lost_connection_clears_the_expected_messages() -> None:
    own = OwnMessages([HOME])
    own.sent(HOME, 0.0)
    own.reset()
    assert own.take_refused(LATER) == []
