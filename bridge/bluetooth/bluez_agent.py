"""D-Bus agent that accepts BlueZ's pairing requests, which BlueZ refuses without an agent.

A control point that requires encryption makes BlueZ pair by itself, before the write is answered.
Without an agent BlueZ 5.66 refuses the pairing, and never answers the write. BlueZ asks the agent
that became its default last, so each of the bridge's agents accepts all of the bridge's machines.
"""

import contextlib
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager

from bleak.exc import BleakError
from dbus_fast import DBusError
from dbus_fast.annotations import DBusObjectPath, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method

from bridge.bluetooth.bluez import call, system_bus

AGENT, MANAGER = "org.bluez.Agent1", "org.bluez.AgentManager1"
PATH = "/treadmill_bridge/agent"
CAPABILITY = "NoInputNoOutput"
REJECTED = "org.bluez.Error.Rejected"


class Agent(ServiceInterface):
    """`org.bluez.Agent1` for the bridge's machines; requests for other devices are rejected.

    Args:
        addresses: addresses of the machines that are linked now; the caller changes it.
    """

    def __init__(self, addresses: Collection[str]) -> None:
        super().__init__(AGENT)
        self._addresses = addresses

    @dbus_method()
    def Release(self) -> None:  # noqa: N802 - BlueZ's name, as those below
        """BlueZ no longer uses the agent."""

    @dbus_method()
    def Cancel(self) -> None:  # noqa: N802
        """BlueZ withdraws a request."""

    @dbus_method()
    def RequestAuthorization(self, device: DBusObjectPath) -> None:  # noqa: N802
        """Accept pairing with the machine."""
        self._check(device)

    @dbus_method()
    def AuthorizeService(self, device: DBusObjectPath, uuid: DBusStr) -> None:  # noqa: N802, ARG002
        """Accept a service of the machine."""
        self._check(device)

    @dbus_method()
    def RequestConfirmation(  # noqa: N802
        self,
        device: DBusObjectPath,  # noqa: ARG002
        passkey: DBusUInt32,  # noqa: ARG002
    ) -> None:
        """Accept without comparing numbers: nobody could."""
        message = "there is no display"
        raise DBusError(REJECTED, message)

    def _check(self, device: str) -> None:
        name = device.rpartition("/")[2]
        if name not in {f"dev_{each.upper().replace(':', '_')}" for each in self._addresses}:
            message = "this agent is for a treadmill alone"
            raise DBusError(REJECTED, message)


@asynccontextmanager
async def agreeing(address: str, addresses: list[str]) -> AsyncIterator[None]:
    """Accept pairing with this machine inside the block, if it requires encryption.

    Args:
        address: the machine's address.
        addresses: the addresses of all linked machines, shared by all of the bridge's agents.
    """
    addresses.append(address)
    async with AsyncExitStack() as stack:
        stack.callback(addresses.remove, address)
        # The search for the machine diagnoses such failures.
        with contextlib.suppress(OSError, EOFError, BleakError):
            bus = await stack.enter_async_context(system_bus())
            bus.export(PATH, Agent(addresses))
            await call(bus, "/org/bluez", MANAGER, "RegisterAgent", "os", (PATH, CAPABILITY))
            await call(bus, "/org/bluez", MANAGER, "RequestDefaultAgent", "o", (PATH,))
        yield
