"""TLS contexts from the files in the configuration."""

import ssl
from pathlib import Path

from bridge import tls
from bridge.config.errors import ConfigError
from bridge.config.section import unreadable


def client_context(
    ca_file: Path | None, cert_file: Path | None, key_file: Path | None, server_name: str | None
) -> ssl.SSLContext:
    """Build the context as `bridge.tls.client_context` does.

    Raises:
        ConfigError: A file cannot be read, or is invalid.
    """
    try:
        return tls.client_context(ca_file, cert_file, key_file, server_name)
    except tls.TlsFileError as error:
        raise ConfigError([f"{error.key}: {unreadable(error.cause)}"]) from error
