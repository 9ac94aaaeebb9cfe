"""Implausible reported inclines: the field is dropped, and all others are kept."""

from dataclasses import dataclass, field, replace

import pytest

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.machines import Quirk
from bridge.tracking.incline import InclineField
from bridge.values import (
    INCLINE,
    Axis,
    Belt,
    Event,
    MachineInfo,
    Sample,
    SetTarget,
)
from protocols.ranges import InclineRange
from tests.rigs.wording import text_of, value_of
from tests.tracking.belt import tell

MACHINE = MachineInfo("F0:F1:F2:F3:F4:F5", incline_range=InclineRange(0, 150, 5))


@dataclass
class Deck:
    """A machine that runs at 6 km/h and reports inclines, once a second."""

    machine: MachineInfo = MACHINE
    builder: FrameBuilder = field(default_factory=FrameBuilder)
    now: float = 10.0

    def __post_init__(self) -> None:
        self.builder.connected(self.machine, self.now)

    def shows(self, *inclines: int) -> Sample:
        for incline in inclines:
            self.now += 1.0
            octets = (600).to_bytes(2, "little") + incline.to_bytes(2, "little", signed=True)
            self.builder.treadmill_data(b"\x08\x00" + octets + b"\xff\x7f", self.now)
            self.builder.tick(self.now)
        sample = self.builder.snapshot.sample
        assert sample is not None
        return sample

    def told(self, incline: int) -> None:
        tell(self.builder, SetTarget(Axis.INCLINE, incline), self.now)

    @property
    def events(self) -> list[Event]:
        return self.builder.take_events()

    @property
    def quirks(self) -> tuple[str, ...]:
        machine = self.builder.snapshot.machine
        return () if machine is None else machine.quirks


def judged(course: str) -> str:
    """Play a course; return why the field was set aside, and at which second.

    `w20` is a target that was written, `n20` one that a status named, `g` a gesture, and `0*30` are
    readings, one a second.
    """
    field, now = InclineField(), 1000.0
    for step in course.split():
        match step[0]:
            case "w":
                field.written(int(step[1:]), now)
            case "n":
                field.named(int(step[1:]))
            case "g":
                field.gesture()
            case _:
                value, _, times = step.partition("*")
                for _ in range(int(times or 1)):
                    now += 1
                    field.take(int(value), MACHINE.incline_range, now)
                    if field.event is not None:
                        return f"{field.event.case}@{now - 1000:g}"
    return ""


@pytest.mark.parametrize(
    ("course", "why"),
    [
        # Three readings in a row more than 3 % outside the range, unless they move.
        ("180*9 -30*9", ""),
        ("181*2", ""),
        ("181*3", "range@3"),
        ("-31*3", "range@3"),
        ("20 181*2 20 181*2", ""),
        ("20 181*3", "range@4"),
        ("181 182*9", ""),
        ("500 490 500*9", ""),
        ("501 490 501", "range@3"),  # no deck
        # A reading that stays 2 % from the target for 30 s.
        ("w20 0*60", "constant@31"),
        ("w19 0*60", ""),
        ("0*5 w20 0*60", "constant@35"),
        ("w20 0*10 w20 0*60", "constant@31"),  # repeated
        ("w20 n24 0*60", "constant@31"),
        ("w20 n25 0*60", ""),
        ("w20 g 0*60", ""),
        # 10 % or more may be true if the target is lower.
        ("w79 99*60", "constant@31"),
        ("w80 100*60", ""),
        ("w120 100*60", "constant@31"),
        # The same difference, within 0.5 %, at targets 2 % apart.
        ("w40 0 70*40 w70 100*60", "offset@72"),
        ("w40 0 70*40 w70 105*60", "offset@72"),
        ("w40 0 70*40 w70 106*60", ""),
        ("w40 0 70*40 w60 90*60", "offset@72"),
        ("w40 0 70*40 w59 89*60", ""),
    ],
)
def test_impossible_incline_is_dropped(course: str, why: str) -> None:
    assert judged(course) == why


class TestInclineOutOfRange:
    def test_constant_incline_of_82_percent_is_dropped_and_reported_once(self) -> None:
        deck = Deck()
        for _ in range(60):
            sample = deck.shows(820)
            assert (sample.data.speed, sample.data.incline) == (600, None)
            assert sample.gone == frozenset()
        snapshot = deck.builder.snapshot
        assert (snapshot.belt, snapshot.garbled) == (Belt.RUNNING, None)
        (event,) = deck.events
        assert (event.type, value_of(event, "incline")) == ("incline_ignored", 820)
        assert "incline_offset_percent" in text_of(event)
        assert "incline_reported" in text_of(event)
        assert Quirk.INCLINE_MEANINGLESS in deck.quirks

    def test_constant_incline_of_22_percent_on_a_15_percent_machine_is_dropped(self) -> None:
        deck = Deck()
        assert deck.shows(*[220] * 5).data.incline is None
        assert [value_of(event, "incline") for event in deck.events] == [220]

    def test_dropped_incline_stays_dropped_on_the_next_link_without_an_event(self) -> None:
        deck = Deck()
        deck.shows(*[820] * 5)
        assert len(deck.events) == 1
        deck.builder.disconnected(deck.now, lost=True)
        deck.builder.connected(MACHINE, deck.now)
        assert Quirk.INCLINE_MEANINGLESS in deck.quirks
        assert deck.shows(20).data.incline is None
        assert deck.events == []

    def test_single_incline_beyond_the_range_is_garbage_after_valid_ones(self) -> None:
        deck = Deck()
        deck.shows(20, 820)
        assert deck.builder.snapshot.garbled == deck.now
        assert deck.shows(20).data.incline == 20
        assert deck.events == []

    def test_moving_incline_beyond_the_range_is_accepted(self) -> None:
        deck = Deck()
        deck.shows(0, -20, -30)
        assert deck.shows(-40).data.incline is None
        assert deck.shows(-50).data.incline == -50
        assert deck.shows(-50, -50, -50).data.incline == -50
        assert deck.events == []

    @pytest.mark.parametrize("told", [None, InclineRange(0, 0, 0)])
    def test_high_incline_without_a_reported_range_is_accepted(
        self, told: InclineRange | None
    ) -> None:
        deck = Deck(replace(MACHINE, incline_range=told))
        assert deck.shows(*[220] * 5).data.incline == 220


class TestConstantIncline:
    def test_reading_of_6_percent_at_target_0_is_dropped_after_30_s(self) -> None:
        deck = Deck()
        deck.shows(*[60] * 10)
        deck.told(0)
        assert deck.shows(*[60] * 29).data.incline == 60
        assert deck.shows(60).data.incline is None
        (event,) = deck.events
        assert "after every command" in text_of(event)
        assert deck.builder.snapshot.sample is not None
        assert deck.builder.snapshot.sample.gone == {INCLINE}

    @pytest.mark.parametrize("moved", [None, "gesture", "status"])
    def test_reading_of_0_percent_at_target_3_is_dropped_unless_it_was_retargeted(
        self, moved: str | None
    ) -> None:
        deck = Deck()
        deck.shows(0, 0)
        deck.told(30)
        if moved == "gesture":
            deck.builder.gestures({Axis.INCLINE})
        elif moved == "status":
            deck.builder.machine_status(bytes.fromhex("06 0000"), deck.now)
        assert deck.shows(*[0] * 40).data.incline == (None if moved is None else 0)
        deck.builder.disconnected(deck.now, lost=True)
        deck.builder.connected(replace(MACHINE, address="F0:00:00:00:00:09"), deck.now)
        assert deck.shows(20).data.incline == 20

    def test_constant_incline_of_12_percent_at_target_0_is_accepted(self) -> None:
        deck = Deck()
        deck.told(0)
        assert deck.shows(*[120] * 90).data.incline == 120

    def test_incline_that_moved_once_is_a_stuck_deck(self) -> None:
        deck = Deck()
        deck.shows(55, 60)
        deck.told(0)
        assert deck.shows(*[60] * 90).data.incline == 60

    def test_constant_incline_within_2_percent_of_the_target_is_accepted(self) -> None:
        deck = Deck()
        deck.told(0)
        assert deck.shows(*[19] * 90).data.incline == 19


class TestInclineOffset:
    def test_equal_incline_offset_at_two_targets_is_dropped_with_advice(self) -> None:
        deck = Deck()
        deck.told(0)
        deck.shows(80, 70, *[60] * 40)
        deck.told(30)
        assert deck.shows(70, 80, *[90] * 30).data.incline == 90
        assert deck.shows(90).data.incline is None
        (event,) = deck.events
        assert "incline_offset_percent to -6 %" in text_of(event)

    def test_unequal_incline_offsets_at_two_targets_are_accepted(self) -> None:
        deck = Deck()
        deck.told(0)
        deck.shows(80, 70, *[60] * 40)
        deck.told(30)
        assert deck.shows(70, *[70] * 60).data.incline == 70
        assert deck.events == []
