"""Messages that wait for one viewer."""

import asyncio
import json

from bridge.dashboard.mailbox import LIMIT, Mailbox, message


def texts(data: bytes) -> list[object]:
    return [json.loads(part[6:])["data"] for part in data.split(b"\n\n") if part]


async def test_mailbox_keeps_the_newest_state_and_every_event() -> None:
    mailbox = Mailbox()
    for number in range(3):
        mailbox.put(message("state", "den", number, newest=True))
        mailbox.put(message("event", "den", f"event {number}"))
    mailbox.put(message("state", "attic", "other", newest=True))

    assert texts(await mailbox.take()) == ["event 0", "event 1", 2, "event 2", "other"]


async def test_mailbox_of_a_slow_viewer_is_emptied_for_a_full_update() -> None:
    mailbox = Mailbox()
    for number in range(LIMIT + 1):
        mailbox.put(message("event", "den", number))

    assert mailbox.behind
    assert await mailbox.take() == b""


async def test_closing_the_mailbox_wakes_a_waiting_viewer() -> None:
    mailbox = Mailbox()
    waiting = asyncio.create_task(mailbox.take())
    await asyncio.sleep(0)
    mailbox.close()

    assert await waiting == b""
    assert mailbox.closed


def test_published_text_cannot_break_the_event_stream_line() -> None:
    text = message("event", "den", {"text": "a\n\ndata: {}\r\n"}).text

    assert text.count(b"\n") == 2
