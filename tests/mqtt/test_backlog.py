"""Unsent messages survive the process, and no disk delays the bridge."""

import asyncio
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.mqtt import backlog as module
from bridge.mqtt.backlog import Backlog
from bridge.mqtt.outbox import CAPACITY, Outbox, Outgoing
from tests.mqtt.conftest import Desk, desk, on
from tests.rigs.brokers import PATIENCE_S, Mosquitto, free_port, mosquitto, subscriber

EVENT, SESSION = "treadmills/den/event", "treadmills/den/session"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.02)
    monkeypatch.setattr(module, "AGAIN_S", 0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "outbox.sqlite3"


def stored(path: Path) -> list[bytes]:
    """Messages in the file; none without a file."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.OperationalError):
        rows = connection.execute("SELECT payload FROM outbox ORDER BY place")
        return [payload for (payload,) in rows]
    return []


def publish(here: Desk, *payloads: bytes) -> None:
    for payload in payloads:
        if payload.startswith(b"session"):
            here.broker.publish(SESSION, payload, retain=True, qos=1, each=True)
        else:
            here.broker.publish(EVENT, payload, qos=1)


async def test_waiting_messages_are_delivered_in_order_by_the_next_process(path: Path) -> None:
    server = Mosquitto(path.parent.parent, port=free_port())
    settings = on(server.port)
    async with desk(settings, connected=False, backlog=path) as here:
        publish(here, b"event 1", b"session 1", b"event 2", b"session 2")
        await here.until(lambda: stored(path))
    assert stored(path) == [b"event 1", b"session 1", b"event 2", b"session 2"]

    await server.start()
    try:
        async with subscriber(server.port) as heard:
            async with desk(settings, backlog=path) as here:
                publish(here, b"event 3")
                await heard.receive(EVENT, lambda m: m.payload == b"event 3")
                await here.until(lambda: stored(path) == [])
            once = [
                m.payload for m in heard.received if m.payload.startswith((b"event", b"session"))
            ]
            # The newest session comes again, as does all that is retained; no event does.
            assert list(dict.fromkeys(once)) == [
                *(b"event 1", b"session 1", b"event 2", b"session 2", b"event 3")
            ]
            events = [payload for payload in once if payload.startswith(b"event")]
            assert events == [b"event 1", b"event 2", b"event 3"]
        async with subscriber(server.port) as newcomer:
            assert (await newcomer.receive(SESSION)).payload == b"session 2"
    finally:
        server.end(signal.SIGKILL)


async def test_waiting_answer_is_delivered_to_its_response_topic_by_the_next_process(
    path: Path,
) -> None:
    outbox = Outbox()
    outbox.put(Outgoing("app/answers", b"x", 1, correlation=b"\x00\x01"))
    await Backlog(path).close(outbox)

    later = Outbox()
    await Backlog(path).restore(later)

    answer = await later.get()
    assert (answer.topic, answer.qos, answer.retain) == ("app/answers", 1, False)
    assert answer.correlation == b"\x00\x01"


async def test_stored_message_stays_on_disk_until_it_is_delivered(path: Path) -> None:
    outbox = Outbox()
    outbox.put(Outgoing(EVENT, b"event 1", 1))
    await Backlog(path).close(outbox)

    async with desk(on(free_port()), connected=False, backlog=path) as here:
        await here.until(here.broker._outbox.waiting)
        publish(here, b"event 2")
        await here.until(lambda: b"event 2" in stored(path))
        assert stored(path) == [b"event 1", b"event 2"]


async def test_message_sent_at_once_is_not_written_to_disk(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 1.0)
    async with (
        mosquitto(tmp_path) as server,
        subscriber(server.port) as heard,
        desk(on(server.port), backlog=path) as here,
    ):
        publish(here, b"event 1")
        await heard.receive(EVENT)
    assert not path.parent.exists()


async def test_backlog_stores_no_more_than_the_outbox_holds(path: Path) -> None:
    outbox = Outbox()
    for number in range(CAPACITY + 5):
        outbox.put(Outgoing(EVENT, str(number).encode()))
    await Backlog(path).close(outbox)
    assert len(stored(path)) == CAPACITY

    later = Outbox()
    await Backlog(path).restore(later)
    later.put(Outgoing(EVENT, b"new"))
    assert [m.payload for m in later.waiting()][-2:] == [str(CAPACITY + 4).encode(), b"new"]


async def test_newer_session_is_retained_in_spite_of_a_stored_one(path: Path) -> None:
    outbox = Outbox()
    outbox.put(Outgoing(SESSION, b"old", 1, retain=True, each=True))
    await Backlog(path).close(outbox)

    later = Outbox()
    later.put(Outgoing(SESSION, b"new", 1, retain=True, each=True))
    await Backlog(path).restore(later)

    later.all_due()
    assert [(await later.get()).payload for _ in range(3)] == [b"old", b"new", b"new"]


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def _other(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def _nonsense(path: Path) -> None:
    asyncio.run(_close_with(path, Outgoing(EVENT, b"x")))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE outbox SET qos = 'seven'")


async def _close_with(path: Path, message: Outgoing) -> None:
    outbox = Outbox()
    outbox.put(message)
    await Backlog(path).close(outbox)


@pytest.mark.parametrize("spoil", [_garbage, _other, _nonsense])
def test_broken_backlog_is_set_aside_reported_and_created_again(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    path.parent.mkdir()
    spoil(path)

    async def timeline() -> None:
        outbox = Outbox()
        backlog = Backlog(path)
        await backlog.restore(outbox)
        assert outbox.empty
        outbox.put(Outgoing(EVENT, b"event 1"))
        await backlog.close(outbox)

    with capture_logs() as logs:
        asyncio.run(timeline())
    (told,) = [entry for entry in logs if entry["event"] == "mqtt_backlog_lost"]
    assert told["log_level"] == "error"
    assert stored(path) == [b"event 1"]
    (aside,) = path.parent.glob("outbox.sqlite3.broken-*")
    assert aside.name in told["hint"]


async def test_backlog_that_breaks_in_use_is_rewritten_completely(path: Path) -> None:
    async with desk(on(free_port()), connected=False, backlog=path) as here:
        publish(here, b"event 1")
        await here.until(lambda: stored(path) == [b"event 1"])
        _garbage(path)
        publish(here, b"event 2")
        await here.until(lambda: list(path.parent.glob("*.broken-*")))
        await here.until(lambda: stored(path) == [b"event 1", b"event 2"])


async def test_unwritable_directory_is_reported_once_and_retried(
    tmp_path: Path,
) -> None:
    place = tmp_path / "state"
    place.write_text("in the way")
    path = place / "outbox.sqlite3"
    with capture_logs() as logs:
        async with (
            mosquitto(tmp_path) as server,
            subscriber(server.port) as heard,
            desk(on(free_port()), connected=False, backlog=path) as here,
            desk(on(server.port), backlog=path) as there,
        ):
            publish(here, b"event 1")
            unwritable = "mqtt_backlog_unwritable"
            await here.until(lambda: len([e for e in logs if e["event"] == unwritable]) >= 3)
            publish(there, b"works on")
            await heard.receive(EVENT, lambda m: m.payload == b"works on")
            place.unlink()
            await here.until(lambda: stored(path) == [b"event 1"])
    levels = [e["log_level"] for e in logs if e["event"] == unwritable and "outbox" in e["reason"]]
    assert levels.count("warning") <= 2
    assert "debug" in levels
    assert any(e["event"] == "mqtt_backlog_writable" for e in logs)


async def test_full_disk_loses_only_the_stored_copy_of_a_message(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> dict[int, int]:
        message = "database or disk is full"
        raise sqlite3.OperationalError(message)

    monkeypatch.setattr(module, "_match", full)
    with capture_logs() as logs:
        async with desk(on(free_port()), connected=False, backlog=path) as here:
            publish(here, b"event 1")
            await here.until(lambda: any("unwritable" in e["event"] for e in logs))
            assert [m.payload for m in here.broker._outbox.waiting()] == [b"event 1"]
    told = [entry for entry in logs if entry["event"] == "mqtt_backlog_unwritable"]
    assert "disk is full" in told[0]["reason"]


async def test_hung_disk_does_not_delay_the_end_of_the_backlog(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLOSE_S", 0.05)
    answers = asyncio.Event()

    async def wait_for_ever(self: Backlog, waiting: object) -> None:
        await answers.wait()

    monkeypatch.setattr(Backlog, "_store", wait_for_ever)
    with capture_logs() as logs:
        async with asyncio.timeout(PATIENCE_S):
            await Backlog(path).close(Outbox())
    assert "no answer" in logs[0]["reason"]
