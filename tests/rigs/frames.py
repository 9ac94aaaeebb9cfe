"""A treadmill of the bridge that takes FTMS frames, without a link and a driver."""

from typing import Any

from bridge.drivers.ftms.decoder import Decoder
from bridge.machines import PLAIN_EDGE, Edge
from bridge.treadmill.actor import Treadmill
from bridge.values import MachineInfo
from tests.rigs.virtual_time import LoopClock


class FramedTreadmill(Treadmill):
    """The treadmill, and the driver's decoder in front of it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._decoder = Decoder(self, self._true)
        self._frame_clock = options.get("clock", LoopClock())

    def _true(self) -> Edge:
        machine = self.snapshot.machine
        return PLAIN_EDGE if machine is None else machine.edge

    def connected(self, machine: MachineInfo) -> None:
        self._decoder = Decoder(self, self._true)
        super().connected(machine)

    def treadmill_data(self, value: bytes) -> None:
        self._decoder.treadmill_data(value, self._frame_clock.now())

    def training_status(self, value: bytes) -> None:
        self._decoder.training_status(value)

    def machine_status(self, value: bytes) -> None:
        self._decoder.machine_status(value, self._frame_clock.now())
