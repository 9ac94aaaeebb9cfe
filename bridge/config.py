"""The configuration: a TOML file, the environment and flags, in that order; the last wins.

What is wrong is told in one readable line per problem, and all of it at once. What is allowed but
not wise comes as warnings.
"""

import os
import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from bridge.config_errors import ConfigError, explain

DEFAULT_PATH = Path("/etc/treadmill-bridge/config.toml")
ENVIRONMENT_PREFIX = "TREADMILL_BRIDGE__"

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        message = "must be a number"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors only
    return value


Number = Annotated[float, BeforeValidator(_no_boolean)]
Topic = Annotated[
    str, Field(pattern=r"^[^/+#$\s\x00][^/+#\s\x00]*(/[^/+#\s\x00]+)*$", max_length=128)
]
_TOPIC = "a topic without wildcards, blanks and outer slashes, such as treadmills"


class Section(BaseModel):
    """What all sections share: no unknown keys, no infinite numbers, no change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )


_Section = TypeVar("_Section", bound=Section)


def _agreed(section: _Section, problems: list[str]) -> _Section:
    if problems:
        raise ValueError("; ".join(problems))
    return section


class Mqtt(Section):
    """`[mqtt]`: the broker, and who among its clients counts as a program."""

    host: Annotated[str, Field(min_length=1)] = "localhost"
    port: Annotated[int, BeforeValidator(_no_boolean), Field(ge=1, le=65535)] | None = None
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    base_topic: Topic = Field(default="treadmills", description=_TOPIC)
    discovery_prefix: Topic = Field(default="homeassistant", description=_TOPIC)
    state_hz: Annotated[Number, Field(ge=1, le=5)] = 1.0
    programs: tuple[str, ...] = ("workout", "automation", "program", "zwift")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        if self.password is not None and self.password_file is not None:
            problems.append("give password or password_file, not both")
        if (self.password or self.password_file) and self.username is None:
            problems.append("a password needs a username")
        if self.key_file and not self.cert_file:
            problems.append("key_file needs cert_file")
        if not self.tls and (self.ca_file or self.cert_file):
            problems.append("ca_file and cert_file need tls = true")
        return _agreed(self, problems)

    @property
    def effective_port(self) -> int:
        """The port, or the usual one."""
        return self.port or (8883 if self.tls else 1883)

    def secret(self) -> str | None:
        """The password; read anew each time, so that it may be changed.

        Raises:
            ConfigError: The password file cannot be read.
        """
        if self.password_file is None:
            return self.password.get_secret_value() if self.password else None
        try:
            return self.password_file.expanduser().read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError([f"mqtt.password_file: {_unreadable(error)}"]) from error

    def tls_context(self) -> ssl.SSLContext | None:
        """What TLS needs, or None without TLS.

        Raises:
            ConfigError: A certificate or key cannot be read or is none.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file:
                context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:  # ssl.SSLError is one
            message = f"mqtt.ca_file, cert_file or key_file: {_unreadable(error)}"
            raise ConfigError([message]) from error
        return context


class Bluetooth(Section):
    """`[bluetooth]`: `system`, or a bumble transport (`tcp-client:127.0.0.1:7300`, `usb:0`, …)."""

    radio: Annotated[str, Field(min_length=1)] = "system"


def _key(default: float, hard: tuple[float, float], wise: tuple[float, float]) -> Any:
    """A number within hard bounds (else refused), best within the wise ones (else a warning)."""
    return Field(default, ge=hard[0], le=hard[1], json_schema_extra={"wise": [*wise]})


class SteepTier(Section):
    """At or above `from_percent` for at most `max_s` in any `window_s`, then `then_percent`."""

    from_percent: Number = _key(10.0, hard=(3, 40), wise=(6, 12))
    max_s: Number = _key(600.0, hard=(10, 3600), wise=(60, 900))
    window_s: Number = _key(1800.0, hard=(60, 86_400), wise=(1200, 7200))
    then_percent: Number = _key(5.0, hard=(0, 39), wise=(0, 8))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        if self.then_percent >= self.from_percent:
            problems.append("then_percent must be below from_percent")
        if self.max_s >= self.window_s:
            problems.append("max_s must be below window_s")
        return _agreed(self, problems)


class Guard(Section):
    """`[guard]`: the limits of one treadmill. The defaults are the profile `gentle`."""

    profile: Literal["gentle", "steady", "trained"] = "gentle"
    max_speed_kmh: Number = _key(16.0, hard=(1, 25), wise=(3, 20))
    max_incline_percent: Number = _key(15.0, hard=(0, 40), wise=(0, 15))
    min_incline_percent: Number = _key(0.0, hard=(-10, 0), wise=(-3, 0))
    speed_ramp_kmh_per_s: Number = _key(0.1, hard=(0.01, 0.5), wise=(0.02, 0.2))
    incline_ramp_percent_per_s: Number = _key(0.1, hard=(0.01, 0.5), wise=(0.02, 0.2))
    speed_easing_kmh_per_s: Number = _key(1.0, hard=(0.2, 2), wise=(0.5, 1.5))
    incline_easing_percent_per_s: Number = _key(0.5, hard=(0.1, 2), wise=(0.25, 1))
    warm_up_s: Number = _key(300.0, hard=(0, 3600), wise=(180, 1800))
    warm_up_speed_kmh: Number = _key(6.0, hard=(1, 12), wise=(2, 8))
    warm_up_incline_percent: Number = _key(2.0, hard=(0, 10), wise=(0, 4))
    steep: Annotated[tuple[SteepTier, ...], Field(max_length=8)] = (SteepTier(),)
    cool_down_s: Number = _key(300.0, hard=(0, 1800), wise=(120, 900))
    cool_down_speed_kmh: Number = _key(4.0, hard=(1, 8), wise=(2, 6))
    cool_down_incline_percent: Number = _key(0.0, hard=(0, 10), wise=(0, 2))
    stale_hold_s: Number = _key(3.0, hard=(1, 5), wise=(2, 4))
    stale_fault_s: Number = _key(10.0, hard=(5, 30), wise=(5, 15))

    def conflicts(self) -> list[str]:
        """Keys that do not fit together, once those of the profile and of `[guard]` are in."""
        if self.stale_fault_s <= self.stale_hold_s:
            return ["stale_fault_s must be above stale_hold_s"]
        return []


PROFILES: Mapping[str, Mapping[str, float]] = {
    "gentle": {},
    "steady": {"speed_ramp_kmh_per_s": 0.2, "warm_up_speed_kmh": 7.0},
    "trained": {
        "speed_ramp_kmh_per_s": 0.5,
        "incline_ramp_percent_per_s": 0.2,
        "warm_up_speed_kmh": 8.0,
    },
}
"""Where a profile differs from the defaults."""


class Treadmill(Section):
    """One of `[[treadmills]]`: which machine, and what may be done to it from afar."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="1 to 64 letters, digits, _ or -")
    address: str | None = Field(
        default=None,
        pattern=r"^([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f-]{36})$",
        description="a Bluetooth address such as 12:34:56:78:9A:BC",
    )
    name: Annotated[str, Field(min_length=1)] | None = None
    control: Literal["on_demand", "never"] = "on_demand"
    connect: Literal["always", "on_demand"] = "always"
    allow_remote_start: bool = False
    speed_unit: Literal["auto", "kmh"] = "auto"
    guard: Guard = Guard()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        if self.id == "bridge":
            problems.append('the id "bridge" is taken by the bridge\'s own topics; choose another')
        if self.address and self.name:
            problems.append("give address or name, not both")
        return _agreed(self, problems)


class Config(Section):
    """All of it."""

    mqtt: Mqtt = Mqtt()
    bluetooth: Bluetooth = Bluetooth()
    guard: Guard = Guard()
    treadmills: tuple[Treadmill, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        for key in ("id", "address", "name"):
            values = [getattr(treadmill, key) for treadmill in self.treadmills]
            twice = {v for v in values if v is not None and values.count(v) > 1}
            problems += [f"two treadmills have the {key} {value!r}" for value in sorted(twice)]
        if len(self.treadmills) > 1 and any(not (t.address or t.name) for t in self.treadmills):
            problems.append("with more than one treadmill each needs an address or a name")
        for treadmill in self.treadmills:
            conflicts = self.guard_of(treadmill).conflicts()
            problems += [f"guard of {treadmill.id!r}: {conflict}" for conflict in conflicts]
        return _agreed(self, problems)

    def guard_of(self, treadmill: Treadmill) -> Guard:
        """The limits of one treadmill: its own keys, else `[guard]`'s, else the profile's."""
        own, common = _given(treadmill.guard), _given(self.guard)
        profile = str(own.get("profile", common.get("profile", "gentle")))
        return Guard.model_validate({**PROFILES[profile], **common, **own})

    def warnings(self) -> list[str]:
        """What is allowed, but not wise: one sentence each."""
        return [
            *_mqtt_warnings(self.mqtt),
            *_unwise(self.guard, "guard"),
            *(
                warning
                for treadmill in self.treadmills
                for warning in _unwise(treadmill.guard, f"guard of {treadmill.id!r}")
            ),
        ]


def load(
    path: Path | None = None,
    env: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Config:
    """Read the configuration from a file, then the environment, then flags.

    Args:
        path: The TOML file; None for none.
        env: Variables such as `TREADMILL_BRIDGE__MQTT__HOST`; by default those of this process.
        overrides: Flags by dotted key, such as `mqtt.host`; None values count as not given.

    Raises:
        ConfigError: With one line per problem.
    """
    document = _read(path) if path else {}
    for name, text in sorted((os.environ if env is None else env).items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            keys = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
            _put(document, keys, _from_text(name, text))
    for key, value in (overrides or {}).items():
        if value is not None:
            _put(document, key.split("."), value)
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError(explain(error, document, Config)) from None


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: {_unreadable(error)}"]) from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise ConfigError([f"{path} is not TOML: {error}"]) from error


def _from_text(name: str, text: str) -> object:
    """A variable's value: text, or TOML where it looks like a list or a table."""
    if not text.startswith(("[", "{")):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{name} is not TOML: {error}"]) from error


def _put(document: dict[str, object], keys: list[str], value: object) -> None:
    """Set a key deep in the document; a number picks an entry of a list, or the next one."""
    node: Any = document
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        place: Any = key
        if isinstance(node, list) and key.isdecimal() and int(key) <= len(node):
            place = int(key)
            if place == len(node):
                node.append({})
        elif not isinstance(node, dict):
            raise ConfigError([f"{'.'.join(keys)}: there is no such key"])
        if following is None:
            node[place] = value
            return
        if isinstance(node, dict):
            node.setdefault(place, [] if following.isdecimal() else {})
        node = node[place]


def _given(guard: Guard) -> dict[str, object]:
    return {key: getattr(guard, key) for key in guard.model_fields_set}


def _unreadable(error: Exception) -> str:
    return f"cannot be read ({getattr(error, 'strerror', None) or error})"


def _mqtt_warnings(mqtt: Mqtt) -> list[str]:
    if mqtt.host in _LOCAL_HOSTS:
        return []
    if mqtt.username is None and mqtt.cert_file is None:
        return [
            f"mqtt.host: {mqtt.host} is another computer and lets the bridge in without a name; "
            "whoever is on that network may be able to move the belt. Set mqtt.username."
        ]
    if not mqtt.tls:
        return [
            f"mqtt.tls: anyone on the way to {mqtt.host} can read the password. Set tls = true."
        ]
    return []


def _unwise(section: Guard | SteepTier, name: str) -> list[str]:
    found = []
    for key in sorted(section.model_fields_set):
        value = getattr(section, key)
        if key == "steep":
            if not value:
                found.append(f"{name}.steep: nothing limits the time on steep inclines.")
            for number, tier in enumerate(value):
                found += _unwise(tier, f"{name}.steep[{number}]")
        extra: Any = type(section).model_fields[key].json_schema_extra
        if extra:
            low, high = extra["wise"]
            if not low <= value <= high:
                found.append(
                    f"{name}.{key}: {value:g} is outside of the recommended {low:g} to {high:g}."
                )
    return found
