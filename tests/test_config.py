"""The configuration: where it comes from, what is refused, what is warned of."""

import ssl
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import BaseModel

from bridge.config import (
    PROFILES,
    Bluetooth,
    Config,
    ConfigError,
    Guard,
    Machine,
    Mqtt,
    Person,
    Shoes,
    Slower,
    SteepTier,
    Treadmill,
    load,
)
from bridge.machines import (
    Declared,
    HaltWord,
    Pairing,
    Profile,
    SpeedUnit,
    StatusTarget,
    TrainingStatusUse,
    WriteType,
)
from protocols.ftms.ranges import InclineRange, SpeedRange

EXAMPLE = Path(__file__).parents[1] / "docs" / "example.toml"
PREFIX = "TREADMILL_BRIDGE__"


def from_toml(directory: Path, text: str, env: Mapping[str, str] | None = None) -> Config:
    path = directory / "config.toml"
    path.write_text(text)
    return load(path, env or {})


def problems(directory: Path, text: str, env: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        from_toml(directory, text, env)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return list(caught.value.problems)


# --- the example and the sources -----------------------------------------------------------------


def test_the_example_is_a_configuration_without_warnings() -> None:
    config = load(EXAMPLE, {})
    assert config.warnings() == []
    (treadmill,) = config.treadmills
    assert treadmill.id == "den"
    assert config.guard_of(treadmill).max_speed_kmh == 12


def test_the_example_shows_the_defaults() -> None:
    config = load(EXAMPLE, {})
    assert (config.mqtt, config.bluetooth, config.guard) == (Mqtt(), Bluetooth(), Guard())


@pytest.mark.parametrize(
    "section", [Mqtt, Bluetooth, Guard, Slower, SteepTier, Treadmill, Machine, Person, Shoes]
)
def test_the_example_and_the_manual_name_every_key(section: type[BaseModel]) -> None:
    example = EXAMPLE.read_text()
    manual = (EXAMPLE.parent / "configuration.md").read_text()
    for key in section.model_fields:
        assert key in example
        assert f"`{key}`" in manual


@pytest.mark.parametrize("key", ["state_dir", "cues", "[people]", "[shoes]"])
def test_they_name_what_belongs_to_no_other_section(key: str) -> None:
    assert key in EXAMPLE.read_text()
    assert key in (EXAMPLE.parent / "configuration.md").read_text()


def test_without_any_source_there_are_defaults() -> None:
    assert load(None, {}) == Config()


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[mqtt]\nhost = "file"\nport = 1\nbase_topic = "file"')
    env = {f"{PREFIX}MQTT__HOST": "env", f"{PREFIX}MQTT__PORT": "2", "HOME": "/"}
    config = load(path, env, {"mqtt.host": "flag", "mqtt.port": None})
    assert (config.mqtt.host, config.mqtt.port, config.mqtt.base_topic) == ("flag", 2, "file")


def test_the_environment_is_this_process_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}MQTT__TLS", "true")
    assert load().mqtt.tls


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
        ("MQTT__PROGRAMS", "[1", "MQTT__PROGRAMS is not TOML"),
        ("MQTT__PORT__X", "1", "mqtt.port: should be a valid integer"),
        ("TREADMILLS__7__ID", "x", "treadmills.7.id: there is no such key"),
        ("TREADMILLS__X", "x", "treadmills: should be a valid tuple"),
        ("MQTT__HOSTS", "x", "mqtt.hosts: this key is unknown; did you mean host?"),
    ],
)
def test_what_the_environment_gets_wrong_is_told(
    tmp_path: Path, name: str, value: str, problem: str
) -> None:
    (found,) = problems(tmp_path, "", {PREFIX + name: value})
    assert problem in found


def test_a_path_through_a_text_is_no_path(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, 'mqtt = "x"', {f"{PREFIX}MQTT__HOST": "y"})
    assert found == "mqtt.host: there is no such key"


def test_a_file_that_is_missing_or_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read \(No such file"):
        load(tmp_path / "none.toml", {})
    (found,) = problems(tmp_path, "[mqtt")
    assert "is not TOML" in found
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="is not TOML"):
        load(tmp_path / "bytes.toml", {})


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[mqt]", "mqt: this key is unknown; did you mean mqtt?"),
        ("[guard]\nramp_up = 1", "guard.ramp_up: this key is unknown; did you mean warm_up_s?"),
        (
            "[bluetooth]\nx = 1",
            "bluetooth.x: this key is unknown; known are radio",
        ),
        (
            '[[treadmills]]\nid = "a"\n[treadmills.guard]\nmax_sped_kmh = 3',
            "treadmills[0].guard.max_sped_kmh: this key is unknown; did you mean max_speed_kmh?",
        ),
        ("[mqtt]\nport = 70000", "mqtt.port: 70000 is above 65535, the highest allowed"),
        ("[mqtt]\nversion = 4", "mqtt.version: "),
        ("[mqtt]\nport = true", "mqtt.port: must be a number"),
        ("[mqtt]\nstate_hz = 0.5", "mqtt.state_hz: 0.5 is below 1, the lowest allowed"),
        (
            '[mqtt]\nbase_topic = "a/#"',
            "mqtt.base_topic: 'a/#' is not a topic without wildcards, blanks and outer slashes, "
            "such as treadmills",
        ),
        ("[guard]\nmax_speed_kmh = nan", "guard.max_speed_kmh: nan should be a finite number"),
        ("[guard]\nmax_speed_kmh = true", "guard.max_speed_kmh: must be a number"),
        (
            "[guard]\nspeed_ramp_kmh_per_s = 0.6",
            "guard.speed_ramp_kmh_per_s: 0.6 is above 0.5, the highest allowed",
        ),
        ('[guard]\nprofile = "x"', "guard.profile: 'x' should be 'gentle', 'steady' or 'trained'"),
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
            'treadmills[0]: the id "bridge" is taken by the bridge\'s own topics; choose another',
        ),
        (
            '[[treadmills]]\nid = "a"\nname = "b"\naddress = "12:34:56:78:9A:BC"',
            "treadmills[0]: give address or name, not both",
        ),
        (
            '[[treadmills]]\nid = "a"\nname = "b"\n[[treadmills]]\nid = "a"\nname = "c"',
            "two treadmills have the id 'a'",
        ),
        (
            '[[treadmills]]\nid = "a"\nname = "b"\n[[treadmills]]\nid = "c"',
            "with more than one treadmill each needs an address or a name",
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
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    (found,) = problems(tmp_path, text)
    assert found.startswith(problem)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = '[mqtt]\nport = 0\nhots = "x"\n[guard]\nwarm_up_s = -1'
    assert problems(tmp_path, text) == [
        "mqtt.port: 0 is below 1, the lowest allowed",
        "mqtt.hots: this key is unknown; did you mean host?",
        "guard.warm_up_s: -1 is below 0, the lowest allowed",
    ]


CHOICES = {"profile", "steep", "slower", "on_disobey", "gradual"}
NUMBERS = sorted(set(Guard.model_fields) - CHOICES)


@pytest.mark.parametrize("key", NUMBERS)
def test_every_limit_has_hard_bounds_around_the_recommended_ones(tmp_path: Path, key: str) -> None:
    field = Guard.model_fields[key]
    bounds: dict[str, float] = {}
    for limit in field.metadata:
        for side in ("ge", "le"):
            if hasattr(limit, side):
                bounds[side] = getattr(limit, side)
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    wise = extra["wise"]
    assert isinstance(wise, list)
    low_wise, high_wise = float(str(wise[0])), float(str(wise[1]))
    default = low_wise if field.default is None else field.default
    assert bounds["ge"] <= low_wise <= default <= high_wise <= bounds["le"]
    (low,) = problems(tmp_path, f"[guard]\n{key} = {bounds['ge'] - 1}")
    assert "the lowest allowed" in low
    (high,) = problems(tmp_path, f"[guard]\n{key} = {bounds['le'] + 1}")
    assert "the highest allowed" in high


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "max_speed_kmh = 8\nwarm_up_speed_kmh = 9",
            "warm_up_speed_kmh 9 is above max_speed_kmh 8",
        ),
        (
            "max_speed_kmh = 3\ncool_down_speed_kmh = 5",
            "cool_down_speed_kmh 5 is above max_speed_kmh 3",
        ),
        ("max_speed_kmh = 3\nrest_speed_kmh = 5", "rest_speed_kmh 5 is above max_speed_kmh 3"),
        (
            "max_incline_percent = 1\nwarm_up_incline_percent = 2",
            "warm_up_incline_percent 2 is above max_incline_percent 1",
        ),
        (
            "steep = [{from_percent = 10}, {from_percent = 10, max_s = 300}]",
            "steep[1].from_percent 10 is in steep[0] already, with the same window_s 1800",
        ),
        (
            "steep = [{from_percent = 12, max_s = 700}, {from_percent = 10}]",
            "steep[0].max_s 700 can never be used: steep[1] allows 600 s from 10 % on",
        ),
        (
            "slower = [{from_percent = 5, max_speed_kmh = 10}, {from_percent = 5, "
            "max_speed_kmh = 9}]",
            "slower[1].from_percent 5 must be above 5, the row before",
        ),
        (
            "slower = [{from_percent = 5, max_speed_kmh = 10}, {from_percent = 8, "
            "max_speed_kmh = 12}]",
            "slower[1].max_speed_kmh 12 must be below 10, the row before",
        ),
    ],
)
@pytest.mark.parametrize("treadmill", [True, False])
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, text: str, problem: str, treadmill: bool
) -> None:
    named = '\n[[treadmills]]\nid = "a"' if treadmill else ""
    (found,) = problems(tmp_path, f"[guard]\n{text}{named}")
    assert found == f"guard{' of ' + repr('a') if treadmill else ''}: {problem}"


@pytest.mark.parametrize(
    "text",
    [
        "max_speed_kmh = 3",
        'profile = "trained"\nmax_speed_kmh = 7',
        "max_incline_percent = 0",
        "steep = [{from_percent = 8, max_s = 900}, {from_percent = 12, max_s = 300}]",
        "slower = [{from_percent = 5, max_speed_kmh = 12}, {from_percent = 8, max_speed_kmh = 9}]",
    ],
)
def test_a_default_gives_way_without_a_word(tmp_path: Path, text: str) -> None:
    config = from_toml(tmp_path, f'[guard]\n{text}\n[[treadmills]]\nid = "a"')
    assert config.guard_of(config.treadmills[0]).conflicts(set()) == []


def test_both_halves_of_a_contradiction_may_be_in_different_places(tmp_path: Path) -> None:
    text = (
        '[guard]\nwarm_up_speed_kmh = 9\n[[treadmills]]\nid = "a"\n'
        "[treadmills.guard]\nmax_speed_kmh = 8"
    )
    (found,) = problems(tmp_path, text)
    assert found == "guard of 'a': warm_up_speed_kmh 9 is above max_speed_kmh 8"


# --- profiles and overrides ----------------------------------------------------------------------


def test_gentle_is_what_the_guard_does_by_default() -> None:
    assert load(EXAMPLE, {}).guard == Guard(profile="gentle")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_sets_its_keys_and_single_keys_override(tmp_path: Path, profile: str) -> None:
    text = f'[guard]\nprofile = "{profile}"\nwarm_up_s = 200\n[[treadmills]]\nid = "a"'
    config = from_toml(tmp_path, text)
    guard = config.guard_of(config.treadmills[0])
    expected = {**Guard().model_dump(), **PROFILES[profile], "warm_up_s": 200, "profile": profile}
    assert guard.model_dump() == expected


def test_a_treadmill_s_own_keys_win_over_the_common_ones(tmp_path: Path) -> None:
    config = from_toml(
        tmp_path,
        """
        [guard]
        profile = "trained"
        max_speed_kmh = 14
        warm_up_s = 240
        [[treadmills]]
        id = "a"
        [treadmills.guard]
        profile = "steady"
        max_speed_kmh = 12
        """,
    )
    guard = config.guard_of(config.treadmills[0])
    assert (guard.profile, guard.max_speed_kmh, guard.warm_up_s) == ("steady", 12, 240)
    assert (guard.speed_ramp_kmh_per_s, guard.warm_up_speed_kmh) == (0.2, 7)


# --- warnings ------------------------------------------------------------------------------------


def test_what_is_allowed_but_not_wise_is_warned_of(tmp_path: Path) -> None:
    config = from_toml(
        tmp_path,
        """
        [guard]
        max_speed_kmh = 25
        [[guard.steep]]
        max_s = 1200
        [[guard.slower]]
        from_percent = 1
        max_speed_kmh = 9
        [[treadmills]]
        id = "a"
        [treadmills.guard]
        warm_up_s = 0
        steep = []
        """,
    )
    assert config.warnings() == [
        "guard.max_speed_kmh: 25 is outside of the recommended 3 to 20.",
        "guard.slower[0].from_percent: 1 is outside of the recommended 2 to 15.",
        "guard.steep[0].max_s: 1200 is outside of the recommended 60 to 900.",
        "guard of 'a'.steep: nothing limits the time on steep inclines.",
        "guard of 'a'.warm_up_s: 0 is outside of the recommended 180 to 1800.",
    ]


def test_the_profiles_bring_no_warnings(tmp_path: Path) -> None:
    for profile in PROFILES:
        assert from_toml(tmp_path, f'[guard]\nprofile = "{profile}"').warnings() == []


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ('host = "box"', "Set mqtt.username"),
        ('host = "box"\nusername = "a"\npassword = "b"', "Set tls = true"),
        ('host = "box"\nusername = "a"\npassword = "b"\ntls = true', None),
        ('host = "box"\ntls = true\ncert_file = "c"', "cert_file, key_file: cannot be read"),
        ('host = "127.0.0.1"', None),
    ],
)
def test_a_broker_elsewhere_wants_names_and_tls(
    tmp_path: Path, text: str, warned: str | None
) -> None:
    warnings = from_toml(tmp_path, f"[mqtt]\n{text}").warnings()
    assert len(warnings) == (warned is not None)
    assert all(warned in warning for warning in warnings if warned)


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ('username = "a"\npassword_file = "/none"', "mqtt.password_file: cannot be read"),
        ('tls = true\nca_file = "/none"', "mqtt.ca_file: cannot be read"),
        ('tls = true\nca_file = "/etc/passwd"', "mqtt.ca_file: cannot be read"),
    ],
)
def test_a_file_that_the_broker_s_connection_needs_and_that_is_of_no_use_is_warned_of(
    tmp_path: Path, text: str, warned: str
) -> None:
    (warning,) = from_toml(tmp_path, f"[mqtt]\n{text}").warnings()
    assert warning.startswith(warned)


# --- secrets and TLS -----------------------------------------------------------------------------


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    config = from_toml(tmp_path, '[mqtt]\nusername = "a"\npassword = "hush"')
    assert config.mqtt.secret() == "hush"
    assert "hush" not in repr(config) + str(config) + config.model_dump_json()


@pytest.mark.parametrize(
    "text",
    [
        '[mqtt]\npasword = "hush"',
        '[mqtt]\npassword = ["hush"]',
        '[mqtt]\npassword = "hush"',
        '[[mqtt]]\npassword = "hush"',
        '[mqtt]\npassword = { hush = "hush" }',
    ],
)
def test_a_password_in_the_wrong_place_is_not_shown_either(tmp_path: Path, text: str) -> None:
    assert "hush" not in " ".join(problems(tmp_path, text))


def test_a_password_file_is_read_anew_each_time(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("one\n")
    mqtt = from_toml(tmp_path, f'[mqtt]\nusername = "a"\npassword_file = "{secret}"').mqtt
    assert mqtt.secret() == "one"
    secret.write_text("two")
    assert mqtt.secret() == "two"
    secret.unlink()
    with pytest.raises(ConfigError, match=r"mqtt.password_file: cannot be read \(No such file"):
        mqtt.secret()


def test_without_a_password_there_is_none() -> None:
    assert Mqtt().secret() is None


def test_the_usual_port_depends_on_tls() -> None:
    assert [Mqtt().effective_port, Mqtt(tls=True).effective_port, Mqtt(port=7).effective_port] == [
        1883,
        8883,
        7,
    ]


def self_signed(directory: Path) -> Path:
    """A key and its certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
    certificate = builder.sign(key, hashes.SHA256())
    path = directory / "client.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_tls_checks_the_broker_and_shows_the_certificate(tmp_path: Path) -> None:
    client = self_signed(tmp_path)
    assert Mqtt().tls_context() is None
    context = Mqtt(tls=True, ca_file=client, cert_file=client).tls_context()
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_certificates_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "rubbish").write_text("rubbish")
    for path in (tmp_path / "none", tmp_path / "rubbish"):
        with pytest.raises(ConfigError, match=r"mqtt\.ca_file: cannot"):
            Mqtt(tls=True, ca_file=path).tls_context()


def test_the_example_is_plain_toml() -> None:
    in_comments = {"state_dir", "people", "shoes"}  # a household of one needs none of them
    assert set(tomllib.loads(EXAMPLE.read_text())) == set(Config.model_fields) - in_comments


# --- the machine ---------------------------------------------------------------------------------


def declared(machine: str, directory: Path, unit: str = "") -> Declared:
    text = f'[[treadmills]]\nid = "den"\n{unit}\n[treadmills.machine]\n{machine}'
    return from_toml(directory, text).treadmills[0].declared()


def test_nothing_said_of_a_machine_is_nothing_declared(tmp_path: Path) -> None:
    assert declared("", tmp_path) == Declared()


def test_what_the_owner_says_of_a_machine_arrives_in_wire_units(tmp_path: Path) -> None:
    said = declared(
        """
        model = "fitshow"
        target_speed_unit = "mph"
        speed_range_kmh = [0.8, 16.1, 0.1]
        incline_range_percent = [-3, 12.5, 0.5]
        speed_step_kmh = 0.32
        incline_step_percent = 1
        incline_scale = 0.1
        incline_table = [[0, 0], [1.5, 1]]
        control_request = "each_target"
        halt = "pause"
        write = "command"
        training_status = "read"
        pace_s = 1
        pairing = "first"
        status_target = "current"
        """,
        tmp_path,
    )
    assert said == Declared(
        "fitshow",
        {
            "target_speed_unit": SpeedUnit.MPH,
            "speed_range": SpeedRange(80, 1610, 10),
            "incline_range": InclineRange(-30, 125, 5),
            "speed_step": 32,
            "incline_step": 10,
            "incline_scale": 0.1,
            "incline_table": ((0, 0), (15, 10)),
            "start_before_target": True,
            "halt": HaltWord.PAUSE,
            "write": WriteType.COMMAND,
            "training_status": TrainingStatusUse.READ,
            "pace_s": 1.0,
            "pairing": Pairing.FIRST,
            "status_target": StatusTarget.CURRENT,
        },
    )
    assert said.profile("").training_status is TrainingStatusUse.READ


def test_the_speed_unit_holds_for_all_speeds_unless_one_is_named(tmp_path: Path) -> None:
    said = declared('range_speed_unit = "kmh"', tmp_path, 'speed_unit = "mph"')
    profile = said.profile("")
    assert profile.reported_speed_unit is profile.target_speed_unit is SpeedUnit.MPH
    assert profile.range_speed_unit is SpeedUnit.KMH
    assert profile.unit_known
    kmh = declared("", tmp_path, 'speed_unit = "kmh"').profile("Bowflex T9")
    assert kmh.reported_speed_unit is kmh.target_speed_unit is SpeedUnit.KMH


def test_no_model_at_all_can_be_asked_for(tmp_path: Path) -> None:
    assert declared('model = "none"', tmp_path).profile("FS-1234") == Profile()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('model = "fitshwo"', "is not one of none, simulated,"),
        ("halts = 1", "did you mean halt?"),
        ("speed_range_kmh = [5, 1, 0.1]", "speed_range_kmh is [lowest, highest, step]"),
        ("speed_range_kmh = [0, 10, 0]", "greater than 0"),
        ("incline_table = [[0, 1], [1, 0]]", "has to rise in both columns"),
        ("pace_s = 0.1", "is below 0.5, the lowest allowed"),
        ('target_speed_unit = "knots"', "'kmh' or 'mph'"),
        ("incline_scale = true", "must be a number"),
        ('start_toggles = true\ncontrol_request = "each_target"', "would be stopped by"),
    ],
)
def test_what_cannot_be_said_of_a_machine(line: str, says: str, tmp_path: Path) -> None:
    text = f'[[treadmills]]\nid = "den"\n[treadmills.machine]\n{line}'
    (problem,) = problems(tmp_path, text)
    assert says in problem
