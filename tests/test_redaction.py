"""Redaction of secrets and addresses in logs: by content, at any place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import redaction
from bridge.redaction import hide, redact, redacted


@pytest.fixture(autouse=True)
def _no_secrets_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", set())


OCTETS = st.lists(st.integers(0, 255), min_size=6, max_size=6)


@given(OCTETS, st.sampled_from(":-_"), st.booleans(), st.text(alphabet=" /.xyz_\n"))
def test_redacted_address_shows_only_its_last_third(
    octets: list[int], separator: str, upper: bool, around: str
) -> None:
    address = separator.join(f"{octet:02X}" if upper else f"{octet:02x}" for octet in octets)

    shown = redact(f"{around}{address}{around}")

    assert address not in shown
    assert shown.endswith(f"XX{separator}{address[-5:]}{around}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("FS-F0F1F2F3F4F5", "FS-XXXXXXXXF4F5"),
        ("SW f0f1f2f3f4f5!", "SW XXXXXXXXf4f5!"),
    ],
)
def test_address_in_a_machine_s_name_is_redacted(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "id 202601311200",
        "f0f1f2f3f4f5f6f7",
        "00002acd-0000-1000-8000-00805f9b34fb",
        "2026-01-31T12:00:00.000Z",
        "connected to 192.168.0.7:1883",
        "::1",
        "0C 84 01 00 00 FF 7F",
        "5:45:03",
    ],
)
def test_text_that_is_no_address_is_not_redacted(text: str) -> None:
    assert redact(text) == text


def test_longer_secret_is_redacted_before_a_shorter_one_inside_it() -> None:
    hide("sword")
    hide("swordfish")
    assert redact("a swordfish and a sword") == "a *** and a ***"


def test_secret_of_three_letters_is_not_redacted() -> None:
    hide("the")
    assert redact("the other") == "the other"


def test_value_under_the_name_of_a_secret_is_redacted() -> None:
    assert redacted({"mqtt": {"Password": "x", "username": "me"}}) == {
        "mqtt": {"Password": "***", "username": "me"}
    }


def test_redaction_keeps_the_type_of_plain_values() -> None:
    assert redacted([1, 2.5, True, None, {"a": (1,)}]) == [1, 2.5, True, None, {"a": [1]}]
