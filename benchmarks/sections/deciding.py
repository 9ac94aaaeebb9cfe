"""Cost of the guard and of payloads: decisions, a written target, the state as JSON."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from benchmarks.hot_path import CLIMB, Climbing, Running, cost
from benchmarks.sections.decoding import COMMON, bare
from benchmarks.table import Row, compared
from benchmarks.timing import interleaved
from bridge.treadmill.publisher import state_payload
from bridge.values import Belt, Who
from protocols.ftms.control_point import SetTargetSpeed, encode_request

MOST_US = 25.0
UTC_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def measure(*, rounds: int = 21) -> Iterator[Row]:
    """Yield the rows."""
    running, rest, samples, climb = Running(), Running(), Running(), Climbing()
    standing = rest.at(0, Belt.IDLE)
    decision, who = (
        running.guard.decide(running.snapshot, running.now),
        Who("default", None, "gentle"),
    )
    found = interleaved(
        {
            "floor": lambda: bare(COMMON),
            "decide, at rest": lambda: rest.guard.decide(standing, rest.now),
            "decide, running": running.decide,
            "encode a target": lambda: encode_request(SetTargetSpeed(820)),
            "state to JSON": lambda: state_payload(
                running.snapshot, decision, who, running.now, UTC_NOW
            ).encode(),
        },
        rounds=rounds,
    )
    floor = found.pop("floor")
    for name, values in found.items():
        yield compared("guard", name, values, floor, "µs", "struct.unpack")
    again = median_of(lambda: cost(running.decide), 3)
    sample = median_of(lambda: cost(samples.decide_on_sample, samples.come_samples), 3)
    climbing = median_of(lambda: cost(climb.decide_on_sample, climb.start, CLIMB), 3)
    # Four decisions a second, one of them on a sample: ordinary running.
    mean = (3 * again + sample) / 4
    yield Row(
        "guard",
        "decision while running, on average",
        mean,
        "µs",
        target=f"≤ {MOST_US:g} µs",
        met=mean <= MOST_US,
        note="3 ticks and 1 sample a second",
    )
    yield Row("guard", "decision on a sample", sample, "µs")
    yield Row("guard", "decision, climbing in the first minute", climbing, "µs")


def median_of(measured: Callable[[], float], times: int) -> float:
    """Return the median of several measurements, in microseconds."""
    return sorted(measured() for _ in range(times))[times // 2] * 1e6
