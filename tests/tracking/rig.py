"""Timelines of hand-made Treadmill Data frames, fed to a snapshot builder."""

from dataclasses import dataclass, field

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.values import Belt, Halt, HaltBelt, MachineInfo, Snapshot
from protocols.ftms.training_status import TrainingStatus

MACHINE = MachineInfo("F0:F1:F2:F3:F4:F5", name="Treadmill")


def frame(speed: int, distance: int, elapsed: int) -> bytes:
    """Flags 0x0404: speed, total distance, elapsed time."""
    return (
        b"\x04\x04"
        + speed.to_bytes(2, "little")
        + distance.to_bytes(3, "little")
        + elapsed.to_bytes(2, "little")
    )


@dataclass
class Timeline:
    """One machine that notifies every `every` seconds, with counters that follow its belt."""

    every: float = 1.0
    machine: MachineInfo = MACHINE
    step_m: int = 1
    now: float = 10.0
    metres: float = 0.0
    seconds: float = 0.0
    builder: FrameBuilder = field(default_factory=FrameBuilder)
    belts: list[Belt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.link()

    @property
    def snapshot(self) -> Snapshot:
        return self.builder.snapshot

    def link(self) -> None:
        """Lose the link and take it again; two seconds later its replay time is over."""
        self.builder.disconnected(self.now, lost=True)
        self.builder.connected(self.machine, self.now)
        self.now += 2.0

    def send(self, value: bytes) -> Belt:
        self.now += self.every
        self.builder.treadmill_data(value, self.now)
        self.builder.tick(self.now)
        self.belts.append(self.snapshot.belt)
        return self.snapshot.belt

    def runs(self, *speeds: int, shown: int | None = None) -> Belt:
        """Move at each speed for one notification; `shown` replaces the speed field."""
        for speed in speeds:
            self.metres += speed / 360 * self.every
            self.seconds += self.every if speed else 0.0
            distance = int(self.metres) // self.step_m * self.step_m
            self.send(frame(speed if shown is None else shown, distance, int(self.seconds)))
        return self.snapshot.belt

    def shows(self, speed: int, seconds: float) -> Belt:
        """Stand, with this number in the speed field."""
        return self.runs(*[0] * round(seconds / self.every), shown=speed)

    def silence(self, seconds: int) -> Belt:
        """Send nothing, but answer a read each second."""
        for _ in range(seconds):
            self.now += 1.0
            self.builder.alive(self.now)
            self.builder.tick(self.now)
        return self.snapshot.belt

    def status(self, octets: str) -> Belt:
        self.builder.machine_status(bytes.fromhex(octets), self.now)
        return self.snapshot.belt

    def training(self, status: TrainingStatus) -> Belt:
        self.builder.training_status(bytes((0, status)), self.now)
        return self.snapshot.belt

    def halts(self, kind: Halt = Halt.STOP, *, answered: bool = True) -> Belt:
        self.builder.halt_written(self.now)
        if answered:
            self.builder.written(HaltBelt(kind), self.now)
        return self.snapshot.belt
