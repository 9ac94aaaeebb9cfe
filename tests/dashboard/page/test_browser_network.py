"""Lost connections, foreign sites, passwords and many viewers, in a real browser."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bridge.dashboard.web.history import FORMATS
from bridge.passwords import hash_password
from tests.dashboard.page.browser import (
    DESKTOP,
    PATIENCE_MS,
    PHONE,
    STATE,
    is_live,
    is_stale,
    needs_chromium,
    open_page,
    start_belt,
    text_is,
)
from tests.dashboard.page.conftest import World, speaking
from tests.dashboard.rig import dashboard_process, free_port, settings
from tests.rigs.brokers import Mosquitto, Subscriber, mosquitto, subscriber

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="package")]

GREY_S = 3.0
"""Seconds after which the page must mark its values as stale."""


TWICE_BUSY_S = 1.5
"""Additional time on a test machine that is busy otherwise."""


async def test_page_renders_published_text_as_text_not_html(
    spoken_for: tuple[Subscriber, Page],
) -> None:
    listener, page = spoken_for
    event = {"type": "limited", "time": STATE["time"], "text": "<img src=x onerror=alert(1)>"}
    await listener.client.publish("treadmills/den/event", json.dumps(event))

    await text_is(page, "#events li span", "^<img src=x")
    assert await page.locator("#events img").count() == 0


async def test_page_is_greyed_out_while_the_broker_is_gone(world: World) -> None:
    page = await open_page(world.chromium, world.process.port, **PHONE)
    await start_belt(page)

    world.broker.end(signal.SIGKILL)
    began = time.monotonic()
    await is_stale(page)
    took = time.monotonic() - began
    await text_is(page, "#banner", "broker is unreachable")
    assert await page.is_disabled("#speed-up")
    await page.tap("#stop")
    await text_is(page, "#belt-outcome", "Not sent: the broker is unreachable.*safety key")
    assert took < GREY_S + TWICE_BUSY_S

    async with ear_after(world.broker) as listener:
        await is_live(page)
        # Nothing was kept for later: the STOP that could not be sent is not sent now.
        await listener.receive("treadmills/demo/state")
        assert listener.on("treadmills/demo/set/belt") == []


@asynccontextmanager
async def ear_after(broker: Mosquitto) -> AsyncIterator[Any]:
    await broker.start()
    async with subscriber(broker.port) as listener:
        yield listener


async def test_page_is_greyed_out_without_bridge_or_server(
    tmp_path: Path, chromium: Browser
) -> None:
    async with (
        mosquitto(tmp_path) as broker,
        subscriber(broker.port) as listener,
        dashboard_process(settings(broker.port)) as process,
    ):
        async with speaking(listener):
            page = await open_page(chromium, process.port, **DESKTOP)
            await is_live(page)
        availability = "treadmills/bridge/availability"
        await listener.client.publish(availability, "offline", retain=True)
        await is_stale(page)
        await text_is(page, "#banner", "bridge is not running")
        process.process.kill()
        began = time.monotonic()
        await text_is(page, "#banner", "lost its server")
        assert time.monotonic() - began < GREY_S + TWICE_BUSY_S


async def test_page_of_another_site_cannot_send_commands(world: World) -> None:
    async def foreign(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\ncontent-type: text/html\r\n\r\n<title>evil</title>")
        writer.close()

    server = await asyncio.start_server(foreign, "127.0.0.1", 0)
    other = server.sockets[0].getsockname()[1]
    async with server:
        page = await open_page(world.chromium, world.process.port, **DESKTOP)
        await is_live(page)
        await page.goto(f"http://127.0.0.1:{other}/")
        command = {
            "treadmill": "demo", "kind": "belt", "values": {"command": "start"}, "id": "evil",
        }  # fmt: skip
        script = """async ([url, body, mode, headers]) => {
            try { return (await fetch(url, {method: 'POST', mode, headers, body})).type; }
            catch { return 'blocked'; }
        }"""
        target = f"http://127.0.0.1:{world.process.port}/command"
        async with subscriber(world.broker.port, topic="treadmills/#") as listener:
            simple = await page.evaluate(
                script, [target, json.dumps(command), "no-cors", {"Content-Type": "text/plain"}]
            )
            asking = await page.evaluate(
                script,
                [target, json.dumps(command), "cors",
                 {"Content-Type": "application/json", "X-Treadmill": "1"}],
            )  # fmt: skip
            reading = await page.evaluate(
                "url => fetch(url).then(() => 'read', () => 'blocked')",
                f"http://127.0.0.1:{world.process.port}/session",
            )
            await listener.client.publish("treadmills/demo/set/belt", "connect")
            await listener.receive("treadmills/demo/set/belt")
            heard = [bytes(m.payload) for m in listener.on("treadmills/demo/set/belt")]

        assert (simple, asking, reading) == ("blocked", "blocked", "blocked")
        assert heard == [b"connect"]


async def test_login_by_password_survives_a_restart_of_the_dashboard(
    tmp_path: Path, world: World
) -> None:
    given = settings(
        world.broker.port,
        password_hash=hash_password("correct horse"),
        key_file=str(tmp_path / "state" / "dashboard.key"),
    )
    given = replace(given, port=free_port())
    async with dashboard_process(given):
        page = await open_page(world.chromium, given.port, **PHONE)
        await page.fill("#password", "wrong horse")
        await page.click("#login-go")
        await text_is(page, "#login-outcome", "The password is wrong")
        assert "stale" in (await page.get_attribute("body", "class") or "")
        await page.fill("#password", "correct horse")
        await page.click("#login-go")
        await is_live(page)
    await is_stale(page)
    async with dashboard_process(given):
        await is_live(page)
        assert not await page.is_visible("#login")


async def test_server_with_five_viewers_takes_at_most_40_mb(world: World) -> None:
    given = settings(world.broker.port, history=world.past)
    async with dashboard_process(given) as process:
        pages = [await open_page(world.chromium, process.port, **PHONE) for _ in range(5)]
        await start_belt(pages[0])
        for page in pages:
            await page.tap("#past-show")
            await page.tap("#past-list button")
            await expect(page.locator("#past-plot canvas")).to_be_visible(timeout=PATIENCE_MS)
        for form in FORMATS:
            async with pages[0].expect_download() as begun:
                await pages[0].tap(f"#past-{form}")
            await (await begun.value).path()

        rss = process.rss_mb
        assert rss <= 40, f"{rss:.1f} MB"
