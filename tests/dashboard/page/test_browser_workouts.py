"""Workouts, plans and past sessions on the page, in a real browser."""

import asyncio
import json
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from itertools import pairwise

import pytest
from playwright.async_api import Browser, Page, expect

from bridge.dashboard.web.history import FORMATS
from tests.dashboard.page.browser import (
    HILL,
    PATIENCE_MS,
    PHONE,
    is_live,
    needs_chromium,
    open_page,
    start_belt,
    text_is,
)
from tests.dashboard.page.conftest import World
from tests.history.years import PERSON
from tests.rigs.brokers import PATIENCE_S, Subscriber

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="package")]


async def test_page_selects_previews_and_starts_a_workout(world: World) -> None:
    page = await open_page(world.chromium, world.process.port, **PHONE)
    await is_live(page)
    await page.select_option("#workout-pick", HILL)
    await text_is(page, "#workout-outcome", f"^{HILL}: Done")
    await text_is(page, "#workout-summary", r"3 min \d+ s, .*lowered: \d of 3 steps")
    await text_is(page, "#workout-steps li:nth-child(2) span:first-child", "^Hill: 6 km/h, 12 %")
    await text_is(page, "#workout-steps li:nth-child(2) .lowered", ".")

    await page.tap("#start")
    await text_is(page, "#workout-number", "^Step 1 of 3$")
    await text_is(page, "#workout-next", "^Next: Hill: 6 km/h, 12 %")
    # It counts down on the page, each second and not each message.
    first = await page.inner_text("#workout-left")
    shown = {first}
    async with asyncio.timeout(PATIENCE_S):
        while len(shown) < 4:
            shown.add(await page.inner_text("#workout-left"))
            await asyncio.sleep(0.05)
    seconds = sorted(int(each.partition(":")[2]) for each in shown)
    assert [b - a for a, b in pairwise(seconds)] == [1] * (len(seconds) - 1)

    await page.tap("#workout-pause")
    await text_is(page, "#workout-outcome", "^Pause workout: Done")
    await text_is(page, "#workout-state", "^Paused")
    await page.tap("#workout-resume")
    await page.tap("#workout-skip")
    await text_is(page, "#workout-number", "^Step 2 of 3$")
    await page.tap("#workout-end")
    await text_is(page, "#workout-state", "^Over")
    # The same one can be chosen again.
    await expect(page.locator("#workout-pick")).to_have_value("none", timeout=PATIENCE_MS)
    assert await page.is_enabled("#workout-pick")
    assert await page.is_enabled("#stop")
    assert page.errors == []  # type: ignore[attr-defined]


async def test_page_shows_the_plan_of_today_and_sends_the_answer(
    spoken_for: tuple[Subscriber, Page],
) -> None:
    plan = {
        "name": "couch", "title": "Couch to 5K", "person": "Ann", "state": "active", "phase": 1,
        "phases": 13, "phase_name": "Week 1", "session": 2, "sessions": 3, "day": "rest",
        "rest_until": "2030-01-02T00:00:00.000Z", "max_speed_kmh": 9.0, "session_s": 1500,
        "max_incline_percent": 2.0, "session_m": None, "question": "morning",
        "question_text": "How much does it hurt?",
    }  # fmt: skip
    listener, page = spoken_for
    assert await page.is_hidden("#plan")
    await listener.client.publish("treadmills/den/plan", json.dumps(plan), retain=True)
    await text_is(page, "#plan-phase", "^Phase 1 of 13: Week 1$")
    await text_is(page, "#plan-today", "^Session 2 of 3: at most 9.0 km/h, 2.0 %, 25:00$")
    await text_is(page, "#plan-rest", "^A rest day, until ")

    await page.tap("#plan-scale button:nth-child(4)")
    heard = await listener.receive("treadmills/den/set/plan")
    answer = json.loads(bytes(heard.payload))
    assert answer["severity"] == 3
    outcome = {"id": answer["id"], "outcome": "confirmed", "reasons": []}
    await listener.client.publish("treadmills/den/outcome", json.dumps(outcome))
    await text_is(page, "#plan-outcome", "^3 of 10: Done")

    await page.tap("#plan-confirm")
    heard = await listener.receive("treadmills/den/set/plan", lambda m: b"confirm" in m.payload)
    assert json.loads(bytes(heard.payload))["command"] == "confirm"
    quiet = {**plan, "day": "run", "rest_until": None, "question": None}
    await listener.client.publish("treadmills/den/plan", json.dumps(quiet), retain=True)
    await page.wait_for_selector("#plan-question", state="hidden")
    assert await page.is_hidden("#plan-confirm")


async def test_past_sessions_are_shown_and_saved(world: World) -> None:
    page = await open_page(world.chromium, world.process.port, **PHONE)
    await is_live(page)
    await page.tap("#past-show")
    await expect(page.locator("#past-list li")).to_have_count(20, timeout=PATIENCE_MS)
    await page.tap("#past-more")
    await expect(page.locator("#past-more")).to_be_hidden(timeout=PATIENCE_MS)
    assert await page.locator("#past-list li").count() > 20

    await page.tap("#past-list li:nth-child(2) button")
    await text_is(page, "#past-name", f"{PERSON}$")
    await text_is(page, "#past-facts div:nth-child(2) dd", r"^\d\.\d\d km$")
    await expect(page.locator("#past-plot canvas")).to_be_visible(timeout=PATIENCE_MS)
    assert await page.locator("#past-list [aria-current=true]").count() == 1
    for form in FORMATS:
        async with page.expect_download() as begun:
            await page.tap(f"#past-{form}")
        saved = await begun.value
        kept = await saved.path()
        assert re.fullmatch(rf"2026-11-\d\dT070000Z-den\.{form}", saved.suggested_filename)
        assert len(kept.read_bytes()) > 10_000
    assert page.errors == []  # type: ignore[attr-defined]


async def test_demo_session_can_be_viewed_and_saved_on_the_page(chromium: Browser) -> None:
    """The demo's own page and history: the whole of it, as people have it."""
    arguments = ("--script", "none", "--mqtt-port", "0", "--duration", "240")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "demo", *arguments), stdin=DEVNULL, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        port = 0
        async with asyncio.timeout(PATIENCE_S):
            while not port:
                found = re.search(
                    rb"dashboard is at http://\S+:(\d+)/", await process.stdout.readline()
                )
                port = int(found[1]) if found else 0
        draining = asyncio.create_task(process.stdout.read())
        page = await open_page(chromium, port, **PHONE)
        await start_belt(page)
        await text_is(page, "#time", r"^0:0?[6-9]|^0:[1-9]\d")
        await page.tap("#stop")
        await page.wait_for_selector("#last:visible")
        await page.tap("#past-show")
        await page.tap("#past-list button")
        await expect(page.locator("#past-plot canvas")).to_be_visible(timeout=PATIENCE_MS)
        async with page.expect_download() as begun:
            await page.tap("#past-fit")
        assert (await (await begun.value).path()).read_bytes()[8:12] == b".FIT"
    finally:
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE_S):
            assert await process.wait() == 0
    draining.cancel()
