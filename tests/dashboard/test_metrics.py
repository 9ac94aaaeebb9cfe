"""The page that Prometheus reads."""

import json
from dataclasses import fields

from prometheus_client.parser import text_string_to_metric_families

from bridge.contract.payloads import StatePayload
from bridge.dashboard.board import Board
from bridge.dashboard.feed import Feed
from bridge.dashboard.metrics import GAUGES, Metrics
from tests.dashboard.rig import dashboard, free_port, settings


def take(board: Board, topic: str, document: object) -> None:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    board.take(f"treadmills/{topic}", data, retained=False, now=1.0, wall=0.0)


def read(text: str) -> dict[tuple[str, str], float]:
    """Values by name and, beside the treadmill's, the label; else by the treadmill."""
    return {
        (
            sample.name,
            "".join(sample.labels[key] for key in sorted(sample.labels)[:1]),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("treadmill", "den") == "den"
    }


def test_metrics_export_the_values_of_the_board() -> None:
    feed = Feed(settings(1))
    board = feed.board
    take(board, "bridge/availability", b"online")
    take(board, "den/availability", b"online")
    take(board, "den/state", {"belt": "running", "speed_kmh": 6.2, "heart_rate_bpm": None})
    take(board, "den/guard", {
        "bounds": {"speed": {"max": 8}, "incline": {"max": None}}, "faults": ["stale"],
        "steep": {"left_s": 600},
    })  # fmt: skip
    take(board, "den/event", {"type": "limited", "text": "x"})
    take(board, "den/outcome", {"id": "a", "outcome": "confirmed"})
    take(board, "attic/availability", b"offline")

    data, kind = Metrics(feed)()
    values = read(data.decode())

    assert kind.startswith("text/plain")
    assert values["treadmill_speed_kmh", "den"] == 6.2
    assert ("treadmill_heart_rate_bpm", "den") not in values
    assert values["treadmill_bound_speed_kmh", "den"] == 8
    assert ("treadmill_bound_incline_percent", "den") not in values
    assert values["treadmill_belt", "running"] == 1
    assert values["treadmill_belt", "idle"] == 0
    assert values["treadmill_fault", "stale"] == 1
    assert values["treadmill_steep_left_seconds", "den"] == 600
    assert values["treadmill_events_total", "limited"] == 1
    assert values["treadmill_outcomes_total", "confirmed"] == 1
    assert values["treadmill_up", "den"] == 0  # because the broker is not connected
    assert b"treadmill_broker_connected 0.0" in data


def test_gauges_of_the_metrics_are_numbers_of_the_contract() -> None:
    assert set(GAUGES) <= {field.name for field in fields(StatePayload)}


async def test_metrics_are_served_only_if_configured() -> None:
    async with dashboard(settings(free_port(), metrics=True)) as page:
        wanted = await page.ask("GET", "/metrics")
    async with dashboard(settings(free_port())) as page:
        unwanted = await page.ask("GET", "/metrics")

    assert (wanted.status, unwanted.status) == (200, 404)
    assert b"treadmill_dashboard_viewers 0.0" in wanted.body
