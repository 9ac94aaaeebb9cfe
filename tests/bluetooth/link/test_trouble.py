"""Sentences about a radio that cannot be used."""

import pytest

from bridge.bluetooth.trouble import radio_trouble


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("the radio 'x' does not open: no route", "The radio 'x' does not open: no route."),
        ("no route. Does it run there?", "No route. Does it run there?"),
    ],
)
def test_reason_of_a_closed_radio_ends_in_one_punctuation_mark(why: str, text: str) -> None:
    assert radio_trouble(why).text == text
