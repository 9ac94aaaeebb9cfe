"""The page in a real browser, with a real broker, a real bridge and a simulated treadmill."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.dashboard.page.browser import (
    DESKTOP,
    HILL,
    PATIENCE_MS,
    PHONE,
    is_live,
    needs_chromium,
    number_is,
    open_page,
    start_belt,
    text_is,
)
from tests.dashboard.page.conftest import World, running
from tests.rigs.brokers import Subscriber, subscriber

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="package")]

IMAGES = Path(__file__).parents[3] / "docs" / "images"


def picture(name: str, otherwise: Path) -> str:
    """Path of a screenshot: in the documentation if SCREENSHOTS is set."""
    return str((IMAGES if os.environ.get("SCREENSHOTS") else otherwise) / name)


async def test_a_run_from_start_to_stop_is_shown_to_two_viewers(
    world: World, tmp_path: Path
) -> None:
    phone = await open_page(world.chromium, world.process.port, **PHONE)
    desktop = await open_page(world.chromium, world.process.port, **DESKTOP)

    await start_belt(phone)
    await phone.tap("#speed-up")
    asked = await number_is(phone, "#speed-asked", lambda speed: speed > 0.5)
    await text_is(phone, "#speed-outcome", "^(Accepted|Reached)")
    await number_is(desktop, "#speed-asked", lambda speed: speed == asked)

    await phone.tap("#incline-up")
    await text_is(phone, "#incline-asked", r"^0\.5$")
    await text_is(desktop, "#time", r"^0:0?[3-9]|^0:[1-9]\d")
    await text_is(desktop, "#phase", "Warm-up|Running")
    await phone.screenshot(path=picture("dashboard-live-phone.png", tmp_path))

    await phone.tap("#stop")
    await text_is(phone, "#belt-outcome", "STOP")
    await text_is(phone, "#belt-outcome", "obeyed: the belt stands")
    for viewer in (phone, desktop):
        await text_is(viewer, "#speed", r"^0\.0$")
        await text_is(viewer, "#phase", "The belt stands")
        assert viewer.errors == []  # type: ignore[attr-defined]


async def test_limit_names_its_reason_and_cool_down_shows_its_time_left(
    fresh_world: World,
) -> None:
    page = await open_page(fresh_world.chromium, fresh_world.process.port, **PHONE)
    await start_belt(page)
    await text_is(page, "#phase-left", r"^\d+:\d\d left$")
    async with subscriber(fresh_world.broker.port, topic="treadmills/demo/#") as listener:
        await listener.client.publish("treadmills/demo/set/speed", "6.0")
        await text_is(page, "#speed-asked", r"^6\.0$")
        await text_is(page, "#speed-why", "[Ww]arm-up: at most 6 km/h")
        await page.tap("#speed-up")
        await text_is(page, "#speed-outcome", "Limited to 6.0 km/h: [Ww]arm-up")

    await page.tap("#finish")
    await text_is(page, "#phase", "^Cool-down$")
    await text_is(page, "#phase-left", r"^0:[01]\d left$")
    await text_is(page, "#phase", "The belt stands")
    await text_is(page, "#phase-left", "^$")
    assert page.errors == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "reason", ["warm-up: at most 6", {"rule": "x", "text": "warm-up: at most 6"}]
)
async def test_reasons_are_read_as_text_and_as_objects(
    spoken_for: tuple[Subscriber, Page], reason: object
) -> None:
    listener, page = spoken_for
    publish = listener.client.publish
    guard = {"bounds": {"speed": {"max": 6.0, "reasons": [reason]}}, "faults": ["stale"]}
    await publish("treadmills/den/guard", json.dumps(guard), retain=True)
    await text_is(page, "#speed-why", "^warm-up: at most 6$")
    await text_is(page, "#faults", "Fault: stale")

    await page.tap("#speed-up")
    heard = await listener.receive("treadmills/den/set/speed")
    asked = json.loads(bytes(heard.payload))["id"]
    outcome = {"id": asked, "outcome": "rejected", "reasons": [reason]}
    await publish("treadmills/den/outcome", json.dumps(outcome))
    await text_is(page, "#speed-outcome", "^Rejected: warm-up: at most 6")


async def test_page_shows_the_safety_key_advice_if_the_belt_ignores_a_stop(
    spoken_for: tuple[Subscriber, Page],
) -> None:
    listener, page = spoken_for
    await page.tap("#stop")
    heard = await listener.receive("treadmills/den/set/belt")
    assert json.loads(bytes(heard.payload))["command"] == "stop"
    await text_is(page, "#belt-outcome", "STOP: ")
    outcome = {"id": json.loads(bytes(heard.payload))["id"], "outcome": "accepted"}
    await listener.client.publish("treadmills/den/outcome", json.dumps(outcome))

    # The belt keeps running at 8 km/h, and no event comes.
    await text_is(page, "#belt-outcome", "STOP NOT OBEYED. Pull the safety key!")


async def test_held_page_button_sends_a_bounded_rate_of_requests(world: World) -> None:
    page = await open_page(world.chromium, world.process.port, **DESKTOP)
    await start_belt(page)
    async with subscriber(world.broker.port, topic="treadmills/demo/set/#") as listener:
        before = float(await page.inner_text("#speed"))
        await page.hover("#speed-up")
        began = time.monotonic()
        await page.mouse.down()
        await number_is(page, "#speed-asked", lambda asked: asked > before + 0.95)
        await page.mouse.up()
        held = time.monotonic() - began
        last = float(await page.inner_text("#speed-asked"))

        def value(message: Any) -> float:
            return float(json.loads(message.payload)["value"])

        await listener.receive("treadmills/demo/set/speed", lambda message: value(message) == last)
        values = [value(message) for message in listener.on("treadmills/demo/set/speed")]

    assert values == sorted(set(values))
    assert 2 <= len(values) <= held / 0.5 + 2


async def test_pain_is_reported_by_one_tap_and_the_rest_can_be_lifted(world: World) -> None:
    page = await open_page(world.chromium, world.process.port, **PHONE)
    await is_live(page)
    await page.tap("#places button:has-text('knee')")
    await text_is(page, "#pain-outcome", "knee, 2 of 10: Done")
    await text_is(page, "#rest-text", "Resting until")

    await page.tap("#start")
    await text_is(page, "#belt-outcome", "Start: Rejected: .*pain")
    await page.wait_for_selector("#confirm:visible")

    await page.tap("#rest-lift")
    await page.wait_for_selector("#rest", state="hidden")


async def test_page_has_no_serious_accessibility_violation(world: World) -> None:
    for device in (PHONE, DESKTOP):
        # axe needs eval, which the page's policy forbids everybody.
        page = await open_page(world.chromium, world.process.port, bypass_csp=True, **device)
        await is_live(page)
        if device is PHONE:
            await page.select_option("#workout-pick", HILL)
            await text_is(page, "#workout-summary", "climb")
        else:
            await start_belt(page)
        await page.click("#past-show")
        await page.click("#past-list button")
        await expect(page.locator("#past-plot canvas")).to_be_visible(timeout=PATIENCE_MS)
        results = await Axe().run(page)
        serious = [
            (found["id"], [node["target"] for node in found["nodes"]])
            for found in results.response["violations"]
            if found["impact"] in {"serious", "critical"}
        ]
        assert serious == []


async def test_page_fits_a_phone_and_weighs_at_most_150_kb(world: World) -> None:
    context = await world.chromium.new_context(**PHONE)
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    await page.goto(f"http://127.0.0.1:{world.process.port}/")
    await is_live(page)
    width = await session.send(
        "Runtime.evaluate", {"expression": "document.documentElement.scrollWidth"}
    )

    assert width["result"]["value"] == 390
    assert 10_000 < sum(sizes) <= 150_000
    assert len(sizes) >= 10


@pytest.mark.skipif(not os.environ.get("SCREENSHOTS"), reason="for the documentation alone")
async def test_screenshots_for_the_documentation(tmp_path: Path, chromium: Browser) -> None:
    """A workout of some minutes, so that the chart has something to show; and a month of runs."""
    names = {"people": ("Ann", "Ben"), "shoes": ("trail", "road")}
    async with running(tmp_path, chromium, **names) as world:
        phone = await open_page(chromium, world.process.port, **PHONE)
        desktop = await open_page(chromium, world.process.port, **DESKTOP)
        await is_live(phone)
        await phone.select_option("#workout-pick", "Short intervals")
        await text_is(phone, "#workout-summary", "climb")
        await phone.locator("#workout").scroll_into_view_if_needed()
        await phone.locator("#workout").screenshot(path=str(IMAGES / "dashboard-workout.png"))
        await phone.evaluate("scrollTo(0, 0)")
        await start_belt(phone)
        # In the third work, once the belt has come near its speed.
        await text_is(desktop, "#workout-number", "^Step 6 of 8$", 240_000)
        await number_is(desktop, "#speed", lambda speed: speed >= 7.4, 120)
        await phone.tap("#incline-up")
        await text_is(phone, "#incline-outcome", "^(Accepted|Reached|Limited)")
        await phone.screenshot(path=str(IMAGES / "dashboard-phone.png"))
        await desktop.screenshot(path=str(IMAGES / "dashboard-desktop.png"))

        await desktop.click("#past-show")
        await desktop.click("#past-list li:nth-child(3) button")
        await expect(desktop.locator("#past-plot canvas")).to_be_visible(timeout=PATIENCE_MS)
        # Without the keys below, which stay in sight and would cover a part of it.
        await desktop.evaluate("document.querySelector('footer').style.visibility = 'hidden'")
        await desktop.locator("#past").screenshot(path=str(IMAGES / "dashboard-past.png"))
