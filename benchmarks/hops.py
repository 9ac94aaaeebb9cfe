"""Count the files that one sample and one command cross in the running bridge, in virtual time.

A sample's path leads from the Bluetooth value to the published state. A command's path leads from
the MQTT message to the write to the machine and the outcome. A file counts if one of its functions
is called. A call from one file into another is a change. Files on the path pass the value on; the
others are only called along it, such as the guard's rules. The simulator, the radio and the
bridge's echo do not count.

Run: python -m benchmarks.hops [--list]
"""

import argparse
import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from simulators.ftms.profile_file import load_profile
from simulators.scenario.script import read_scenario
from tests.e2e.bridge_rig import until
from tests.rigs.virtual_time import VirtualLoop
from tests.scenarios.rigs import BASE, VirtualRig, ready, virtual_rig

ROOT = Path(__file__).parents[1]
BEFORE = {"sample": (51, 171), "command": (60, None)}
"""Files and changes of the first version; the goal is half of them."""
HANDED_ON = {
    ("bridge/treadmill/hearing.py", "measured"),
    ("bridge/contract/parser.py", "parse"),
    ("bridge/treadmill/actor.py", "take"),
    ("bridge/tracking/snapshot.py", "measured"),
    ("bridge/guard/guard.py", "decide"),
    ("bridge/guard/guard.py", "submit"),
    ("bridge/treadmill/outcomes.py", "begin"),
    ("bridge/treadmill/publisher.py", "follow"),
    ("bridge/mqtt/outbox.py", "put"),
    ("bridge/mqtt/outbox.py", "send"),
    ("bridge/drivers/order_queue.py", "set_target"),
    ("bridge/bluetooth/connection.py", "write"),
}
"""Functions that receive the value: every file on their call stack passes it on."""
ECHO = {"_send_echoes", "_until_rival"}


@dataclass
class Way:
    """The files on one path, each with the number of calls from other files."""

    files: Counter[str] = field(default_factory=Counter)
    handing_on: set[str] = field(default_factory=set)

    @property
    def changes(self) -> int:
        return self.files.total()

    def enter(self, frame: FrameType, _event: str) -> None:
        here = _file(frame)
        if here is None:
            return
        caller = frame.f_back
        while caller is not None and _file(caller) is None:
            caller = caller.f_back
        # Callbacks of libraries and the first call of a task come from no file of the bridge.
        self.files[here] += caller is None or _file(caller) != here
        if (here, frame.f_code.co_name) in HANDED_ON:
            each: FrameType | None = frame
            while each is not None:
                if (file := _file(each)) is not None:
                    self.handing_on.add(file)
                each = each.f_back


def _file(frame: FrameType) -> str | None:
    name = frame.f_code.co_filename
    if not name.startswith(str(ROOT)):
        return None
    short = name.removeprefix(f"{ROOT}/")
    return short if short.startswith(("bridge/", "protocols/")) else None


class Tracer:
    """Traces one path: from a call that begins it until `ended`."""

    def __init__(self, begins: Callable[[FrameType], bool]) -> None:
        self.way = Way()
        self.is_on = False
        self.over = asyncio.Event()
        self._begins = begins

    def __enter__(self) -> "Tracer":
        sys.setprofile(self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def end(self) -> None:
        """End the path, if it has begun."""
        if self.is_on:
            self.is_on = False
            self.over.set()

    def _hear(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or self.over.is_set():
            return
        if not self.is_on and self._begins(frame):
            self.is_on = True
        if self.is_on and not _is_aside(frame):
            self.way.enter(frame, event)


def _is_aside(frame: FrameType) -> bool:
    """Return True for a codec call of the simulator, and for the bridge's echo."""
    caller: FrameType | None = frame
    while caller is not None:
        code = caller.f_code
        if code.co_filename.startswith(str(ROOT / "simulators")) or code.co_name in ECHO:
            return True
        if _is(caller, "bridge/mqtt/broker.py", "_receive"):
            return "/echo/" in caller.f_locals["message"].topic
        caller = caller.f_back
    return False


def _is(frame: FrameType, file: str, name: str) -> bool:
    code = frame.f_code
    return code.co_name == name and code.co_filename.endswith(file)


async def _sample(rig: VirtualRig) -> Way:
    def begins(frame: FrameType) -> bool:
        if not _is(frame, "bridge/bluetooth/connection.py", "on_value"):
            return False
        return len(frame.f_locals["value"]) > 8  # a status is shorter

    tracer = Tracer(begins)

    def hear(topic: str, _payload: bytes, _retain: bool) -> None:
        if topic == f"{BASE}/state":
            tracer.end()

    rig.exchange.listeners.append(hear)
    with tracer:
        await tracer.over.wait()
    return tracer.way


async def _command(rig: VirtualRig) -> Way:
    def begins(frame: FrameType) -> bool:
        return _is(frame, "bridge/mqtt/broker.py", "_receive") and not _is_aside(frame)

    tracer = Tracer(begins)
    done: set[str] = set()

    def hear(topic: str, _payload: bytes, _retain: bool) -> None:
        if topic == f"{BASE}/outcome":
            finish("told")

    def finish(part: str) -> None:
        if tracer.is_on:
            done.add(part)
        if done == {"told", "written"}:
            tracer.end()

    rig.exchange.listeners.append(hear)
    # A lower speed is written at once; a higher one waits for its ramp.
    rig.simulation.on_write = lambda _now, _value: finish("written")
    with tracer:
        rig.exchange.publish(f"{BASE}/set/speed", b"2")
        await tracer.over.wait()
    return tracer.way


async def measure() -> dict[str, Way]:
    """Trace one sample and one command with a running belt."""
    scenario = read_scenario('title = "Hops"\n[[step]]\nwait = 1', "hops")
    async with virtual_rig(scenario, load_profile("strict")) as rig:
        await ready(rig)
        rig.simulation.machine.start()
        await until("the belt runs", lambda: rig.look("state.belt") == "running", within=30)
        await asyncio.sleep(10)  # until its speed is known
        rig.exchange.publish(f"{BASE}/set/speed", b"3")
        await asyncio.sleep(40)
        return {"sample": await _sample(rig), "command": await _command(rig)}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hops", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the files")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        ways = runner.run(measure())
    for name, way in ways.items():
        files, changes = BEFORE[name]
        goal = f"at most {files // 2} of once {files}"
        was = "" if changes is None else f", once {changes}"
        print(
            f"{name}: {len(way.handing_on)} files on the way, {len(way.files)} with all that are "
            f"asked ({goal}), {way.changes} changes{was}"
        )
        if arguments.list:
            for file, calls in sorted(way.files.items()):
                print(f"    {'>' if file in way.handing_on else ' '} {calls:4} {file}")


if __name__ == "__main__":
    main()
