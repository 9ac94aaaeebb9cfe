"""What Home Assistant is told of a treadmill, against its own schema and in its own templates."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from bridge.contract.events import EVENT_TYPES
from bridge.contract.link import (
    LinkPayload,
)
from bridge.contract.message import Circumstances
from bridge.contract.parser import parse
from bridge.contract.payloads import (
    GuardPayload,
    SessionPayload,
    StatePayload,
)
from bridge.contract.plan import PlanPayload
from bridge.contract.topics import Topics, discovery_topic
from bridge.contract.workout import WorkoutPayload
from bridge.drivers.ftms.describe import features_of
from bridge.guard import Policy
from bridge.home_assistant import MEASURED, Setting, announce, merge
from bridge.values import Belt, Command, Control, MachineInfo, Verb
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ranges import InclineRange, SpeedRange
from tests.home_assistant.templates import render

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_text("utf-8"))
NEWER = {"default_entity_id"}
"""Keys that Home Assistant learnt after the version of the schema; before, it ignores them."""

NOW = datetime(2030, 1, 1, tzinfo=UTC)
FULL = MachineInfo(
    address="F0:00:00:00:00:01",
    name="T-1",
    maker="Maker",
    model="T",
    firmware="1.2",
    features=features_of(
        FitnessMachineFeature(Feature(0x1FFFF), Target.SPEED | Target.INCLINATION)
    ),
    speed_range=SpeedRange(80, 2000, 10),
    incline_range=InclineRange(-30, 200, 5),
    can_control=True,
)
PLAIN = replace(FULL, features=features_of(FitnessMachineFeature()), incline_range=None)
NAMES = ("Ann", 'O"Brien', "Zoë 😀 }} {% x")
EVERYTHING = StatePayload(
    time=NOW, belt=Belt.RUNNING, phase="active", fresh=True, speed_kmh=8.24, incline_percent=2.5,
    distance_m=1609, elapsed_s=119, elevation_gain_m=30.5, energy_kcal=80, heart_rate_bpm=131,
    cadence_spm=171.0, step_count=1509, power_w=214, target_speed_kmh=8.2,
    target_incline_percent=2.5, requested_speed_kmh=8.5, requested_incline_percent=2.5,
    person="Ann", shoes="old",
)  # fmt: skip
WARM_UP = {"rule": "warm_up", "text": "Warm-up: at most 6 km/h until 20:55.", "limit": 6.0}
RANGE = {"rule": "range", "text": "The machine's own limit is 6 km/h.", "limit": 6.0}
BUSY = TypeAdapter(GuardPayload).validate_python(
    {
        "bounds": {"speed": {"max": 6.0, "reasons": [WARM_UP, RANGE]}},
        "steep": {"used_s": 60, "left_s": 541, "opens_s": None},
        "warm_up_left_s": 291,
        "resting_until": NOW,
        "faults": ["stale"],
        "profile": "gentle",
    }
)


def setting(**changes: Any) -> Setting:
    policy = Policy(allow_remote_start=True, min_incline=-30)
    known = Setting("home", Topics(), policy, "km/h", NAMES, ("old", "new"))
    return replace(known, **changes)


def components(
    known: Setting | None = None,
    machine: MachineInfo | None = FULL,
    seen: frozenset[str] = MEASURED,
) -> dict[str, dict[str, Any]]:
    found: Any = announce(known or setting(), machine, seen)["cmps"]
    return dict(found)


def shown(key: str, payload: object, known: Setting | None = None) -> str:
    """What an entity shows of a payload."""
    return render(components(known)[key]["value_template"], json.loads(payload.encode()))  # type: ignore[attr-defined]


SHORT = {"dev": "device", "o": "origin", "cmps": "components"}
"""Home Assistant's abbreviations, which the schema spells out."""


class TestAgainstTheSchema:
    def test_the_message_has_what_must_be_there_and_nothing_unknown(self) -> None:
        message: Any = announce(setting(), FULL, MEASURED)
        for part, keys in (
            (
                {SHORT.get(key, key): part for key, part in message.items()},
                SCHEMA["device_message"],
            ),
            (message["dev"], SCHEMA["device"]),
            (message["o"], SCHEMA["origin"]),
        ):
            known = {*keys["required"], *keys["optional"]}
            assert set(keys["required"]) <= part.keys() <= known

    def test_every_entity_has_what_it_needs_and_nothing_unknown(self) -> None:
        for key, component in components().items():
            keys = SCHEMA["platforms"][component["p"]]
            given = component.keys() - {"p"}
            assert set(keys["required"]) <= given | set(SCHEMA["shared"]), key
            assert given <= {*keys["required"], *keys["optional"], *NEWER}, key

    def test_units_and_classes_fit_each_other(self) -> None:
        for unit in ("km/h", "mph"):
            for key, component in components(setting(speed_unit=unit)).items():
                platform, kind = component["p"], component.get("device_class")
                if kind is None:
                    continue
                assert kind in SCHEMA["device_classes"][platform], key
                measures = component.get("unit_of_measurement")
                if kind in SCHEMA["units"].get(platform, {}):
                    assert measures in SCHEMA["units"][platform][kind], key
                if "state_class" in component:
                    assert component["state_class"] in SCHEMA["state_classes_of"][kind], key
                if kind == "enum":
                    assert component["options"], key
                    assert measures is None, key

    def test_only_diagnostic_entities_have_a_category(self) -> None:
        categories = {c["entity_category"] for c in components().values() if "entity_category" in c}
        assert categories == {"diagnostic"}

    def test_ids_are_letters_digits_and_lines_and_each_stands_once(self) -> None:
        found = components()
        assert all(re.fullmatch("[A-Za-z0-9_-]+", key) for key in found)
        assert len({c["unique_id"] for c in found.values()}) == len(found)
        for key, component in found.items():
            kind = component["p"]
            assert component["default_entity_id"] == f"{kind}.home_treadmill_{key}"

    def test_no_command_is_ever_retained(self) -> None:
        assert not [key for key, c in components().items() if "retain" in c]

    def test_the_topic_is_the_treadmills_own(self) -> None:
        assert discovery_topic("homeassistant", "home") == "homeassistant/device/home/config"


class TestNames:
    @pytest.mark.parametrize(
        ("treadmill", "title", "slug"),
        [
            ("home", "Home treadmill", "home_treadmill"),
            ("treadmill", "Treadmill", "treadmill"),
            ("old-Treadmill_2", "Old Treadmill 2", "old_treadmill_2"),
            ("--", "-- treadmill", "treadmill"),
        ],
    )
    def test_a_device_is_called_after_its_id(self, treadmill: str, title: str, slug: str) -> None:
        known = setting(treadmill=treadmill)
        assert (known.title, known.slug) == (title, slug)

    def test_a_device_says_what_the_machine_says_of_itself(self) -> None:
        assert announce(setting(), FULL)["dev"] == {
            "identifiers": ["treadmill_bridge_home"],
            "name": "Home treadmill",
            "manufacturer": "Maker",
            "model": "T",
            "sw_version": "1.2",
        }


class TestWhatIsThere:
    def test_a_machine_that_measures_little_has_few_entities(self) -> None:
        some = components(machine=PLAIN, seen=frozenset())
        assert {"speed", "belt", "target_speed", "stop", "connected"} <= some.keys()
        missing = {"incline", "heart_rate", "energy", "climb", "target_incline", "steep_time_left"}
        assert not missing & some.keys()

    def test_what_was_seen_is_there_whatever_the_machine_says(self) -> None:
        assert "heart_rate" in components(machine=PLAIN, seen=frozenset({"heart_rate_bpm"}))

    def test_a_machine_never_seen_has_no_targets_but_can_be_connected(self) -> None:
        some = components(machine=None, seen=frozenset())
        assert {"connect", "stop", "speed", "connected"} <= some.keys()
        assert not {"target_speed", "target_incline"} & some.keys()

    def test_start_is_there_only_where_it_is_allowed(self) -> None:
        starts = {"start", "resume", "start_despite_rest"}
        assert starts <= components().keys()
        some = components(setting(policy=Policy()))
        assert not starts & some.keys()
        assert {"pause", "stop", "finish", "release"} <= some.keys()

    @pytest.mark.parametrize(
        ("policy", "machine"),
        [(Policy(may_control=False), FULL), (Policy(), replace(FULL, can_control=False))],
    )
    def test_who_only_observes_gets_nothing_to_set(
        self, policy: Policy, machine: MachineInfo
    ) -> None:
        some = components(setting(policy=policy), machine)
        belt = {"start", "pause", "stop", "finish", "target_speed", "target_incline"}
        assert not belt & some.keys()
        assert {"connect", "release", "report_pain", "speed"} <= some.keys()

    def test_nobody_chooses_where_nobody_is_named(self) -> None:
        assert not {"person", "shoes"} & components(setting(people=(), shoes=())).keys()

    def test_rules_that_are_off_have_no_counters(self) -> None:
        some = components(setting(policy=Policy(steep=(), warm_up_s=0)))
        assert not {"steep_time_left", "steep_opens_in", "warm_up_left"} & some.keys()


class TestAvailability:
    def test_bridge_and_machine_must_both_be_there(self) -> None:
        message = announce(setting(), FULL)
        assert message["availability_mode"] == "all"
        assert message["availability"] == [
            {"topic": "treadmills/bridge/availability"},
            {"topic": "treadmills/home/availability"},
        ]

    @pytest.mark.parametrize("key", ["connected", "connect", "report_pain", "event", "person"])
    def test_what_needs_no_machine_depends_on_the_bridge_alone(self, key: str) -> None:
        assert components()[key]["availability"] == [{"topic": "treadmills/bridge/availability"}]

    @pytest.mark.parametrize("key", ["start_despite_rest", "lift_rest"])
    def test_what_is_for_a_rest_is_there_only_in_one(self, key: str) -> None:
        bridge, rest = components()[key]["availability"]
        assert bridge == {"topic": "treadmills/bridge/availability"}
        assert rest["topic"] == "treadmills/home/guard"
        resting = json.loads(BUSY.encode())
        assert render(rest["value_template"], resting) == "online"
        assert render(rest["value_template"], {**resting, "resting_until": None}) == "offline"

    def test_what_is_measured_expires_if_it_is_not_said_again(self) -> None:
        assert components()["speed"]["expire_after"] == 60


class TestTargets:
    def test_they_range_within_the_machines_and_the_owners_limits(self) -> None:
        found = components()
        speed, incline = found["target_speed"], found["target_incline"]
        assert (speed["min"], speed["max"], speed["step"]) == (0.8, 16.0, 0.1)
        assert (incline["min"], incline["max"], incline["step"]) == (-3.0, 15.0, 0.5)

    def test_in_miles_they_never_leave_those_limits(self) -> None:
        speed = components(setting(speed_unit="mph"))["target_speed"]
        assert (speed["min"], speed["max"], speed["step"]) == (0.5, 9.9, 0.1)
        assert 0.5 * 1.609344 >= 0.8
        assert 9.9 * 1.609344 <= 16

    def test_a_machine_that_tells_no_range_gets_the_guards_careful_one(self) -> None:
        found = components(machine=replace(FULL, speed_range=None, incline_range=None))
        assert (found["target_speed"]["min"], found["target_speed"]["max"]) == (1.0, 12.0)
        assert (found["target_incline"]["min"], found["target_incline"]["max"]) == (0.0, 10.0)

    def test_where_there_is_nothing_to_choose_there_is_no_number(self) -> None:
        one_speed = replace(FULL, speed_range=SpeedRange(500, 500, 10))
        assert "target_speed" not in components(machine=one_speed)
        flat = replace(FULL, incline_range=InclineRange(0, 0, 0))
        assert "target_incline" not in components(machine=flat)

    def test_they_show_what_is_requested(self) -> None:
        assert shown("target_speed", EVERYTHING) == "8.5"
        assert shown("target_speed", EVERYTHING, setting(speed_unit="mph")) == "5.28"
        assert shown("target_incline", EVERYTHING) == "2.5"
        assert shown("target_speed", StatePayload(time=NOW)) == "None"

    def test_what_lies_outside_of_what_can_be_asked_shows_as_its_nearest_end(self) -> None:
        fast = replace(EVERYTHING, requested_speed_kmh=18.0)
        slow = replace(EVERYTHING, requested_speed_kmh=0.3)
        assert shown("target_speed", fast) == "16.0"
        assert shown("target_speed", slow) == "0.8"


def commanded(component: dict[str, Any], value: object = None) -> Command:
    """The command that the bridge reads when a person uses an entity."""
    if "payload_press" in component:
        payload = component["payload_press"]
    else:
        payload = render(component["command_template"], value=value)
    target = Topics().target(component["command_topic"])
    assert target is not None
    assert target.treadmill == "home"
    content = parse(target.kind, payload.encode(), Circumstances(0.0, NOW, "id"))
    assert isinstance(content, Command), content
    assert content.source == "home-assistant"
    assert not content.program
    return content


class TestCommands:
    """Each is one that the bridge reads as meant."""

    @pytest.mark.parametrize(
        ("key", "verb", "confirm"),
        [
            ("start", Verb.START, False),
            ("start_despite_rest", Verb.START, True),
            ("pause", Verb.PAUSE, False),
            ("resume", Verb.RESUME, False),
            ("stop", Verb.STOP, False),
            ("finish", Verb.FINISH, False),
            ("release", Verb.RELEASE, False),
            ("connect", Verb.CONNECT, False),
        ],
    )
    def test_a_button_is_one_belt_command(self, key: str, verb: Verb, confirm: bool) -> None:
        command = commanded(components()[key])
        assert (command.verb, command.confirm) == (verb, confirm)

    def test_a_target_is_sent_in_its_unit(self) -> None:
        assert commanded(components()["target_speed"], 8.5).value == 850
        miles = components(setting(speed_unit="mph"))["target_speed"]
        assert commanded(miles, 5.5).value == 885
        assert commanded(components()["target_incline"], -2.5).value == -25

    @pytest.mark.parametrize(
        ("said", "place", "severity"),
        [("lower back 3", "lower back", 3), ("ankle 10", "ankle", 10), ('"knee"  0 ', '"knee"', 0)],
    )
    def test_pain_is_a_place_and_a_number(self, said: str, place: str, severity: int) -> None:
        command = commanded(components()["report_pain"], said)
        assert command.verb is Verb.PAIN
        assert command.details == {"place": place, "severity": severity}

    @pytest.mark.parametrize("said", ["lower back", "3", "back 11", "back -1", ""])
    def test_what_is_no_pain_is_not_taken(self, said: str) -> None:
        assert not re.match(components()["report_pain"]["pattern"], said)

    def test_a_rest_is_lifted_by_a_button(self) -> None:
        assert commanded(components()["lift_rest"]).details == {"clear": True}

    @pytest.mark.parametrize("name", NAMES)
    def test_a_person_is_chosen_by_name_and_shown(self, name: str) -> None:
        component = components()["person"]
        assert component["options"] == list(NAMES)
        assert commanded(component, name).details == {"name": name}
        here = replace(EVERYTHING, person=name)
        assert shown("person", here) == name

    def test_a_person_who_is_not_configured_is_nobody(self) -> None:
        here = replace(EVERYTHING, person="default", shoes=None)
        assert shown("person", here) == "None"
        assert shown("shoes", here) == "None"


class TestReadings:
    @pytest.mark.parametrize(
        ("key", "shows"),
        [
            ("belt", "running"),
            ("running", "ON"),
            ("phase", "active"),
            ("fresh_data", "ON"),
            ("speed", "8.2"),
            ("written_speed", "8.2"),
            ("incline", "2.5"),
            ("distance", "1.61"),
            ("time", "1"),
            ("climb", "30.0"),
            ("energy", "80"),
            ("heart_rate", "131"),
            ("cadence", "170"),
            ("steps", "1500"),
            ("power", "210"),
        ],
    )
    def test_the_state_is_shown(self, key: str, shows: str) -> None:
        assert shown(key, EVERYTHING) == shows

    def test_sensors_are_metric_because_home_assistant_converts_them(self) -> None:
        metric, miles = components(), components(setting(speed_unit="mph"))
        assert {key for key in metric if metric[key] != miles[key]} == {"target_speed"}

    def test_what_is_unknown_shows_as_unknown(self) -> None:
        nothing = StatePayload(time=NOW)
        topic = Topics().state("home")
        entities = [key for key, c in components().items() if c.get("state_topic") == topic]
        known = {key: text for key in entities if (text := shown(key, nothing)) != "None"}
        assert known == {"fresh_data": "OFF"}

    @pytest.mark.parametrize(
        ("belt", "running"), [(Belt.IDLE, "OFF"), (Belt.PAUSED, "OFF"), (Belt.STARTING, "ON")]
    )
    def test_a_belt_runs_unless_it_is_known_to_stand(self, belt: Belt, running: str) -> None:
        assert shown("running", StatePayload(time=NOW, belt=belt)) == running

    def test_the_guard_is_shown(self) -> None:
        assert shown("speed_limit", BUSY) == "6.0"
        assert shown("speed_limit_reason", BUSY) == f"{WARM_UP['text']} {RANGE['text']}"
        assert shown("incline_limit", BUSY) == "None"
        assert shown("incline_limit_reason", BUSY) == "nothing"
        assert shown("steep_time_left", BUSY) == "550"
        assert shown("steep_opens_in", BUSY) == "None"
        assert shown("warm_up_left", BUSY) == "300"
        assert shown("resting_until", BUSY) == "2030-01-01T00:00:00.000Z"
        assert shown("problem", BUSY) == "ON"
        assert shown("profile", BUSY) == "gentle"
        attributes = components()["problem"]["json_attributes_template"]
        assert json.loads(render(attributes, json.loads(BUSY.encode()))) == {"faults": ["stale"]}

    def test_rules_that_limit_are_attributes_by_their_stable_names(self) -> None:
        template = components()["speed_limit_reason"]["json_attributes_template"]
        shown_rules = json.loads(render(template, json.loads(BUSY.encode())))
        assert shown_rules == {"rules": ["warm_up", "range"]}

    def test_no_template_reads_a_text_by_a_regular_expression(self) -> None:
        assert "regex" not in json.dumps(components())

    def test_the_link_is_shown(self) -> None:
        link = LinkPayload(connected=True, control=Control.HELD, rssi=-60, quirks=("b", "a"))
        keys = ("connected", "control", "signal", "quirks")
        assert [shown(key, link) for key in keys] == ["ON", "held", "-60", "a, b"]

    def test_the_last_session_is_shown(self) -> None:
        session = SessionPayload(start=NOW, end=NOW, moving_s=90, distance_m=1609.344)
        assert shown("last_session", session) == "2030-01-01T00:00:00.000Z"
        assert shown("last_session_distance", session) == "1.61"
        assert shown("last_session_time", session) == "1.5"

    @pytest.mark.parametrize("kind", EVENT_TYPES)
    def test_an_event_says_its_type_as_home_assistant_wants_it(self, kind: str) -> None:
        component = components()["event"]
        payload = {"type": kind, "time": "…", "text": "It's so.", "details": {"axis": "speed"}}
        said = json.loads(render(component["value_template"], payload))
        assert said == {**payload, "event_type": kind}
        assert kind in component["event_types"]

    def test_an_event_of_a_newer_bridge_is_not_lost(self) -> None:
        component = components()["event"]
        said = json.loads(render(component["value_template"], {"type": "brand_new"}))
        assert said["event_type"] == "other"
        assert "other" in component["event_types"]

    def test_an_outcome_is_an_event_too(self) -> None:
        component = components()["outcome"]
        said = json.loads(render(component["value_template"], {"outcome": "limited"}))
        assert said["event_type"] == "limited"
        assert "limited" in component["event_types"]


class TestMerging:
    def test_an_entity_that_is_gone_is_named_without_options(self) -> None:
        old, new = announce(setting(), FULL, MEASURED), announce(setting(), PLAIN)
        merged: Any = merge(new, old, machine_known=True)
        assert merged["cmps"]["heart_rate"] == {"p": "sensor"}
        assert merged["cmps"]["speed"] == components()["speed"]
        again: Any = merge(new, merged, machine_known=True)
        assert again["cmps"]["heart_rate"] == {"p": "sensor"}

    def test_what_only_the_machine_can_tell_is_kept_until_it_is_seen(self) -> None:
        old, new = announce(setting(), FULL, MEASURED), announce(setting(), None)
        merged: Any = merge(new, old, machine_known=False)
        assert merged["cmps"]["target_speed"] == components()["target_speed"]
        assert merged["dev"]["model"] == "T"

    def test_ruins_are_no_trouble(self) -> None:
        new = announce(setting(), FULL)
        for old in ({}, {"cmps": 7}, {"cmps": {"x": 7, "y": {}}, "dev": []}):
            for known in (True, False):
                assert merge(new, old, machine_known=known)["cmps"] == new["cmps"]


class TestWorkouts:
    KNOWN = setting(workouts=("Hills", 'the "long" one'))

    def test_without_any_there_is_nothing_to_choose(self) -> None:
        assert [key for key in components() if key.startswith("workout")] == []

    def test_who_only_observes_chooses_none(self) -> None:
        observer = replace(self.KNOWN, policy=Policy(may_control=False))
        assert [key for key in components(observer) if key.startswith("workout")] == []

    def test_they_can_be_chosen_and_taken_back(self) -> None:
        chosen = components(self.KNOWN)["workout"]
        assert chosen["options"] == ["none", "Hills", 'the "long" one']
        for option in chosen["options"]:
            payload = render(chosen["command_template"], None, value=option).encode()
            command = parse("workout", payload, Circumstances(0.0, NOW, "x"))
            assert isinstance(command, Command)
            assert command.details == {"name": option}

    def test_what_it_says_is_shown(self) -> None:
        busy = TypeAdapter(WorkoutPayload).validate_python(
            {
                "name": "Hills", "state": "running", "step": 1, "steps": 2, "text": "x" * 300,
                "remaining_s": 61, "next": None,
                "preview": {"duration_s": 1, "distance_m": 1, "climb_m": 1.0, "summary": "short"},
            }
        )  # fmt: skip
        assert shown("workout", busy, self.KNOWN) == "Hills"
        assert shown("workout_state", busy, self.KNOWN) == "running"
        assert shown("workout_step", busy, self.KNOWN) == "x" * 255
        assert shown("workout_next", busy, self.KNOWN) == "None"
        assert shown("workout_step_left", busy, self.KNOWN) == "61"
        assert shown("workout_preview", busy, self.KNOWN) == "short"
        none = WorkoutPayload()
        assert shown("workout", none, self.KNOWN) == "none"
        assert shown("workout_preview", none, self.KNOWN) == "None"

    @pytest.mark.parametrize("word", ["pause", "resume", "skip", "back", "end", "lift_cap"])
    def test_each_button_is_a_command(self, word: str) -> None:
        pressed = components(self.KNOWN)[f"workout_{word}"]["payload_press"]
        command = parse("workout", pressed.encode(), Circumstances(0.0, NOW, "x"))
        assert isinstance(command, Command)
        assert command.details == {"command": word}

    def test_they_fit_the_schema_too(self) -> None:
        for key, entity in components(self.KNOWN).items():
            assert entity["unique_id"].endswith(key)


class TestPlan:
    KNOWN = setting(plans=True)
    OPEN = PlanPayload(
        name="knee", state="active", text="x" * 300, day="rest", question="morning",
        question_text="How much does it hurt?", rest_until=NOW,
    )  # fmt: skip

    def test_nobody_with_a_plan_has_entities_for_one(self) -> None:
        assert [key for key in components() if key.startswith("plan")] == []

    def test_it_shows_where_a_person_is_and_what_is_asked(self) -> None:
        assert shown("plan", self.OPEN, self.KNOWN) == "x" * 255
        assert shown("plan_question", self.OPEN, self.KNOWN) == "How much does it hurt?"
        assert shown("plan_day", self.OPEN, self.KNOWN) == "rest"
        assert shown("plan_rests_until", self.OPEN, self.KNOWN) == "2030-01-01T00:00:00.000Z"
        none = PlanPayload()
        assert shown("plan", none, self.KNOWN) == "none"
        assert shown("plan_day", none, self.KNOWN) == "none"
        assert shown("plan_rests_until", none, self.KNOWN) == "None"

    def test_the_same_answer_can_be_given_twice(self) -> None:
        assert shown("plan_answer", self.OPEN, self.KNOWN) == "None"

    @pytest.mark.parametrize("severity", [0, 7, 10])
    def test_an_answer_is_a_command_for_the_plan(self, severity: int) -> None:
        answer = components(self.KNOWN)["plan_answer"]
        payload = render(answer["command_template"], None, value=float(severity))
        command = parse("plan", payload.encode(), Circumstances(0.0, NOW, "x"))
        assert isinstance(command, Command)
        assert command.verb is Verb.PLAN
        assert command.details == {"severity": severity}

    @pytest.mark.parametrize(
        ("key", "details"),
        [
            ("plan_no_pain", {"severity": 0}),
            ("plan_back", {"command": "back"}),
            ("plan_restart", {"command": "restart"}),
            ("plan_confirm_run", {"command": "confirm"}),
        ],
    )
    def test_a_button_is_a_command_for_the_plan(self, key: str, details: object) -> None:
        pressed = components(self.KNOWN)[key]["payload_press"]
        command = parse("plan", pressed.encode(), Circumstances(0.0, NOW, "x"))
        assert isinstance(command, Command)
        assert command.details == details
        assert command.source == "home-assistant"

    @pytest.mark.parametrize(
        ("key", "payload", "word"),
        [
            ("plan_answer", OPEN, "online"),
            ("plan_no_pain", PlanPayload(), "offline"),
            ("plan_confirm_run", OPEN, "online"),
            ("plan_confirm_run", PlanPayload(day="run"), "offline"),
        ],
    )
    def test_what_nobody_asks_for_now_is_unavailable(
        self, key: str, payload: PlanPayload, word: str
    ) -> None:
        bridge, said = components(self.KNOWN)[key]["availability"]
        assert bridge == {"topic": "treadmills/bridge/availability"}
        assert said["topic"] == "treadmills/home/plan"
        document = json.loads(payload.encode())
        assert render(said["value_template"], document) == word
