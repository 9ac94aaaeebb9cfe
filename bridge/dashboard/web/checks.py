"""What a request has to look like before anything is done for it. Pure.

A page of somebody else that is open in the same browser can send requests here. It cannot set a
header of its own without permission, which is never given; it cannot hide where it comes from; and
by a name that it owns (DNS rebinding) it gets nothing, because that name is unknown here.
"""

import re
import socket
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

HEADER = "x-treadmill"
"""The header that each POST must bear, with any value: no form can send one."""

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
    """Names by which a browser may come: IP addresses, this computer's names, configured ones.

    An IP address as the name is safe, because nobody can let it point elsewhere.
    """

    def __init__(self, configured: Iterable[str]) -> None:
        own = socket.gethostname().casefold()
        short = own.partition(".")[0]
        names = {"localhost", own, short, f"{short}.local", *(n.casefold() for n in configured)}
        self._names = {name.rstrip(".") for name in names}

    def know(self, host: str) -> bool:
        """Return True if a Host header is one of ours; the port does not matter."""
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
    """Return why a request is refused, or None.

    Args:
        method: GET, HEAD or POST; others are refused elsewhere.
        headers: by lower-case name.
        hosts: the names we answer to.
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
