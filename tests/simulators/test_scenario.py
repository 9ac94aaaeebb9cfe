"""Scenario files: what they may say, what is said of their mistakes, and how they are played."""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

from simulators.ftms.profile_file import load_profile
from simulators.scenario.condition import ConditionError, read_condition
from simulators.scenario.junit import Result, junit
from simulators.scenario.player import Player, ScenarioFailedError, Story
from simulators.scenario.script import (
    Ask,
    Choose,
    Expect,
    Fault,
    Hold,
    Press,
    ScenarioError,
    Wait,
    Watch,
    library,
    library_names,
    load_scenario,
    read_scenario,
)
from simulators.scenario.stage import MachineStage
from simulators.scenario.traits import TRAITS, reason_against
from simulators.simulation import Simulation
from tests.rigs.virtual_time import LoopClock
from tests.simulators.central import central

pytestmark = pytest.mark.virtual_time

KNOWN = {
    "machine.speed_kmh": 3.0,
    "machine.target_kmh": 3,
    "machine.phase": "running",
    "machine.stands": False,
    "state.speed_kmh": None,
    "guard.reasons": ["warm-up: at most 6 km/h"],
}


class TestConditions:
    @pytest.mark.parametrize(
        "text",
        [
            "machine.speed_kmh <= 3",
            "machine.speed_kmh >= 3.0",
            "machine.speed_kmh < 3.1",
            "machine.speed_kmh > 2",
            "machine.speed_kmh is 3",
            "machine.speed_kmh is machine.target_kmh",
            "machine.speed_kmh <= machine.target_kmh + 0.1",
            "machine.speed_kmh > machine.target_kmh - 1",
            "machine.phase is running",
            "machine.phase is not idle",
            "machine.phase has run",
            "machine.stands is false",
            "machine.stands is not true",
            "state.speed_kmh is null",
            "machine.speed_kmh is not null",
            "machine.phase is not state.speed_kmh",
            "guard.reasons has warm-up: at most 6 km/h",
        ],
    )
    def test_holds(self, text: str) -> None:
        assert read_condition(text).holds(KNOWN.__getitem__)

    @pytest.mark.parametrize(
        "text",
        [
            "machine.speed_kmh <= 2.9",
            "machine.speed_kmh > 3",
            "machine.phase is idle",
            "machine.phase <= 3",
            "machine.stands <= 3",
            "machine.stands is 0",
            "state.speed_kmh <= 100",
            "state.speed_kmh >= -100",
            "machine.speed_kmh <= state.speed_kmh + 100",
        ],
    )
    def test_does_not_hold(self, text: str) -> None:
        assert not read_condition(text).holds(KNOWN.__getitem__)

    @pytest.mark.parametrize(
        "text", ["", "fast", "machine.speed_kmh", "machine.speed_kmh = 3", "weather.sun is out"]
    )
    def test_what_is_none_says_what_one_looks_like(self, text: str) -> None:
        with pytest.raises(ConditionError, match="write NAME OP VALUE, such as"):
            read_condition(text)

    def test_it_tells_what_is_the_case_instead(self) -> None:
        condition = read_condition("machine.speed_kmh <= machine.target_kmh - 1")
        found = condition.found(KNOWN.__getitem__)
        assert found == "machine.speed_kmh is 3, machine.target_kmh is 3"
        assert read_condition("machine.stands is true").found(KNOWN.__getitem__) == (
            "machine.stands is false"
        )

    @pytest.mark.parametrize(
        ("text", "alone"),
        [
            ("machine.speed_kmh <= 3", True),
            ("machine.speed_kmh <= machine.target_kmh + 1", True),
            ("machine.speed_kmh <= state.speed_kmh + 1", False),
            ("state.belt is running", False),
        ],
    )
    def test_it_knows_whether_it_needs_a_bridge(self, text: str, *, alone: bool) -> None:
        assert read_condition(text).of_machine is alone


STORY = """
title = "A walk"
why = "Because."
covers = ["trouble 1"]
always = "machine.speed_kmh <= 5"

[bridge.guard]
warm_up_s = 0

[not_for]
mph = "it counts otherwise"

[[step]]
press = "speed up"
times = 2

[[step]]
after = 1.5
choose_percent = 3

[[step]]
ask = "speed 8.2"
id = "mine"

[[step]]
fault = "say"
uuid = "2acd"
hex = "00"

[[step]]
expect = ["machine.stands is true", "state.belt is idle"]
within = 4

[[step]]
hold = "machine.stands is true"
for = 2

[[step]]
watch = "machine.stands is true"

[[step]]
wait = 3
"""


class TestFiles:
    def test_a_file_is_read_as_it_is_written(self) -> None:
        scenario = read_scenario(STORY, "walk")
        stands, idle = (
            read_condition("machine.stands is true"),
            read_condition("state.belt is idle"),
        )
        assert scenario.steps == (
            Press("speed up"),
            Press("speed up"),
            Wait(1.5),
            Choose("incline", 3),
            Ask("speed", "8.2", "mine"),
            Fault("say", {"uuid": "2acd", "hex": "00"}),
            Expect((stands, idle), 4),
            Hold((stands,), 2),
            Watch((stands,)),
            Wait(3),
        )
        assert (scenario.title, scenario.key, scenario.covers) == ("A walk", "walk", ("trouble 1",))
        assert scenario.bridge == {"guard": {"warm_up_s": 0}}
        assert len(scenario.conditions) == 5
        assert reason_against(scenario, load_profile("bowflex-t9")) == "it counts otherwise"
        assert reason_against(scenario, load_profile("strict")) == ""

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("title =", "walk: invalid TOML"),
            ('title = "x"', "walk: no scenario: it needs at least one"),
            ('title = "x"\nstep = 3', "walk: no scenario"),
            ('title = "x"\nstep = [3]', "step 1: not a table"),
            ("[[step]]\nwait = 1", "walk: title is required"),
            ('title = "x"\ntitel = 1\n[[step]]\nwait = 1', "unknown key 'titel'; did you mean"),
            ('title = "x"\nbridge = 3\n[[step]]\nwait = 1', "bridge has the parts"),
            ('title = "x"\n[[step]]\n', "step 1: it needs exactly one of: press,"),
            ('title = "x"\n[[step]]\nwait = 1\npress = "stop"', "step 1: it needs exactly one"),
            ('title = "x"\n[[step]]\npress = "go"', "no button 'go'; known are: start,"),
            ('title = "x"\n[[step]]\npress = "start"\ntimes = 0', "times must be a whole number"),
            ('title = "x"\n[[step]]\npress = "start"\nwithin = 3', "unknown key 'within'"),
            ('title = "x"\n[[step]]\nwait = "long"', "step 1: wait must be a number"),
            ('title = "x"\n[[step]]\nwait = true', "step 1: wait must be a number"),
            ('title = "x"\n[[step]]\nwait = nan', "step 1: wait must be a number"),
            ('title = "x"\n[[step]]\nwait = -1', "step 1: wait must be from 0 to 86400"),
            ('title = "x"\n[[step]]\nask = "speed"', "a command is TOPIC PAYLOAD"),
            ('title = "x"\n[[step]]\nask = "colour red"', "a command is TOPIC PAYLOAD"),
            ('title = "x"\n[[step]]\nfault = ""', "step 1: fault is required"),
            ('title = "x"\n[[step]]\nfault = "rain"', "step 1: no fault 'rain'; known are: lose"),
            ('title = "x"\n[[step]]\nfault = "tear"', "the fault 'tear' has invalid fields: "),
            ('title = "x"\n[[step]]\nfault = "tear"\nerror = 3', "accepts count, octets, uuid"),
            (
                'title = "x"\n[[step]]\nfault = "say"\nhex = "g"',
                "fault 'say' has invalid fields",
            ),
            ('title = "x"\n[[step]]\nfault = "hang up"\non = "moon"', "has invalid fields: 'moon'"),
            ('title = "x"\n[[step]]\nfault = "come back"\non = "read"', "strikes at once"),
            ('title = "x"\n[[step]]\nexpect = "fast"', "step 1: 'fast' is not a condition"),
            ('title = "x"\nalways = "fast"\n[[step]]\nwait = 1', "walk: 'fast' is not a condition"),
        ],
    )
    def test_a_mistake_is_named_with_its_place(self, text: str, says: str) -> None:
        with pytest.raises(ScenarioError) as caught:
            read_scenario(text, "walk")
        assert says in str(caught.value)

    def test_a_file_is_found_by_its_path_and_one_of_the_library_by_its_name(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "walk.toml").write_text(STORY)
        assert load_scenario(str(tmp_path / "walk.toml")).key == "walk"
        assert load_scenario("cold-start").key == "cold-start"
        with pytest.raises(
            ScenarioError, match=r"no scenario 'cold-star': did you mean cold-start"
        ):
            load_scenario("cold-star")
        with pytest.raises(ScenarioError, match=r"no scenario 'xyzzy': `list` names"):
            load_scenario("xyzzy")
        with pytest.raises(ScenarioError, match=r"nowhere\.toml cannot be read: No such file"):
            load_scenario(str(tmp_path / "nowhere.toml"))


class TestTheLibrary:
    def test_it_has_more_than_thirty_and_each_says_why(self) -> None:
        assert len(library_names()) >= 30
        assert [s.key for s in library().values() if not (s.why and s.covers)] == []

    def test_it_covers_each_seed_of_harm(self) -> None:
        covered = {what for scenario in library().values() for what in scenario.covers}
        assert {f"harm: {seed}" for seed in (
            "cold start", "jump", "long climb", "dead stop", "running on through pain",
        )} <= covered  # fmt: skip

    def test_it_covers_each_trouble_of_the_manual(self) -> None:
        manual = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
        numbers = re.findall(r"^\| (\d+) \| ", manual, re.MULTILINE)
        told = {f"trouble {number}" for number in numbers}
        covered = {what for scenario in library().values() for what in scenario.covers}
        assert len(told) >= 20
        assert told <= covered
        assert {what for what in covered if what.startswith("trouble")} <= told

    def test_it_knows_its_traits(self) -> None:
        for scenario in library().values():
            assert set(scenario.not_for) <= {*TRAITS}, scenario.key
            assert all(scenario.not_for.values()), scenario.key


@dataclass
class Dummy:
    """A stage of nothing but numbers."""

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


async def play(text: str, stage: Dummy) -> str:
    story = Story(LoopClock().now)
    await Player(read_scenario(text, "x"), stage, story).play()
    return str(story)


class TestPlaying:
    async def test_steps_follow_each_other_and_the_story_tells_when(self) -> None:
        stage = Dummy()
        story = await play(
            'title = "x"\n[[step]]\npress = "start"\n[[step]]\nafter = 2\nchoose_percent = 3\n'
            '[[step]]\nask = "speed 3"\n[[step]]\nfault = "say"\nhex = "00"\n'
            '[[step]]\nexpect = "machine.speed_kmh >= 4.9"\nwithin = 9\n'
            '[[step]]\nhold = "machine.speed_kmh >= 4"\nfor = 1\n[[step]]\npress = "stop"',
            stage,
        )
        assert stage.done == ["start", ("incline", 3.0), "3", "say", "stop"]
        assert [re.sub(" +", " ", line.strip()) for line in story.splitlines()] == [
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
    async def test_a_failure_tells_the_story_so_far(self, text: str, says: str) -> None:
        with pytest.raises(ScenarioFailedError) as caught:
            await play(f'title = "A fall"\n[[step]]\npress = "start"\n{text}', Dummy())
        story = str(caught.value)
        assert story.startswith("A fall\n")
        assert "console: start" in story
        assert says in story.splitlines()[-1]

    async def test_what_holds_always_is_watched_to_the_end(self) -> None:
        text = 'title = "x"\nalways = ["machine.speed_kmh <= 3"]\n[[step]]\nwait = 9'
        with pytest.raises(ScenarioFailedError, match="EXPECTED always"):
            await play(text, Dummy())

    async def test_without_a_bridge_its_part_is_left_to_others_and_it_is_said(self) -> None:
        stage = Dummy(has_bridge=False)
        story = await play(
            'title = "x"\nalways = "state.belt is idle"\n[[step]]\nask = "speed 3"\nretain = true\n'
            '[[step]]\nexpect = ["outcome.mine is limited", "machine.speed_kmh >= 0"]',
            stage,
        )
        assert stage.done == []
        assert "command, left to you: set/speed 3 (retained)" in story
        assert "not checked without a bridge: state.belt is idle" in story
        assert "not checked without a bridge: outcome.mine is limited" in story
        assert "as expected: machine.speed_kmh >= 0" in story


class TestTheMachinesSide:
    async def test_it_presses_chooses_and_looks(self) -> None:
        async with Simulation() as simulation:
            story = Story(LoopClock().now)
            stage = MachineStage(simulation, story)
            scenario = read_scenario(
                'title = "x"\n[[step]]\npress = "start"\n[[step]]\nafter = 5\nchoose_kmh = 99\n'
                "[[step]]\nchoose_percent = 2.6\n[[step]]\n"
                'expect = ["machine.speed_kmh > 15.9", "machine.incline_percent is 2.5"]\n'
                "within = 40\n"
                '[[step]]\nexpect = ["machine.rise_kmh >= 3", "machine.max_incline_percent is 2.5",'
                '"machine.rise_percent > 2", "machine.phase is running", "machine.writes is 0"]'
            )
            await Player(scenario, stage, story).play()
            assert "machine: started (console)" in str(story)
            with pytest.raises(ValueError, match=r"unknown name 'machine\.colour'"):
                stage.look("machine.colour")
            with pytest.raises(NotImplementedError):
                await stage.ask(Ask("speed", "3"))

    async def test_it_counts_and_tells_what_is_written(self) -> None:
        async with Simulation() as simulation:
            story = Story(LoopClock().now)
            stage = MachineStage(simulation, story)
            async with central(simulation.new_controller()) as phone:
                await phone.connect()
                await phone.subscribe(0x2AD9)
                for order in ("00", "07"):
                    await phone.order(order)
                await asyncio.sleep(4)
                for order in ("02c800", "031400", "01", "0801", "0802"):
                    await phone.order(order)
                await phone.att_error("ff")
                looks = {name: stage.look(f"machine.{name}") for name in (
                    "controls", "starts", "stops", "pauses", "writes", "target_kmh",
                    "target_percent", "order", "clients", "controlled",
                )}  # fmt: skip
                await stage.fault(Fault("lose control"))
                assert stage.look("machine.controlled") is False
                await stage.fault(Fault("hang up"))
                await phone.loss()
        assert looks == {
            "controls": 1, "starts": 1, "stops": 1, "pauses": 1, "writes": 8, "target_kmh": 2,
            "target_percent": 2, "order": "halt", "clients": 1, "controlled": False,
        }  # fmt: skip
        assert "written: speed 2\n" in str(story)
        assert str(story).endswith("written: ff")

    async def test_it_can_be_silent_and_talk_nonsense_and_start_by_itself(self) -> None:
        async with Simulation() as simulation:
            stage = MachineStage(simulation, Story(LoopClock().now))
            async with central(simulation.new_controller()) as phone:
                await phone.connect()
                await phone.subscribe(0x2ACD, 0x2ADA)
                await stage.fault(Fault("silence", {"seconds": 12}))
                await asyncio.sleep(5)
                before = len(phone.of(0x2ACD))
                await asyncio.sleep(5)
                assert len(phone.of(0x2ACD)) == before
                await asyncio.sleep(4)
                assert len(phone.of(0x2ACD)) > before + 1
                await stage.fault(Fault("say", {"uuid": "2acd", "hex": "abcd"}))
                await phone.until(lambda: "abcd" in phone.of(0x2ACD))
                await stage.fault(Fault("tear", {"octets": 2, "on": "sampled", "nth": 2}))
                await phone.until(lambda: any(len(value) == 4 for value in phone.of(0x2ACD)[-1:]))
                await stage.fault(Fault("start itself"))
                await asyncio.sleep(5)
                assert stage.look("machine.stands") is False
                await stage.fault(Fault("lose link"))
                await phone.loss()
                await stage.fault(Fault("come back"))


def test_results_are_junit() -> None:
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
