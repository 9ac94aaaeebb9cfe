"""Orders as a line of text, for the truth tables of the drivers."""

import asyncio
from collections.abc import Iterable, Sequence

from bridge.drivers.ftms.control_point import ControlPoint
from bridge.drivers.order_queue import OrderQueue
from bridge.values import Axis, Halt, HaltBelt, Order, SetTarget, StartBelt


async def give(queue: OrderQueue, timeline: str) -> None:
    """Give orders, parted by commas: `speed 500`, `incline 10`, `start`, `stop`, `pause`.

    A number is a pause in seconds. `speed 500 reduction` lowers the speed, `speed 500 refined` is
    not a person's request, `withdraw speed` drops a waiting order, and `taken` is control that the
    machine withdraws.
    """
    for step in timeline.split(", "):
        match step.split():
            case ["speed" | "incline" as axis, value, *marks]:
                queue.set_target(
                    Axis(axis),
                    int(value),
                    reduction="reduction" in marks,
                    new_request="refined" not in marks,
                )
            case ["start"]:
                queue.start()
            case ["stop" | "pause" as kind]:
                queue.halt(Halt(kind))
            case ["withdraw", kind]:
                queue.withdraw(None if kind == "start" else Axis(kind))
            case ["taken"]:
                assert isinstance(queue, ControlPoint)
                queue.permission_lost()
            case [seconds]:
                await asyncio.sleep(float(seconds))
            case _:
                raise AssertionError(step)


def order_of(words: Sequence[str]) -> Order:
    """Return the order that a timeline names."""
    match words:
        case ["speed" | "incline" as axis, value]:
            return SetTarget(Axis(axis), int(value))
        case ["stop" | "pause" as kind]:
            return HaltBelt(Halt(kind))
        case _:
            assert words == ["start"]
            return StartBelt()


def named(orders: Iterable[Order]) -> str:
    """Name orders as a timeline does."""

    def name(order: Order) -> str:
        match order:
            case SetTarget(axis, value):
                return f"{axis} {value}"
            case HaltBelt(kind):
                return kind.value
            case _:
                return "start"

    return ", ".join(map(name, orders))
