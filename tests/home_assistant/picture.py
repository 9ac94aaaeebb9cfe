"""Takes the picture of Home Assistant's dashboard for the documentation. Run by `make screenshots`.

Everything in it is real but the treadmill, which is simulated.
"""

import json
import time
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.dashboard.page.browser import browser, needs_chromium
from tests.e2e.processes import program
from tests.home_assistant.server import HomeAssistant, home_assistant
from tests.rigs.brokers import free_port, mosquitto

pytestmark = [pytest.mark.timeout(900), needs_chromium]

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "home-assistant.png"
WINDOW: ViewportSize = {"width": 1000, "height": 480}
PATIENCE_MS = 60_000.0
CONFIGURATION = """
state_dir = "{directory}"
[mqtt]
host = "127.0.0.1"
port = {broker}
[bluetooth]
radio = "tcp-client:127.0.0.1:{radio}"
[[treadmills]]
id = "home"
speed_unit = "kmh"
allow_remote_start = true
"""
"""The treadmill's id is the one in the dashboard that the documentation has."""
EXTRA = """
frontend:
history:
logbook:
lovelace:
  dashboards:
    the-treadmill:
      mode: yaml
      title: Treadmill
      icon: mdi:run-fast
      filename: dashboard.yaml
"""


async def test_picture_of_the_dashboard(tmp_path: Path) -> None:
    """A run in its warm-up: more is requested than allowed, and the dashboard shows the reason."""
    radio = free_port()
    async with mosquitto(tmp_path) as broker, home_assistant(tmp_path, EXTRA) as home:
        await home.meet(broker.port)
        await home.finish_onboarding()
        path = tmp_path / "bridge.toml"
        path.write_text(
            CONFIGURATION.format(broker=broker.port, radio=radio, directory=tmp_path / "state")
        )
        async with (
            program("simulate", "--port", str(radio)) as machine,
            program("run", "--config", str(path)),
            browser() as chromium,
        ):
            await machine.prints("in range of the radio")
            await home.shows("sensor.home_treadmill_belt", "idle")
            await home.call("button.press", "button.home_treadmill_start")
            await home.shows("sensor.home_treadmill_belt", "running")
            await home.call("number.set_value", "number.home_treadmill_target_speed", value=9)
            await home.call("number.set_value", "number.home_treadmill_target_incline", value=1.5)
            page = await _logged_in(chromium, home)
            await home.measures("sensor.home_treadmill_speed", 6, 0.05)
            await home.measures("sensor.home_treadmill_incline", 1.5, 0.05)
            await home.measures("sensor.home_treadmill_distance", 0.15, 0.03)
            await expect(page.get_by_text("Warm-up: at most 6 km/h").first).to_be_visible()
            await page.screenshot(path=str(PICTURE))


async def _logged_in(chromium: Browser, home: HomeAssistant) -> Page:
    """The dashboard in a browser that its owner has logged in with, without the side bar."""
    kept = {
        "hassTokens": json.dumps(
            {
                **home.tokens,
                "hassUrl": home.address.rstrip("/"),
                "clientId": home.address,
                "expires": round(1000 * (time.time() + home.tokens["expires_in"])),
            }
        ),
        "dockedSidebar": json.dumps("always_hidden"),
    }
    context = await chromium.new_context(
        viewport=WINDOW, color_scheme="light", locale="en-GB", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    lines = [
        f"localStorage.setItem({json.dumps(key)}, {json.dumps(value)});"
        for key, value in kept.items()
    ]
    await context.add_init_script("\n".join(lines))
    page = await context.new_page()
    await page.goto(f"{home.address}the-treadmill/run")
    await expect(page.get_by_text("Targets")).to_be_visible(timeout=PATIENCE_MS)
    return page
