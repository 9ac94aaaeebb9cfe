"""Builds a snapshot from FTMS frames without a link, for probes, captures and tests."""

from bridge.drivers.ftms.decoder import Decoder
from bridge.machines import PLAIN_EDGE, Edge, Quirk
from bridge.tracking.learning.knowledge import Knowledge
from bridge.tracking.snapshot import SnapshotBuilder
from bridge.values import Activity, MachineInfo, Measurement, Sample, Unusable
from bridge.values.status import MachineEvent


class FrameBuilder(SnapshotBuilder):
    """Snapshot builder that accepts frames. Times are monotonic seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._heard = _Heard(self)
        self._decoder = Decoder(self._heard, self._edge)

    def _edge(self) -> Edge:
        machine = self.snapshot.machine
        return PLAIN_EDGE if machine is None else machine.edge

    def connected(self, machine: MachineInfo, now: float, known: Knowledge | None = None) -> None:
        """Begin a link; an incomplete record of the last one is dropped."""
        self._decoder = Decoder(self._heard, self._edge)
        super().connected(machine, now, known)

    def treadmill_data(self, value: bytes, now: float) -> Sample | None:
        """Take a frame of 2ACD; return the sample that it completes, or None."""
        self._heard.now, self._heard.sample = now, None
        self._decoder.treadmill_data(value, now)
        return self._heard.sample

    def training_status(self, value: bytes, now: float) -> None:
        """Take a value of 2AD3."""
        self._heard.now = now
        self._decoder.training_status(value)

    def running_speed(self, value: bytes, now: float) -> None:
        """Take a value of 2A53."""
        self._heard.now = now
        self._decoder.running_speed(value)

    def machine_status(self, value: bytes, now: float) -> list[MachineEvent]:
        """Take a value of 2ADA; return the new events."""
        self._heard.now, self._heard.news = now, []
        self._decoder.machine_status(value, now)
        return self._heard.news


class _Heard:
    """Passes decoded values to the builder, with their time."""

    def __init__(self, builder: SnapshotBuilder) -> None:
        self._builder = builder
        self.now = 0.0
        self.sample: Sample | None = None
        self.news: list[MachineEvent] = []

    def measured(self, data: Measurement) -> None:
        self.sample = self._builder.measured(data, self.now)

    def training(self, activity: Activity | None) -> None:
        self._builder.training(activity, self.now)

    def happened(self, event: MachineEvent) -> None:
        self.news = self._builder.happened(event, self.now)

    def stepped(self, a_minute: int) -> None:
        self._builder.stepped(a_minute, self.now)

    def unusable(self, what: Unusable) -> None:
        self._builder.unusable(what, self.now)

    def observed(self, quirk: Quirk) -> None:
        self._builder.observed(quirk)
