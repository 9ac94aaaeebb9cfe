"""Metrics for Prometheus, from the bridge's topics. Needs the extra `metrics`."""

import time
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from bridge.dashboard.board import Board
from bridge.dashboard.feed import Feed

GAUGES = {
    "speed_kmh": "Measured speed, in km/h.",
    "incline_percent": "Measured incline, in percent.",
    "distance_m": "Distance of the machine's session, in metres.",
    "elapsed_s": "Time of the machine's session, in seconds.",
    "elevation_gain_m": "Climb of the machine's session, in metres.",
    "energy_kcal": "Energy of the machine's session, in kilocalories.",
    "heart_rate_bpm": "Heart rate, in beats per minute.",
    "cadence_spm": "Cadence, in steps per minute.",
    "power_w": "Power, in watts.",
    "requested_speed_kmh": "Requested speed, in km/h.",
    "requested_incline_percent": "Requested incline, in percent.",
    "target_speed_kmh": "Speed written to the machine last, in km/h.",
    "target_incline_percent": "Incline written to the machine last, in percent.",
}
"""Numeric keys of `state`, each exported as a gauge `treadmill_<key>`."""
BELTS = ("unknown", "idle", "starting", "running", "paused", "stopping")


class Metrics(Collector):
    """Collects on each scrape; stores nothing."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def __call__(self) -> tuple[bytes, str]:
        """Return the page for Prometheus, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Metric]:
        """Return all metric families with their present values."""
        board = self._feed.board
        broker = GaugeMetricFamily("treadmill_broker_connected", "1 while the broker is connected.")
        broker.add_metric([], float(self._feed.connected))
        viewers = GaugeMetricFamily("treadmill_dashboard_viewers", "Pages that are open.")
        viewers.add_metric([], self._feed.viewers)
        yield from (broker, viewers)
        yield from _numbers(board)
        yield from _conditions(board, connected=self._feed.connected)
        yield _counter("treadmill_events", "Events by their type.", "type", board.event_types)
        yield _counter("treadmill_outcomes", "Outcomes of commands.", "outcome", board.outcomes)


def _numbers(board: Board) -> Iterator[Metric]:
    for key, text in GAUGES.items():
        family = _gauge(f"treadmill_{key}", text)
        for name, known in board.treadmills.items():
            value = (known.documents.get("state") or {}).get(key)
            if isinstance(value, int | float):
                family.add_metric([name], value)
        yield family
    for axis, unit in (("speed", "kmh"), ("incline", "percent")):
        text = f"The most {axis} that the guard allows now."
        family = _gauge(f"treadmill_bound_{axis}_{unit}", text)
        for name, known in board.treadmills.items():
            value = _in(known.documents, "guard", "bounds", axis, "max")
            if isinstance(value, int | float):
                family.add_metric([name], value)
        yield family


def _conditions(board: Board, connected: bool) -> Iterator[Metric]:
    up = _gauge("treadmill_up", "1 while the machine is connected to a bridge that runs.")
    age = _gauge("treadmill_state_age_seconds", "Seconds since the newest state came.")
    belt = _gauge("treadmill_belt", "1 for what the belt does.", "belt")
    fault = _gauge("treadmill_fault", "1 for each fault now.", "fault")
    steep = _gauge("treadmill_steep_left_seconds", "Steep time that is left.")
    ages = board.ages(time.monotonic())
    for name, known in board.treadmills.items():
        up.add_metric([name], float(connected and board.bridge and known.available))
        if (seconds := ages[name]) is not None:
            age.add_metric([name], seconds)
        now = _in(known.documents, "state", "belt")
        for each in BELTS:
            belt.add_metric([name, each], float(each == now))
        for each in _in(known.documents, "guard", "faults") or ():
            fault.add_metric([name, str(each)], 1)
        left = _in(known.documents, "guard", "steep", "left_s")
        if isinstance(left, int | float):
            steep.add_metric([name], left)
    yield from (up, age, belt, fault, steep)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=["treadmill", *labels])


def _counter(name: str, text: str, label: str, counts: dict[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, count in counts.items():
        family.add_metric([key], count)
    return family


def _in(document: Any, *keys: str) -> Any:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document
