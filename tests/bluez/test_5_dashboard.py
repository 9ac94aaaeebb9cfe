"""The web page's service beside the bridge's, and what other users of the computer can read."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.bluez.rig import START_S, Rig

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(900)]
PAGE = "http://127.0.0.1:8484"
INSTALL = """
unit=treadmill-dashboard.service
python=$(head -1 "$(command -v treadmill-bridge)" | tail -c +3)
[ -e /usr/lib/systemd/system/$unit ] ||
  cp "$($python -c 'import bridge; print(*bridge.__path__)')/app/units/$unit" /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now --quiet treadmill-dashboard
"""
"""Copies the unit of the wheel, as documented; the Debian package has it in place."""
STATE = "/var/lib/treadmill-bridge/ /var/lib/private/treadmill-dashboard/"
"""State directories of both services; the user of the second is created at each start."""


def fetch(path: str) -> str:
    """A command that waits for the page, and prints the answer to GET."""
    get = (
        f"import urllib.request as u; print(u.urlopen('{PAGE}{path}', timeout=60).read().decode())"
    )
    port = "timeout 120 bash -c 'until (</dev/tcp/127.0.0.1/8484); do sleep 1; done' 2>/dev/null"
    return f'{port} && python3 -c "{get}"'


@pytest_asyncio.fixture(scope="module", loop_scope="package", autouse=True)
async def dashboard(rig: Rig) -> AsyncIterator[None]:
    """The page's service runs."""
    await rig.guest.run(INSTALL, limit_s=START_S)
    yield
    await rig.guest.run("systemctl disable --now --quiet treadmill-dashboard")


async def test_page_answers_and_its_service_is_active(rig: Rig) -> None:
    assert "<title>Treadmill</title>" in await rig.guest.run(fetch("/"), limit_s=START_S)
    state = await rig.guest.run("systemctl show -P ActiveState -P NRestarts treadmill-dashboard")
    assert sorted(state.split()) == ["0", "active"]


async def test_page_may_read_the_past_sessions_of_the_bridge(rig: Rig) -> None:
    await rig.streaming()
    await rig.run_belt()
    await rig.stop_belt()
    answer = await rig.guest.run(fetch("/history"), limit_s=START_S)
    assert "sessions" in json.loads(answer), answer


@pytest.mark.parametrize("unit", ["treadmill-bridge", "treadmill-dashboard"])
async def test_exposure_of_a_unit_is_at_most_one_and_a_half(rig: Rig, unit: str) -> None:
    text = await rig.guest.run(f"systemd-analyze security --no-pager {unit} | tail -1")
    assert float(text.split(":")[1].split()[0]) <= 1.5, text


async def test_other_users_can_neither_read_nor_enter_the_state(rig: Rig) -> None:
    files = await rig.guest.run(f"find {STATE} -type f")
    assert "/history.sqlite3" in files, "the case proves nothing without a history"
    assert not await rig.guest.run(f"find {STATE} -perm /o=rwx")
    code, listed = await rig.guest.ended(f"runuser -u nobody -- ls {STATE}")
    assert code != 0, listed
    assert "history" not in listed
