"""Settings of the dashboard's process, as plain values that can be sent through a pipe."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from bridge.tls import client_context


@dataclass(frozen=True, slots=True)
class Broker:
    """Address and login of the broker. Paths are strings, because they come as JSON."""

    host: str
    port: int
    five: bool = False
    """Use MQTT 5; else 3.1.1, which every broker supports and which is enough for the page."""
    username: str | None = None
    password: str | None = None
    password_file: str | None = None
    tls: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    tls_server_name: str | None = None
    allow_plaintext_password: bool = False

    @property
    def effective_port(self) -> int:
        """The port, by the name that the configuration has for it."""
        return self.port

    @property
    def has_password(self) -> bool:
        """True if a password would be sent."""
        return self.username is not None and bool(self.password or self.password_file)

    def secret(self) -> str | None:
        """Return the password; a file is read each time, so that it may change.

        Raises:
            OSError: The file cannot be read.
            UnicodeDecodeError: The file is not UTF-8.
        """
        if not self.has_password:
            return None
        if self.password_file is None:
            return self.password
        return Path(self.password_file).read_text("utf-8").rstrip("\r\n")

    def tls_context(self) -> ssl.SSLContext | None:
        """Return the TLS context; None without TLS.

        Raises:
            TlsFileError: A certificate or key cannot be used.
        """
        if not self.tls:
            return None
        ca, certificate, key = (
            Path(name) if name else None for name in (self.ca_file, self.cert_file, self.key_file)
        )
        return client_context(ca, certificate, key, self.tls_server_name)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings.

    Attributes:
        more_ports: number of ports after `port` to try if it is taken.
        password_hash: from `bridge.passwords`; None needs no password.
        hosts: host names that browsers may use, besides IP addresses and this computer's own.
        history: file of past sessions; None if they are not on this computer.
        key_file: file with the key that signs logins; None keeps a key in memory.
        units: the owner's unit of speed, `km/h` or `mph`; the page converts what it shows.
        ends_with_stdin: True to end when standard input closes, because the parent has ended.
    """

    broker: Broker
    base_topic: str
    address: str
    port: int
    more_ports: int = 0
    password_hash: str | None = None
    hosts: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    shoes: tuple[str, ...] = ()
    metrics: bool = False
    history: str | None = None
    key_file: str | None = None
    units: str = "km/h"
    ends_with_stdin: bool = False

    def encode(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, line: str) -> Self:
        """Read what `encode` wrote.

        Raises:
            ValueError: The line is not JSON.
            TypeError: A key is unknown.
        """
        document: Mapping[str, Any] = json.loads(line)
        lists = {key: tuple(document[key]) for key in ("hosts", "people", "shoes")}
        return cls(**{**document, **lists, "broker": Broker(**document["broker"])})
