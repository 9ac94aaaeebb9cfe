"""Orders to the machine, from the guard's decisions, and withdrawal of outdated ones."""

from bridge.drivers.driver import Line, Orders
from bridge.guard import Decision
from bridge.machines import PLAIN_EDGE
from bridge.values import Axis, Snapshot


class Ordering:
    """The only place that gives orders; each comes from a decision of the guard."""

    def __init__(self) -> None:
        self._edge = PLAIN_EDGE
        self._ordered: dict[Axis | None, int] = {}

    def carry_out(self, line: Line, decision: Decision, snapshot: Snapshot) -> None:
        """Give the orders of one decision."""
        machine = snapshot.machine
        edge = self._edge if machine is None else machine.edge
        given = decision.halt or decision.start or decision.targets
        if edge is self._edge and not (given or self._ordered):
            return
        orders = line.orders
        self._withdraw(orders, decision, snapshot)
        if edge is not self._edge:
            self._edge = edge
            orders.speak(edge)
        if decision.halt is not None:
            orders.halt(decision.halt)
        if decision.start:
            self._ordered[None] = 0
            orders.start()
        for target in decision.targets:
            self._ordered[target.axis] = target.value
            orders.set_target(
                target.axis, target.value, reduction=target.reduction, new_request=target.asked
            )

    def _withdraw(self, orders: Orders, decision: Decision, snapshot: Snapshot) -> None:
        """Withdraw queued orders that the guard no longer commands.

        The belt may have stopped, or a person may have slowed it at the console. A moving belt is
        never started.
        """
        given = {target.axis for target in decision.targets}
        for axis, value in tuple(self._ordered.items()):
            if axis is None:
                wanted = snapshot.belt.stands
            else:
                wanted = axis in given or decision.setpoint.get(axis) == value
            if not wanted:
                del self._ordered[axis]
                orders.withdraw(axis)
