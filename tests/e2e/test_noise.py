"""Noise on every wire: thousands of senseless frames and messages move nothing and break nothing.

Random input is sometimes valid, such as "stopped" or "the safety key was pulled", and
the bridge is right to heed them. What must hold all the same: nothing rises above what a person
requested, and the next valid command works.
"""

import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.drivers.ftms.decoder import Decoder
from protocols.uuids import (
    FITNESS_MACHINE_CONTROL_POINT,
    FITNESS_MACHINE_STATUS,
    TRAINING_STATUS,
    TREADMILL_DATA,
)
from simulators.radio.peripheral import _BumbleClient
from tests.e2e.bridge_rig import BASE, FAST_RAMP, BridgeRig, bridge_rig, until
from tests.rigs.effort import effort

pytestmark = pytest.mark.unmeasured

SEED = 20
FRAMES = effort(2_000, 10_000)
"""For each of four characteristics, in any order."""
MESSAGES = effort(1_000, 5_000)
BATCH = 200
WALK_KMH, WALK_PERCENT = 2.5, 1.0
NOTIFIED = (TREADMILL_DATA, TRAINING_STATUS, FITNESS_MACHINE_STATUS)
OUTCOMES = f"{BASE}/outcome"
KINDS = ("speed", "incline", "belt", "pain", "person", "shoes", "workout", "unheard-of")


@asynccontextmanager
async def a_walk(directory: Path) -> AsyncIterator[BridgeRig]:
    """A walk at 2.5 km/h and 1 %, long past the warm-up: only the request bounds it."""
    async with bridge_rig(directory, {**FAST_RAMP, "warm_up_s": 0}) as rig:
        await rig.start()
        await rig.send("speed", {"value": WALK_KMH, "id": "speed"})
        await rig.send("incline", {"value": WALK_PERCENT, "id": "incline"})
        await rig.outcome("speed", "confirmed", within=20)
        await rig.outcome("incline", "confirmed", within=20)
        yield rig


def assert_never_above_what_was_asked(rig: BridgeRig) -> None:
    assert max(rig.speeds_ordered) <= WALK_KMH
    assert max(rig.inclines_ordered) <= WALK_PERCENT
    assert max(t.speed_kmh for t in rig.truths) <= WALK_KMH + 0.01
    assert max(t.incline_percent for t in rig.truths) <= WALK_PERCENT + 0.01


async def stops_and_starts_again(rig: BridgeRig) -> None:
    await rig.send("belt", {"command": "stop", "id": "stop"})
    await rig.outcome("stop", "confirmed", within=20)
    await until("the belt truly stands", lambda: rig.now.speed_kmh == 0)
    rig.simulation.machine.start()  # at the console: chance may have pulled the safety key
    await rig.belt("running")
    await rig.send("speed", {"value": 2, "id": "again"})
    await rig.outcome("again", "confirmed", within=20)


async def test_random_frames_move_no_belt_and_end_no_bridge(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    with capture_logs() as logs:
        async with a_walk(tmp_path) as rig:
            client, arrived = _client(rig), _count_arrivals(monkeypatch)
            sorts = [*NOTIFIED, FITNESS_MACHINE_CONTROL_POINT] * FRAMES
            chance.shuffle(sorts)
            for number, sort in enumerate(sorts, 1):
                frame = chance.randbytes(chance.randrange(24))
                if sort == FITNESS_MACHINE_CONTROL_POINT:
                    client.indicate(frame)
                else:
                    client.notify(sort, frame)
                if number % 100 == 0:
                    await until("the air took the frames", lambda: _sent(client), within=20)
            await rig.state("the truth again", lambda s: _true(s, rig))
            await until("they arrived", lambda: arrived.total() >= len(NOTIFIED) * FRAMES)
            seen = len(rig.all("state"))
            await until("the bridge goes on", lambda: len(rig.all("state")) > seen + 2)
            assert_never_above_what_was_asked(rig)
            await stops_and_starts_again(rig)
    assert [entry["event"] for entry in logs if "exc_info" in entry] == []
    assert [record.message for record in caplog.records if record.exc_info] == []


async def test_random_messages_move_no_belt_and_end_no_bridge(tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    async with a_walk(tmp_path) as rig:
        ordered = list(rig.orders)
        for _ in range(MESSAGES // BATCH):
            rig.subscriber.forget()
            for _ in range(BATCH):
                topic = f"{BASE}/set/{chance.choice(KINDS)}"
                await rig.subscriber.client.publish(topic, _nonsense(chance))
            await until("an answer to each", lambda: len(rig.subscriber.on(OUTCOMES)) >= BATCH, 30)
            outcomes = rig.all("outcome")
            assert {outcome["outcome"] for outcome in outcomes} == {"rejected"}
            assert all(outcome["reasons"] for outcome in outcomes)
        assert rig.orders == ordered, "nothing was written to the machine"
        await rig.send("speed", {"value": 2, "id": "next"})
        await rig.outcome("next", "confirmed")
        assert_never_above_what_was_asked(rig)


def _count_arrivals(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the frames that the link passes to the decoder, and pass them on."""
    counts: Counter[str] = Counter()

    def counting(name: str, take: Callable[..., None]) -> Callable[..., None]:
        def count(decoder: Decoder, value: bytes, *more: float) -> None:
            counts[name] += 1
            take(decoder, value, *more)

        return count

    for name in ("treadmill_data", "training_status", "machine_status"):
        monkeypatch.setattr(Decoder, name, counting(name, getattr(Decoder, name)))
    return counts


def _client(rig: BridgeRig) -> _BumbleClient:
    (client,) = rig.simulation.peripheral._clients.values()
    return client


def _sent(client: _BumbleClient) -> bool:
    return client._notifications.empty() and client._indications.empty()


def _nonsense(chance: random.Random) -> bytes:
    """Random payload of any topic that is no valid command."""
    wrong: list[object] = [
        {"value": chance.random() * 20, "unit": chance.choice(["m/s", "knots", "", None, 7])},
        {"value": str(chance.random()), "time": "yesterday"},
        {"value": chance.random(), "unknown": True},
        {"value": [chance.random()]},
        {"command": chance.choice(["go", "faster", "START!", 1, None, ["stop?"]])},
        {"severity": chance.randrange(11, 99), "place": None},
        [chance.random()] * chance.randrange(9),
        {"value": chance.random() * 20, "time": "2001-01-01T00:00:00Z"},
        -1 - chance.random() * 1e9,
        float("nan"),
        float("inf"),
        None,
        True,
    ]
    kind = chance.randrange(4)
    if kind == 0:
        return b"\xff" + chance.randbytes(chance.randrange(64))
    if kind == 1:
        return b'{"value": 12' + chance.randbytes(chance.randrange(1, 16)) + b"\xff"
    if kind == 2:
        return b"1" * 5000 if chance.random() < 0.02 else b"{" * chance.randrange(1, 2000)
    return json.dumps(chance.choice(wrong)).encode()


def _true(state: dict[str, Any], rig: BridgeRig) -> bool:
    said = state["speed_kmh"]
    return said is not None and abs(said - rig.now.speed_kmh) < 0.1
