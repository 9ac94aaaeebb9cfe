"""The owner's unit on the page, in a real browser: what is shown, and what is sent."""

import json
import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bridge.machines.edge import MilesRange
from protocols.ranges import SpeedRange
from protocols.units import MPH
from tests.dashboard.page.browser import (
    DESKTOP,
    PATIENCE_MS,
    PHONE,
    STATE,
    is_live,
    needs_chromium,
    open_page,
    start_belt,
    text_is,
)
from tests.dashboard.page.conftest import World, speaking
from tests.dashboard.rig import Process, dashboard_process, settings
from tests.rigs.brokers import Subscriber, mosquitto, subscriber

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="package")]

Ports = dict[str, int]


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def den(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Subscriber, Ports]]:
    """A broker where the test publishes what a bridge would, and a dashboard in each unit."""
    async with (
        mosquitto(tmp_path_factory.mktemp("units")) as broker,
        dashboard_process(settings(broker.port)) as metric,
        dashboard_process(settings(broker.port, units="mph")) as miles,
        subscriber(broker.port, topic="treadmills/den/set/#") as listener,
        speaking(listener, distance_m=5000, elevation_gain_m=61),
    ):
        yield listener, {"km/h": metric.port, "mph": miles.port}


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def pages(chromium: Browser, den: tuple[Subscriber, Ports]) -> AsyncIterator[dict[str, Page]]:
    """The page in each unit; a new one takes most of a second of the processor."""
    _, ports = den
    opened = {units: await open_page(chromium, port, **DESKTOP) for units, port in ports.items()}
    yield opened
    for page in opened.values():
        await page.context.close()


@pytest_asyncio.fixture(loop_scope="package")
async def seen(
    den: tuple[Subscriber, Ports], pages: dict[str, Page], units: str
) -> AsyncIterator[tuple[Subscriber, Page]]:
    """That broker, and the page in `units`."""
    listener, _ = den
    await is_live(pages[units])
    yield listener, pages[units]
    assert pages[units].errors == []  # type: ignore[attr-defined]


BOTH = pytest.mark.parametrize("units", ["km/h", "mph"])
IN_MILES = pytest.mark.parametrize("units", ["mph"])

SHOWN = {  # 8 km/h, 5 km and 61 m of climb
    "#speed": ("8.0", "5.0"),
    "#speed-asked": ("8.0", "5.0"),
    "#pace": ("7:30", "12:04"),
    "#distance": ("5.00", "3.11"),
    "#climb": ("61", "200"),
}
LABELS = (["km/h", "km", "min/km", "m"], ["mph", "mi", "min/mi", "ft"])
MESSAGES: dict[str, dict[str, Any]] = {
    "guard": {"bounds": {"speed": {"max": 9.7, "reasons": []}}},
    "plan": {"state": "active", "max_speed_kmh": 9.0, "session_m": 5000},
    "workout": {
        "state": "paused", "name": "Hill", "step": 1, "steps": 3, "text": "Up", "remaining_m": 400,
    },
    "session": {
        "end": "2030-01-01T12:00:00.000Z", "distance_m": 5000, "average_speed_kmh": 8.1,
        "elevation_gain_m": 61,
    },
}  # fmt: skip
OTHERS = {
    "#speed-allowed": ("9.7", "6.0"),
    "#plan-today": ("at most 9.0 km/h, 5.00 km", "at most 5.6 mph, 3.11 mi"),
    "#workout-left": ("400 m", "0.25 mi"),
    "#last-facts div:nth-child(3) dd": ("5.00 km", "3.11 mi"),
    "#last-facts div:nth-child(4) dd": ("8.1 km/h", "5.0 mph"),
    "#last-facts div:nth-child(5) dd": ("61 m", "200 ft"),
}


@BOTH
async def test_page_shows_every_value_in_the_owners_unit(
    seen: tuple[Subscriber, Page], units: str
) -> None:
    listener, page = seen
    number = int(units == "mph")
    for topic, payload in MESSAGES.items():
        await listener.client.publish(f"treadmills/den/{topic}", json.dumps(payload))

    for selector, texts in {**SHOWN, **OTHERS}.items():
        await expect(page.locator(selector)).to_have_text(texts[number], timeout=PATIENCE_MS)
    assert await page.locator("[data-unit]").all_inner_texts() == LABELS[number]
    big = page.locator(".speed .big")
    assert await big.get_attribute("aria-label") == f"{SHOWN['#speed'][number]} {units}"


@BOTH
async def test_page_draws_the_chart_in_the_owners_unit(
    seen: tuple[Subscriber, Page], units: str
) -> None:
    _, page = seen
    drawn = await page.evaluate(
        """async () => {
            const { Chart } = await import("/chart.js");
            const chart = new Chart(document.createElement("div"));
            chart.set({ t: [0], speed: [8.0], bound_speed: [null], incline: [3.0] });
            chart.add([1, 10.0, null, null, 4.0, null, null, 120]);
            return chart.columns;
        }"""
    )
    speeds = {"km/h": [8, 10], "mph": [4.971, 6.214]}
    assert drawn["speed"] == pytest.approx(speeds[units], abs=0.001)
    assert (drawn["bound_speed"], drawn["incline"]) == ([None, None], [3, 4])
    assert drawn["heart_rate"] == [120]


LONG = {
    "elapsed_s": 37_330, "distance_m": 42_195, "speed_kmh": 4.0, "elevation_gain_m": 1250,
}  # fmt: skip


async def test_long_numbers_fit_their_tiles_on_every_screen(
    chromium: Browser, den: tuple[Subscriber, Ports]
) -> None:
    listener, ports = den
    page = await open_page(chromium, ports["mph"], **DESKTOP)
    await listener.client.publish("treadmills/gym/state", json.dumps({**STATE, **LONG}))
    await page.select_option("#pick", "gym")
    await text_is(page, "#time", "^10:22:10$")
    await text_is(page, "#pace", "^24:08$")

    for width in (390, 700, 1100, 1440, 1920):
        await page.set_viewport_size({"width": width, "height": 900})
        tiles = await page.locator(".tiles dd").evaluate_all(
            "all => all.map((tile) => [tile.id, tile.scrollWidth - tile.clientWidth])"
        )
        assert [name for name, over in tiles if over > 0] == [], width
    await page.context.close()


OF_KILOMETRES = {"ranges": {"speed_kmh": {"min": 0.8, "max": 20, "step": 0.1}}, "quirks": []}
OF_MILES = {
    "ranges": {"speed_kmh": {"min": 0.8, "max": 19.31, "step": 0.17}},
    "quirks": ["targets_in_mph"],
}


@pytest.mark.parametrize(
    ("units", "machine", "sent", "applied"),
    [
        ("km/h", OF_KILOMETRES, {"value": 8.1}, (8.1, "8.1 km/h")),
        # 5.1 mph are 8.208 km/h, and the machine's step there is 8.2 km/h.
        ("mph", OF_KILOMETRES, {"value": 5.095, "unit": "mph"}, (8.2, "5.1 mph")),
        ("mph", OF_MILES, {"value": 5.1, "unit": "mph"}, (8.21, "5.1 mph")),
        ("km/h", OF_MILES, {"value": 8.21}, (8.21, "8.2 km/h")),
    ],
)
async def test_press_on_the_page_is_one_step_of_the_owners_unit(
    seen: tuple[Subscriber, Page],
    machine: dict[str, Any],
    sent: dict[str, object],
    applied: tuple[float, str],
) -> None:
    listener, page = seen
    kmh, words = applied
    await page.reload()  # it steps from what was pressed before, for a while
    await is_live(page)
    # The page has the machine's range once it has its name, which comes in the same message.
    named = {**machine, "machine": {"name": f"Machine {sent}"}}
    await listener.client.publish("treadmills/den/link", json.dumps(named))
    await expect(page.locator("#name")).to_have_text(f"Machine {sent}", timeout=PATIENCE_MS)
    await expect(page.locator("#speed-up")).to_be_enabled(timeout=PATIENCE_MS)
    listener.forget()

    await page.click("#speed-up")

    heard = json.loads(bytes((await listener.receive("treadmills/den/set/speed")).payload))
    assert {key: heard[key] for key in heard.keys() & {"value", "unit"}} == sent
    outcome = {"id": heard["id"], "outcome": "accepted", "applied": kmh, "reasons": []}
    await listener.client.publish("treadmills/den/outcome", json.dumps(outcome))
    await text_is(page, "#speed-outcome", f"^Accepted: {words}")


@IN_MILES
@pytest.mark.parametrize(
    "grid",
    [
        SpeedRange(80, 2000, 10),
        SpeedRange(80, 2000, 1),
        SpeedRange(50, 2000, 5),
        MilesRange(80, 1931, 17),
    ],
)
async def test_each_press_changes_the_shown_speed_by_a_tenth_of_a_mph(
    seen: tuple[Subscriber, Page], grid: SpeedRange
) -> None:
    """Also once the bridge has rounded what was sent down to the machine's step."""
    _, page = seen
    script = """async ([kmh, sign, range]) => {
        const { nextTenth, speed, target } = await import("/format.js");
        const { value, unit } = target("speed", nextTenth(kmh, sign, range));
        if (unit !== "mph") throw new Error(unit);
        return [Number(speed(kmh)), value];
    }"""
    bounds = {"min": grid.minimum / 100, "max": grid.maximum / 100, "step": grid.step / 100}
    bounds["miles"] = isinstance(grid, MilesRange)
    wire = grid.minimum
    for sign, times in ((1, 110), (-1, 110)):
        for _ in range(times):
            read, value = await page.evaluate(script, [wire / 100, sign, bounds])
            wire = grid.floor(round(value * MPH * 100))
            assert f"{wire / 100 / MPH:.1f}" == f"{read + sign / 10:.1f}"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def in_miles(_world: World) -> AsyncIterator[Process]:
    """A dashboard in miles beside the one that all tests share."""
    given = settings(_world.broker.port, history=_world.past, units="mph")
    async with dashboard_process(given) as process:
        yield process


async def test_presses_in_miles_are_accepted_and_shown_by_the_bridge(
    world: World, in_miles: Process
) -> None:
    page = await open_page(world.chromium, in_miles.port, **PHONE)
    await start_belt(page, above=0.4)
    # Of the machine's steps of 0.1 km/h, 1.3 reads 0.8 mph and 1.2 reads 0.7 mph.
    for read, kmh in (("0.6", 1.0), ("0.7", 1.1), ("0.8", 1.3)):
        async with subscriber(world.broker.port, topic="treadmills/demo/#") as listener:
            await page.tap("#speed-up")
            await text_is(page, "#speed-outcome", f"^(Accepted|Reached): {read} mph")
            await listener.receive("treadmills/demo/state", partial(asks_for, kmh))
        await text_is(page, "#speed-asked", f"^{read}$")
    assert page.errors == []  # type: ignore[attr-defined]


def asks_for(kmh: float, message: Any) -> bool:
    return bool(json.loads(message.payload)["requested_speed_kmh"] == kmh)


async def test_past_sessions_are_shown_in_miles(world: World, in_miles: Process) -> None:
    page = await open_page(world.chromium, in_miles.port, **PHONE)
    await is_live(page)
    await page.tap("#past-show")
    await text_is(page, "#past-list li:nth-child(2) .what", r"^\d\.\d\d mi in ")
    await page.tap("#past-list li:nth-child(2) button")
    facts = page.locator("#past-facts dd")
    await expect(facts.nth(1)).to_have_text(re.compile(r"^\d\.\d\d mi$"), timeout=PATIENCE_MS)
    await expect(facts.nth(2)).to_have_text("5.9 mph")  # 9.5 km/h
    await expect(facts.nth(3)).to_have_text(re.compile(r"^\d+ ft$"))
