"""Home Assistant itself, without a screen: set up as a person does, and asked over its API."""

import asyncio
import json
import os
import re
import shutil
import signal
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.rigs.brokers import free_port

STARTS_WITHIN_S = 180.0
ENVIRONMENT = "HOME_ASSISTANT"
"""Names the program; `make test-ha` sets it."""

_HARMLESS = re.compile(
    # What this machine has or has not, and how the program was started. Nothing of MQTT.
    r"Skipping pip installation|zlib_ng and isal|libturbojpeg|turbojpeg"
)
_DOCS = Path(__file__).parents[2] / "docs" / "home-assistant"
_PERSON = {"name": "Ann", "username": "ann", "password": "only-for-this-test"}


class HomeAssistant:
    """The program, its log, and its REST and WebSocket interfaces."""

    def __init__(self, directory: Path, extra: str = "") -> None:
        program = os.environ.get(ENVIRONMENT)
        if not program:
            pytest.fail(f"{ENVIRONMENT} must name Home Assistant's program; use `make test-ha`")
        self._program = program
        self._directory = directory
        self._extra = extra
        self._port = free_port()
        self._token = ""
        self.tokens: dict[str, Any] = {}
        """What it gave its owner to log in with, once they have met."""
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self.lines: list[str] = []

    @property
    def address(self) -> str:
        """Where its pages and interfaces are."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def warnings(self) -> list[str]:
        """What it complained about since it was set up for the first time."""
        loud = [line for line in self.lines if re.search(r" (WARNING|ERROR|CRITICAL) \(", line)]
        return [line for line in loud if not _HARMLESS.search(line)]

    # --- the program

    async def start(self) -> None:
        """Start it, and wait until it has started all of its parts."""
        self._directory.mkdir(exist_ok=True)
        blueprints = self._directory / "blueprints" / "automation" / "treadmill"
        shutil.copytree(_DOCS / "blueprints", blueprints, dirs_exist_ok=True)
        shutil.copy(_DOCS / "dashboard.yaml", self._directory)
        (self._directory / "configuration.yaml").write_text(
            f"http:\n  server_host: 127.0.0.1\n  server_port: {self._port}\n"
            f"logger:\n  default: warning\n{self._extra}"
        )
        self._process = await asyncio.create_subprocess_exec(
            *(self._program, "--config", str(self._directory), "--skip-pip"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read(self._process))
        await self._answers("/api/onboarding", STARTS_WITHIN_S)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.lines.append(line.decode(errors="replace").rstrip())

    async def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, in good order by default."""
        if self._process is None or self._reader is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(how)
        async with asyncio.timeout(120):
            await self._process.wait()
        await self._reader
        self._process = None

    # --- setting it up

    async def meet(self, broker_port: int) -> None:
        """Make an owner, and give it a broker, as a person does."""
        client = self.address
        owner = {**_PERSON, "client_id": client, "language": "en"}
        code = (await self.ask("POST", "/api/onboarding/users", owner))["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client}
        self.tokens = await self.ask("POST", "/auth/token", form, form=True)
        self._token = self.tokens["access_token"]
        flow = await self.ask("POST", "/api/config/config_entries/flow", {"handler": "mqtt"})
        done = await self.ask(
            "POST",
            f"/api/config/config_entries/flow/{flow['flow_id']}",
            {"broker": "127.0.0.1", "port": broker_port},
        )
        assert done["type"] == "create_entry", done

    async def finish_onboarding(self) -> None:
        """Take the other steps of its first start, or it shows no dashboard."""
        for step in ("core_config", "analytics"):
            await self.ask("POST", f"/api/onboarding/{step}", {})
        client = {"client_id": self.address, "redirect_uri": self.address}
        await self.ask("POST", "/api/onboarding/integration", client)

    # --- asking it

    async def ask(self, method: str, path: str, body: object = None, *, form: bool = False) -> Any:
        """One request to its REST interface."""
        return await asyncio.to_thread(self._ask, method, path, body, form=form)

    def _ask(self, method: str, path: str, body: Any, *, form: bool) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        data = None
        if body is not None:
            headers["Content-Type"] = (
                "application/x-www-form-urlencoded" if form else "application/json"
            )
            data = (urllib.parse.urlencode(body) if form else json.dumps(body)).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}", data, headers, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - its own interface on this machine
            return json.loads(answer.read() or b"null")

    async def _answers(self, path: str, within: float) -> None:
        async with asyncio.timeout(within):
            while True:
                try:
                    await self.ask("GET", path)
                except urllib.error.HTTPError:
                    return
                except (OSError, ValueError):
                    assert self._process is not None
                    assert self._process.returncode is None, "\n".join(self.lines)
                    await asyncio.sleep(0.2)
                else:
                    return

    async def call(self, service: str, entity: str, **data: object) -> None:
        """Use an entity, as a button on its dashboard does."""
        path = f"/api/services/{service.replace('.', '/')}"
        await self.ask("POST", path, {"entity_id": entity, **data})

    async def states(self) -> dict[str, dict[str, Any]]:
        """All entities that show something, by id."""
        return {state["entity_id"]: state for state in await self.ask("GET", "/api/states")}

    async def shows(self, entity: str, *wanted: str, within: float = 30.0) -> dict[str, Any]:
        """An entity, once it shows one of these (or anything at all)."""
        newest: dict[str, Any] = {}
        async with self._patience(entity, wanted, newest, within):
            while True:
                newest.update((await self.states()).get(entity, {}))
                if newest and (not wanted or newest["state"] in wanted):
                    return newest
                await asyncio.sleep(0.2)

    @asynccontextmanager
    async def _patience(
        self, entity: str, wanted: tuple[str, ...], newest: dict[str, Any], within: float
    ) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(within):
                yield
        except TimeoutError:
            message = f"{entity} did not show {wanted or 'anything'} but {newest.get('state')}"
            raise AssertionError(message) from None

    async def measures(self, entity: str, wanted: float, tolerance: float) -> None:
        """Return once a sensor or number shows about this."""

        async def near() -> bool:
            try:
                shown = float((await self.states())[entity]["state"])
            except (KeyError, ValueError):
                return False
            return abs(shown - wanted) <= tolerance

        async with asyncio.timeout(60):
            while not await near():  # noqa: ASYNC110 - it has to be asked
                await asyncio.sleep(0.2)

    async def registry(self) -> list[dict[str, Any]]:
        """All entities that it knows of MQTT, those that are off too."""
        found = await self.tell("config/entity_registry/list")
        return [entry for entry in found if entry["platform"] == "mqtt"]

    async def tell(self, kind: str, **keys: object) -> Any:
        """One command to its WebSocket interface."""
        async with connect(f"ws://127.0.0.1:{self._port}/api/websocket", max_size=None) as socket:
            await self._login(socket)
            await socket.send(json.dumps({"id": 1, "type": kind, **keys}))
            answer = json.loads(await socket.recv())
        assert answer["success"], answer
        return answer["result"]

    async def _login(self, socket: ClientConnection) -> None:
        await socket.recv()
        await socket.send(json.dumps({"type": "auth", "access_token": self._token}))
        assert json.loads(await socket.recv())["type"] == "auth_ok"

    async def enable(self, entries: list[dict[str, Any]]) -> None:
        """Turn on entities that are off by default."""
        for entry in entries:
            await self.tell(
                "config/entity_registry/update", entity_id=entry["entity_id"], disabled_by=None
            )


@asynccontextmanager
async def home_assistant(directory: Path, extra: str = "") -> AsyncIterator[HomeAssistant]:
    """It runs, and nobody has set it up yet; `extra` goes into its configuration."""
    home = HomeAssistant(directory / "home-assistant", extra)
    await home.start()
    try:
        yield home
    finally:
        await home.end(signal.SIGKILL)
