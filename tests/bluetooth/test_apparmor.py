"""A container whose AppArmor profile forbids D-Bus, as Docker's usual one does on Ubuntu.

AppArmor mediates D-Bus on few kernels, so the refusal comes from a socket that answers as
dbus-daemon does then: it authenticates everyone, and refuses the first message, `Hello`.
"""

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bridge.bluetooth.bluez import look
from bridge.bluetooth.trouble import APPARMOR, diagnose

REFUSAL = (
    "An AppArmor policy prevents this sender from sending this message to this recipient; "
    'type="method_call", sender="(null)" (inactive) interface="org.freedesktop.DBus" '
    'member="Hello" error name="(unset)" requested_reply="0" '
    'destination="org.freedesktop.DBus" (bus)'
)
NAME = "org.freedesktop.DBus.Error.AccessDenied"
BUS = "org.freedesktop.DBus"


def field(code: int, kind: str, value: bytes) -> bytes:
    """A header field: its code, the signature of its value, the value; padded to 8 bytes."""
    raw = bytes([code, 1, ord(kind), 0]) + value
    return raw + bytes(-len(raw) % 8)


def text(value: str) -> bytes:
    return len(value).to_bytes(4, "little") + value.encode() + b"\0"


def refusal(serial: int) -> bytes:
    """An ERROR message in little-endian order that answers the call `serial`."""
    body = text(REFUSAL)
    fields = (
        field(4, "s", text(NAME))
        + field(5, "u", serial.to_bytes(4, "little"))
        + bytes([8, 1, ord("g"), 0, 1, ord("s"), 0, 0])
        + field(7, "s", text(BUS))
    )
    fields = fields.rstrip(b"\0") + b"\0"  # the padding after the last field does not count
    head = b"l\x03\x01\x01" + len(body).to_bytes(4, "little") + (1).to_bytes(4, "little")
    padding = bytes(-(len(head) + 4 + len(fields)) % 8)
    return head + len(fields).to_bytes(4, "little") + fields + padding + body


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Authenticate, refuse the first message, and hang up at the second, as dbus-daemon does."""
    while line := (await reader.readline()).strip(b"\0\r\n"):
        if line.startswith(b"BEGIN"):
            break
        agrees = line.startswith(b"NEGOTIATE_UNIX_FD")
        writer.write(b"AGREE_UNIX_FD\r\n" if agrees else b"OK 0123456789abcdef\r\n")
    head = await reader.readexactly(16)
    writer.write(refusal(int.from_bytes(head[8:12], "little")))
    await reader.readexactly(int.from_bytes(head[12:16], "little"))  # the fields of Hello
    await reader.read(1)
    writer.close()


@pytest_asyncio.fixture(autouse=True)
async def closed_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    socket = tmp_path / "bus"
    server = await asyncio.start_unix_server(answer, socket)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={socket}")
    yield
    server.close()


async def test_bluez_check_names_apparmor_as_the_cause() -> None:
    with pytest.raises(Exception, match="AppArmor") as caught:
        await look()
    assert diagnose(caught.value) == APPARMOR


def test_socket_closed_by_the_bus_suggests_the_doctor_command() -> None:
    # What bleak's own connection meets then, which does not look at the answer either.
    error = OSError(errno.EBADF, "Bad file descriptor")
    assert "treadmill-bridge doctor" in diagnose(error).text


def test_apparmor_text_names_the_container_option() -> None:
    assert "--security-opt apparmor=unconfined" in APPARMOR.text
