"""Unknown keys: each is reported with the nearest known one, or with its section."""

from pathlib import Path

import pytest

from tests.rigs.configs import problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[[treadmills]]\nid = "a"\non_disobey = "stop"',
            "treadmills[0].on_disobey: unknown key; it belongs in [treadmills.guard]",
        ),
        (
            '[[treadmills]]\nid = "a"\nmax_speed_mph = 5',
            "treadmills[0].max_speed_mph: unknown key; it belongs in [treadmills.guard]",
        ),
        (
            '[[treadmills]]\nid = "a"\nmax_sped_kmh = 5',
            "treadmills[0].max_sped_kmh: unknown key; did you mean max_speed_kmh in "
            "[treadmills.guard]?",
        ),
        (
            '[[people]]\nname = "a"\nrest_s = 5',
            "people[0].rest_s: unknown key; it belongs in [people.guard]",
        ),
        (
            "[guard]\nmax_incline = 3",
            "guard.max_incline: unknown key; did you mean max_incline_percent?",
        ),
        ('[[treadmill]]\nid = "a"', "treadmill: unknown key; did you mean treadmills?"),
        ("max_speed_kmh = 8", "max_speed_kmh: unknown key; it belongs in [guard]"),
        (
            "[guard]\nallow_remote_start = true",
            "guard.allow_remote_start: unknown key; it belongs in [[treadmills]]",
        ),
        (
            '[bluetooth]\nname = "a"',
            "bluetooth.name: unknown key; it belongs in [[treadmills]], [[people]], "
            "[[people.plan]], [[shoes]] or [[sensors]]",
        ),
        (
            '[mqtt]\nstate_dir = "/a"',
            "mqtt.state_dir: unknown key; it belongs at the top of the file, above all sections",
        ),
    ],
)
def test_unknown_key_is_reported_with_its_section_or_the_nearest_key(
    tmp_path: Path, text: str, problem: str
) -> None:
    assert problems(tmp_path, text) == [problem]
