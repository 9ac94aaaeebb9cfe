"""Machine profiles as files: their content, and the errors of the reader."""

import re
from pathlib import Path

import pytest

from protocols.ftms.ranges import SpeedRange
from simulators.ftms.profile import STRICT, Carrier, Repeated
from simulators.ftms.profile_file import ProfileError, load_profile, machine_names, parse_profile
from simulators.physics.spec import SpeedUnit

GOOD = """
title = "A machine"

[belt]
speed = [96, 643, 32]
unit = "mph"
countdown = 3

[data]
parts = [0x2584]
step_octets = 3
not_available = ["energy_per_hour"]

[control]
answers = "notification"
repeated_start = "toggles"

[ranges]
absent = ["incline"]

[evidence]
"D1 A" = ["data.parts", "data.step_octets", "data.not_available"]
"P2 A" = ["control.answers"]
"assumed" = ["belt.speed", "belt.unit", "belt.countdown", "control.repeated_start", "ranges.absent"]
"""


def refusal(text: str) -> str:
    with pytest.raises(ProfileError) as caught:
        parse_profile(text, "mine")
    return str(caught.value)


def test_profile_file_has_only_the_deviations() -> None:
    profile = parse_profile(GOOD, "mine")
    assert (profile.key, profile.title) == ("mine", "A machine")
    assert profile.belt.speed == SpeedRange(96, 643, 32)
    assert profile.belt.unit is SpeedUnit.MPH
    assert profile.belt.countdown == 3.0
    assert profile.data.parts == (0x2584,)
    assert profile.control.answers is Carrier.NOTIFICATION
    assert profile.control.repeated_start is Repeated.TOGGLES
    assert profile.speed_range == SpeedRange(96, 643, 32)
    assert profile.incline_range is None
    assert profile.status == STRICT.status
    assert ("P2 A", ("control.answers",)) in profile.evidence


def test_strict_profile_has_no_deviation() -> None:
    assert load_profile("strict") == STRICT


def test_ten_real_machines_are_included_after_strict() -> None:
    names = machine_names()
    assert names[0] == "strict"
    assert len(names) > 10
    profiles = [load_profile(name) for name in names]
    assert len({profile.title for profile in profiles}) == len(names)
    assert len({profile.identity.name for profile in profiles[1:]}) >= 10


def test_profile_is_loaded_from_a_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD)
    assert load_profile(file) == parse_profile(GOOD, "mine")


def test_missing_profile_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"nowhere\.toml cannot be read: No such file"):
        load_profile(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("name", "hint"), [("urevo-e1", "did you mean urevo-e1l?"), ("zzz", "there are: strict, ")]
)
def test_unknown_machine_profile_is_an_error_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile(name)
    assert f"no machine is called {name}; {hint}" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "A machine"', "", "the title is missing"),
        ("[data]", "[dada]", "dada is no section; did you mean data?"),
        ("[data]", "[zzz]", "zzz is no section; there are identity, belt, "),
        ("step_octets", "step_octet", "step_octet is no field of [data]; did you mean step_octet"),
        ("step_octets = 3", "step_octets = 4", "data.step_octets is 4, but has to be within 0 … 3"),
        (
            "step_octets = 3",
            "step_octets = true",
            "data.step_octets is True, but has to be a whole",
        ),
        ("countdown = 3", 'countdown = "3"', "belt.countdown is '3', but has to be a number"),
        ("countdown = 3", "countdown = nan", "belt.countdown is nan, but has to be within 0 … 30"),
        ("parts = [0x2584]", "parts = 0x2584", "data.parts is 9604, but has to be a list"),
        ("energy_per_hour", "calories", "data.not_available is 'calories', but has to be one of"),
        ('"notification"', '"pigeon"', "control.answers is 'pigeon', but has to be one of indicat"),
        ("[96, 643, 32]", "[96, 643]", "belt.speed is [96, 643], but has to be [minimum, maximum,"),
        ("[96, 643, 32]", "[643, 96, 32]", "a range that begins with its minimum"),
        ("[96, 643, 32]", "[96, 70000, 32]", "maximum: 70000 is not within 0 … 65535"),
        ('"P2 A"', '"hearsay"', "'hearsay' is no evidence"),
        ('"P2 A" = ["control.answers"]', "", "no evidence for control.answers"),
        ('["control.answers"]', '"control.answers"', "has to be a list of fields"),
        ('["control.answers"]', '["control.answers", "link.mtu"]', "link.mtu, which the file does"),
        ("[evidence]", "[evidence", "machine mine: "),
    ],
)
def test_invalid_profile_is_an_error_that_names_the_place(old: str, new: str, said: str) -> None:
    assert old in GOOD
    message = refusal(GOOD.replace(old, new, 1))
    assert message.startswith("machine mine: ")
    assert said in message


@pytest.mark.parametrize("text", ['title = "T"\ndata = 3', 'title = "T"\nevidence = 3'])
def test_section_must_be_a_table(text: str) -> None:
    assert "is a section: write [" in refusal(text)


class TestDocument:
    """docs/simulator.md has a row for each quirk that a machine is played by, and the other way."""

    TABLE = re.compile(r"^\| ((?:[DPSL]\d+(?:, )?)+) \|.*\| (.+) \|$", re.MULTILINE)
    DOCUMENT = Path(__file__).parents[3] / "docs" / "simulator.md"

    def rows(self) -> dict[str, set[str]]:
        found = self.TABLE.findall(self.DOCUMENT.read_text())
        return {
            quirk: set(re.findall(r"`([a-z0-9-]+)`", machines))
            for quirks, machines in found
            for quirk in quirks.split(", ")
        }

    def test_each_machine_is_in_the_row_of_each_quirk_that_it_names(self) -> None:
        rows = self.rows()
        missing = [
            (name, source)
            for name in machine_names()
            for source, _ in load_profile(name).evidence
            if source != "assumed" and name not in rows.get(source.split()[0], set())
        ]
        assert missing == []

    def test_quirk_rows_name_only_machines_with_that_evidence(self) -> None:
        named = {
            name: {source.split()[0] for source, _ in load_profile(name).evidence}
            for name in machine_names()
        }
        groups = self.TABLE.findall(self.DOCUMENT.read_text())
        wrong = [
            (quirks, machine)
            for quirks, machines in groups
            for machine in re.findall(r"`([a-z0-9-]+)`", machines)
            if not set(quirks.split(", ")) & named[machine]
        ]
        assert len(groups) > 40
        assert wrong == []
