"""A D-Bus bus of its own with a small service on it that offers BlueZ's interfaces.

The bus is a real dbus-daemon, and bleak and the bridge talk to it as they do to the system's. The
service is not BlueZ: it has objects, properties and signals of BlueZ's names, no radio, and carries
out what these tests ask. What real BlueZ does has to be tried on real BlueZ.
"""

import asyncio
import gc
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from dbus_fast import DBusError
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from bridge.bluetooth.bluez import ADAPTER, DEVICE, SERVICE
from bridge.bluetooth.shared import CHARACTERISTIC, GATT_SERVICE

ADDRESS = "12:34:56:78:9A:BC"
Strings = Annotated[list[str], DBusSignature("as")]
Octets = Annotated[bytes, DBusSignature("ay")]
Options = Annotated[dict[str, Any], DBusSignature("a{sv}")]
READ = PropertyAccess.READ

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    {more}
  </policy>
</busconfig>
"""
DENIES_BLUEZ = f'<deny send_destination="{SERVICE}"/>'


class Bus:
    """A dbus-daemon, and where it listens."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "bus"
        self.address = f"unix:path={self.socket}"
        self._config = directory / "bus.conf"
        self._process: subprocess.Popen[str] | None = None

    def start(self, more: str = "") -> None:
        """Start it; it can be reached when this returns."""
        self.socket.unlink(missing_ok=True)
        self._config.write_text(_CONFIG.format(socket=self.socket, more=more))
        command = ("dbus-daemon", "--nofork", "--print-address", f"--config-file={self._config}")
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline()

    def end(self) -> None:
        """End it, and all connections with it."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=10)
            self._process = None


class Adapter(ServiceInterface):
    """`org.bluez.Adapter1`; a scan finds nothing new."""

    def __init__(self, name: str = "hci0", *, powered: bool = True) -> None:
        super().__init__(ADAPTER)
        self.path = f"/org/bluez/{name}"
        self.on = powered
        self.scans = 0
        self.scanning = False

    def power(self, on: bool) -> None:
        """Switch it on or off; a scan does not outlive it."""
        self.on = on
        self.scanning = False
        self.emit_properties_changed({"Powered": on})

    @dbus_property(access=READ)
    def Address(self) -> DBusStr:  # noqa: N802 - BlueZ's name, as those below
        return "F0:00:00:00:00:AA"

    @dbus_property(access=READ)
    def Powered(self) -> DBusBool:  # noqa: N802
        return self.on

    @dbus_property(access=READ)
    def Roles(self) -> Strings:  # noqa: N802
        return ["central", "peripheral"]

    @dbus_method()
    def SetDiscoveryFilter(self, properties: Options) -> None:  # noqa: N802
        pass

    @dbus_method()
    def StartDiscovery(self) -> None:  # noqa: N802
        if not self.on:
            error = "org.bluez.Error.NotReady"
            raise DBusError(error, "Resource Not Ready")
        if self.scanning:
            error = "org.bluez.Error.InProgress"
            raise DBusError(error, "Operation already in progress")
        self.scans += 1
        self.scanning = True

    @dbus_method()
    def StopDiscovery(self) -> None:  # noqa: N802
        if not self.on:
            error = "org.bluez.Error.NotReady"
            raise DBusError(error, "Resource Not Ready")
        self.scanning = False


class Device(ServiceInterface):
    """`org.bluez.Device1`, connected already; it counts what would end or make a link."""

    def __init__(self, adapter: Adapter, services: list[str], *, connected: bool = True) -> None:
        super().__init__(DEVICE)
        self.adapter = adapter
        self.path = f"{adapter.path}/dev_{ADDRESS.replace(':', '_')}"
        self.services = services
        self.up = connected
        self.connects = self.disconnects = 0

    @dbus_property(access=READ)
    def Address(self) -> DBusStr:  # noqa: N802
        return ADDRESS

    @dbus_property(access=READ)
    def Alias(self) -> DBusStr:  # noqa: N802
        return "Horizon"

    @dbus_property(access=READ)
    def Name(self) -> DBusStr:  # noqa: N802
        return "Horizon"

    @dbus_property(access=READ)
    def Adapter(self) -> DBusObjectPath:  # noqa: N802
        return self.adapter.path

    @dbus_property(access=READ)
    def Connected(self) -> DBusBool:  # noqa: N802
        return self.up

    @dbus_property(access=READ)
    def Paired(self) -> DBusBool:  # noqa: N802
        return False

    @dbus_property(access=READ)
    def ServicesResolved(self) -> DBusBool:  # noqa: N802
        return self.up

    @dbus_property(access=READ)
    def UUIDs(self) -> Strings:  # noqa: N802
        return self.services

    @dbus_method()
    def Connect(self) -> None:  # noqa: N802
        self.connects += 1
        error = "org.bluez.Error.Failed"
        raise DBusError(error, "le-connection-abort-by-remote")

    @dbus_method()
    def Disconnect(self) -> None:  # noqa: N802
        self.disconnects += 1


class GattService(ServiceInterface):
    """`org.bluez.GattService1`."""

    def __init__(self, device: Device, handle: int, uuid: str) -> None:
        super().__init__(GATT_SERVICE)
        self.device = device
        self.path = f"{device.path}/service{handle:04x}"
        self.uuid = uuid

    @dbus_property(access=READ)
    def UUID(self) -> DBusStr:  # noqa: N802
        return self.uuid

    @dbus_property(access=READ)
    def Device(self) -> DBusObjectPath:  # noqa: N802
        return self.device.path

    @dbus_property(access=READ)
    def Primary(self) -> DBusBool:  # noqa: N802
        return True


class Characteristic(ServiceInterface):
    """`org.bluez.GattCharacteristic1`; without a value it refuses to be read."""

    def __init__(
        self, service: GattService, handle: int, uuid: str, flags: list[str], value: bytes | None
    ) -> None:
        super().__init__(CHARACTERISTIC)
        self.service = service
        self.path = f"{service.path}/char{handle:04x}"
        self.uuid, self.flags, self.value = uuid, flags, value
        self.notified = 0
        self.written: list[bytes] = []

    def notify(self, value: bytes) -> None:
        """Send a value to all that listen."""
        self.value = value
        self.emit_properties_changed({"Value": value})

    @dbus_property(access=READ)
    def UUID(self) -> DBusStr:  # noqa: N802
        return self.uuid

    @dbus_property(access=READ)
    def Service(self) -> DBusObjectPath:  # noqa: N802
        return self.service.path

    @dbus_property(access=READ)
    def Flags(self) -> Strings:  # noqa: N802
        return self.flags

    @dbus_property(access=READ)
    def Value(self) -> Octets:  # noqa: N802
        return self.value or b""

    @dbus_method()
    def ReadValue(self, options: Options) -> Octets:  # noqa: N802
        if self.value is None:
            error = "org.bluez.Error.NotPermitted"
            raise DBusError(error, "Read not permitted")
        return self.value

    @dbus_method()
    def WriteValue(self, value: Octets, options: Options) -> None:  # noqa: N802
        self.written.append(value)

    @dbus_method()
    def StartNotify(self) -> None:  # noqa: N802
        self.notified += 1

    @dbus_method()
    def StopNotify(self) -> None:  # noqa: N802
        self.notified -= 1


class AgentManager(ServiceInterface):
    """`org.bluez.AgentManager1`; it notes what registers."""

    path = "/org/bluez"

    def __init__(self) -> None:
        super().__init__("org.bluez.AgentManager1")
        self.registered: list[tuple[str, str]] = []
        self.default = ""

    @dbus_method()
    def RegisterAgent(self, agent: DBusObjectPath, capability: DBusStr) -> None:  # noqa: N802
        self.registered.append((agent, capability))

    @dbus_method()
    def RequestDefaultAgent(self, agent: DBusObjectPath) -> None:  # noqa: N802
        self.default = agent


Exported = Adapter | Device | GattService | Characteristic | AgentManager


class BlueZ:
    """The service: what it exports can be changed while it runs."""

    def __init__(self, bus: MessageBus) -> None:
        self.bus = bus

    def export(self, *things: Exported) -> None:
        """Offer these objects."""
        for thing in things:
            self.bus.export(thing.path, thing)


@asynccontextmanager
async def bluez(bus: Bus, *things: Exported) -> AsyncIterator[BlueZ]:
    """Run the service, with these objects, until the block is left."""
    connection = await MessageBus(bus_address=bus.address).connect()
    service = BlueZ(connection)
    service.export(*things)
    await connection.request_name(SERVICE)
    try:
        yield service
    finally:
        connection.disconnect()
        await asyncio.sleep(0)
        # A message to a bus that ended fails, unawaited. Python reports that once its
        # future is found to be garbage: now, not in the middle of another test.
        gc.collect()
