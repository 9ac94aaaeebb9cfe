"""Scenario files: conditions, mistakes and the library."""

import re
from pathlib import Path

import pytest

from simulators.ftms.profile_file import load_profile, machine_names
from simulators.scenario.condition import ConditionError, read_condition
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
from simulators.scenario.traits import TRAITS, reason_against

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
    def test_true_scenario_condition_holds(self, text: str) -> None:
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
    def test_false_scenario_condition_does_not_hold(self, text: str) -> None:
        assert not read_condition(text).holds(KNOWN.__getitem__)

    @pytest.mark.parametrize(
        "text", ["", "fast", "machine.speed_kmh", "machine.speed_kmh = 3", "weather.sun is out"]
    )
    def test_invalid_condition_is_an_error_with_an_example(self, text: str) -> None:
        with pytest.raises(ConditionError, match="write NAME OP VALUE, such as"):
            read_condition(text)

    def test_failed_condition_reports_the_actual_values(self) -> None:
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
    def test_condition_on_the_machine_alone_needs_no_bridge(
        self, text: str, *, alone: bool
    ) -> None:
        assert read_condition(text).of_machine is alone


WALK = """
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
    def test_scenario_file_is_read_with_all_its_steps(self) -> None:
        scenario = read_scenario(WALK, "walk")
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
            ('title = "x"\n[[step]]\nfault = "say"\nhex = "g"', "fault 'say' has invalid fields"),
            ('title = "x"\n[[step]]\nfault = "hang up"\non = "moon"', "has invalid fields: 'moon'"),
            ('title = "x"\n[[step]]\nfault = "come back"\non = "read"', "strikes at once"),
            ('title = "x"\n[[step]]\nexpect = "fast"', "step 1: 'fast' is not a condition"),
            ('title = "x"\nalways = "fast"\n[[step]]\nwait = 1', "walk: 'fast' is not a condition"),
        ],
    )
    def test_invalid_scenario_is_an_error_with_its_place(self, text: str, says: str) -> None:
        with pytest.raises(ScenarioError) as caught:
            read_scenario(text, "walk")
        assert says in str(caught.value)

    def test_scenario_is_found_by_path_or_by_library_name(self, tmp_path: Path) -> None:
        (tmp_path / "walk.toml").write_text(WALK)
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


class TestLibrary:
    def test_library_has_thirty_scenarios_with_reasons(self) -> None:
        assert len(library_names()) >= 30
        assert [s.key for s in library().values() if not (s.why and s.covers)] == []

    def test_library_covers_each_cause_of_injury(self) -> None:
        covered = {what for scenario in library().values() for what in scenario.covers}
        assert {f"harm: {seed}" for seed in (
            "cold start", "jump", "long climb", "dead stop", "running on through pain",
        )} <= covered  # fmt: skip

    def test_library_covers_each_trouble_of_the_manual(self) -> None:
        manual = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
        numbers = re.findall(r"^\| (\d+) \| ", manual, re.MULTILINE)
        told = {f"trouble {number}" for number in numbers}
        covered = {what for scenario in library().values() for what in scenario.covers}
        assert len(told) >= 20
        assert told <= covered
        assert {what for what in covered if what.startswith("trouble")} <= told

    def test_library_names_known_traits_and_machines(self) -> None:
        for scenario in library().values():
            assert set(scenario.not_for) <= {*TRAITS, *machine_names()}, scenario.key
            assert all(scenario.not_for.values()), scenario.key
