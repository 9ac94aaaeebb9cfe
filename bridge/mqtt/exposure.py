"""Checks that a password without TLS would stay in the local network.

Local are this computer, the private networks of RFC 1918, link-local and unique local addresses,
and names that end in `.local`, which only the local link can resolve.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Protocol

_PRIVATE = tuple(
    map(
        ip_network,
        (
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
            *("::1/128", "fc00::/7", "fe80::/10"),
        ),
    )
)
LOOK_UP_S = 5.0


class PlaintextPasswordError(ValueError):
    """The password would be readable on a network outside."""


class BrokerSettings(Protocol):
    """Settings that decide where a password goes: `config.Mqtt`, or the same fields."""

    @property
    def host(self) -> str:
        """Host name or address of the broker."""
        ...

    @property
    def tls(self) -> bool:
        """True if the connection is encrypted."""
        ...

    @property
    def allow_plaintext_password(self) -> bool:
        """True if the owner allows a password without TLS."""
        ...

    @property
    def has_password(self) -> bool:
        """True if a password would be sent."""
        ...


def is_private(address: str) -> bool:
    """True if an address belongs to this computer or to a private network.

    Raises:
        ValueError: It is not an address.
    """
    parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in _PRIVATE) or _is_ours(parsed)


async def check_password_stays_private(settings: BrokerSettings) -> None:
    """Refuse to send the password in plain text outside the local network.

    A name that does not resolve now is accepted: nothing can be sent there either.

    Raises:
        PlaintextPasswordError: With advice.
    """
    host = settings.host
    if settings.tls or settings.allow_plaintext_password or not settings.has_password:
        return
    if host.rstrip(".").casefold().endswith(".local"):
        return
    outside = [address for address in await _look_up(host) if not is_private(address)]
    if outside:
        where = host if host in outside else f"{host} ({outside[0]})"
        message = (
            f"{where} is outside this computer and private networks, and without TLS anyone "
            "on the way there can read the password. Set mqtt.tls = true; or, if the path is safe "
            "(a VPN), mqtt.allow_plaintext_password = true"
        )
        raise PlaintextPasswordError(message)


async def _look_up(host: str) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOK_UP_S):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # TimeoutError is an OSError
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_ours(address: IPv4Address | IPv6Address) -> bool:
    """True if the address is one of this computer's: only then can a socket bind to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return not (address.is_unspecified or address.is_multicast)
