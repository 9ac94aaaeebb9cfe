"""Debian's Chromium, driven by Playwright; nothing is downloaded."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.rigs.brokers import PATIENCE_S

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(
    PROGRAM is None, reason="LEFT OUT: there is no Chromium (Debian: apt install chromium)"
)
PATIENCE_MS = 1000 * PATIENCE_S
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    # A page of four times the points takes four times as long to draw.
    "device_scale_factor": 2 if os.environ.get("SCREENSHOTS") else 1,
    "has_touch": True,
    "is_mobile": True,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    flags = ["--disable-dev-shm-usage", "--disable-gpu"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium needs it for root, as in a container
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=PROGRAM, args=flags)
        try:
            yield chromium
        finally:
            await chromium.close()


async def open_page(chromium: Browser, port: int, **device: Any) -> Page:
    """The dashboard in a profile of its own, such as another phone has.

    No test looks at a change while it fades in: drawing one takes a processor for most of a second.
    """
    context = await chromium.new_context(reduced_motion="reduce", **device)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.errors = errors  # type: ignore[attr-defined]
    await page.goto(f"http://127.0.0.1:{port}/")
    return page


async def text_is(
    page: Page, selector: str, pattern: str, patience_ms: float = PATIENCE_MS
) -> None:
    """Wait until an element's text fits a regular expression."""
    await expect(page.locator(selector)).to_have_text(re.compile(pattern), timeout=patience_ms)


async def number_is(
    page: Page,
    selector: str,
    fits: Callable[[float], bool],
    patience_s: float = PATIENCE_MS / 1000,
) -> float:
    """Wait until an element shows a number that fits, and return it."""
    async with asyncio.timeout(patience_s):
        while True:
            with suppress(ValueError):
                if fits(value := float(await page.inner_text(selector))):
                    return value
            await asyncio.sleep(0.05)


async def is_live(page: Page) -> None:
    await expect(page.locator("body:not(.stale)")).to_be_attached(timeout=PATIENCE_MS)


async def is_stale(page: Page) -> None:
    await expect(page.locator("body.stale")).to_be_attached(timeout=PATIENCE_MS)


async def start_belt(page: Page, above: float = 0.5) -> None:
    """Start the belt and wait until it moves and may be commanded; `above` as the page shows it."""
    await is_live(page)
    await page.click("#start")
    await number_is(page, "#speed", lambda speed: speed > above)
    await expect(page.locator("#speed-up")).to_be_enabled(timeout=PATIENCE_MS)


HILL = "One steep hill"
"""A workout of the demo."""


STATE = {
    "time": "2030-01-01T12:00:00.000Z", "belt": "running", "phase": "active", "fresh": True,
    "speed_kmh": 8.0, "incline_percent": 1.0, "requested_speed_kmh": 8.0, "elapsed_s": 60,
}  # fmt: skip
