"""Converts the configuration to the dashboard's settings. The dashboard never imports this."""

import sys
from importlib.util import find_spec
from pathlib import Path

from bridge.config import Config
from bridge.dashboard.settings import Broker, Settings
from bridge.extras import install_line

PROGRAM = (sys.executable, "-P", "-m", "bridge.dashboard")
"""Command line of the server process; it reads its settings from standard input."""

KEY = "dashboard.key"
"""File in the state directory with the key that signs logins."""


def settings_of(config: Config, history: str) -> Settings:
    """Convert the configuration to plain settings for the dashboard's process.

    Args:
        config: the owner's configuration.
        history: name of the file of past sessions, in its directory.
    """
    mqtt, page = config.mqtt, config.dashboard
    path = None if mqtt.password else mqtt.password_path
    past = (page.history_dir or config.state_directory()) / history
    return Settings(
        broker=Broker(
            mqtt.host,
            mqtt.effective_port,
            five=mqtt.version == "5",
            username=mqtt.username,
            password=mqtt.password.get_secret_value() if mqtt.password else None,
            password_file=_path(path),
            tls=mqtt.tls,
            ca_file=_path(mqtt.ca_file),
            cert_file=_path(mqtt.cert_file),
            key_file=_path(mqtt.key_file),
            tls_server_name=mqtt.tls_server_name,
            allow_plaintext_password=mqtt.allow_plaintext_password,
        ),
        base_topic=mqtt.base_topic,
        address=page.address,
        port=page.port,
        password_hash=page.password_hash.get_secret_value() if page.password_hash else None,
        hosts=page.hosts,
        people=tuple(person.name for person in config.people),
        shoes=tuple(pair.name for pair in config.shoes),
        metrics=page.metrics,
        units=config.units.value,
        history=_path(past),
        key_file=_path(config.state_directory() / KEY) if page.password_hash else None,
    )


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path.expanduser())


def missing_extra(*, metrics: bool) -> str | None:
    """Return how to install a missing extra; None if everything is installed."""
    needed = {"starlette": "dashboard", "uvicorn": "dashboard"}
    if metrics:
        needed["prometheus_client"] = "metrics"
    for module, extra in needed.items():
        if find_spec(module) is None:
            return f"the page needs its extra: {install_line(extra)}"
    return None
