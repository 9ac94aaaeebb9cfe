"""What TLS needs, from the files that the configuration names."""

import ssl
from pathlib import Path
from typing import Any

from bridge.config.errors import ConfigError
from bridge.config.section import unreadable

HANDSHAKE_S = 5.0


class _Context(ssl.SSLContext):
    """Asks for (SNI) and checks another name than that of the host, if it is given one.

    It shakes hands at once: paho leaves a socket open whose handshake fails.
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
    """Build the context that checks a broker, and by which it may check us.

    Args:
        ca_file: who may have signed the broker's certificate; None for those the system trusts.
        cert_file: our own certificate, if the broker asks for one.
        key_file: its key, unless that stands in the same file.
        server_name: the name in the broker's certificate, if it is not the host's.

    Raises:
        ConfigError: A file cannot be read, or is not what it should be.
    """
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.server_name = server_name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca_file is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(ca_file.expanduser())
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError([f"mqtt.ca_file: {unreadable(error)}"]) from error
    if cert_file is not None:
        key = None if key_file is None else key_file.expanduser()
        try:
            context.load_cert_chain(cert_file.expanduser(), key, password=_no_password)
        except (OSError, ValueError) as error:
            problem = f"mqtt.cert_file, key_file: {unreadable(error)}"
            raise ConfigError([problem]) from error
    return context


def _no_password() -> str:
    # Else OpenSSL asks on the terminal, and a service waits for ever.
    message = "the key is encrypted; store it without a password, readable by the bridge alone"
    raise ValueError(message)
