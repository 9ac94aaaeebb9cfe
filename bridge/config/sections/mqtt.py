"""`[mqtt]`: the broker, and which command sources count as programs."""

import os
import ssl
import stat
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from bridge.config.errors import ConfigError
from bridge.config.section import (
    Boolean,
    Filled,
    Number,
    PathName,
    Section,
    agreed,
    is_number,
    unreadable,
)
from bridge.config.sections.tls import client_context
from bridge.names import OWN
from bridge.redaction import hide

CREDENTIAL = "mqtt-password"
"""The name of the systemd credential with the password."""

_NOT_IN_HOSTS = frozenset(" \"'")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

Topic = Annotated[
    str, Field(pattern=r"^[^/+#$\s\x00][^/+#\s\x00]*(/[^/+#\s\x00]+)*$", max_length=128)
]
TOPIC = "a topic without wildcards, spaces and outer slashes, such as treadmills"


def _host_alone(host: str) -> str:
    """Refuse a host with a scheme or port, which people copy from other programs."""
    if "/" in host:
        message = (
            f"{host!r} is a URL; write only the host, such as broker.local. The port goes in the "
            "key port; for mqtts:// set tls = true"
        )
        raise ValueError(message)
    if host.count(":") == 1:
        message = f"{host!r} has a port; write only the host, and set the key port"
        raise ValueError(message)
    if not host.isprintable() or not _NOT_IN_HOSTS.isdisjoint(host):
        message = f"{host!r} is not a host; write a name or an address, such as broker.local"
        raise ValueError(message)
    return host


def host_and_port(text: str) -> tuple[str, int | None]:
    """Split what people type for a broker: HOST, HOST:PORT, an IPv6 address, or an mqtt:// URL.

    Raises:
        ValueError: It is none of these; the sentence says what to write.
    """
    bare = text.strip().removeprefix("mqtt://").rstrip("/")
    address, separator, number = bare.rpartition(":")
    host, port = bare, None
    if separator and not bare.endswith("]") and ("[" in address or ":" not in address):
        host, port = address, int(number) if number.isdecimal() else 0
    host = host.removeprefix("[").removesuffix("]")
    broken = ":" in host and not _is_ipv6(host)
    if not host or broken or (port is not None and not 0 < port < 65536):
        message = f"{text!r} is not a broker; write HOST or HOST:PORT, such as localhost:1883"
        raise ValueError(message)
    return host, port


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True


def _source_name(name: str) -> str:
    """Refuse a name that no source can have: it ends at the first colon of a source."""
    name = name.strip()
    if ":" in name:
        message = f"{name!r} has a colon; write only what is before it: {name.partition(':')[0]}"
        raise ValueError(message)
    return name


class Mqtt(Section):
    """`[mqtt]`: the broker, and which command sources count as programs."""

    host: Annotated[str, Field(min_length=1), AfterValidator(_host_alone)] = "localhost"
    port: Annotated[int, BeforeValidator(is_number), Field(ge=1, le=65535)] | None = None
    version: Annotated[Literal["auto", "5", "3.1.1"], BeforeValidator(str)] = "auto"
    username: Filled | None = None
    password: SecretStr | None = None
    password_file: PathName | None = None
    tls: Boolean = False
    ca_file: PathName | None = None
    cert_file: PathName | None = None
    key_file: PathName | None = None
    tls_server_name: Filled | None = None
    allow_plaintext_password: Boolean = False
    base_topic: Topic = Field(default="treadmills", description=TOPIC)
    discovery_prefix: Topic = Field(default="homeassistant", description=TOPIC)
    state_hz: Annotated[Number, Field(ge=1, le=5)] = 1.0
    commands_per_s: Annotated[Number, Field(ge=1, le=50)] = 10.0
    programs: tuple[Annotated[Filled, AfterValidator(_source_name)], ...] = (
        "workout",
        "automation",
        "program",
        "zwift",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = [
            f"{key}: {OWN}/ is reserved for the bridge's own echo; choose another"
            for key in ("base_topic", "discovery_prefix")
            if getattr(self, key).partition("/")[0] == OWN
        ]
        announced = f"{self.discovery_prefix}/device"
        if f"{announced}/".startswith(f"{self.base_topic}/") or self.base_topic.startswith(
            f"{announced}/"
        ):
            problems.append(
                f"base_topic {self.base_topic!r} and Home Assistant's topics below {announced!r} "
                "must not contain each other; choose another base_topic, such as treadmills"
            )
        if self.password is not None and self.password_file is not None:
            problems.append("give password or password_file, not both")
        if (self.password or self.password_file) and self.username is None:
            problems.append("a password needs a username")
        if self.key_file and not self.cert_file:
            problems.append("key_file needs cert_file")
        if not self.tls and (self.ca_file or self.cert_file):
            problems.append("ca_file and cert_file need tls = true")
        if not self.tls and self.tls_server_name:
            problems.append("tls_server_name needs tls = true")
        return agreed(self, problems)

    @property
    def effective_port(self) -> int:
        """The configured port, else the standard one."""
        return self.port or (8883 if self.tls else 1883)

    @property
    def has_password(self) -> bool:
        """True if a password is configured or handed over as a credential."""
        given = self.password or self.password_file or _credential()
        return self.username is not None and given is not None

    @property
    def password_path(self) -> Path | None:
        """Path of the password's file: the configured one, else systemd's credential; None without.

        If only root may read the configured file, the credential is used.
        """
        configured, credential = self.password_file, _credential()
        if configured is None or credential is None:
            return configured or credential
        return configured if os.access(configured.expanduser(), os.R_OK) else credential

    def secret(self) -> str | None:
        """Return the password; None without one. A file is read each time, so that it may change.

        Without `password` and `password_file`, or if only root may read the file, it comes from
        systemd's credential `mqtt-password`.

        Raises:
            ConfigError: The file cannot be read.
        """
        if not self.has_password:
            return None
        if self.password is not None:
            return hide(self.password.get_secret_value())
        path = self.password_path
        assert path is not None  # noqa: S101 - guaranteed by has_password
        try:
            return hide(path.expanduser().read_text("utf-8").rstrip("\r\n"))
        except (OSError, UnicodeDecodeError) as error:
            name = "mqtt.password_file" if self.password_file else f"the credential {CREDENTIAL}"
            raise ConfigError([f"{name}: {unreadable(error)}"]) from error

    def tls_context(self) -> ssl.SSLContext | None:
        """Return the TLS context; None without TLS.

        Raises:
            ConfigError: A certificate or key cannot be read or is invalid.
        """
        if not self.tls:
            return None
        return client_context(self.ca_file, self.cert_file, self.key_file, self.tls_server_name)

    def warnings(self) -> list[str]:
        """Return values that are allowed but unwise, one sentence each."""
        return [*self._about_strangers(), *self._about_files()]

    def _about_strangers(self) -> list[str]:
        if self.host in _LOCAL_HOSTS:
            return []
        if self.username is None and self.cert_file is None:
            return [
                f"mqtt.host: {self.host} is another computer, and the bridge connects without user "
                "name; anyone on that network may be able to move the belt. Set mqtt.username."
            ]
        if not self.tls:
            return [f"mqtt.tls: the password is sent to {self.host} unencrypted. Set tls = true."]
        return []

    def _about_files(self) -> list[str]:
        found = []
        # A file may still appear, so the bridge waits for it and only warns.
        for use in (self.secret, self.tls_context):
            try:
                use()
            except ConfigError as error:
                found += [f"{problem}." for problem in error.problems]
        for name in ("password_file", "key_file"):
            path: Path | None = getattr(self, name)
            if path is not None and _is_open_to_all(path.expanduser()):
                found.append(f"mqtt.{name}: every user can read {path}. Run chmod o-r on it.")
        if self.username is None and _credential() is not None:
            found.append(f"mqtt.username: the credential {CREDENTIAL} needs a user name. Set it.")
        return found


def _credential() -> Path | None:
    """Return the credential file that systemd provides to this service; None without one."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(directory, CREDENTIAL) if directory else None
    return path if path is not None and path.exists() else None


def _is_open_to_all(path: Path) -> bool:
    """True for a file that every user can read."""
    try:
        return path.is_file() and bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
