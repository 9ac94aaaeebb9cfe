"""Valid heart rates. Beats per minute, seconds."""

import pytest

from bridge.tracking.pulse import Pulse


@pytest.mark.parametrize(
    ("course", "last"),
    [
        ("30@0", 30),
        ("29@0", None),
        ("230@0", 230),
        ("231@0", None),
        ("-@0", None),
        ("70@0 0@1", None),  # no contact
        ("70@0 0@1 -@1.1", None),
        ("70@0 -@5", 70),
        ("70@0 -@5.1", None),
        ("70@0 70@59 70@60", 70),
        ("70@0 70@59 70@60.1", None),  # frozen
        ("70@0 71@59 71@60.1", 71),
        ("70@0 0@59 70@60.1", 70),  # contact again
    ],
)
def test_a_heart_rate_is_valid_for_five_seconds_and_unchanged_for_a_minute(
    course: str, last: int | None
) -> None:
    pulse, found = Pulse(), None
    for step in course.split():
        bpm, now = step.split("@")
        found = pulse.take_sample(None if bpm == "-" else int(bpm), float(now))
    assert found == last
