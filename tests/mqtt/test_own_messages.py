from bridge.mqtt.own_messages import OVERDUE_S, OwnMessages

HOME, LINK = "treadmills/bridge/availability", "treadmills/den/link"
LATER = OVERDUE_S + 0.1


def test_a_message_that_does_not_come_back_is_named_once() -> None:
    own = OwnMessages([HOME])
    own.sent(HOME, 0.0)
    own.sent(HOME, 1.0)
    assert own.take_refused(OVERDUE_S) == []
    assert own.take_refused(LATER) == [HOME]
    own.sent(HOME, LATER)
    assert own.take_refused(2 * LATER) == []


def test_one_that_came_back_is_fine_and_named_when_the_next_does_not() -> None:
    own = OwnMessages([HOME])
    for start in (0.0, 100.0):
        own.sent(HOME, start)
        own.received(HOME)
        assert own.take_refused(start + LATER) == []
        own.sent(HOME, start + 10)
        assert own.take_refused(start + 10 + LATER) == [HOME]


def test_what_is_not_subscribed_is_not_looked_for_until_it_is() -> None:
    own = OwnMessages()
    own.sent(LINK, 0.0)
    assert own.take_refused(LATER) == []
    own.add(LINK)
    own.sent(LINK, 0.0)
    assert own.take_refused(LATER) == [LINK]


def test_a_lost_connection_takes_along_what_was_on_its_way() -> None:
    own = OwnMessages([HOME])
    own.sent(HOME, 0.0)
    own.reset()
    assert own.take_refused(LATER) == []
