"""`[mqtt]`: the broker, and who among its clients counts as a program."""

import ssl
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from bridge.config.errors import ConfigError
from bridge.config.section import Number, Section, agreed, no_boolean, unreadable
from bridge.redaction import hide

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

Topic = Annotated[
    str, Field(pattern=r"^[^/+#$\s\x00][^/+#\s\x00]*(/[^/+#\s\x00]+)*$", max_length=128)
]
_TOPIC = "a topic without wildcards, blanks and outer slashes, such as treadmills"


class Mqtt(Section):
    """`[mqtt]`: the broker, and who among its clients counts as a program."""

    host: Annotated[str, Field(min_length=1)] = "localhost"
    port: Annotated[int, BeforeValidator(no_boolean), Field(ge=1, le=65535)] | None = None
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
        return agreed(self, problems)

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
            return hide(self.password.get_secret_value()) if self.password else None
        try:
            return hide(self.password_file.expanduser().read_text("utf-8").rstrip("\r\n"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError([f"mqtt.password_file: {unreadable(error)}"]) from error

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
            message = f"mqtt.ca_file, cert_file or key_file: {unreadable(error)}"
            raise ConfigError([message]) from error
        return context

    def warnings(self) -> list[str]:
        """What is allowed, but not wise: one sentence each."""
        if self.host in _LOCAL_HOSTS:
            return []
        if self.username is None and self.cert_file is None:
            return [
                f"mqtt.host: {self.host} is another computer and lets the bridge in without a "
                "name; whoever is on that network may be able to move the belt. Set mqtt.username."
            ]
        if not self.tls:
            return [
                f"mqtt.tls: anyone on the way to {self.host} can read the password. Set tls = true."
            ]
        return []
