"""The outbox: waiting messages, their order, and which are dropped."""

import asyncio

from bridge.mqtt.outbox import CAPACITY, IN_A_ROW, Outbox, Outgoing, Rank


async def test_only_the_newest_message_of_a_retained_topic_is_sent() -> None:
    outbox = Outbox()
    outbox.put(Outgoing("a", b"1", retain=True))
    outbox.put(Outgoing("b", b"1", retain=True))
    outbox.put(Outgoing("a", b"2", retain=True))
    assert [(await outbox.get()).payload for _ in range(2)] == [b"2", b"1"]
    assert outbox.empty
    outbox.all_due()
    assert [(await outbox.get()).topic for _ in range(2)] == ["a", "b"]


async def test_unsent_message_returns_to_its_place_in_the_queue() -> None:
    outbox = Outbox()
    for number in (b"1", b"2"):
        outbox.put(Outgoing("event", number))
    for _ in range(2):
        await outbox.get()
    outbox.put_back()
    first, second = [await outbox.get() for _ in range(2)]
    assert [first.payload, second.payload] == [b"1", b"2"]
    outbox.done(first)
    outbox.done(second)
    outbox.put(Outgoing("state", b"old", retain=True))
    await outbox.get()
    outbox.put(Outgoing("state", b"new", retain=True))
    outbox.put_back()
    assert (await outbox.get()).payload == b"new"
    assert outbox.empty


async def test_full_queue_drops_and_counts_the_oldest() -> None:
    outbox = Outbox()
    for number in range(CAPACITY + 3):
        outbox.put(Outgoing("event", str(number).encode()))
    assert (await outbox.get()).payload == b"3"
    assert (outbox.take_dropped(), outbox.take_dropped()) == (3, 0)


async def test_flood_of_outcomes_drops_no_event() -> None:
    outbox = Outbox()
    outbox.put(Outgoing("event", b"alarm"))
    for _ in range(2 * CAPACITY):
        outbox.put(Outgoing("outcome", b"x"))
    assert (await outbox.get()).payload == b"alarm"
    outbox.put(Outgoing("outcome", b"x"))
    outbox.put(Outgoing("session", b"new topic"))
    assert outbox.take_dropped() == CAPACITY + 2


async def test_flood_of_refusals_drops_no_outcome_of_a_stop() -> None:
    outbox = Outbox()
    outbox.put(Outgoing("outcome", b"refused", rank=Rank.LAST))
    outbox.put(Outgoing("outcome", b"stop accepted"))
    for _ in range(2 * CAPACITY):
        outbox.put(Outgoing("outcome", b"refused", rank=Rank.LAST))
    assert (await outbox.get()).payload == b"stop accepted"
    assert outbox.take_dropped() == CAPACITY + 2


async def test_outcome_of_a_stop_is_sent_first() -> None:
    outbox = Outbox()
    for outcome, rank in ((b"refused", Rank.LAST), (b"taken", Rank.USUAL), (b"stop", Rank.FIRST)):
        outbox.put(Outgoing("outcome", outcome, rank=rank))
    in_turn = [b"stop", b"taken", b"refused"]
    assert [m.payload for m in outbox.waiting()] == in_turn
    assert [(await outbox.get()).payload for _ in range(3)] == in_turn
    outbox.put_back()
    assert [(await outbox.get()).payload for _ in range(3)] == in_turn
    assert outbox.empty


async def test_refusal_is_dropped_if_the_queue_is_full() -> None:
    outbox = Outbox()
    for number in range(CAPACITY):
        outbox.put(Outgoing("outcome", str(number).encode()))
    outbox.put(Outgoing("outcome", b"refused", rank=Rank.LAST))
    assert [m.payload for m in outbox.waiting()][:: CAPACITY - 1] == [b"0", b"999"]


async def test_flood_of_stops_drops_no_event() -> None:
    outbox = Outbox()
    for _ in range(CAPACITY):
        outbox.put(Outgoing("outcome", b"stop", rank=Rank.FIRST))
    outbox.put(Outgoing("event", b"alarm"))
    for _ in range(CAPACITY):
        outbox.put(Outgoing("outcome", b"stop", rank=Rank.FIRST))
    assert outbox.waiting()[-1].payload == b"alarm"


async def test_flood_of_outcomes_does_not_delay_the_state() -> None:
    outbox = Outbox()
    for number in range(100):
        outbox.put(Outgoing("outcome", str(number).encode()))
    outbox.put(Outgoing("state", b"running", retain=True))
    first = [(await outbox.get()).topic for _ in range(IN_A_ROW + 1)]
    assert first == [*["outcome"] * IN_A_ROW, "state"]


async def test_each_message_of_some_retained_topics_is_sent() -> None:
    outbox = Outbox()
    for session in (b"1", b"2"):
        outbox.put(Outgoing("session", session, retain=True, each=True))
    await outbox.get()
    outbox.put_back()
    assert [(await outbox.get()).payload for _ in range(2)] == [b"1", b"2"]
    assert outbox.empty
    outbox.all_due()
    assert (await outbox.get()).payload == b"2"


async def test_message_in_flight_waits_until_it_is_done() -> None:
    outbox = Outbox()
    for number in (b"1", b"2"):
        outbox.put(Outgoing("event", number))
    first = await outbox.get()
    assert [m.payload for m in outbox.waiting()] == [b"1", b"2"]
    outbox.done(first)
    assert [m.payload for m in outbox.waiting()] == [b"2"]


async def test_get_waits_for_a_message() -> None:
    outbox = Outbox()
    waiting = asyncio.create_task(outbox.get())
    await asyncio.sleep(0)
    outbox.put(Outgoing("event", b"x"))
    assert (await waiting).payload == b"x"
