"""A workout through the whole bridge, in virtual time, with every octet that crossed."""

import asyncio
import hashlib
import logging
import random
import sys
from typing import Any

import structlog

from simulators.ftms.profile_file import load_profile
from simulators.scenario.script import Scenario, read_scenario
from tests.rigs.virtual_time import VirtualLoop
from tests.scenarios.rigs import play, virtual_rig

HOUR_LAPS = 9
"""With so many laps the workout takes an hour."""


def workout(ids: str = "c", laps: int = HOUR_LAPS, quicker: int = 1) -> Scenario:
    """Five minutes' walk, then intervals with climbs, a press at the console, and a cool-down.

    `quicker`: how many times less all of it takes.
    """
    steps = ['press = "start"', 'expect = "state.belt is running"\nwithin = 20']

    def ask(after: float, what: str) -> None:
        steps.append(f'after = {after / quicker}\nask = "{what}"\nid = "{ids}{len(steps)}"')

    ask(10, "speed 5")
    ask(300, "speed 8")
    for lap in range(laps):
        ask(100, f"speed {9 + lap % 3}")
        ask(100, f"incline {1 + lap % 4}")
        steps.append(f'after = {60 / quicker}\npress = "speed down"\ntimes = 3')
        ask(60, "speed 8.2")
    ask(100, "belt finish")
    steps.append('expect = "machine.stands is true"\nwithin = 400')
    steps.append(f"wait = {100 / quicker}")
    text = "\n".join(f"[[step]]\n{step}" for step in steps)
    guard = f"[bridge.guard]\ncool_down_s = {300 / quicker}"
    return read_scenario(f'title = "A workout"\n{guard}\n{text}', "workout")


async def _run(scenario: Scenario, seed: int, log: "list[tuple[float, bytes]]") -> float:
    loop = asyncio.get_running_loop()
    async with virtual_rig(scenario, load_profile("strict"), seed=seed) as rig:
        air = rig.simulation.air
        carry = air.send_acl_data

        def listen(sender: Any, to: Any, transport: Any, data: bytes) -> None:
            log.append((round(loop.time(), 6), bytes(data)))
            carry(sender, to, transport, data)

        air.send_acl_data = listen  # type: ignore[method-assign, assignment]
        rig.exchange.listeners.append(
            lambda topic, payload, _: (
                log.append((round(loop.time(), 6), topic.encode() + payload))
                if "/echo" not in topic
                else None
            )
        )
        await play(scenario, rig)
        return rig.messages.transcript.time


def traffic(seed: int, laps: int, quicker: int = 1) -> "tuple[float, list[tuple[float, bytes]]]":
    """Duration of the workout in its own time, and all messages of the air and the broker."""
    random.seed(seed)  # what spreads the attempts to connect
    log: list[tuple[float, bytes]] = []
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(limit=7200)) as runner:
        lasted = runner.run(_run(workout(laps=laps, quicker=quicker), seed, log))
    return lasted, log


def digest(log: "list[tuple[float, bytes]]") -> str:
    return hashlib.sha256(repr(log).encode()).hexdigest()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    lasted, log = traffic(*map(int, sys.argv[1:]))
    print(round(lasted), len(log), digest(log))  # noqa: T201
