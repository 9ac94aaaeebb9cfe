"""The values that Home Assistant's entities show, rendered with its own templates."""

import json
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from bridge.contract.events import EVENT_TYPES
from bridge.contract.link import LinkPayload
from bridge.contract.message import Circumstances
from bridge.contract.parser import parse
from bridge.contract.payloads import SessionPayload, StatePayload
from bridge.contract.plan import PlanPayload
from bridge.contract.topics import Topics
from bridge.contract.workout import WorkoutPayload
from bridge.guard import Policy
from bridge.values import Belt, Command, Control, Verb
from tests.home_assistant.announcement import (
    BUSY,
    EVERYTHING,
    NOW,
    RANGE,
    WARM_UP,
    components,
    setting,
    shown,
)
from tests.home_assistant.templates import render


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
    def test_sensor_entities_show_the_state_payload(self, key: str, shows: str) -> None:
        assert shown(key, EVERYTHING) == shows

    def test_sensors_are_metric_because_home_assistant_converts_them(self) -> None:
        metric, miles = components(), components(setting(speed_unit="mph"))
        assert {key for key in metric if metric[key] != miles[key]} == {"target_speed"}

    def test_missing_measurements_show_as_unknown(self) -> None:
        nothing = StatePayload(time=NOW)
        topic = Topics().state("home")
        entities = [key for key, c in components().items() if c.get("state_topic") == topic]
        known = {key: text for key in entities if (text := shown(key, nothing)) != "None"}
        assert known == {"fresh_data": "OFF"}

    @pytest.mark.parametrize(
        ("belt", "running"), [(Belt.IDLE, "OFF"), (Belt.PAUSED, "OFF"), (Belt.STARTING, "ON")]
    )
    def test_running_entity_is_on_unless_the_belt_is_known_to_stand(
        self, belt: Belt, running: str
    ) -> None:
        assert shown("running", StatePayload(time=NOW, belt=belt)) == running

    def test_guard_entities_show_the_guard_payload(self) -> None:
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

    def test_entity_templates_use_no_regular_expression(self) -> None:
        assert "regex" not in json.dumps(components())

    def test_link_entities_show_the_link_payload(self) -> None:
        link = LinkPayload(connected=True, control=Control.HELD, rssi=-60, quirks=("b", "a"))
        keys = ("connected", "control", "signal", "quirks")
        assert [shown(key, link) for key in keys] == ["ON", "held", "-60", "a, b"]

    def test_last_session_entities_show_the_session_payload(self) -> None:
        session = SessionPayload(start=NOW, end=NOW, moving_s=90, distance_m=1609.344)
        assert shown("last_session", session) == "2030-01-01T00:00:00.000Z"
        assert shown("last_session_distance", session) == "1.61"
        assert shown("last_session_time", session) == "1.5"

    @pytest.mark.unmeasured
    def test_event_entity_state_has_the_event_type_key(self) -> None:
        component = components()["event"]
        assert set(component["event_types"]) >= set(EVENT_TYPES)
        for kind in EVENT_TYPES:
            payload = {"type": kind, "time": "…", "text": "It's so.", "details": {"axis": "speed"}}
            state = json.loads(render(component["value_template"], payload))
            assert state == {**payload, "event_type": kind}

    def test_unknown_event_type_is_shown_as_other(self) -> None:
        component = components()["event"]
        said = json.loads(render(component["value_template"], {"type": "brand_new"}))
        assert said["event_type"] == "other"
        assert "other" in component["event_types"]

    def test_outcome_entity_shows_the_outcome_as_event_type(self) -> None:
        component = components()["outcome"]
        said = json.loads(render(component["value_template"], {"outcome": "limited"}))
        assert said["event_type"] == "limited"
        assert "limited" in component["event_types"]


class TestWorkouts:
    KNOWN = setting(workouts=("Hills", 'the "long" one'))

    def test_workout_entities_are_missing_without_workouts(self) -> None:
        assert [key for key in components() if key.startswith("workout")] == []

    def test_workout_entities_are_missing_if_the_bridge_only_observes(self) -> None:
        observer = replace(self.KNOWN, policy=Policy(may_control=False))
        assert [key for key in components(observer) if key.startswith("workout")] == []

    def test_workout_entity_can_select_and_clear_a_workout(self) -> None:
        chosen = components(self.KNOWN)["workout"]
        assert chosen["options"] == ["none", "Hills", 'the "long" one']
        for option in chosen["options"]:
            payload = render(chosen["command_template"], None, value=option).encode()
            command = parse("workout", payload, Circumstances(0.0, NOW, "x"))
            assert isinstance(command, Command)
            assert command.details == {"name": option}

    def test_workout_entities_show_the_payload(self) -> None:
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
    def test_each_workout_button_is_a_command(self, word: str) -> None:
        pressed = components(self.KNOWN)[f"workout_{word}"]["payload_press"]
        command = parse("workout", pressed.encode(), Circumstances(0.0, NOW, "x"))
        assert isinstance(command, Command)
        assert command.details == {"command": word}


class TestPlan:
    KNOWN = setting(plans=True)
    OPEN = PlanPayload(
        name="knee", state="active", text="x" * 300, day="rest", question="morning",
        question_text="How much does it hurt?", rest_until=NOW,
    )  # fmt: skip

    def test_plan_entities_are_missing_without_a_plan(self) -> None:
        assert [key for key in components() if key.startswith("plan")] == []

    def test_plan_entities_show_the_payload(self) -> None:
        assert shown("plan", self.OPEN, self.KNOWN) == "x" * 255
        assert shown("plan_question", self.OPEN, self.KNOWN) == "How much does it hurt?"
        assert shown("plan_day", self.OPEN, self.KNOWN) == "rest"
        assert shown("plan_rests_until", self.OPEN, self.KNOWN) == "2030-01-01T00:00:00.000Z"
        none = PlanPayload()
        assert shown("plan", none, self.KNOWN) == "none"
        assert shown("plan_day", none, self.KNOWN) == "none"
        assert shown("plan_rests_until", none, self.KNOWN) == "None"

    def test_plan_answer_entity_stays_unknown_after_an_answer(self) -> None:
        assert shown("plan_answer", self.OPEN, self.KNOWN) == "None"

    @pytest.mark.parametrize("severity", [0, 7, 10])
    def test_plan_answer_entity_sends_a_plan_command(self, severity: int) -> None:
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
    def test_plan_button_sends_a_plan_command(self, key: str, details: object) -> None:
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
    def test_plan_entity_without_a_question_is_unavailable(
        self, key: str, payload: PlanPayload, word: str
    ) -> None:
        bridge, said = components(self.KNOWN)[key]["availability"]
        assert bridge == {"topic": "treadmills/bridge/availability"}
        assert said["topic"] == "treadmills/home/plan"
        document = json.loads(payload.encode())
        assert render(said["value_template"], document) == word
