"""A snapshot builder on a link of its own, fed once a second."""

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.values import MachineInfo
from bridge.values.status import MachineEvent

MACHINE = MachineInfo("F0:F1:F2:F3:F4:F5", name="Treadmill")


def speed(value: int) -> bytes:
    return b"\x00\x00" + value.to_bytes(2, "little")


class Machine:
    """A snapshot builder, connected and with its replay time over, fed once a second."""

    def __init__(self, machine: MachineInfo = MACHINE) -> None:
        self.builder = FrameBuilder()
        self.now = 10.0
        self.builder.connected(machine, self.now)
        self.now += 2.0

    def runs(self, *speeds: int) -> str:
        for value in speeds:
            self.now += 1.0
            self.builder.treadmill_data(speed(value), self.now)
        return self.belt

    def says(self, hex_bytes: str) -> list[MachineEvent]:
        return self.builder.machine_status(bytes.fromhex(hex_bytes), self.now)

    @property
    def belt(self) -> str:
        """The belt state as a plain string, which mypy does not narrow between assertions."""
        return self.builder.snapshot.belt.value
