"""Diagnosis of why Bluetooth cannot be used, or why there is no link to a machine.

All commands and the daemon use it. Each text contains the problem and a fix; callers add what the
program does meanwhile.
"""

import errno

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
)

from bridge.values import Trouble

BUS_REFUSED = Trouble(
    "bus_refused",
    "The system's message bus (D-Bus) does not let this user talk to Bluetooth, or was restarted. "
    "Add the user to the group bluetooth, then start the program again; treadmill-bridge doctor "
    "shows more.",
)
APPARMOR = Trouble(
    "apparmor",
    "AppArmor forbids this program to talk to Bluetooth over D-Bus, as it does to most containers. "
    "Start the container with --security-opt apparmor=unconfined.",
)
NO_BUS = Trouble(
    "no_bus",
    "The system's message bus (D-Bus) cannot be reached, so there is no Bluetooth. Start it with: "
    "sudo systemctl start dbus; a container needs the host's /run/dbus.",
)
NO_SERVICE = Trouble(
    "no_service",
    "The Bluetooth service (bluetoothd of BlueZ) does not run. Start it with: "
    "sudo systemctl enable --now bluetooth.",
)
NO_ADAPTER = Trouble(
    "no_adapter",
    "There is no Bluetooth adapter, or the Bluetooth service does not run. Plug one in, and see "
    "that the service runs: systemctl status bluetooth.",
)
POWERED_OFF = Trouble(
    "powered_off",
    "Bluetooth is switched off. Switch it on: bluetoothctl power on; if that is refused: "
    "sudo rfkill unblock bluetooth.",
)
NOT_FOUND = Trouble(
    "not_found",
    "The treadmill is not in range. Switch it on, close other apps that hold it, and compare its "
    "address or name with what treadmill-bridge scan shows.",
)

NO_ANSWER = Trouble(
    "no_answer",
    "The system's Bluetooth does not answer. Restart it: sudo systemctl restart bluetooth.",
)

_REASONS = {
    BleakBluetoothNotAvailableReason.POWERED_OFF: POWERED_OFF,
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: NO_ADAPTER,
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: Trouble(
        "no_low_energy",
        "The Bluetooth adapter cannot connect to low-energy devices. Use another adapter.",
    ),
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: BUS_REFUSED,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: BUS_REFUSED,
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: BUS_REFUSED,
}
_BUS_ERRORS = {
    "org.freedesktop.DBus.Error.AccessDenied": BUS_REFUSED,
    "org.freedesktop.DBus.Error.ServiceUnknown": NO_SERVICE,
    "org.freedesktop.DBus.Error.NameHasNoOwner": NO_SERVICE,
    "org.bluez.Error.NotReady": POWERED_OFF,
}


class StackSilentError(TimeoutError):
    """The system's Bluetooth does not answer."""


def diagnose(error: Exception, *, connecting: bool = False) -> Trouble:
    """Return the diagnosis of an exception from bleak or D-Bus.

    Args:
        error: the exception.
        connecting: True if the machine was found, and the connection to it failed.
    """
    if isinstance(error, BleakBluetoothNotAvailableError):
        known = _REASONS.get(error.reason)
        if known is not None:
            return known
    if isinstance(error, BleakDBusError) and "AppArmor" in (error.dbus_error_details or ""):
        return APPARMOR
    if isinstance(error, BleakDBusError) and error.dbus_error in _BUS_ERRORS:
        return _BUS_ERRORS[error.dbus_error]
    if isinstance(error, StackSilentError):
        return NO_ANSWER
    # dbus-daemon closes the connection of a user that it cannot resolve, or a refused program.
    hung_up = EOFError | PermissionError | ConnectionResetError | BrokenPipeError
    if isinstance(error, hung_up) or getattr(error, "errno", None) == errno.EBADF:
        return BUS_REFUSED
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        return NO_BUS
    text = str(error)
    if text.startswith("adapter '") and text.endswith("not found"):
        return wrong_adapter(text.split("'")[1])
    text = text or "no answer"
    return connect_failed(text) if connecting else failed(text)


def failed(why: str) -> Trouble:
    """Return the diagnosis of an unknown Bluetooth failure."""
    return Trouble(
        "bluetooth_failed",
        f"Bluetooth cannot be used ({why}). treadmill-bridge doctor finds the cause; often a "
        "restart helps: sudo systemctl restart bluetooth.",
    )


def wrong_adapter(name: str) -> Trouble:
    """Return the diagnosis of a missing configured adapter."""
    return Trouble(
        "wrong_adapter",
        f"There is no Bluetooth adapter {name}. Plug it in, or correct bluetooth.adapter; "
        "treadmill-bridge doctor lists the adapters.",
    )


def connect_failed(why: str) -> Trouble:
    """Return the diagnosis of a failed connection to a machine in range."""
    return Trouble(
        "connect_failed",
        f"The treadmill was found, but could not be connected ({why}). Close other apps that hold "
        "it; if that does not help, switch the treadmill off and on.",
    )


def link_lost(why: str) -> Trouble:
    """Return the diagnosis of a link that ended."""
    return Trouble(
        "link_lost", f"The Bluetooth link ended ({why}). The bridge looks for the treadmill again."
    )


def radio_trouble(why: str) -> Trouble:
    """Return the diagnosis of a configured radio that does not open."""
    end = "" if why.endswith("?") else "."  # the reason may end in a question to the reader
    return Trouble("radio_unavailable", f"{why[:1].upper()}{why[1:]}{end}")
