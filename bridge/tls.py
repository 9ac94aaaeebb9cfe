"""TLS context for the broker, built from files. Independent of the configuration."""

import ssl
from pathlib import Path
from typing import Any

HANDSHAKE_S = 5.0


class TlsFileError(ValueError):
    """A TLS file is not usable; `key` names its configuration key or keys."""

    def __init__(self, cause: Exception, key: str) -> None:
        self.key = key
        self.cause = cause
        super().__init__(f"{key}: {cause}")


class _Context(ssl.SSLContext):
    """Context that sends (SNI) and verifies another server name than the host, if given one.

    The handshake runs at once, because paho leaves a socket open if its handshake fails.
    """

    server_name: str | None = None

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        if self.server_name is not None:
            options["server_hostname"] = self.server_name
        wrapped = super().wrap_socket(*arguments, **options)
        try:
            wrapped.settimeout(HANDSHAKE_S)
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


def client_context(
    ca_file: Path | None, cert_file: Path | None, key_file: Path | None, server_name: str | None
) -> ssl.SSLContext:
    """Build the context that verifies the broker and may present a client certificate.

    Args:
        ca_file: CA certificates for the broker; None for those of the system.
        cert_file: client certificate, if the broker asks for one.
        key_file: its key, unless it is in the same file.
        server_name: name in the broker's certificate, if it differs from the host.

    Raises:
        TlsFileError: A file cannot be read or has the wrong content.
    """
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.server_name = server_name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca_file is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(ca_file.expanduser())
    except OSError as error:  # includes ssl.SSLError
        raise TlsFileError(_plain(error, "no certificate"), "mqtt.ca_file") from error
    if cert_file is not None:
        key = None if key_file is None else key_file.expanduser()
        try:
            context.load_cert_chain(cert_file.expanduser(), key, password=_no_password)
        except (OSError, ValueError) as error:
            cause = _plain(error, "no certificate, or no key,")
            raise TlsFileError(cause, "mqtt.cert_file, key_file") from error
    return context


def _plain(error: Exception, missing: str) -> Exception:
    """Return the error in plain words: OpenSSL's own name only its source file."""
    if not isinstance(error, ssl.SSLError):
        return error
    if error.reason == "KEY_VALUES_MISMATCH":
        return ValueError("the key is not that of the certificate")
    return ValueError(f"{missing} in PEM format is there")


def _no_password() -> str:
    # Without this check OpenSSL prompts on the terminal, and a service hangs.
    message = "the key is encrypted; store it without a password, readable by the bridge alone"
    raise ValueError(message)
