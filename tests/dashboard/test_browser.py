"""The page in a real browser, with a real broker, a real bridge and a simulated treadmill."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from bridge.dashboard.web.history import FORMATS
from bridge.history.store.file import NAME
from bridge.passwords import hash_password
from tests.dashboard.browser import (
    DESKTOP,
    PATIENCE_MS,
    PHONE,
    browser,
    is_live,
    is_stale,
    needs_chromium,
    number_is,
    open_page,
    start_belt,
    text_is,
)
from tests.dashboard.rig import Process, dashboard_process, demo_process, free_port, settings
from tests.history.years import PERSON, fill
from tests.rigs.brokers import PATIENCE_S, Ear, Mosquitto, ear, mosquitto

pytestmark = [needs_chromium]

HILL = "One steep hill"
"""A workout of the demo."""

IMAGES = Path(__file__).parents[2] / "docs" / "images"
GREY_S = 3.0
"""Within this the page has to say that what it shows is old."""
TWICE_BUSY_S = 1.5
"""What a test machine may take longer, because others work on it too."""


@asynccontextmanager
async def world(directory: Path, **more: Any) -> AsyncIterator[tuple[Mosquitto, Process, Browser]]:
    """Broker, bridge with its simulated treadmill, dashboard and browser."""
    async with (
        mosquitto(directory) as broker,
        demo_process(broker.port),
        dashboard_process(settings(broker.port, **more)) as process,
        browser() as chromium,
    ):
        yield broker, process, chromium


def picture(name: str, otherwise: Path) -> str:
    """Where a screenshot goes: into the documentation where SCREENSHOTS asks for that."""
    return str((IMAGES if os.environ.get("SCREENSHOTS") else otherwise) / name)


async def test_a_run_from_start_to_stop_is_shown_to_two_viewers(tmp_path: Path) -> None:
    async with world(tmp_path) as (_, process, chromium):
        phone = await open_page(chromium, process.port, **PHONE)
        desktop = await open_page(chromium, process.port, **DESKTOP)

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


async def test_a_limit_names_its_reason_beside_the_control(tmp_path: Path) -> None:
    async with world(tmp_path) as (broker, process, chromium):
        page = await open_page(chromium, process.port, **PHONE)
        await start_belt(page)
        async with ear(broker.port, topic="treadmills/demo/#") as listener:
            await listener.client.publish("treadmills/demo/set/speed", "6.0")
            await text_is(page, "#speed-asked", r"^6\.0$")
            await text_is(page, "#speed-why", "[Ww]arm-up: at most 6 km/h")
            await page.tap("#speed-up")
            await text_is(page, "#speed-outcome", "Limited to 6.0 km/h: [Ww]arm-up")


STATE = {
    "time": "2030-01-01T12:00:00.000Z", "belt": "running", "phase": "active", "fresh": True,
    "speed_kmh": 8.0, "incline_percent": 1.0, "requested_speed_kmh": 8.0, "elapsed_s": 60,
}  # fmt: skip


@asynccontextmanager
async def spoken_for(directory: Path) -> AsyncIterator[tuple[Ear, Page]]:
    """A phone at a broker where the test says what a bridge would, each second."""
    async with (
        mosquitto(directory) as broker,
        ear(broker.port, topic="treadmills/den/set/#") as listener,
        dashboard_process(settings(broker.port)) as process,
        browser() as chromium,
    ):

        async def speak() -> None:
            while True:
                await listener.client.publish("treadmills/den/state", json.dumps(STATE))
                await asyncio.sleep(0.5)

        for name in ("bridge", "den"):
            await listener.client.publish(f"treadmills/{name}/availability", "online", retain=True)
        speaking = asyncio.create_task(speak())
        try:
            page = await open_page(chromium, process.port, **PHONE)
            await is_live(page)
            yield listener, page
        finally:
            speaking.cancel()


@pytest.mark.parametrize(
    "reason", ["warm-up: at most 6", {"rule": "x", "text": "warm-up: at most 6"}]
)
async def test_reasons_are_read_as_text_and_as_objects(tmp_path: Path, reason: object) -> None:
    async with spoken_for(tmp_path) as (listener, page):
        publish = listener.client.publish
        guard = {"bounds": {"speed": {"max": 6.0, "reasons": [reason]}}, "faults": ["stale"]}
        await publish("treadmills/den/guard", json.dumps(guard), retain=True)
        await text_is(page, "#speed-why", "^warm-up: at most 6$")
        await text_is(page, "#faults", "Fault: stale")

        await page.tap("#speed-up")
        heard = await listener.hear("treadmills/den/set/speed")
        asked = json.loads(bytes(heard.payload))["id"]
        outcome = {"id": asked, "outcome": "rejected", "reasons": [reason]}
        await publish("treadmills/den/outcome", json.dumps(outcome))
        await text_is(page, "#speed-outcome", "^Rejected: warm-up: at most 6")


async def test_a_stop_that_is_not_obeyed_says_to_pull_the_safety_key(tmp_path: Path) -> None:
    async with spoken_for(tmp_path) as (listener, page):
        await page.tap("#stop")
        heard = await listener.hear("treadmills/den/set/belt")
        assert json.loads(bytes(heard.payload))["command"] == "stop"
        await text_is(page, "#belt-outcome", "STOP: ")
        outcome = {"id": json.loads(bytes(heard.payload))["id"], "outcome": "accepted"}
        await listener.client.publish("treadmills/den/outcome", json.dumps(outcome))

        # The belt goes on at 8 km/h, and no event comes.
        await text_is(page, "#belt-outcome", "STOP NOT OBEYED. Pull the safety key!")


async def test_text_of_the_network_is_never_html(tmp_path: Path) -> None:
    async with spoken_for(tmp_path) as (listener, page):
        event = {"type": "limited", "time": STATE["time"], "text": "<img src=x onerror=alert(1)>"}
        await listener.client.publish("treadmills/den/event", json.dumps(event))

        await text_is(page, "#events li span", "^<img src=x")
        assert await page.locator("#events img").count() == 0


async def test_a_broker_that_dies_greys_the_page_out_and_comes_back(tmp_path: Path) -> None:
    async with world(tmp_path) as (broker, process, chromium):
        page = await open_page(chromium, process.port, **PHONE)
        await start_belt(page)

        broker.end(signal.SIGKILL)
        began = time.monotonic()
        await is_stale(page)
        took = time.monotonic() - began
        await text_is(page, "#banner", "broker is unreachable")
        assert await page.is_disabled("#speed-up")
        await page.tap("#stop")
        await text_is(page, "#belt-outcome", "Not sent: the broker is unreachable.*safety key")
        assert took < GREY_S + TWICE_BUSY_S

        async with ear_after(broker) as listener:
            await is_live(page)
            # Nothing was kept for later: the STOP that could not be sent is not sent now.
            await listener.hear("treadmills/demo/state")
            assert listener.on("treadmills/demo/set/belt") == []


@asynccontextmanager
async def ear_after(broker: Mosquitto) -> AsyncIterator[Any]:
    await broker.start()
    async with ear(broker.port) as listener:
        yield listener


async def test_a_silent_bridge_and_a_dead_server_grey_the_page_out(tmp_path: Path) -> None:
    async with (
        mosquitto(tmp_path) as broker,
        browser() as chromium,
        dashboard_process(settings(broker.port)) as process,
    ):
        async with demo_process(broker.port):
            page = await open_page(chromium, process.port, **DESKTOP)
            await is_live(page)
        await is_stale(page)
        await text_is(page, "#banner", "bridge is not running")
        process.process.kill()
        began = time.monotonic()
        await text_is(page, "#banner", "lost its server")
        assert time.monotonic() - began < GREY_S + TWICE_BUSY_S


async def test_holding_a_key_repeats_as_requests_and_not_as_a_flood(tmp_path: Path) -> None:
    async with world(tmp_path) as (broker, process, chromium):
        page = await open_page(chromium, process.port, **DESKTOP)
        await start_belt(page)
        async with ear(broker.port, topic="treadmills/demo/set/#") as listener:
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

            await listener.hear("treadmills/demo/set/speed", lambda message: value(message) == last)
            values = [value(message) for message in listener.on("treadmills/demo/set/speed")]

        assert values == sorted(set(values))
        assert 2 <= len(values) <= held / 0.5 + 2


async def test_another_site_s_page_cannot_command(tmp_path: Path) -> None:
    async def foreign(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\ncontent-type: text/html\r\n\r\n<title>evil</title>")
        writer.close()

    server = await asyncio.start_server(foreign, "127.0.0.1", 0)
    other = server.sockets[0].getsockname()[1]
    async with server, world(tmp_path) as (broker, process, chromium):
        page = await open_page(chromium, process.port, **DESKTOP)
        await is_live(page)
        await page.goto(f"http://127.0.0.1:{other}/")
        command = {
            "treadmill": "demo", "kind": "belt", "values": {"command": "start"}, "id": "evil",
        }  # fmt: skip
        script = """async ([url, body, mode, headers]) => {
            try { return (await fetch(url, {method: 'POST', mode, headers, body})).type; }
            catch { return 'blocked'; }
        }"""
        target = f"http://127.0.0.1:{process.port}/command"
        async with ear(broker.port, topic="treadmills/#") as listener:
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
                f"http://127.0.0.1:{process.port}/session",
            )
            await listener.client.publish("treadmills/demo/set/belt", "connect")
            await listener.hear("treadmills/demo/set/belt")
            heard = [bytes(m.payload) for m in listener.on("treadmills/demo/set/belt")]

        assert (simple, asking, reading) == ("blocked", "blocked", "blocked")
        assert heard == [b"connect"]


async def test_a_password_is_asked_for_once_and_outlives_a_restart(tmp_path: Path) -> None:
    more = {
        "password_hash": hash_password("correct horse"),
        "key_file": str(tmp_path / "state" / "dashboard.key"),
    }
    port = free_port()
    async with mosquitto(tmp_path) as broker, demo_process(broker.port), browser() as chromium:
        given = settings(broker.port, **more)
        given = type(given)(**{**_fields(given), "port": port})
        async with dashboard_process(given):
            page = await open_page(chromium, port, **PHONE)
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


def _fields(given: Any) -> dict[str, Any]:
    return {name: getattr(given, name) for name in given.__dataclass_fields__}


async def test_pain_is_reported_by_one_tap_and_the_rest_can_be_lifted(tmp_path: Path) -> None:
    async with world(tmp_path) as (_, process, chromium):
        page = await open_page(chromium, process.port, **PHONE)
        await is_live(page)
        await page.tap("#places button:has-text('knee')")
        await text_is(page, "#pain-outcome", "knee, 2 of 10: Done")
        await text_is(page, "#rest-text", "Resting until")

        await page.tap("#start")
        await text_is(page, "#belt-outcome", "Start: Rejected: .*pain")
        await page.wait_for_selector("#confirm:visible")

        await page.tap("#rest-lift")
        await page.wait_for_selector("#rest", state="hidden")


async def test_a_workout_is_chosen_looked_at_and_commanded(tmp_path: Path) -> None:
    async with world(tmp_path) as (_, process, chromium):
        page = await open_page(chromium, process.port, **PHONE)
        await is_live(page)
        await page.select_option("#workout-pick", HILL)
        await text_is(page, "#workout-outcome", f"^{HILL}: Done")
        await text_is(page, "#workout-summary", r"3 min \d+ s, .*lowered: \d of 3 steps")
        await text_is(
            page, "#workout-steps li:nth-child(2) span:first-child", "^Hill: 6 km/h, 12 %"
        )
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


async def test_a_plan_shows_today_and_takes_the_answer_to_its_question(tmp_path: Path) -> None:
    plan = {
        "name": "couch", "title": "Couch to 5K", "person": "Ann", "state": "active", "phase": 1,
        "phases": 13, "phase_name": "Week 1", "session": 2, "sessions": 3, "day": "rest",
        "rest_until": "2030-01-02T00:00:00.000Z", "max_speed_kmh": 9.0, "session_s": 1500,
        "max_incline_percent": 2.0, "session_m": None, "question": "morning",
        "question_text": "How much does it hurt?",
    }  # fmt: skip
    async with spoken_for(tmp_path) as (listener, page):
        assert await page.is_hidden("#plan")
        await listener.client.publish("treadmills/den/plan", json.dumps(plan), retain=True)
        await text_is(page, "#plan-phase", "^Phase 1 of 13: Week 1$")
        await text_is(page, "#plan-today", "^Session 2 of 3: at most 9.0 km/h, 2.0 %, 25:00$")
        await text_is(page, "#plan-rest", "^A rest day, until ")

        await page.tap("#plan-scale button:nth-child(4)")
        heard = await listener.hear("treadmills/den/set/plan")
        answer = json.loads(bytes(heard.payload))
        assert answer["severity"] == 3
        outcome = {"id": answer["id"], "outcome": "confirmed", "reasons": []}
        await listener.client.publish("treadmills/den/outcome", json.dumps(outcome))
        await text_is(page, "#plan-outcome", "^3 of 10: Done")

        await page.tap("#plan-confirm")
        heard = await listener.hear("treadmills/den/set/plan", lambda m: b"confirm" in m.payload)
        assert json.loads(bytes(heard.payload))["command"] == "confirm"
        quiet = {**plan, "day": "run", "rest_until": None, "question": None}
        await listener.client.publish("treadmills/den/plan", json.dumps(quiet), retain=True)
        await page.wait_for_selector("#plan-question", state="hidden")
        assert await page.is_hidden("#plan-confirm")


async def test_past_sessions_are_shown_and_saved(tmp_path: Path) -> None:
    past = tmp_path / "past" / NAME
    fill(past, 25)
    async with world(tmp_path, history=str(past)) as (_, process, chromium):
        page = await open_page(chromium, process.port, **PHONE)
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


async def test_a_session_of_the_demo_can_be_looked_at_and_saved(tmp_path: Path) -> None:
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
        async with browser() as chromium:
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


async def test_it_keeps_nobody_out(tmp_path: Path) -> None:
    past = tmp_path / "past" / NAME
    fill(past, 5)
    async with world(tmp_path, history=str(past)) as (_, process, chromium):
        for device in (PHONE, DESKTOP):
            # axe needs eval, which the page's policy forbids everybody.
            page = await open_page(chromium, process.port, bypass_csp=True, **device)
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


async def test_it_fits_a_phone_and_weighs_little(tmp_path: Path) -> None:
    async with world(tmp_path) as (_, process, chromium):
        context = await chromium.new_context(**PHONE)
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("Network.enable")
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
        await page.goto(f"http://127.0.0.1:{process.port}/")
        await is_live(page)
        width = await session.send(
            "Runtime.evaluate", {"expression": "document.documentElement.scrollWidth"}
        )

        assert width["result"]["value"] == 390
        assert 10_000 < sum(sizes) <= 150_000
        assert len(sizes) >= 10


async def test_five_viewers_leave_the_process_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The measuring of coverage would take half as much memory again.
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)
    past = tmp_path / "past" / NAME
    fill(past, 10)
    async with world(tmp_path, history=str(past)) as (_, process, chromium):
        pages = [await open_page(chromium, process.port, **PHONE) for _ in range(5)]
        await start_belt(pages[0])
        for page in pages:
            await page.tap("#past-show")
            await page.tap("#past-list button")
            await expect(page.locator("#past-plot canvas")).to_be_visible(timeout=PATIENCE_MS)
            for form in FORMATS:
                async with page.expect_download() as begun:
                    await page.tap(f"#past-{form}")
                await (await begun.value).path()

        rss = process.rss_mb
        assert rss <= 40, f"{rss:.1f} MB"


@pytest.mark.skipif(not os.environ.get("SCREENSHOTS"), reason="for the documentation alone")
async def test_screenshots_for_the_documentation(tmp_path: Path) -> None:
    """A workout of some minutes, so that the chart has something to show; and a month of runs."""
    past = tmp_path / "past" / NAME
    fill(past, 30)
    names = {"people": ("Ann", "Ben"), "shoes": ("trail", "road"), "history": str(past)}
    async with world(tmp_path, **names) as (_, process, chromium):
        phone = await open_page(chromium, process.port, **PHONE)
        desktop = await open_page(chromium, process.port, **DESKTOP)
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
