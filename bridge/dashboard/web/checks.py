"""Checks of a request before it is processed. Pure.

Another site's page in the same browser can send requests here (CSRF). It cannot set a custom header
without a permission that is never given, and it cannot hide its origin. With a host name of its own
(DNS rebinding) it is refused, because that name is unknown here.
"""

import re
import socket
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

HEADER = "x-treadmill"
"""Header that each POST must have, with any value: an HTML form cannot set one."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Headers of every answer."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


class Hosts:
    """Accepted host names: IP addresses, this computer's names, and configured ones.

    An IP address is safe, because nobody can point it elsewhere.
    """

    def __init__(self, configured: Iterable[str]) -> None:
        own = socket.gethostname().casefold()
        short = own.partition(".")[0]
        names = {"localhost", own, short, f"{short}.local", *(n.casefold() for n in configured)}
        self._names = {name.rstrip(".") for name in names}

    def know(self, host: str) -> bool:
        """True if a Host header is accepted; the port is ignored."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found[1].casefold().rstrip(".")
        try:
            ip_address(name.strip("[]"))
        except ValueError:
            return name in self._names
        return True


def refusal(method: str, headers: Mapping[str, str], hosts: Hosts) -> str | None:
    """Return the reason to refuse a request, or None.

    Args:
        method: GET, HEAD or POST; others are refused elsewhere.
        headers: by lower-case name.
        hosts: the accepted host names.
    """
    host = headers.get("host", "")
    if not hosts.know(host):
        return (
            "This name is unknown here. Use the computer's IP address, or add the name to"
            " dashboard.hosts."
        )
    site = headers.get("sec-fetch-site", "same-origin")
    navigation = method in {"GET", "HEAD"} and headers.get("sec-fetch-mode") == "navigate"
    if site not in {"same-origin", "none"} and not navigation:
        return "This request comes from another site."
    if method != "POST":
        return None
    scheme, _, origin = headers.get("origin", "").partition("://")
    if scheme not in {"http", "https"} or origin.casefold() != host.casefold():
        return "This request does not come from this page (Origin)."
    if HEADER not in headers:
        return f"The header {HEADER} is missing."
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return "Send JSON (Content-Type: application/json)."
    return None
