"""Scenarios played against a bridge, in virtual time."""

import asyncio
import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

import pytest

from simulators.scenario.junit import Result, junit
from simulators.scenario.player import Player, ScenarioFailedError, Transcript
from simulators.scenario.rig import MachineRig
from simulators.scenario.script import Ask, Fault, read_scenario
from simulators.simulation import Simulation
from tests.rigs.virtual_time import LoopClock
from tests.simulators.central import central

pytestmark = pytest.mark.virtual_time


@dataclass
class Dummy:
    """A rig of nothing but numbers."""

    has_bridge: bool = True
    known: dict[str, object] = field(default_factory=lambda: {"machine.speed_kmh": 0.0})
    done: list[object] = field(default_factory=list)
    gain: float = 1.0

    def press(self, button: str) -> bool:
        self.done.append(button)
        return button == "start"

    def choose(self, axis: str, value: float) -> bool:
        self.done.append((axis, value))
        return axis == "speed"

    async def fault(self, fault: Fault) -> None:
        self.done.append(fault.name)

    async def ask(self, command: Ask) -> None:
        self.done.append(command.payload)

    def look(self, name: str) -> object:
        return self.known[name]

    def tick(self) -> None:
        self.known["machine.speed_kmh"] = (
            float(str(self.known["machine.speed_kmh"])) + self.gain / 10
        )


async def play(text: str, rig: Dummy) -> str:
    transcript = Transcript(LoopClock().now)
    await Player(read_scenario(text, "x"), rig, transcript).play()
    return str(transcript)


class TestPlaying:
    async def test_scenario_steps_run_in_order_and_are_printed_with_their_times(self) -> None:
        rig = Dummy()
        transcript = await play(
            'title = "x"\n[[step]]\npress = "start"\n[[step]]\nafter = 2\nchoose_percent = 3\n'
            '[[step]]\nask = "speed 3"\n[[step]]\nfault = "say"\nhex = "00"\n'
            '[[step]]\nexpect = "machine.speed_kmh >= 4.9"\nwithin = 9\n'
            '[[step]]\nhold = "machine.speed_kmh >= 4"\nfor = 1\n[[step]]\npress = "stop"',
            rig,
        )
        assert rig.done == ["start", ("incline", 3.0), "3", "say", "stop"]
        assert [re.sub(" +", " ", line.strip()) for line in transcript.splitlines()] == [
            "0.0 scenario: x",
            "0.0 console: start",
            "2.0 console: incline 3 (the machine did not)",
            "2.0 command: set/speed 3",
            "2.0 fault: say hex=00",
            "5.0 as expected: machine.speed_kmh >= 4.9",
            "6.0 console: stop (the machine did not)",
            "6.0 the end, all as expected",
        ]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ('[[step]]\nexpect = "machine.speed_kmh >= 5"\nwithin = 2', "EXPECTED within 2 s: "),
            ('[[step]]\nexpect = "machine.speed_kmh >= 5"', "EXPECTED now: "),
            ('[[step]]\nhold = "machine.speed_kmh <= 1"\nfor = 3', "EXPECTED for 3 s: "),
            (
                '[[step]]\nwatch = "machine.speed_kmh <= 1"\n[[step]]\nwait = 5',
                "1.1  EXPECTED always: machine.speed_kmh <= 1, BUT machine.speed_kmh is 1.1",
            ),
        ],
    )
    async def test_failed_scenario_prints_its_steps_so_far(self, text: str, says: str) -> None:
        with pytest.raises(ScenarioFailedError) as caught:
            await play(f'title = "A fall"\n[[step]]\npress = "start"\n{text}', Dummy())
        transcript = str(caught.value)
        assert transcript.startswith("A fall\n")
        assert "console: start" in transcript
        assert says in transcript.splitlines()[-1]

    async def test_condition_that_always_holds_is_checked_to_the_end(self) -> None:
        text = 'title = "x"\nalways = ["machine.speed_kmh <= 3"]\n[[step]]\nwait = 9'
        with pytest.raises(ScenarioFailedError, match="EXPECTED always"):
            await play(text, Dummy())

    async def test_scenario_without_a_bridge_leaves_commands_to_the_user(self) -> None:
        rig = Dummy(has_bridge=False)
        transcript = await play(
            'title = "x"\nalways = "state.belt is idle"\n[[step]]\nask = "speed 3"\nretain = true\n'
            '[[step]]\nexpect = ["outcome.mine is limited", "machine.speed_kmh >= 0"]',
            rig,
        )
        assert rig.done == []
        assert "command, left to you: set/speed 3 (retained)" in transcript
        assert "not checked without a bridge: state.belt is idle" in transcript
        assert "not checked without a bridge: outcome.mine is limited" in transcript
        assert "as expected: machine.speed_kmh >= 0" in transcript


class TestMachineStage:
    async def test_machine_stage_presses_sets_and_reads(self) -> None:
        async with Simulation() as simulation:
            transcript = Transcript(LoopClock().now)
            rig = MachineRig(simulation, transcript)
            scenario = read_scenario(
                'title = "x"\n[[step]]\npress = "start"\n[[step]]\nafter = 5\nchoose_kmh = 99\n'
                "[[step]]\nchoose_percent = 2.6\n[[step]]\n"
                'expect = ["machine.speed_kmh > 15.9", "machine.incline_percent is 2.5"]\n'
                "within = 40\n"
                '[[step]]\nexpect = ["machine.rise_kmh >= 3", "machine.max_incline_percent is 2.5",'
                '"machine.rise_percent > 2", "machine.phase is running", "machine.writes is 0"]'
            )
            await Player(scenario, rig, transcript).play()
            assert "machine: started (console)" in str(transcript)
            with pytest.raises(ValueError, match=r"unknown name 'machine\.colour'"):
                rig.look("machine.colour")
            with pytest.raises(NotImplementedError):
                await rig.ask(Ask("speed", "3"))

    async def test_machine_stage_counts_and_reports_writes(self) -> None:
        async with Simulation() as simulation:
            transcript = Transcript(LoopClock().now)
            rig = MachineRig(simulation, transcript)
            async with central(simulation.new_controller()) as phone:
                await phone.connect()
                await phone.subscribe(0x2AD9)
                for order in ("00", "07"):
                    await phone.request(order)
                await asyncio.sleep(4)
                for order in ("02c800", "031400", "01", "0801", "0802"):
                    await phone.request(order)
                await phone.att_error("ff")
                looks = {name: rig.look(f"machine.{name}") for name in (
                    "controls", "starts", "stops", "pauses", "writes", "target_kmh",
                    "target_percent", "order", "clients", "controlled",
                )}  # fmt: skip
                await rig.fault(Fault("lose control"))
                assert rig.look("machine.controlled") is False
                await rig.fault(Fault("hang up"))
                await phone.loss()
        assert looks == {
            "controls": 1, "starts": 1, "stops": 1, "pauses": 1, "writes": 8, "target_kmh": 2,
            "target_percent": 2, "order": "halt", "clients": 1, "controlled": False,
        }  # fmt: skip
        assert "written: speed 2\n" in str(transcript)
        assert str(transcript).endswith("written: ff")

    async def test_machine_stage_plays_faults(self) -> None:
        async with Simulation() as simulation:
            rig = MachineRig(simulation, Transcript(LoopClock().now))
            async with central(simulation.new_controller()) as phone:
                await phone.connect()
                await phone.subscribe(0x2ACD, 0x2ADA)
                await rig.fault(Fault("silence", {"seconds": 12}))
                await asyncio.sleep(5)
                before = len(phone.of(0x2ACD))
                await asyncio.sleep(5)
                assert len(phone.of(0x2ACD)) == before
                await asyncio.sleep(4)
                assert len(phone.of(0x2ACD)) > before + 1
                await rig.fault(Fault("say", {"uuid": "2acd", "hex": "abcd"}))
                await phone.until(lambda: "abcd" in phone.of(0x2ACD))
                await rig.fault(Fault("tear", {"octets": 2, "on": "sampled", "nth": 2}))
                await phone.until(lambda: any(len(value) == 4 for value in phone.of(0x2ACD)[-1:]))
                await rig.fault(Fault("start itself"))
                await asyncio.sleep(5)
                assert rig.look("machine.stands") is False
                await rig.fault(Fault("lose link"))
                await phone.loss()
                await rig.fault(Fault("come back"))


def test_results_are_written_as_junit() -> None:
    xml = junit("strict", [Result("one", 1.5), Result("two", 2.0, "no\x00\nstory", "  0.0  x")])
    suite = ElementTree.fromstring(xml)  # noqa: S314 - our own
    assert suite.attrib["tests"] == "2"
    assert suite.attrib["failures"] == "1"
    assert suite.attrib["time"] == "3.500"
    first, second = suite
    assert (first.attrib["name"], len(first)) == ("one", 0)
    failure, out = second
    assert (failure.attrib["message"], failure.text) == ("no?", "no?\nstory")
    assert out.text == "  0.0  x"
