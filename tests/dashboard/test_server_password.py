"""Logins at the dashboard's server, with HTTP by hand."""

import base64
import json
from pathlib import Path

import pytest

from bridge.dashboard.web import access
from bridge.dashboard.web.logins import FREE_TRIES
from bridge.passwords import hash_password
from tests.dashboard.rig import dashboard, free_port, settings

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def hashed() -> str:
    return hash_password(PASSWORD)


class TestPassword:
    async def test_server_refuses_pages_and_commands_without_login(self, hashed: str) -> None:
        async with dashboard(settings(free_port(), password_hash=hashed, metrics=True)) as page:
            answers = [
                await page.ask("GET", "/events"),
                await page.command("belt", command="stop"),
                await page.ask("GET", "/metrics"),
            ]
            session = await page.ask("GET", "/session")
            shell = await page.ask("GET", "/")

        assert [answer.status for answer in answers] == [401, 401, 401]
        assert session.json() == {"login": True, "password": True}
        assert shell.status == 200

    async def test_login_sets_a_cookie_that_no_script_can_read(
        self, hashed: str, tmp_path: Path
    ) -> None:
        given = settings(free_port(), password_hash=hashed, key_file=str(tmp_path / "key"))
        async with dashboard(given) as page:
            wrong = await page.ask("POST", "/login", b'{"password": "wrong horse"}')
            odd = await page.ask("POST", "/login", b'["wrong"]')
            broken = await page.ask("POST", "/login", b"{")
            right = await page.ask("POST", "/login", json.dumps({"password": PASSWORD}).encode())
            set_cookie = right.headers["set-cookie"]
            name, _, value = set_cookie.partition(";")[0].partition("=")
            page.cookies[name] = value
            session = await page.ask("GET", "/session")

        assert [wrong.status, odd.status, broken.status, right.status] == [403, 400, 400, 200]
        assert "HttpOnly" in set_cookie
        assert "SameSite=strict" in set_cookie
        assert "Secure" not in set_cookie
        assert session.json() == {"login": False, "password": True}

    async def test_login_attempts_are_rate_limited(
        self, hashed: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(access, "verify", lambda *_: False)
        async with dashboard(settings(free_port(), password_hash=hashed)) as page:
            statuses = [
                (await page.ask("POST", "/login", b'{"password": "guess"}')).status
                for _ in range(FREE_TRIES + 1)
            ]

        assert statuses == [403] * FREE_TRIES + [429]

    async def test_prometheus_may_send_the_password_with_each_request(self, hashed: str) -> None:
        given = settings(free_port(), password_hash=hashed, metrics=True)

        def basic(text: str) -> str:
            return f"Basic {base64.b64encode(text.encode()).decode()}"

        async with dashboard(given) as page:
            good = [
                await page.ask("GET", "/metrics", authorization=basic(f"prometheus:{PASSWORD}"))
                for _ in range(2)
            ]
            bad = [
                await page.ask("GET", "/metrics", authorization=text)
                for text in (basic("prometheus:wrong"), "Basic !!!", "Bearer x", basic("ü"))
            ]
            watching = await page.ask("GET", "/events", authorization=basic(f"x:{PASSWORD}"))

        assert [answer.status for answer in good] == [200, 200]
        assert [answer.status for answer in bad] == [401] * 4
        assert bad[0].headers["www-authenticate"].startswith("Basic")
        assert watching.status == 401


async def test_dashboard_without_a_password_needs_no_login() -> None:
    async with dashboard(settings(free_port())) as page:
        session = await page.ask("GET", "/session")
        login = await page.ask("POST", "/login", b'{"password": "any"}')

    assert session.json() == {"login": False, "password": False}
    assert (login.status, login.headers.get("set-cookie")) == (200, None)
