"""Past sessions on the dashboard: read-only, for logged-in viewers, by a separate process."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.dashboard import past
from bridge.dashboard.past import WAITING, NoAnswerError, Past
from bridge.history.store.file import NAME
from bridge.passwords import hash_password
from tests.dashboard.rig import dashboard, settings
from tests.history.years import fill
from tests.rigs.brokers import free_port


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("past") / NAME
    fill(file, 25)
    return file


async def test_past_sessions_are_listed_shown_and_saved(file: Path) -> None:
    async with dashboard(settings(free_port(), history=str(file))) as page, page.watch() as here:
        hello = await here.until("hello", past=True)
        first = (await page.ask("GET", "/history")).json()
        older = (await page.ask("GET", f"/history?before={first['sessions'][-1]['began']}")).json()
        number = first["sessions"][0]["number"]
        shown = (await page.ask("GET", f"/history/{number}")).json()
        saved = await page.ask("GET", f"/history/{number}/csv")

    assert hello["data"]["past"] is True
    assert len(first["sessions"]) > len(older["sessions"]) > 0
    assert shown["session"] == first["sessions"][0]
    assert saved.headers["content-type"] == "text/csv; charset=utf-8"
    assert saved.headers["content-disposition"] == (
        'attachment; filename="2026-11-28T070000Z-den.csv"'
    )
    assert saved.headers["cache-control"] == "no-store"
    assert saved.body.startswith(b"time,elapsed_s,phase,speed_kmh")


async def test_invalid_history_paths_start_no_query_and_post_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "PROGRAM", (sys.executable, "-c", "raise SystemExit('was asked')"))
    async with dashboard(settings(free_port(), history=str(file))) as page:
        for address in (
            "/history/0x1", "/history/-1", "/history/1e3", "/history/1234567890", "/history/1%00",
            "/history/..%2f1", "/history/1/exe", "/history/1/fit/more", "/history/1;DROP/fit",
            "/history?before=now", "/history?before=1e9", "/history?before=--help",
        ):  # fmt: skip
            assert (await page.ask("GET", address)).status == 404, address
        assert (await page.ask("POST", "/history/1", b"{}")).status == 405


@pytest.mark.parametrize("units", ["km/h", "mph"])
async def test_texts_of_a_past_session_are_in_the_owners_unit(
    file: Path, monkeypatch: pytest.MonkeyPatch, units: str
) -> None:
    script = "import json, sys; print(json.dumps(sys.argv[2:]))"
    monkeypatch.setattr(past, "PROGRAM", (sys.executable, "-c", script))
    async with dashboard(settings(free_port(), history=str(file), units=units)) as page:
        question = await page.ask("GET", "/history/7")

    assert question.json() == ["show", "7", units]


async def test_missing_session_or_history_is_answered_with_an_error(
    file: Path, tmp_path: Path
) -> None:
    given = settings(free_port(), history=str(file))
    async with dashboard(given) as page:
        unknown = await page.ask("GET", "/history/99999")
    async with dashboard(replace(given, history=None)) as page, page.watch() as here:
        await here.until("hello", past=False)
        none = await page.ask("GET", "/history")
    async with dashboard(replace(given, history=str(tmp_path / NAME))) as page:
        missing = await page.ask("GET", "/history")

    assert unknown.json() == {"error": "no session has the number 99999; history list shows them"}
    assert none.json() == {"error": "There are no past sessions on this computer."}
    assert [unknown.status, none.status, missing.status] == [404, 404, 404]


async def test_past_sessions_need_a_login(file: Path) -> None:
    given = settings(free_port(), history=str(file), password_hash=hash_password("correct horse"))
    async with dashboard(given) as page:
        answers = [
            await page.ask("GET", address)
            for address in ("/history", "/history/1", "/history/1/fit")
        ]

    assert [answer.status for answer in answers] == [401] * 3


async def test_past_sessions_cannot_be_read_by_another_site(file: Path) -> None:
    async with dashboard(settings(free_port(), history=str(file))) as page:
        answers = [
            await page.ask(
                "GET", "/history/1/fit", sec_fetch_site="cross-site", sec_fetch_mode=mode
            )
            for mode in ("no-cors", "navigate")
        ]

    assert [answer.status for answer in answers] == [403, 403]


async def test_broken_history_is_an_error_without_internal_details(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "PROGRAM", (sys.executable, "-c", "raise ValueError('inside')"))
    (tmp_path / NAME).write_bytes(b"x")
    async with dashboard(settings(free_port(), history=str(tmp_path / NAME))) as page:
        answer = await page.ask("GET", "/history")

    assert answer.status == 500
    told = "Cannot read the history; the dashboard's log has the reason."
    assert answer.json() == {"error": told}
    assert "ValueError: inside" in caplog.text


async def test_invalid_file_name_of_an_export_is_replaced(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "print('a\"b\\r.fit'); print('content', end='')"
    monkeypatch.setattr(past, "PROGRAM", (sys.executable, "-c", script))
    async with dashboard(settings(free_port(), history=str(file))) as page:
        answer = await page.ask("GET", "/history/1/fit")

    assert answer.headers["content-disposition"] == 'attachment; filename="session.fit"'
    assert answer.body == b"content"


async def test_hung_history_process_is_killed_and_reported(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "PROGRAM", (sys.executable, "-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(past, "ANSWER_S", 0.2)
    async with dashboard(settings(free_port(), history=str(file))) as page:
        answer = await page.ask("GET", "/history")

    assert answer.status == 503
    assert answer.json() == {"error": "The history did not answer in time."}


async def test_history_queries_beyond_the_waiting_limit_are_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "PROGRAM", (sys.executable, "-c", "import time; time.sleep(60)"))
    busy = Past(str(file))
    waiting = [asyncio.create_task(busy.query("list")) for _ in range(WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(NoAnswerError, match="Too many questions at once") as refused:
        await busy.query("list")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert refused.value.status == 503
