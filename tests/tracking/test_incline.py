"""Reported inclines that cannot be: the field is set aside, and all else goes on."""

from dataclasses import dataclass, field, replace

import pytest

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.machines import Quirk
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
        self.builder.written(SetTarget(Axis.INCLINE, incline), self.now)

    @property
    def events(self) -> list[Event]:
        return self.builder.take_events()

    @property
    def quirks(self) -> tuple[str, ...]:
        machine = self.builder.snapshot.machine
        return () if machine is None else machine.quirks


class TestAnInclineOutOfRange:
    def test_constant_82_percent_is_set_aside_and_named_once(self) -> None:
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

    def test_constant_22_percent_of_a_machine_up_to_15_is_set_aside(self) -> None:
        deck = Deck()
        assert deck.shows(*[220] * 5).data.incline is None
        assert [value_of(event, "incline") for event in deck.events] == [220]

    def test_once_set_aside_stays_so_on_the_next_link_without_another_event(self) -> None:
        deck = Deck()
        deck.shows(*[820] * 5)
        assert len(deck.events) == 1
        deck.builder.disconnected(deck.now)
        deck.builder.connected(MACHINE, deck.now)
        assert Quirk.INCLINE_MEANINGLESS in deck.quirks
        assert deck.shows(20).data.incline is None
        assert deck.events == []

    def test_incline_beyond_its_range_once_is_garbage_if_the_field_was_sound(self) -> None:
        deck = Deck()
        deck.shows(20, 820)
        assert deck.builder.snapshot.garbled == deck.now
        assert deck.shows(20).data.incline == 20
        assert deck.events == []

    def test_incline_that_moves_beyond_its_range_is_believed(self) -> None:
        deck = Deck()
        deck.shows(0, -20, -30)
        assert deck.shows(-40).data.incline is None
        assert deck.shows(-50).data.incline == -50
        assert deck.shows(-50, -50, -50).data.incline == -50
        assert deck.events == []

    @pytest.mark.parametrize("told", [None, InclineRange(0, 0, 0)])
    def test_needs_a_range_to_be_out_of(self, told: InclineRange | None) -> None:
        deck = Deck(replace(MACHINE, incline_range=told))
        assert deck.shows(*[220] * 5).data.incline == 220


class TestAnInclineThatDoesNotFollow:
    def test_6_percent_when_told_0_is_set_aside_after_thirty_seconds(self) -> None:
        deck = Deck()
        deck.shows(*[60] * 10)
        deck.told(0)
        assert deck.shows(*[60] * 29).data.incline == 60
        assert deck.shows(60).data.incline is None
        (event,) = deck.events
        assert "after every command" in text_of(event)
        assert deck.builder.snapshot.sample is not None
        assert deck.builder.snapshot.sample.gone == {INCLINE}

    def test_0_percent_when_told_3_is_set_aside(self) -> None:
        deck = Deck()
        deck.told(30)
        assert deck.shows(*[0] * 40).data.incline is None

    def test_12_percent_that_cannot_be_lowered_may_be_true(self) -> None:
        deck = Deck()
        deck.told(0)
        assert deck.shows(*[120] * 90).data.incline == 120

    def test_incline_that_moved_once_is_a_stuck_deck(self) -> None:
        deck = Deck()
        deck.shows(55, 60)
        deck.told(0)
        assert deck.shows(*[60] * 90).data.incline == 60

    def test_within_2_percent_of_the_target_is_an_offset_that_is_learned(self) -> None:
        deck = Deck()
        deck.told(0)
        assert deck.shows(*[19] * 90).data.incline == 19


class TestAnInclineThatIsOffByTheSameAmount:
    def test_at_two_targets_is_set_aside_with_the_setting_that_corrects_it(self) -> None:
        deck = Deck()
        deck.told(0)
        deck.shows(80, 70, *[60] * 40)
        deck.told(30)
        assert deck.shows(70, 80, *[90] * 30).data.incline == 90
        assert deck.shows(90).data.incline is None
        (event,) = deck.events
        assert "incline_offset_percent to -6 %" in text_of(event)

    def test_by_another_amount_at_the_other_target_is_not_that(self) -> None:
        deck = Deck()
        deck.told(0)
        deck.shows(80, 70, *[60] * 40)
        deck.told(30)
        assert deck.shows(70, *[70] * 60).data.incline == 70
        assert deck.events == []
