"""Commands parsed from MQTT messages, and stops, which pass every check."""

import json
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.contract.message import MAX_BYTES
from bridge.contract.parser import Refusal, parse
from bridge.contract.payloads import OutcomePayload
from bridge.contract.topics import SETTABLE
from bridge.texts import Texts
from bridge.values import Command, Verb
from tests.contract.parsing import NOW, around, read, refused
from tests.rigs.effort import effort
from tests.rigs.wording import text_of

KINDS = st.sampled_from([*SETTABLE, "speeed", ""])


def accepted(kind: str, payload: str | bytes, **changes: bool) -> Command:
    command = read(kind, payload, **changes)
    assert isinstance(command, Command), text_of(command.reason)
    return command


@pytest.mark.parametrize(
    ("payload", "wire"),
    [
        ("8.2", 820),
        ("8.20", 820),
        (" 8 \n", 800),
        ("8.125", 812),
        ("8.129", 812),
        ("8.2999", 829),
        ("8.199999999999999", 820),
        ("8.2000000000001", 820),
        ("8.135", 813),
        ("0.29", 29),
        ("1e1", 1000),
        ("655.35", 65535),
        ('{"value": 8.2}', 820),
        ('{"value": 8.2, "unit": "km/h"}', 820),
        ('{"value": 5, "unit": "mph"}', 805),
        ('{"value": 6.2137119223733, "unit": "mph"}', 1000),
        ('{"value": 8.2000000000000000000000000000000000000000001}', 820),
        ('{"value": 8.1250000000000000000000000000000000000000001}', 812),
    ],
)
def test_speed_becomes_wire_units_by_its_decimal_value(payload: str, wire: int) -> None:
    assert accepted("speed", payload).value == wire


@given(st.sampled_from([("speed", 100), ("incline", 10)]), st.floats(0.01, 320))
def test_parsed_target_is_never_above_the_sent_value(axis: tuple[str, int], asked: float) -> None:
    kind, scale = axis
    value = accepted(kind, json.dumps(asked)).value
    assert value is not None
    assert asked - 1 / scale < value / scale <= asked + 1e-9


@pytest.mark.parametrize(
    ("payload", "wire"),
    [
        ("-0.0000000001", 0),
        ("-2.55", -26),
        ("2.59", 25),
        ("2.5", 25),
        ("0", 0),
        ("-3", -30),
        ("0.25", 2),
        ('{"value": 4, "unit": "%"}', 40),
        ('{"value": 4, "unit": "percent"}', 40),
    ],
)
def test_incline_becomes_wire_units(payload: str, wire: int) -> None:
    command = accepted("incline", payload)
    assert (command.verb, command.value) == (Verb.INCLINE, wire)


def test_every_hundredth_of_a_kmh_arrives_exactly() -> None:
    spoken = [f"{wire // 100}.{wire % 100:02}" for wire in range(1, 2500)]
    assert [accepted("speed", text).value for text in spoken] == list(range(1, 2500))


def test_command_keeps_id_source_and_requested_value() -> None:
    message = {"value": 8.5, "id": "a-1", "source": "zwift:ride", "time": NOW.isoformat()}
    command = accepted("speed", json.dumps(message))
    assert command == Command(
        id="a-1",
        verb=Verb.SPEED,
        source="zwift:ride",
        received=7.0,
        value=850,
        requested=8.5,
        program=True,
    )


def test_speed_sent_in_mph_is_parsed_as_kmh() -> None:
    assert accepted("speed", '{"value": 5, "unit": "mph"}').requested == 8.05


def test_bare_number_is_a_command_with_source_mqtt_and_a_generated_id() -> None:
    command = accepted("speed", "8")
    assert (command.id, command.source, command.program) == ("own", "mqtt", False)


@pytest.mark.parametrize(
    ("source", "program"),
    [
        ("zwift", True),
        ("Workout:tempo", True),
        ("automation: evening", True),
        ("dashboard", False),
        ("zwiftly", False),
        ("person:zwift", False),
    ],
)
def test_source_counts_as_a_program_by_its_name_before_the_colon(
    source: str, program: bool
) -> None:
    assert accepted("speed", json.dumps({"value": 8, "source": source})).program is program


def test_parsed_command_keeps_lateness_and_receive_time() -> None:
    command = parse("speed", b"8", around(late=True))
    assert isinstance(command, Command)
    assert (command.late, command.received) == (True, 7.0)


@pytest.mark.parametrize(
    "word", ["start", "pause", "resume", "stop", "finish", "release", "connect"]
)
@pytest.mark.parametrize("form", ["{}", " {}\n", '"{}"', '{{"command": "{}"}}'])
def test_belt_command_may_be_plain_text_or_json(word: str, form: str) -> None:
    assert accepted("belt", form.format(word)).verb == word


def test_start_command_may_carry_a_confirmation() -> None:
    assert accepted("belt", '{"command": "start", "confirm": true}').confirm
    assert not accepted("belt", '{"command": "start"}').confirm


@pytest.mark.parametrize(
    ("payload", "details"),
    [
        ("2", {"severity": 2}),
        ("0", {"severity": 0}),
        ('{"severity": 10}', {"severity": 10}),
        ('{"severity": 3, "place": "knee", "source": "phone"}', {"severity": 3, "place": "knee"}),
        ("confirm", {"command": "confirm"}),
        ('"back"', {"command": "back"}),
        ('{"command": "restart"}', {"command": "restart"}),
    ],
)
def test_plan_payload_may_be_an_answer_or_a_command(
    payload: str, details: dict[str, object]
) -> None:
    command = accepted("plan", payload)
    assert (command.verb, command.details) == (Verb.PLAN, details)


def test_pain_place_that_is_no_text_is_refused() -> None:
    assert "place must be text" in refused("plan", '{"severity": 2, "place": 7}')


def test_pain_payload_may_report_or_clear_pain() -> None:
    details = {"place": "lower back", "severity": 3}
    assert accepted("pain", json.dumps(details)).details == details
    assert accepted("pain", '{"clear": true}').details == {"clear": True}


@pytest.mark.parametrize("kind", ["person", "shoes"])
@pytest.mark.parametrize("payload", ["Ada", ' "Ada" ', '{"name": "Ada", "id": "x"}'])
def test_person_or_shoes_may_be_sent_as_text_or_json(kind: str, payload: str) -> None:
    command = accepted(kind, payload)
    assert (command.verb, command.details) == (kind, {"name": "Ada"})


def test_numeric_name_of_shoes_is_accepted_as_text() -> None:
    assert accepted("shoes", "574").details == {"name": "574"}


def test_stop_command_never_expires() -> None:
    assert accepted("belt", "stop", expired=True).verb is Verb.STOP
    assert accepted("speed", "0", expired=True).verb is Verb.STOP


@pytest.mark.parametrize("seconds", [-5, -4.9, 0, 5])
def test_command_with_a_current_time_is_accepted(seconds: float) -> None:
    time = (NOW + timedelta(seconds=seconds)).isoformat()
    accepted("speed", json.dumps({"value": 8, "time": time}))


@pytest.mark.parametrize(
    "payload",
    [
        "stop",
        "STOP",
        ' "stop" ',
        '{"command": "stop", "time": "2020-01-01T00:00:00Z"}',
        '{"command": "stop", "time": 5, "id": 7, "unknown": 1}',
        '{"command": "\\u0073top"}',
        '{"command": "stop", "pressure": NaN}',
        '{"command": "start", "command": "stop"}',
        '{"command": "stop", "command": "start"}',
        '{"command": "stop"',
        '{"command": "stop"}' + " " * MAX_BYTES,
        '{"note": "' + "x" * MAX_BYTES + '", "command": "stop"}',
        b'{"command": "stop", "id": "\xff"}',
        b"\xef\xbb\xbfstop",
        b"stop\0",
        "'stop'",
        "Stop!",
        '{"command": " stop "}',
    ],
)
def test_stop_command_passes_every_check(payload: str | bytes) -> None:
    assert accepted("belt", payload).verb is Verb.STOP


def test_stop_command_keeps_its_id_and_source() -> None:
    command = accepted("belt", '{"command": "stop", "id": "s", "source": "watch"}')
    assert (command.id, command.source) == ("s", "watch")


@pytest.mark.parametrize("payload", ["pause", '{"command": "pause", "time": "2020-01-01"}'])
def test_pause_command_passes_every_check(payload: str) -> None:
    assert accepted("belt", payload).verb is Verb.PAUSE


@pytest.mark.parametrize(
    "payload",
    [
        "0",
        "0.0",
        "-0",
        "0e5",
        "stop",
        '{"value": 0}',
        '{"value": 0, "unit": "furlongs"}',
        '{"value": 0.0, "time": "2020-01-01T00:00:00Z"}',
        '{"value": 0, "value": 8}',
        '{"value": 0, "time": NaN}',
        "0" + " " * MAX_BYTES,
        '{"value": 0' + " " * MAX_BYTES + "}",
        '{"note": "' + "x" * MAX_BYTES + '", "value": 0}',
    ],
)
def test_speed_zero_is_a_stop_and_passes_every_check(payload: str) -> None:
    command = accepted("speed", payload)
    assert (command.verb, command.requested) == (Verb.STOP, 0.0)


@pytest.mark.parametrize(
    "payload", ["false", '{"value": false}', '{"value": 0.5, "x": NaN}', "0 5", "0."]
)
def test_malformed_zero_speed_is_refused_and_is_no_stop(payload: str) -> None:
    refused("speed", payload)


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["stop", "start", "km/h", "mph", "2026-01-31T12:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("value", "unit", "id", "time", "source"),
                    *("command", "confirm", "place", "severity", "clear", "name"),
                ]
            )
            | st.text(),
            inner,
            max_size=6,
        )
    ),
    max_leaves=8,
)


PAYLOADS = (
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass"))
    | ANY_JSON.map(lambda value: json.dumps(value).encode())
    | st.from_regex(rb"-?[0-9]{1,4}(\.[0-9]{1,4})?(e[+-]?[0-9]{1,20})?", fullmatch=True)
)


@pytest.mark.unmeasured
@settings(max_examples=effort(300, 5_000))
@given(kind=KINDS, payload=PAYLOADS, retained=st.booleans())
@example(kind="speed", payload=b"[" * MAX_BYTES, retained=False)
@example(kind="speed", payload=b"9" * MAX_BYTES, retained=False)
def test_any_payload_parses_to_a_command_or_a_publishable_refusal(
    kind: str, payload: bytes, retained: bool
) -> None:
    result = parse(kind, payload, around(retained=retained))
    if isinstance(result, Refusal):
        assert text_of(result.reason)
        sent = json.loads(OutcomePayload.of(result, NOW, Texts()).encode())
        assert sent["outcome"] == "rejected"
        return
    assert not retained
    if result.verb is Verb.SPEED:
        assert result.value in range(1, 65536)
    if result.verb is Verb.INCLINE:
        assert result.value in range(-32766, 32767)


@given(wire=st.integers(1, 65535))
def test_speed_with_two_decimals_is_parsed_exactly(wire: int) -> None:
    assert accepted("speed", str(wire / 100)).value == wire
