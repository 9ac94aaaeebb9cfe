"""Server without a radio, with clients that record what they receive."""

from protocols.ftms.control_point import Response
from protocols.ftms.control_server import AttError
from protocols.ftms.treadmill_data import Defragmenter, TreadmillData
from protocols.uuids import TREADMILL_DATA
from simulators.ftms.profile import STRICT, Profile
from simulators.ftms.profile_file import load_profile
from simulators.ftms.treadmill import Treadmill
from simulators.physics.spec import MachineSpec


class Recorder:
    """A client that records what it receives."""

    def __init__(self, mtu: int = 517) -> None:
        self.mtu = mtu
        self.received: list[tuple[int, bytes]] = []

    def notify(self, uuid: int, value: bytes) -> None:
        self.received.append((uuid, value))

    def of(self, uuid: int) -> list[str]:
        """Received values of one characteristic, as hex."""
        return [value.hex() for each, value in self.received if each == uuid]


class Bench:
    """A treadmill without a radio, and two clients A and B."""

    def __init__(self, spec: MachineSpec | None = None, profile: Profile = STRICT) -> None:
        self.treadmill = Treadmill(profile, spec)
        self.machine = self.treadmill.machine
        self.server = self.treadmill.server
        self.a, self.b = Recorder(), Recorder()
        self.server.join(self.a)
        self.server.join(self.b)

    def write(self, request: str, client: Recorder | None = None) -> str:
        """Write to the control point (as A) and confirm: the indication as hex."""
        client = client or self.a
        answer = self.server.write(client, bytes.fromhex(request), indicating=True)
        assert isinstance(answer, Response)
        self.server.confirmed(client)
        return answer.encode().hex(" ")

    def try_write(self, request: str, client: Recorder | None = None) -> str:
        """As `write`, where the machine may also refuse the write, or not answer at all."""
        client = client or self.a
        answer = self.server.write(client, bytes.fromhex(request), indicating=True)
        self.server.confirmed(client)
        match answer:
            case Response():
                return answer.encode().hex(" ")
            case AttError():
                return answer.name
            case None:
                return "nothing"

    def play(self, timeline: str) -> str:
        """Play a timeline, parted by commas; return the results of its requests.

        `10 s` is a pause, `02 2c01` a request of A, `stop` or `speed 300` a press of the console.
        """
        results = []
        for step in timeline.split(", "):
            match step.split():
                case [seconds, "s"]:
                    self.treadmill.advance(float(seconds))
                case ["speed" | "incline" as axis, value]:
                    assert getattr(self.machine, f"set_{axis}")(int(value))
                case [press] if hasattr(self.machine, press):
                    assert getattr(self.machine, press)()
                case _:
                    results.append(self.try_write(step).removeprefix(f"80 {step[:2]} "))
        return ", ".join(results)

    def control(self) -> None:
        assert self.write("00") == "80 00 01"

    def start(self) -> None:
        self.control()
        assert self.write("07") == "80 07 01"
        self.machine.advance(3)


def bench(machine: str) -> Bench:
    """One of the machines that come along."""
    return Bench(profile=load_profile(machine))


def walking(machine: str, speed: int | None = None) -> Bench:
    """Started at the console, and past the countdown and the gaining of speed."""
    found = bench(machine)
    assert found.machine.start()
    found.treadmill.advance(found.machine.spec.countdown)
    if speed is not None:
        assert found.machine.set_speed(speed)
    found.treadmill.advance(30)
    for client in (found.a, found.b):
        client.received.clear()
    return found


def last_record(client: Recorder) -> TreadmillData:
    """The newest whole record that a client received."""
    join = Defragmenter()
    whole = [join.add(value) for uuid, value in client.received if uuid == TREADMILL_DATA]
    return next(each for each in reversed(whole) if each is not None)


LONG = "Hill climb in five waves, then a slow way down: 45 minutes"
