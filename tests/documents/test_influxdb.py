"""The queries of the Grafana dashboard, on a real InfluxDB with the columns that Telegraf writes.

Telegraf and Grafana themselves are not run here: Debian has neither.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.documents.test_grafana import DASHBOARD, EVENT, GUARD, STATE, fields_of
from tests.rigs.brokers import PATIENCE_S, free_port

PROGRAM = shutil.which("influxd")
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="LEFT OUT: there is no InfluxDB (apt install influxdb)"
)
CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{place}/meta"
[data]
  dir = "{place}/data"
  wal-dir = "{place}/wal"
[http]
  bind-address = "127.0.0.1:{port}"
"""
TEXTS = frozenset({"type", "text", "belt"})


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that holds one minute of one treadmill."""
    place, port = tmp_path_factory.mktemp("influxdb"), free_port()
    config = place / "influxdb.conf"
    config.write_text(CONFIG.format(place=place, port=port, rpc=free_port()))
    command = (PROGRAM or "", "-config", str(config))
    with (
        (place / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as server,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address)
            _ask(address, "CREATE DATABASE treadmills")
            with urlopen(f"{address}/write?db=treadmills", data=_lines().encode()) as answer:  # noqa: S310
                assert answer.status == 204
            yield address
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def _wait(address: str) -> None:
    limit = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(f"{address}/ping", timeout=PATIENCE_S):  # noqa: S310 - our own
                return
        except URLError:
            assert time.monotonic() < limit
            time.sleep(0.1)


def _lines() -> str:
    """One point a second for each consumer of the Telegraf configuration."""
    now, lines = time.time_ns(), []
    for consumer in (STATE, GUARD, EVENT):
        (parser,) = consumer["json_v2"]
        tags = {each["path"] for each in parser.get("tag", [])}
        for second in range(60):
            named = ",".join(["treadmill=den", *(f"{tag}=running" for tag in sorted(tags))])
            values = ",".join(
                f'{name}="words"' if name in TEXTS else f"{name}={second}.5"
                for name in sorted(fields_of(consumer) - tags)
            )
            stamp = now - (60 - second) * 10**9
            lines.append(f"{consumer['name_override']},{named} {values} {stamp}")
    return "\n".join(lines)


def _ask(address: str, query: str) -> list[dict[str, object]]:
    body = urlencode({"q": query, "db": "treadmills"}).encode()
    with urlopen(f"{address}/query", data=body, timeout=PATIENCE_S) as answer:  # noqa: S310
        (result,) = json.loads(answer.read())["results"]
    assert "error" not in result, result
    series: list[dict[str, object]] = result.get("series", [])
    return series


QUERIES = [target["query"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
VARIABLES = [each["query"] for each in DASHBOARD["templating"]["list"]]


@pytest.mark.parametrize("query", QUERIES + VARIABLES)
def test_each_influxdb_query_of_the_dashboard_returns_data(database: str, query: str) -> None:
    # What Grafana puts in place of its variables.
    for name, value in (
        ("$timeFilter", "time > now() - 1h"), ("$__interval", "10s"), ("$treadmill", "den"),
    ):  # fmt: skip
        query = query.replace(name, value)
    assert "$" not in query.replace("$/", "")
    assert _ask(database, query), query
