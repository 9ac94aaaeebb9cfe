"""Advice on a failed connection, in one sentence. Pure."""

import socket
import ssl
from collections.abc import Iterator
from typing import Protocol

from bridge.mqtt.exposure import PlaintextPasswordError
from bridge.mqtt.rivals import RivalError
from bridge.mqtt.transport import MqttError

# Reason codes for bad credentials: another MQTT version would not help.
WRONG_CREDENTIALS = frozenset({4, 5, 134, 135, 140})

_TAKEN_OVER = 142
"""Session taken over (MQTT 5); MQTT 3.1.1 only closes the connection."""

_EXPIRED, _NOT_YET = 10, 9
_WRONG_NAME = frozenset({62, 64})
"""OpenSSL's X509_V_ERR_*: certificate has expired, is not yet valid; host name, IP mismatch."""


class Place(Protocol):
    """Where the broker is, and how it is connected."""

    @property
    def host(self) -> str:
        """Host name or address."""
        ...

    @property
    def effective_port(self) -> int:
        """The configured port, else the standard one."""
        ...

    @property
    def tls(self) -> bool:
        """True if the connection is encrypted."""
        ...

    @property
    def tls_server_name(self) -> str | None:
        """Name that the certificate must have, if not the host."""
        ...


def advice(error: Exception, settings: Place) -> str:
    """Return what the owner can do."""
    where = f"{settings.host}:{settings.effective_port}"
    for cause in _causes(error):
        if isinstance(cause, MqttError) and cause.refused:
            return _about_refusal(cause)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _about_certificate(cause, settings)
        if isinstance(cause, socket.gaierror):
            return f"the name {settings.host} does not resolve; check mqtt.host, or use its address"
        if isinstance(cause, PlaintextPasswordError):
            return "see docs/operations.md, chapter Security"
    if taken_over(error):
        return "another client connected with the bridge's client id; the bridge uses a new one"
    if isinstance(error, RivalError):
        return "stop one of the two, or give this one another id (or another mqtt.base_topic)"
    if isinstance(error, MqttError):
        tls = (
            ", that it speaks TLS there, and, if it requires a client certificate, "
            "that mqtt.cert_file is one it accepts"
            if settings.tls
            else "; if it requires TLS, set mqtt.tls"
        )
        return f"check that the broker runs and listens at {where} (mqtt.host, mqtt.port){tls}"
    return "check the [mqtt] section of the configuration"


def taken_over(error: Exception) -> bool:
    """True if the broker closed the connection because another client used its client id."""
    return any(isinstance(each, MqttError) and each.code == _TAKEN_OVER for each in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    # The MQTT library raises its error from None; the cause is only in its context.
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _about_refusal(error: MqttError) -> str:
    if error.code in WRONG_CREDENTIALS:
        return (
            "check mqtt.username and its password (mqtt.password_file, or the credential "
            "mqtt-password) against the broker's users"
        )
    return "the broker refuses the bridge; its log has the reason"


def _about_certificate(error: ssl.SSLCertVerificationError, settings: Place) -> str:
    if error.verify_code in _WRONG_NAME:
        asked = settings.tls_server_name or settings.host
        return (
            f"the broker's certificate is not for {asked}; set mqtt.host to a name that is in it, "
            "or set mqtt.tls_server_name to it"
        )
    if error.verify_code in {_EXPIRED, _NOT_YET}:
        return "renew the broker's certificate, or set this computer's clock"
    return "set mqtt.ca_file to the CA certificate that signed the broker's"
