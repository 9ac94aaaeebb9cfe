"""What waits for one viewer."""

import asyncio
import json

from bridge.dashboard.mailbox import LIMIT, Mailbox, message


def texts(data: bytes) -> list[object]:
    return [json.loads(part[6:])["data"] for part in data.split(b"\n\n") if part]


async def test_of_one_kind_the_newest_counts_and_events_all_come() -> None:
    mailbox = Mailbox()
    for number in range(3):
        mailbox.put(message("state", "den", number, newest=True))
        mailbox.put(message("event", "den", f"event {number}"))
    mailbox.put(message("state", "attic", "other", newest=True))

    assert texts(await mailbox.take()) == ["event 0", "event 1", 2, "event 2", "other"]


async def test_a_viewer_that_is_too_slow_is_told_everything_anew() -> None:
    mailbox = Mailbox()
    for number in range(LIMIT + 1):
        mailbox.put(message("event", "den", number))

    assert mailbox.behind
    assert await mailbox.take() == b""


async def test_closing_wakes_who_waits() -> None:
    mailbox = Mailbox()
    waiting = asyncio.create_task(mailbox.take())
    await asyncio.sleep(0)
    mailbox.close()

    assert await waiting == b""
    assert mailbox.closed


def test_text_of_the_network_cannot_break_out_of_its_line() -> None:
    text = message("event", "den", {"text": "a\n\ndata: {}\r\n"}).text

    assert text.count(b"\n") == 2
