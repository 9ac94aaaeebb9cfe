"""Requests that are refused before they have any effect."""

import socket

import pytest

from bridge.dashboard.web.checks import Hosts, refusal

HOSTS = Hosts(["treadmill.lan", "Den.Example."])
GOOD = {
    "host": "127.0.0.1:8484",
    "origin": "http://127.0.0.1:8484",
    "x-treadmill": "1",
    "content-type": "application/json",
    "sec-fetch-site": "same-origin",
}


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8484", "127.0.0.1", "192.168.1.5:80", "[::1]:8484", "[fe80::1]",
        "treadmill.lan", "TREADMILL.lan:1", "den.example", f"{socket.gethostname()}:8484",
    ],
)  # fmt: skip
def test_dashboard_accepts_its_own_names_and_addresses(host: str) -> None:
    assert HOSTS.know(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io:8484", "a b", "[x]", "@"],
)
def test_host_name_outside_the_local_network_is_refused(host: str) -> None:
    assert not HOSTS.know(host)


def test_a_command_of_the_page_passes() -> None:
    assert refusal("POST", GOOD, HOSTS) is None


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("host", "evil.example:8484", "name is unknown"),
        ("origin", None, "Origin"),
        ("origin", "null", "Origin"),
        ("origin", "http://evil.example", "Origin"),
        ("origin", "http://127.0.0.1:9999", "Origin"),
        ("origin", "file://127.0.0.1:8484", "Origin"),
        ("x-treadmill", None, "x-treadmill is missing"),
        ("content-type", "text/plain", "Send JSON"),
        ("content-type", None, "Send JSON"),
        ("sec-fetch-site", "cross-site", "another site"),
        ("sec-fetch-site", "same-site", "another site"),
    ],
)
def test_command_from_another_site_is_refused(header: str, value: str | None, reason: str) -> None:
    headers = {**GOOD, header: value}

    refused = refusal("POST", {k: v for k, v in headers.items() if v is not None}, HOSTS)

    assert refused is not None
    assert reason in refused


def test_page_opens_from_a_link_but_cannot_be_read_by_another_site() -> None:
    linked = {"host": "localhost", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}

    assert refusal("GET", linked, HOSTS) is None
    assert refusal("GET", {**linked, "sec-fetch-mode": "cors"}, HOSTS) is not None
    assert refusal("POST", {**GOOD, **linked}, HOSTS) is not None
