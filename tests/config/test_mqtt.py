"""The configuration of the broker: its secrets, TLS, and what it is warned of."""

import ssl
from pathlib import Path

import pytest

from bridge.config import ConfigError, Mqtt, host_and_port
from tests.rigs.certificates import Authority
from tests.rigs.configs import from_toml, problems


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
def test_broker_on_another_computer_without_password_or_tls_is_warned_of(
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
        (
            'tls = true\nca_file = "/etc/passwd"',
            "mqtt.ca_file: cannot be read (no certificate in PEM format is there).",
        ),
        (
            'tls = true\ncert_file = "/etc/passwd"',
            "mqtt.cert_file, key_file: cannot be read (no certificate, or no key, in PEM format is "
            "there).",
        ),
    ],
)
def test_unreadable_file_for_the_connection_is_warned_of(
    tmp_path: Path, text: str, warned: str
) -> None:
    (warning,) = from_toml(tmp_path, f"[mqtt]\n{text}").warnings()
    assert warning.startswith(warned)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("zwift:ride", "'zwift:ride' has a colon; write only what is before it: zwift"),
        (" ", "empty"),
    ],
)
def test_program_name_that_is_no_valid_source_is_refused(
    tmp_path: Path, name: str, told: str
) -> None:
    (found,) = problems(tmp_path, f'[mqtt]\nprograms = ["workout", "{name}"]')
    assert found.startswith("mqtt.programs[1]: ")
    assert told in found


@pytest.mark.parametrize("topic", ["treadmills/den/set/belt", "treadmill-bridge/echo/treadmills"])
def test_birth_topic_inside_the_base_topic_is_refused(tmp_path: Path, topic: str) -> None:
    (found,) = problems(tmp_path, f'[home_assistant]\nbirth_topic = "{topic}"')
    assert found == f"home_assistant.birth_topic: {topic!r} is one of the bridge's own topics"


def test_birth_topic_outside_the_base_topic_is_accepted(tmp_path: Path) -> None:
    text = '[mqtt]\nbase_topic = "homeassistant"\ndiscovery_prefix = "ha"\n'
    assert from_toml(tmp_path, text).home_assistant.birth_topic == "homeassistant/status"


@pytest.mark.parametrize(
    ("base", "prefix"),
    [
        ("homeassistant", "homeassistant"),
        ("homeassistant/device", "homeassistant"),
        ("homeassistant/device/gym", "homeassistant"),
        ("gym", "gym/announced"),
    ],
)
def test_base_topic_that_shares_topics_with_discovery_is_refused(
    tmp_path: Path, base: str, prefix: str
) -> None:
    text = f'[mqtt]\nbase_topic = "{base}"\ndiscovery_prefix = "{prefix}"\n'
    (found,) = problems(tmp_path, text)
    assert found == (
        f"mqtt: base_topic {base!r} and Home Assistant's topics below {prefix + '/device'!r} must "
        "not contain each other; choose another base_topic, such as treadmills"
    )


@pytest.mark.parametrize(
    ("base", "prefix"),
    [("homeassistant/gym", "homeassistant"), ("home", "homeassistant"), ("a/devices", "a")],
)
def test_base_topic_outside_the_discovery_topics_is_accepted(
    tmp_path: Path, base: str, prefix: str
) -> None:
    text = f'[mqtt]\nbase_topic = "{base}"\ndiscovery_prefix = "{prefix}"\n'
    assert from_toml(tmp_path, text).mqtt.base_topic == base


def test_program_name_is_stripped_of_blanks(tmp_path: Path) -> None:
    assert from_toml(tmp_path, '[mqtt]\nprograms = [" zwift "]').mqtt.programs == ("zwift",)


def test_password_is_absent_from_repr_and_json(tmp_path: Path) -> None:
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
def test_problem_about_a_misplaced_password_does_not_show_it(tmp_path: Path, text: str) -> None:
    assert "hush" not in " ".join(problems(tmp_path, text))


def test_password_file_is_read_again_at_each_use(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("one\n")
    mqtt = from_toml(tmp_path, f'[mqtt]\nusername = "a"\npassword_file = "{secret}"').mqtt
    assert mqtt.secret() == "one"
    secret.write_text("two")
    assert mqtt.secret() == "two"
    secret.unlink()
    with pytest.raises(ConfigError, match=r"mqtt.password_file: cannot be read \(No such file"):
        mqtt.secret()


def test_default_mqtt_port_depends_on_tls() -> None:
    assert [Mqtt().effective_port, Mqtt(tls=True).effective_port, Mqtt(port=7).effective_port] == [
        1883,
        8883,
        7,
    ]


def test_tls_checks_the_broker_and_shows_the_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.issue("client")
    both = tmp_path / "client.pem"
    both.write_bytes(own.key.read_bytes() + own.certificate.read_bytes())
    assert Mqtt().tls_context() is None
    context = Mqtt(tls=True, ca_file=authority.path, cert_file=both).tls_context()
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_key_of_another_certificate_is_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.issue("one"), authority.issue("other")
    with pytest.raises(ConfigError, match="the key is not that of the certificate"):
        Mqtt(tls=True, cert_file=one.certificate, key_file=other.key).tls_context()


def test_unreadable_ca_file_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "rubbish").write_text("rubbish")
    for path in (tmp_path / "none", tmp_path / "rubbish"):
        with pytest.raises(ConfigError, match=r"mqtt\.ca_file: cannot"):
            Mqtt(tls=True, ca_file=path).tls_context()


@pytest.mark.parametrize("key", ["base_topic", "discovery_prefix"])
@pytest.mark.parametrize("topic", ["treadmill-bridge", "treadmill-bridge/echo"])
def test_base_topic_that_contains_the_echo_topic_is_refused(
    tmp_path: Path, key: str, topic: str
) -> None:
    (problem,) = problems(tmp_path, f'[mqtt]\n{key} = "{topic}"')
    assert "choose another" in problem


@pytest.mark.parametrize(
    ("typed", "host", "port"),
    [
        ("broker.lan", "broker.lan", None),
        (" broker.lan:1884 ", "broker.lan", 1884),
        ("mqtt://broker.lan:1884/", "broker.lan", 1884),
        ("[::1]:1884", "::1", 1884),
        ("[::1]", "::1", None),
        ("fe80::1", "fe80::1", None),
    ],
)
def test_broker_address_is_parsed_with_or_without_a_port(
    typed: str, host: str, port: int | None
) -> None:
    assert host_and_port(typed) == (host, port)


@pytest.mark.parametrize(
    "typed", ["", ":1883", "broker:", "broker:0", "broker:65536", "a:b", "x:y:z", "[x:y]:1883"]
)
def test_invalid_broker_address_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(ValueError, match="write HOST or HOST:PORT, such as localhost:1883"):
        host_and_port(typed)
