"""The configuration: its sources, its checks, and its error messages."""

import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from bridge.config import (
    Bluetooth,
    Config,
    ConfigError,
    Guard,
    HomeAssistant,
    Machine,
    Mqtt,
    Person,
    Sensor,
    Shoes,
    Slower,
    SteepTier,
    Treadmill,
    Workouts,
    load,
)
from bridge.config.section import Section
from bridge.config.sections.history import History
from bridge.config.sections.people import PlanChoice
from tests.rigs.configs import EXAMPLE, PREFIX, from_toml, problems


def test_the_example_is_a_configuration_without_warnings() -> None:
    config = load(EXAMPLE, {})
    assert config.warnings() == []
    (treadmill,) = config.treadmills
    assert treadmill.id == "den"
    assert config.guard_of(treadmill).max_speed_kmh == 12


def test_the_example_shows_the_defaults() -> None:
    config = load(EXAMPLE, {})
    assert (config.mqtt, config.bluetooth, config.guard, config.workouts) == (
        Mqtt(),
        Bluetooth(),
        Guard(),
        Workouts(),
    )


def test_the_example_is_plain_toml() -> None:
    in_comments = {
        "state_dir",
        "people",
        "shoes",
        "sensors",
    }  # a household of one needs none of them
    assert set(tomllib.loads(EXAMPLE.read_text())) == set(Config.model_fields) - in_comments


@pytest.mark.parametrize(
    "section",
    [
        Mqtt,
        Bluetooth,
        History,
        Guard,
        Slower,
        SteepTier,
        Treadmill,
        Machine,
        Person,
        PlanChoice,
        Sensor,
        Shoes,
        Workouts,
    ],
)
def test_the_example_and_the_manual_name_every_key(section: type[BaseModel]) -> None:
    example = EXAMPLE.read_text()
    manual = (EXAMPLE.parent / "configuration.md").read_text()
    for key in section.model_fields:
        assert key in example
        assert f"`{key}`" in manual


@pytest.mark.parametrize("key", ["state_dir", "cues", "[people]", "[shoes]"])
def test_example_and_manual_name_the_keys_outside_of_sections(key: str) -> None:
    assert key in EXAMPLE.read_text()
    assert key in (EXAMPLE.parent / "configuration.md").read_text()


def test_configuration_without_any_source_has_the_defaults() -> None:
    assert load(None, {}) == Config()


def test_flags_override_environment_and_file_in_that_order(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[mqtt]\nhost = "file"\nport = 1\nbase_topic = "file"')
    env = {f"{PREFIX}MQTT__HOST": "env", f"{PREFIX}MQTT__PORT": "2", "HOME": "/"}
    config = load(path, env, {"mqtt.host": "flag", "mqtt.port": None})
    assert (config.mqtt.host, config.mqtt.port, config.mqtt.base_topic) == ("flag", 2, "file")


def test_configuration_reads_the_process_environment_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"{PREFIX}MQTT__TLS", "true")
    assert load().mqtt.tls


def test_text_of_the_environment_is_read_as_numbers_and_booleans(tmp_path: Path) -> None:
    env = {f"{PREFIX}MQTT__PORT": "2", f"{PREFIX}MQTT__STATE_HZ": "1.5", f"{PREFIX}CUES": "false"}
    config = from_toml(tmp_path, "", env)
    assert (config.mqtt.port, config.mqtt.state_hz, config.cues) == (2, 1.5, False)


def test_the_environment_reaches_lists_and_tables(tmp_path: Path) -> None:
    env = {
        f"{PREFIX}TREADMILLS__0__ADDRESS": "12:34:56:78:9A:BC",
        f"{PREFIX}TREADMILLS__1__ID": "attic",
        f"{PREFIX}TREADMILLS__1__NAME": "Pad",
        f"{PREFIX}MQTT__PROGRAMS": '["a", "b"]',
        f"{PREFIX}GUARD__STEEP": "[{from_percent = 8}]",
    }
    config = from_toml(tmp_path, '[[treadmills]]\nid = "den"', env)
    assert [(t.id, t.address, t.name) for t in config.treadmills] == [
        ("den", "12:34:56:78:9A:BC", None),
        ("attic", None, "Pad"),
    ]
    assert config.mqtt.programs == ("a", "b")
    assert config.guard.steep == (SteepTier(from_percent=8),)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("MQTT__PROGRAMS", "[1", " is not valid TOML"),
        ("MQTT__HOST", '"box"', ": leave out the quotes; variables are plain text"),
        ("MQTT__HOST", "'box'", ": leave out the quotes; variables are plain text"),
        ("CUES", "perhaps", " (cues): 'perhaps' is not true or false; write one of them"),
        ("STATE_DIR", "", " (state_dir): '' is not a path; write one, or leave the key out"),
        ("MQTT__PORT__X", "1", " (mqtt.port): a table is not a whole number; write one"),
        ("TREADMILLS__7__ID", "x", ": treadmills has 0 entries; write 0 for a new one"),
        ("TREADMILLS__DEN__ID", "x", ": treadmills needs the number of an entry, from 0"),
        ("TREADMILLS__X", "x", " (treadmills): write [[treadmills]] with two brackets"),
        ("MQTT__HOSTS", "x", " (mqtt.hosts): unknown key; did you mean host?"),
        ("", "x", ": names no key; write it as TREADMILL_BRIDGE__MQTT__HOST"),
        ("MQTT____HOST", "x", ": names no key; write it as TREADMILL_BRIDGE__MQTT__HOST"),
    ],
)
def test_invalid_value_of_the_environment_is_an_error_that_names_the_variable(
    tmp_path: Path, name: str, value: str, problem: str
) -> None:
    before = "[[treadmills]]\n" * name.startswith("TREADMILLS__DEN")
    (found,) = problems(tmp_path, before, {PREFIX + name: value})
    assert found.startswith(f"{PREFIX}{name}{problem}")


def test_quotes_in_a_password_variable_are_part_of_the_password(tmp_path: Path) -> None:
    env = {f"{PREFIX}MQTT__USERNAME": "a", f"{PREFIX}MQTT__PASSWORD": '"b"'}
    assert from_toml(tmp_path, "", env).mqtt.secret() == '"b"'


@pytest.mark.parametrize(
    "name", ["treadmill_bridge__guard__max_speed_kmh", "Treadmill_Bridge_Guard__Max_Speed_Kmh"]
)
def test_variable_whose_beginning_is_not_in_capitals_is_an_error(tmp_path: Path, name: str) -> None:
    (found,) = problems(tmp_path, "", {name: "8"})
    assert found == (
        f"{name}: names no key; did you mean TREADMILL_BRIDGE__GUARD__MAX_SPEED_KMH, in capitals?"
    )


def test_key_in_a_variable_may_be_in_lower_case(tmp_path: Path) -> None:
    env = {f"{PREFIX}mqtt__username": "a", f"{PREFIX}mqtt__password": '"b"'}
    assert from_toml(tmp_path, "", env).mqtt.secret() == '"b"'


def test_variable_with_one_underscore_too_few_is_an_error(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "", {"TREADMILL_BRIDGE_GUARD__MAX_SPEED_KMH": "8"})
    assert found == (
        "TREADMILL_BRIDGE_GUARD__MAX_SPEED_KMH: names no key; did you mean "
        "TREADMILL_BRIDGE__GUARD__MAX_SPEED_KMH, with two underscores?"
    )


@pytest.mark.parametrize("name", ["TREADMILL_BRIDGE_CONFIG", "TREADMILL_BRIDGE_PORT_1883_TCP"])
def test_environment_variable_outside_the_configuration_is_ignored(
    tmp_path: Path, name: str
) -> None:
    assert from_toml(tmp_path, "", {name: "x"}) == Config()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[treadmills]\nid = "den"', "treadmills: write [[treadmills]] with two brackets"),
        ("[mqtt]\nhost = localhost", 'Text needs quotes: host = "…"'),
        ("[mqtt]\nhost = broker.lan # here", 'Text needs quotes: host = "…"'),
        ('[mqtt]\nhost = "mqtt://broker.lan"', "write only the host, such as broker.local"),
        ('[mqtt]\nhost = "broker.lan:1883"', "write only the host, and set the key port"),
    ],
)
def test_common_configuration_mistake_gets_its_own_explanation(
    tmp_path: Path, text: str, problem: str
) -> None:
    (found,) = problems(tmp_path, text)
    assert problem in found


@pytest.mark.parametrize("text", ["[mqtt", "= 1", 'a = "', "[mqtt]\nport = 1 2"])
def test_advice_on_quotes_is_given_only_if_they_are_missing(tmp_path: Path, text: str) -> None:
    (found,) = problems(tmp_path, text)
    assert "is not valid TOML" in found
    assert "quotes:" not in found


def test_ipv6_address_is_a_valid_broker_host(tmp_path: Path) -> None:
    assert from_toml(tmp_path, '[mqtt]\nhost = "::1"').mqtt.host == "::1"


def test_variable_below_a_plain_value_is_an_error_that_names_the_value(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, 'mqtt = "x"', {f"{PREFIX}MQTT__HOST": "y"})
    assert found == f"{PREFIX}MQTT__HOST: mqtt is not a table"


def test_missing_file_and_invalid_toml_are_configuration_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read \(No such file"):
        load(tmp_path / "none.toml", {})
    (found,) = problems(tmp_path, "[mqtt")
    assert "is not valid TOML" in found


def test_configuration_with_byte_order_mark_and_crlf_is_read(tmp_path: Path) -> None:
    (tmp_path / "marked.toml").write_bytes(b'\xef\xbb\xbf[mqtt]\r\nhost = "broker.lan"\r\n')
    assert load(tmp_path / "marked.toml", {}).mqtt.host == "broker.lan"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'units = "mph"\n# K\xfcche\n', "line 2 is not UTF-8; save the file as UTF-8"),
        ('units = "mph"'.encode("utf-16"), "line 1 is not UTF-8; save the file as UTF-8"),
        (b'[mqtt]\nhost = "a"\nhost = "b"\n', "a key or table is there twice (at line 3, "),
        (b"[mqtt]\n[guard]\n[mqtt]\n", "the table 'mqtt' is there twice (at line 3, "),
        (b"a = " + b"[" * 3000, "it nests too deep"),
    ],
)
def test_invalid_toml_is_explained_in_plain_english(
    tmp_path: Path, data: bytes, problem: str
) -> None:
    (tmp_path / "c.toml").write_bytes(data)
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "c.toml", {})
    assert f"c.toml is not valid TOML: {problem}" in error.value.problems[0]


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[mqt]", "mqt: unknown key; did you mean mqtt?"),
        ("[guard]\nramp_up = 1", "guard.ramp_up: unknown key; did you mean warm_up_s?"),
        (
            "[bluetooth]\nx = 1",
            "bluetooth.x: unknown key; known keys: adapter, radio",
        ),
        (
            '[[treadmills]]\nid = "a"\n[treadmills.guard]\nmax_sped_kmh = 3',
            "treadmills[0].guard.max_sped_kmh: unknown key; did you mean max_speed_kmh?",
        ),
        ('[[mqtt]]\nhost = "a"', "mqtt: write [mqtt] with one bracket on each side; it is a table"),
        (
            '[[treadmills]]\nid = "a"\n[[treadmills.guard]]\nrest_s = 5',
            "treadmills[0].guard: write [treadmills.guard] with one bracket on each side",
        ),
        ('[mqtt]\nhost = "a\'b"', 'mqtt.host: "a\'b" is not a host; write a name or an address'),
        (
            '[dashboard]\nhosts = ["http://a"]',
            "dashboard.hosts[0]: 'http://a' is not a host name, such as treadmill.lan",
        ),
        (
            '[mqtt]\nusername = "a"\npassword = 5',
            "mqtt.password: the value, which is hidden, is not text; write text in quotes",
        ),
        ("[mqtt]\nport = 70000", "mqtt.port: 70000 is above 65535, the highest allowed"),
        ("[mqtt]\nversion = 4", "mqtt.version: "),
        ("[mqtt]\nport = true", "mqtt.port: true is not a number; write one"),
        ("[mqtt]\nstate_hz = 0.5", "mqtt.state_hz: 0.5 is below 1, the lowest allowed"),
        (
            '[mqtt]\nbase_topic = "a/#"',
            "mqtt.base_topic: 'a/#' is not a topic without wildcards, spaces and outer slashes, "
            "such as treadmills",
        ),
        ("[guard]\nmax_speed_kmh = nan", "guard.max_speed_kmh: nan is not a number; write one"),
        (
            '[guard]\nmax_speed_kmh = "8"',
            "guard.max_speed_kmh: '8' is text; write a number without quotes",
        ),
        ('cues = "no"', "cues: 'no' is text; write true or false without quotes"),
        ("cues = 0", "cues: 0 is a number; write true or false"),
        ('cues = ["a secret"]', "cues: a list is not true or false; write one of them"),
        ('state_dir = ""', "state_dir: '' is not a path; write one, or leave the key out"),
        (
            "[guard]\nspeed_ramp_kmh_per_s = 0.6",
            "guard.speed_ramp_kmh_per_s: 0.6 is above 0.5, the highest allowed",
        ),
        (
            "[[guard.steep]]\nfrom_percent = 5\nmax_s = 1800",
            "guard.steep[0]: then_percent 5 must be below from_percent 5; "
            "max_s 1800 must be below window_s 1800",
        ),
        ('[[treadmills]]\nname = "a"', "treadmills[0].id: is missing"),
        (
            '[[treadmills]]\nid = "a b"',
            "treadmills[0].id: 'a b' is not 1 to 64 letters, digits, _ or -",
        ),
        (
            '[[treadmills]]\nid = "a"\naddress = "near"',
            "treadmills[0].address: 'near' is not a Bluetooth address such as 12:34:56:78:9A:BC",
        ),
        (
            '[[treadmills]]\nid = "bridge"',
            'treadmills[0]: the id "bridge" is reserved for the bridge\'s topics; choose another',
        ),
        (
            '[[treadmills]]\nid = "a"\nname = "b"\naddress = "12:34:56:78:9A:BC"',
            "treadmills[0]: give address or name, not both",
        ),
        (
            '[[treadmills]]\nid = "a"\nname = "b"\n[[treadmills]]\nid = "a"\nname = "c"',
            "two treadmills have the same id 'a'",
        ),
        (
            '[[treadmills]]\nid = "a"\naddress = "AA:BB:CC:DD:EE:FF"\n'
            '[[treadmills]]\nid = "b"\naddress = "aa:bb:cc:dd:ee:ff"',
            "two treadmills have the same address 'AA:BB:CC:DD:EE:FF'",
        ),
        (
            '[[treadmills]]\nid = "a"\nname = "b"\n[[treadmills]]\nid = "c"',
            "with several treadmills, each needs an address or a name",
        ),
        (
            '[guard]\nstale_hold_s = 5\n[[treadmills]]\nid = "a"\n[treadmills.guard]\n'
            "stale_fault_s = 5",
            "guard of 'a': stale_fault_s 5 must be above stale_hold_s 5",
        ),
        ('[mqtt]\nusername = "a"\npassword = "b"\npassword_file = "c"', "mqtt: give password or"),
        ('[mqtt]\npassword = "b"', "mqtt: a password needs a username"),
        ('[mqtt]\ntls = true\nkey_file = "k"', "mqtt: key_file needs cert_file"),
        ('[mqtt]\nca_file = "k"', "mqtt: ca_file and cert_file need tls = true"),
    ],
)
def test_each_problem_is_one_line_that_begins_with_its_key(
    tmp_path: Path, text: str, problem: str
) -> None:
    (found,) = problems(tmp_path, text)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    "section", [Config, Mqtt, HomeAssistant, Guard, Slower, SteepTier, Treadmill, Machine, Shoes]
)
def test_quoted_number_or_boolean_is_refused_by_every_key(section: type[Section]) -> None:
    for key, field in section.model_fields.items():
        kinds = {field.annotation, *get_args(field.annotation)}
        for kind, text in ((bool, "true"), (float, "1"), (int, "1")):
            if kind in {getattr(known, "__origin__", known) for known in kinds}:
                with pytest.raises(ValidationError, match=f"'{text}' is text; write"):
                    section.model_validate({key: text})


def test_all_configuration_problems_are_reported_at_once(tmp_path: Path) -> None:
    text = '[mqtt]\nport = 0\nhots = "x"\n[guard]\nwarm_up_s = -1'
    assert problems(tmp_path, text) == [
        "mqtt.port: 0 is below 1, the lowest allowed",
        "mqtt.hots: unknown key; did you mean host?",
        "guard.warm_up_s: -1 is below 0, the lowest allowed",
    ]
