"""Creation of the MQTT client: identity, encryption and protocol version."""

import asyncio
import secrets

import structlog

from bridge.config import Mqtt
from bridge.mqtt.advice import WRONG_CREDENTIALS
from bridge.mqtt.exposure import check_password_stays_private
from bridge.mqtt.transport import Connection, Endpoint, MqttError, Receive, Version, Will

KEEPALIVE_S = 5
TIMEOUT_S = 5.0

log = structlog.get_logger()


def new_identity() -> str:
    """Return a client id that no other bridge has."""
    return f"treadmill-bridge-{secrets.token_hex(4)}"


async def make_client(
    settings: Mqtt,
    identity: str,
    version: Version,
    *,
    keepalive_s: int = KEEPALIVE_S,
    will: Will | None = None,
    receive: Receive | None = None,
) -> Connection:
    """Create a client that is not yet connected.

    Raises:
        ConfigError: A file of the configuration cannot be used.
        PlaintextPasswordError: The password would be sent in plain text over a public network.
    """
    await check_password_stays_private(settings)
    endpoint = Endpoint(
        settings.host,
        settings.effective_port,
        settings.username,
        settings.secret(),
        await asyncio.to_thread(settings.tls_context) if settings.tls else None,
    )
    return Connection(
        endpoint,
        identity,
        version,
        keepalive_s=keepalive_s,
        timeout_s=TIMEOUT_S,
        will=will,
        receive=receive,
    )


async def find_version(settings: Mqtt, identity: str, *, doubt: bool = False) -> Version:
    """Return the configured MQTT version, or probe the broker with MQTT 5.

    If the failure may be due to the version, return 3.1.1. The probe has no will, because brokers
    without MQTT 5 misread one and then wait. With `doubt`, silence does not count as a refusal of
    the version: a broker that was busy or away is probed again.

    Raises:
        MqttError: The broker cannot be reached, or refuses the login.
    """
    if settings.version != "auto":
        return Version(settings.version)
    try:
        async with await make_client(settings, identity, Version.V5):
            return Version.V5
    except MqttError as error:
        if not _may_be_the_version(error):
            raise
        if doubt and not error.refused:
            async with await make_client(settings, identity, Version.V311):
                pass
            return await find_version(settings, identity)
        log.info("mqtt_no_version_5", reason=str(error))
        return Version.V311


def _may_be_the_version(error: MqttError) -> bool:
    """True if another MQTT version may help: this one was refused or unanswered."""
    if error.refused:
        return error.code not in WRONG_CREDENTIALS
    return error.timed_out
