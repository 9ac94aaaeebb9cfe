"""The announcement to Home Assistant, against its own schema and in its own templates."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.contract.message import Circumstances
from bridge.contract.parser import parse
from bridge.contract.payloads import StatePayload
from bridge.contract.topics import Topics
from bridge.guard import Policy
from bridge.home_assistant import MEASURED, announce, merge
from bridge.machines import Quirk
from bridge.values import Command, MachineInfo, Verb
from protocols.ranges import InclineRange, SpeedRange
from tests.home_assistant.announcement import (
    BUSY,
    EVERYTHING,
    FULL,
    NAMES,
    NOW,
    PLAIN,
    components,
    setting,
    shown,
)
from tests.home_assistant.templates import render

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_text("utf-8"))


NEWER = {"default_entity_id"}
"""Keys that Home Assistant learnt after the version of the schema; before, it ignores them."""


SHORT = {"dev": "device", "o": "origin", "cmps": "components"}
"""Home Assistant's abbreviations, which the schema spells out."""


class TestAgainstTheSchema:
    def test_announcement_has_the_required_and_no_unknown_keys(self) -> None:
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

    def test_every_entity_has_the_required_and_no_unknown_keys(self) -> None:
        for key, component in components().items():
            keys = SCHEMA["platforms"][component["p"]]
            given = component.keys() - {"p"}
            assert set(keys["required"]) <= given | set(SCHEMA["shared"]), key
            assert given <= {*keys["required"], *keys["optional"], *NEWER}, key

    def test_entity_units_fit_their_device_classes(self) -> None:
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

    def test_every_sensor_with_a_unit_has_a_display_precision(self) -> None:
        for key, component in components().items():
            if component["p"] == "sensor" and "unit_of_measurement" in component:
                assert "suggested_display_precision" in component, key

    def test_only_diagnostic_entities_have_a_category(self) -> None:
        categories = {c["entity_category"] for c in components().values() if "entity_category" in c}
        assert categories == {"diagnostic"}

    def test_entity_ids_are_unique_and_have_allowed_characters(self) -> None:
        found = components()
        assert all(re.fullmatch("[A-Za-z0-9_-]+", key) for key in found)
        assert len({c["unique_id"] for c in found.values()}) == len(found)
        for key, component in found.items():
            kind = component["p"]
            assert component["default_entity_id"] == f"{kind}.home_treadmill_{key}"

    def test_no_command_entity_is_retained(self) -> None:
        assert not [key for key, c in components().items() if "retain" in c]


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
    def test_device_name_is_derived_from_the_treadmill_id(
        self, treadmill: str, title: str, slug: str
    ) -> None:
        known = setting(treadmill=treadmill)
        assert (known.title, known.slug) == (title, slug)

    def test_device_shows_maker_model_and_firmware_of_the_machine(self) -> None:
        assert announce(setting(), FULL)["dev"] == {
            "identifiers": ["treadmill_bridge_home"],
            "name": "Home treadmill",
            "manufacturer": "Maker",
            "model": "T",
            "sw_version": "1.2",
        }


class TestEntities:
    def test_machine_with_few_measurements_has_few_entities(self) -> None:
        some = components(machine=PLAIN, seen=frozenset())
        assert {"speed", "belt", "target_speed", "stop", "connected"} <= some.keys()
        missing = {"incline", "heart_rate", "energy", "climb", "target_incline", "steep_time_left"}
        assert not missing & some.keys()

    def test_measurement_that_was_seen_has_an_entity(self) -> None:
        assert "heart_rate" in components(machine=PLAIN, seen=frozenset({"heart_rate_bpm"}))

    def test_unseen_machine_has_a_connect_button_and_no_targets(self) -> None:
        some = components(machine=None, seen=frozenset())
        assert {"connect", "stop", "speed", "connected"} <= some.keys()
        assert not {"target_speed", "target_incline"} & some.keys()

    def test_start_button_exists_only_if_remote_start_is_allowed(self) -> None:
        starts = {"start", "resume", "start_despite_rest"}
        assert starts <= components().keys()
        some = components(setting(policy=Policy()))
        assert not starts & some.keys()
        assert {"pause", "stop", "finish", "release"} <= some.keys()

    @pytest.mark.parametrize(
        ("policy", "machine"),
        [(Policy(may_control=False), FULL), (Policy(), replace(FULL, can_control=False))],
    )
    def test_observed_machine_has_no_belt_controls(
        self, policy: Policy, machine: MachineInfo
    ) -> None:
        some = components(setting(policy=policy), machine)
        belt = {"start", "pause", "stop", "finish", "target_speed", "target_incline"}
        assert not belt & some.keys()
        assert {"connect", "release", "report_pain", "speed"} <= some.keys()

    def test_person_and_shoes_entities_need_configured_names(self) -> None:
        assert not {"person", "shoes"} & components(setting(people=(), shoes=())).keys()

    def test_disabled_rule_has_no_counter_entity(self) -> None:
        some = components(setting(policy=Policy(steep=(), warm_up_s=0)))
        assert not {"steep_time_left", "steep_opens_in", "warm_up_left"} & some.keys()


class TestAvailability:
    def test_entity_is_available_if_bridge_and_machine_are_online(self) -> None:
        message = announce(setting(), FULL)
        assert message["availability_mode"] == "all"
        assert message["availability"] == [
            {"topic": "treadmills/bridge/availability"},
            {"topic": "treadmills/home/availability"},
        ]

    @pytest.mark.parametrize("key", ["connected", "connect", "report_pain", "event", "person"])
    def test_entity_that_needs_no_machine_depends_on_the_bridge_alone(self, key: str) -> None:
        assert components()[key]["availability"] == [{"topic": "treadmills/bridge/availability"}]

    @pytest.mark.parametrize("key", ["start_despite_rest", "lift_rest"])
    def test_entity_for_a_rest_is_available_only_during_one(self, key: str) -> None:
        bridge, rest = components()[key]["availability"]
        assert bridge == {"topic": "treadmills/bridge/availability"}
        assert rest["topic"] == "treadmills/home/guard"
        resting = json.loads(BUSY.encode())
        assert render(rest["value_template"], resting) == "online"
        assert render(rest["value_template"], {**resting, "resting_until": None}) == "offline"

    def test_measurements_expire_without_new_messages(self) -> None:
        assert components()["speed"]["expire_after"] == 60


class TestTargets:
    def test_targets_range_within_the_limits_of_machine_and_owner(self) -> None:
        found = components()
        speed, incline = found["target_speed"], found["target_incline"]
        assert (speed["min"], speed["max"], speed["step"]) == (0.8, 16.0, 0.1)
        assert (incline["min"], incline["max"], incline["step"]) == (-3.0, 15.0, 0.5)

    def test_targets_in_miles_stay_within_the_limits_in_kilometres(self) -> None:
        speed = components(setting(speed_unit="mph"))["target_speed"]
        assert (speed["min"], speed["max"], speed["step"]) == (0.5, 9.9, 0.1)
        assert 0.5 * 1.609344 >= 0.8
        assert 9.9 * 1.609344 <= 16

    def test_target_entity_without_a_reported_range_has_the_guards_default_range(self) -> None:
        found = components(machine=replace(FULL, speed_range=None, incline_range=None))
        assert (found["target_speed"]["min"], found["target_speed"]["max"]) == (1.0, 12.0)
        assert (found["target_incline"]["min"], found["target_incline"]["max"]) == (0.0, 10.0)

    def test_target_that_cannot_be_changed_has_no_number_entity(self) -> None:
        one_speed = replace(FULL, speed_range=SpeedRange(500, 500, 10))
        assert "target_speed" not in components(machine=one_speed)
        flat = replace(FULL, incline_range=InclineRange(0, 0, 0))
        assert "target_incline" not in components(machine=flat)
        by_hand = components(machine=replace(FULL, quirks=(Quirk.NO_SPEED_CONTROL,)))
        assert "target_speed" not in by_hand
        assert "target_incline" in by_hand

    def test_target_entities_show_the_requests(self) -> None:
        assert shown("target_speed", EVERYTHING) == "8.5"
        assert shown("target_speed", EVERYTHING, setting(speed_unit="mph")) == "5.28"
        assert shown("target_incline", EVERYTHING) == "2.5"
        assert shown("target_speed", StatePayload(time=NOW)) == "None"

    def test_target_outside_its_range_is_shown_as_the_nearest_end(self) -> None:
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
    def test_button_entity_sends_one_belt_command(
        self, key: str, verb: Verb, confirm: bool
    ) -> None:
        command = commanded(components()[key])
        assert (command.verb, command.confirm) == (verb, confirm)

    def test_target_entity_sends_its_value_with_its_unit(self) -> None:
        assert commanded(components()["target_speed"], 8.5).value == 850
        miles = components(setting(speed_unit="mph"))["target_speed"]
        assert commanded(miles, 5.5).value == 885
        assert commanded(components()["target_incline"], -2.5).value == -25

    @pytest.mark.parametrize(
        ("said", "place", "severity"),
        [("lower back 3", "lower back", 3), ("ankle 10", "ankle", 10), ('"knee"  0 ', '"knee"', 0)],
    )
    def test_pain_text_is_sent_as_place_and_severity(
        self, said: str, place: str, severity: int
    ) -> None:
        command = commanded(components()["report_pain"], said)
        assert command.verb is Verb.PAIN
        assert command.details == {"place": place, "severity": severity}

    @pytest.mark.parametrize("said", ["lower back", "3", "back 11", "back -1", ""])
    def test_invalid_pain_text_does_not_match_the_pattern(self, said: str) -> None:
        assert not re.match(components()["report_pain"]["pattern"], said)

    def test_lift_rest_button_clears_the_pain(self) -> None:
        assert commanded(components()["lift_rest"]).details == {"clear": True}

    @pytest.mark.parametrize("name", NAMES)
    def test_person_entity_sends_and_shows_the_name(self, name: str) -> None:
        component = components()["person"]
        assert component["options"] == list(NAMES)
        assert commanded(component, name).details == {"name": name}
        here = replace(EVERYTHING, person=name)
        assert shown("person", here) == name

    def test_person_outside_the_household_is_shown_as_unknown(self) -> None:
        here = replace(EVERYTHING, person="default", shoes=None)
        assert shown("person", here) == "None"
        assert shown("shoes", here) == "None"


class TestMergedDiscovery:
    def test_removed_entity_is_announced_without_options(self) -> None:
        old, new = announce(setting(), FULL, MEASURED), announce(setting(), PLAIN)
        merged: Any = merge(new, old, machine_known=True)
        assert merged["cmps"]["heart_rate"] == {"p": "sensor"}
        assert merged["cmps"]["speed"] == components()["speed"]
        again: Any = merge(new, merged, machine_known=True)
        assert again["cmps"]["heart_rate"] == {"p": "sensor"}

    def test_entities_of_an_unseen_machine_are_kept_until_it_is_seen(self) -> None:
        old, new = announce(setting(), FULL, MEASURED), announce(setting(), None)
        merged: Any = merge(new, old, machine_known=False)
        assert merged["cmps"]["target_speed"] == components()["target_speed"]
        assert merged["dev"]["model"] == "T"

    def test_invalid_retained_announcement_is_replaced(self) -> None:
        new = announce(setting(), FULL)
        for old in ({}, {"cmps": 7}, {"cmps": {"x": 7, "y": {}}, "dev": []}):
            for known in (True, False):
                assert merge(new, old, machine_known=known)["cmps"] == new["cmps"]
