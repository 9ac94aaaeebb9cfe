"""The server with a real broker and HTTP by hand: the messages it passes on and refuses."""

import asyncio
import gzip
import json
import logging
import signal
import socket
from asyncio.subprocess import PIPE
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.dashboard import feed
from bridge.dashboard.launch import PROGRAM
from bridge.dashboard.web import stream
from bridge.dashboard.web.app import MAX_VIEWERS
from bridge.dashboard.web.checks import POLICY
from bridge.dashboard.web.server import listen, url
from tests.dashboard.rig import dashboard, dashboard_process, free_port, settings
from tests.e2e.bridge_rig import until
from tests.rigs.brokers import PATIENCE_S, Subscriber, line, mosquitto, subscriber

STATE = {"time": "2030-01-01T12:00:00.000Z", "belt": "idle", "fresh": True, "speed_kmh": 0.0}


async def be_there(listener: Subscriber, treadmill: str = "den") -> None:
    """Publish what a bridge with one treadmill has retained."""
    publish = listener.client.publish
    await publish("treadmills/bridge/availability", "online", qos=1, retain=True)
    await publish(f"treadmills/{treadmill}/availability", "online", qos=1, retain=True)
    await publish(f"treadmills/{treadmill}/state", json.dumps(STATE), qos=1, retain=True)


async def test_server_passes_states_to_the_page_and_commands_back(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker, subscriber(broker.port) as listener:
        await be_there(listener)
        async with dashboard(settings(broker.port, people=("Ann",))) as page, page.watch() as here:
            hello = await here.until("hello")
            assert hello["data"]["people"] == ["Ann"]
            await here.until("tick", broker=True, bridge=True)

            answer = await page.command("speed", value=6.5)
            assert (answer.status, answer.json()) == (202, {"id": "tap-1"})
            heard = await listener.receive("treadmills/den/set/speed")
            sent = json.loads(bytes(heard.payload))
            assert (sent["value"], sent["id"], sent["source"]) == (6.5, "tap-1", "dashboard")
            assert heard.retain is False

            outcome = {"id": "tap-1", "outcome": "limited", "reasons": [{"text": "because"}]}
            await listener.client.publish("treadmills/den/outcome", json.dumps(outcome))
            assert (await here.until("outcome"))["data"] == outcome


async def test_late_viewer_receives_the_current_state_and_past_events(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker, subscriber(broker.port) as listener:
        await be_there(listener)
        async with dashboard(settings(broker.port)) as page, page.watch() as first:
            await first.until("tick", broker=True, bridge=True)
            await listener.client.publish("treadmills/den/event", '{"type": "pain", "text": "x"}')
            await first.until("event")
            async with page.watch() as second:
                den = (await second.until("hello"))["data"]["treadmills"]["den"]

    assert den["state"] == STATE
    assert den["events"] == [{"type": "pain", "text": "x"}]


async def test_command_for_an_unknown_treadmill_is_refused(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker, subscriber(broker.port) as listener:
        await be_there(listener)
        async with dashboard(settings(broker.port)) as page, page.watch() as here:
            await here.until("tick", broker=True, bridge=True)
            answers = [
                await page.command("speed", treadmill=name, value=6)
                for name in ("attic", "den/set/belt", "bridge", "+")
            ]

    assert [answer.status for answer in answers] == [404] * 4


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({}, 400),
    ],
)
async def test_post_from_another_site_is_refused(
    headers: dict[str, str | None], status: int
) -> None:
    async with dashboard(settings(free_port())) as page:
        answer = await page.ask("POST", "/command", b"{}", **headers)

    assert answer.status == status
    assert answer.headers["content-security-policy"] == POLICY


async def test_server_refuses_other_methods_and_other_files() -> None:
    async with dashboard(settings(free_port())) as page:
        for method, path in (("GET", "/command"), ("GET", "/login"), ("POST", "/events")):
            assert (await page.ask(method, path)).status == 405, path
        for path in ("/app.py", "/../settings.py", "/static/app.js", "/%2e%2e/x"):
            assert (await page.ask("GET", path)).status == 404, path


async def test_static_files_are_compressed_and_cached_by_etag() -> None:
    async with dashboard(settings(free_port())) as page:
        packed = await page.ask("GET", "/", accept_encoding="gzip")
        plain = await page.ask("GET", "/")
        again = await page.ask("GET", "/", if_none_match=packed.headers["etag"])
        picture = await page.ask("GET", "/icon-192.png", accept_encoding="gzip")

    assert gzip.decompress(packed.body) == plain.body
    assert b"<title>Treadmill</title>" in plain.body
    assert (again.status, again.body) == (304, b"")
    assert picture.headers["content-type"] == "image/png"


async def test_oversized_body_is_refused_and_missing_body_times_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bridge.dashboard.web.app.BODY_S", 0.1)
    async with dashboard(settings(free_port())) as page:
        # The server closes the connection: the rest of such a body need not come.
        long = await page.ask("POST", "/command", b" " * 5000, connection="keep-alive")
        missing = await page.ask("POST", "/command", b"", content_length="20")

    assert (long.status, missing.status) == (413, 408)
    assert b"longer than 4096 bytes" in long.body


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nhost: "])
async def test_connection_with_an_incomplete_request_is_closed(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr("bridge.dashboard.web.server.REQUEST_S", 0.2)
    async with dashboard(settings(free_port())) as page, page.watch() as viewer:
        await viewer.until("hello")
        reader, writer = await asyncio.open_connection("127.0.0.1", page.port)
        writer.write(said)
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read() == b""
        writer.close()
        await viewer.until("tick")
        await viewer.until("tick")  # a viewer stays


async def test_command_without_a_broker_is_refused_and_not_stored(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker:
        async with subscriber(broker.port) as listener:
            await be_there(listener)
        async with dashboard(settings(broker.port)) as page, page.watch() as here:
            await here.until("tick", broker=True, bridge=True)
            broker.end(signal.SIGKILL)
            await here.until("tick", broker=False)

            answer = await page.command("belt", command="stop")
            assert answer.status == 503
            assert answer.json() == {"error": "Not sent: the broker is unreachable."}

            await broker.start()
            async with subscriber(broker.port) as listener:
                await here.until("tick", broker=True)
                await page.command("belt", "tap-2", command="pause")
                await listener.receive("treadmills/den/set/belt", lambda m: b"tap-2" in m.payload)
                heard = [bytes(m.payload) for m in listener.on("treadmills/den/set/belt")]

    assert [b"tap-1" in payload for payload in heard] == [False]


async def test_command_without_acknowledgement_by_the_broker_is_reported_as_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "PUBLISH_S", 0.2)
    async with mosquitto(tmp_path) as broker, line(broker.port) as between:
        async with subscriber(broker.port) as listener:
            await be_there(listener)
        async with dashboard(settings(between.port)) as page, page.watch() as here:
            await here.until("tick", broker=True, bridge=True)
            between.silent = True
            answer = await page.command("belt", command="stop")

    assert answer.json() == {"error": "Not sent: the broker did not acknowledge it."}


async def test_flood_of_page_commands_is_limited_except_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "PUBLISH_S", PATIENCE_S)
    async with mosquitto(tmp_path) as broker, subscriber(broker.port) as listener:
        await be_there(listener)
        async with dashboard(settings(broker.port)) as page, page.watch() as here:
            await here.until("tick", broker=True, bridge=True)
            answers = await asyncio.gather(
                *(page.command("speed", f"tap-{n}", value=6) for n in range(80))
            )
            stop = await page.command("belt", command="stop")

    assert {answer.status for answer in answers} == {202, 429}
    assert stop.status == 202


async def test_viewer_that_reads_nothing_is_disconnected_without_delay_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SEND_S", 0.5)
    async with mosquitto(tmp_path) as broker, subscriber(broker.port, topic="nothing") as listener:
        await be_there(listener)
        given = settings(broker.port, metrics=True)
        async with dashboard(given) as page, page.watch() as quick:
            await quick.until("tick", broker=True, bridge=True)
            with socket.socket() as slow:
                slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                slow.connect(("127.0.0.1", page.port))
                slow.sendall(b"GET /events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
                pad = "x" * 50_000
                for number in range(200):
                    event = json.dumps({"type": "n", "text": str(number), "pad": pad})
                    await listener.client.publish("treadmills/den/event", event, qos=1)
                    if number % 40 == 39:
                        await quick.until("event", text=str(number))
                # The slow viewer is disconnected: only the quick one is left.
                async with asyncio.timeout(PATIENCE_S):
                    while b"viewers 1.0" not in (await page.ask("GET", "/metrics")).body:
                        await quick.next()


async def test_viewers_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.dashboard.web.app.MAX_VIEWERS", 1)
    async with dashboard(settings(free_port())) as page, page.watch() as first:
        await first.until("hello")
        refused = await page.ask("GET", "/events")

    assert MAX_VIEWERS > 1
    assert (refused.status, refused.json()) == (503, {"error": "1 pages are open already."})


class TestListen:
    def test_next_free_port_is_used_if_allowed(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with listen("127.0.0.1", port, 50) as listener:
                assert port < listener.getsockname()[1] <= port + 50

    def test_listen_address_is_printed_as_a_browser_url(self) -> None:
        with listen("127.0.0.1", 0) as here, listen("::1", 0) as six, listen("0.0.0.0", 0) as all_:  # noqa: S104
            assert url(here) == f"http://127.0.0.1:{here.getsockname()[1]}/"
            assert url(six) == f"http://[::1]:{six.getsockname()[1]}/"
            assert url(all_) == f"http://localhost:{all_.getsockname()[1]}/"


class TestProcess:
    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
    async def test_server_ends_cleanly_with_a_viewer(self, how: signal.Signals) -> None:
        async with dashboard_process(settings(free_port())) as here:
            _, writer = await asyncio.open_connection("127.0.0.1", here.port)
            writer.write(b"GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n")
            await writer.drain()
            here.process.send_signal(how)
            async with asyncio.timeout(PATIENCE_S):
                assert await here.process.wait() == 0
            writer.close()

    async def test_server_ends_when_its_standard_input_closes(self) -> None:
        given = replace(settings(free_port()), ends_with_stdin=True)
        async with dashboard_process(given) as here:
            assert here.process.stdin is not None
            here.process.stdin.close()
            async with asyncio.timeout(PATIENCE_S):
                assert await here.process.wait() == 0

    async def test_dashboard_on_an_unusable_address_exits_with_2(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            given = replace(settings(free_port()), port=taken.getsockname()[1])
            process = await asyncio.create_subprocess_exec(
                *PROGRAM, stdin=PIPE, stdout=PIPE, stderr=PIPE
            )
            _, errors = await process.communicate(given.encode().encode())

        assert process.returncode == 2
        assert b"choose another with --address or --port" in errors


@pytest.mark.parametrize("five", [False, True])
async def test_server_uses_both_mqtt_versions_with_a_password(tmp_path: Path, five: bool) -> None:
    given = settings(free_port())
    (tmp_path / "password").write_text("secret\n")
    async with mosquitto(tmp_path) as broker, subscriber(broker.port) as listener:
        await be_there(listener)
        named = replace(
            given.broker,
            port=broker.port,
            five=five,
            username="dashboard",
            password_file=str(tmp_path / "password"),
        )
        async with dashboard(replace(given, broker=named)) as page, page.watch() as here:
            await here.until("tick", broker=True, bridge=True)


async def test_missing_password_file_is_logged_and_retried(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = settings(free_port())
    named = replace(given.broker, username="x", password_file=str(tmp_path / "none"))
    async with dashboard(replace(given, broker=named)) as page, page.watch() as here:
        await here.until("tick", broker=False)
        while "none" not in caplog.text:
            await here.next()

    assert "Cannot reach" in caplog.text


async def test_broker_that_refuses_is_told_once_with_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "FIRST_WAIT_S", 0.01)
    caplog.set_level(logging.DEBUG)

    def told() -> list[logging.LogRecord]:
        return [each for each in caplog.records if "Cannot reach" in each.getMessage()]

    async with (
        mosquitto(tmp_path, "allow_anonymous false") as broker,
        dashboard(settings(broker.port)),
    ):
        await until("three attempts", lambda: len(told()) >= 3)
    assert [each.levelno for each in told()].count(logging.WARNING) == 1
    assert "Trying again; check mqtt.username and its password" in told()[0].getMessage()
