"""A treadmill that is not ours: BlueZ itself is its GATT server. Run: treadmill.py ADAPTER

It offers what a plain machine has: features, the speed range, Treadmill Data each second, status,
and a control point that carries out requests. Octets are hand-written, after FTMS 1.0.1.
"""

import asyncio
import sys
from typing import Annotated, Any

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

Strings = Annotated[list[str], DBusSignature("as")]
Octets = Annotated[bytes, DBusSignature("ay")]
Options = Annotated[dict[str, Any], DBusSignature("a{sv}")]
READ = PropertyAccess.READ
ROOT, SERVICE, ADVERTISEMENT = "/treadmill", "/treadmill/service", "/advertisement"
FEATURES = bytes.fromhex("0000000001000000")  # no field but the speed; its target can be set
SPEED_RANGE = bytes.fromhex("6400d0070a00")  # 1.00 to 20.00 km/h in steps of 0.10
REQUEST_CONTROL, SET_SPEED, START, STOP = 0x00, 0x02, 0x07, 0x08
STARTED, STOPPED, SPEED_CHANGED = 0x04, 0x02, 0x05
SLOWEST = 100
"""The speed that a start leads to, in 0.01 km/h."""
STEP = 50
"""Change of the belt's speed in a second, in 0.01 km/h."""


def full(uuid: str) -> str:
    """The long form of a 16-bit UUID."""
    return f"0000{uuid}-0000-1000-8000-00805f9b34fb"


class Service(ServiceInterface):
    """`org.bluez.GattService1`."""

    def __init__(self) -> None:
        super().__init__("org.bluez.GattService1")

    @dbus_property(access=READ)
    def UUID(self) -> DBusStr:  # noqa: N802 - BlueZ's name, as those below
        """UUID of the service."""
        return full("1826")

    @dbus_property(access=READ)
    def Primary(self) -> DBusBool:  # noqa: N802
        """No part of another."""
        return True


class Characteristic(ServiceInterface):
    """`org.bluez.GattCharacteristic1`."""

    def __init__(self, uuid: str, flags: list[str], value: bytes = b"") -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self.path = f"{SERVICE}/{uuid}"
        self._uuid, self._flags, self._value = uuid, flags, value

    def send(self, value: bytes) -> None:
        """Notify or indicate a value to the subscribers."""
        self._value = value
        self.emit_properties_changed({"Value": value})

    def written(self, value: bytes) -> None:
        """A client wrote a value."""

    @dbus_property(access=READ)
    def UUID(self) -> DBusStr:  # noqa: N802
        """UUID of the characteristic."""
        return full(self._uuid)

    @dbus_property(access=READ)
    def Service(self) -> DBusObjectPath:  # noqa: N802
        """Path of its service."""
        return SERVICE

    @dbus_property(access=READ)
    def Flags(self) -> Strings:  # noqa: N802
        """Its operations, as BlueZ names them."""
        return self._flags

    @dbus_property(access=READ)
    def Value(self) -> Octets:  # noqa: N802
        """The newest value."""
        return self._value

    @dbus_method()
    def ReadValue(self, options: Options) -> Octets:  # noqa: N802
        """Read."""
        return self._value

    @dbus_method()
    def WriteValue(self, value: Octets, options: Options) -> None:  # noqa: N802
        """Write."""
        self.written(bytes(value))

    @dbus_method()
    def StartNotify(self) -> None:  # noqa: N802
        """A client subscribed."""

    @dbus_method()
    def StopNotify(self) -> None:  # noqa: N802
        """The last client unsubscribed."""


class Advertisement(ServiceInterface):
    """`org.bluez.LEAdvertisement1`."""

    def __init__(self) -> None:
        super().__init__("org.bluez.LEAdvertisement1")

    @dbus_property(access=READ)
    def Type(self) -> DBusStr:  # noqa: N802
        """One that can be connected to."""
        return "peripheral"

    @dbus_property(access=READ)
    def ServiceUUIDs(self) -> Strings:  # noqa: N802
        """Its objects and properties."""
        return [full("1826")]

    @dbus_property(access=READ)
    def Discoverable(self) -> DBusBool:  # noqa: N802
        """As machines are: BlueZ 5.82 withholds what an undiscoverable device advertises."""
        return True

    @dbus_property(access=READ)
    def LocalName(self) -> DBusStr:  # noqa: N802
        """Its name."""
        return "Another treadmill"

    @dbus_method()
    def Release(self) -> None:  # noqa: N802
        """BlueZ advertises it no more."""


class ControlPoint(Characteristic):
    """Carries out requests and prints them."""

    def __init__(self, status: Characteristic) -> None:
        super().__init__("2ad9", ["write", "indicate"])
        self._status = status
        self.target = self.speed = 0

    def written(self, value: bytes) -> None:
        """A request."""
        print("written", value.hex(), flush=True)
        if value[0] == START:
            self.target = SLOWEST
            self._status.send(bytes([STARTED]))
        elif value[0] == STOP:
            self.target = 0
            self._status.send(bytes([STOPPED, 1]))
        elif value[0] == SET_SPEED:
            self.target = int.from_bytes(value[1:3], "little")
            self._status.send(bytes([SPEED_CHANGED]) + value[1:3])
        done = value[0] in {REQUEST_CONTROL, SET_SPEED, START, STOP}
        self.send(bytes([0x80, value[0], 0x01 if done else 0x02]))

    def move(self) -> bytes:
        """One second of the belt; return its Treadmill Data: no flags, the speed."""
        change = max(-STEP, min(STEP, self.target - self.speed))
        self.speed += change
        return b"\0\0" + self.speed.to_bytes(2, "little")


async def register(bus: MessageBus, adapter: str, manager: str, member: str, path: str) -> None:
    """Register an object with BlueZ."""
    request = Message(
        destination="org.bluez",
        path=f"/org/bluez/{adapter}",
        interface=manager,
        member=member,
        signature="oa{sv}",
        body=[path, {}],
    )
    reply = await bus.call(request)
    if reply.message_type is MessageType.ERROR:
        sys.exit(f"{member}: {reply.error_name} {reply.body}")


async def main(adapter: str) -> None:
    """Serve until killed."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    status = Characteristic("2ada", ["notify"])
    data = Characteristic("2acd", ["notify"])
    control = ControlPoint(status)
    bus.export(SERVICE, Service())
    for each in (
        Characteristic("2acc", ["read"], FEATURES),
        Characteristic("2ad4", ["read"], SPEED_RANGE),
        data,
        status,
        control,
    ):
        bus.export(each.path, each)
    bus.export(ADVERTISEMENT, Advertisement())
    await register(bus, adapter, "org.bluez.GattManager1", "RegisterApplication", ROOT)
    manager = "org.bluez.LEAdvertisingManager1"
    await register(bus, adapter, manager, "RegisterAdvertisement", ADVERTISEMENT)
    print("advertising", flush=True)
    while True:
        data.send(control.move())
        await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
