"""Estimated incline of a belt, and the incline that counts as exposure (0.1 %)."""

from dataclasses import replace

import pytest

from bridge.guard import Past
from bridge.guard.belt.deck import Deck
from bridge.guard.rules.steep import Climbs
from bridge.machines.learned import UNLEARNED_INCLINE

NOBODY = Past.nobody()


class TestDeck:
    def climbs(
        self,
        deck: Deck,
        measured: int | None,
        told: int | None,
        dt: float = 1.0,
        *,
        settled: bool = True,
    ) -> int | None:
        return deck.follow(measured, told, UNLEARNED_INCLINE, 5, dt, settled=settled)

    @pytest.mark.parametrize(
        ("measured", "told", "counts"),
        [
            (100, None, 100),
            (100, 100, 100),
            (99, 100, 100),
            (95, 100, 100),
            (90, 100, 100),
            (89, 100, 89),
            (0, 100, 0),
            (120, 100, 120),
            (100, 90, 100),
            (-30, -30, -30),
        ],
    )
    def test_deck_reading_within_tolerance_of_the_target_counts_as_the_target(
        self, measured: int, told: int | None, counts: int
    ) -> None:
        deck = Deck(NOBODY)
        assert self.climbs(deck, measured, told) == counts

    @pytest.mark.parametrize("last", [20, 1])
    def test_start_without_incline_reading_adopts_the_last_command(self, last: int) -> None:
        deck = Deck(NOBODY)
        for told in (60, 40, last):
            self.climbs(deck, None, told)
        assert deck.incline is not None
        assert deck.incline > 20
        assert deck.adopted == last

    @pytest.mark.parametrize("last", [20, 0])
    def test_later_session_without_incline_reading_adopts_the_last_command(self, last: int) -> None:
        deck = Deck(NOBODY)
        for told in (40, last):
            self.climbs(deck, None, told)
        deck.told = 0
        assert deck.adopted == last

    def test_a_start_without_a_reading_or_a_new_command_adopts_the_known_incline(self) -> None:
        deck = Deck(NOBODY)
        assert self.climbs(deck, None, 30) == deck.adopted == 30

    @pytest.mark.parametrize(("measured", "counts"), [(87, 87), (88, 100), (92, 100), (99, 100)])
    def test_incline_reading_has_its_learned_tolerance(self, measured: int, counts: int) -> None:
        deck = Deck(NOBODY)
        low = replace(UNLEARNED_INCLINE, offset=-10.0, spread=2.0)
        assert deck.follow(measured, 100, low, 5, 1.0, settled=True) == counts

    def test_unmeasured_incline_rises_at_once_and_falls_at_the_slowest_rate(self) -> None:
        deck = Deck(NOBODY)
        assert self.climbs(deck, None, None) is None
        assert self.climbs(deck, None, 60) == 60
        assert self.climbs(deck, None, 100) == 100
        assert [self.climbs(deck, None, 96, 0.5) for _ in range(10)][-1] == 98  # 0.05 % per s
        assert self.climbs(deck, None, 96, 1000.0) == deck.incline == 96

    def test_deck_without_further_readings_falls_from_its_last_reading(self) -> None:
        deck = Deck(NOBODY)
        assert self.climbs(deck, 60, None) == deck.incline == 60
        assert self.climbs(deck, None, 40, 10.0) == 55  # 0.05 % per s

    @pytest.mark.parametrize("restarted", [False, True])
    def test_last_steep_setpoint_counts_until_the_next_setpoint(self, restarted: bool) -> None:
        deck = Deck(NOBODY)
        self.climbs(deck, 90, 95)
        assert self.climbs(deck, 95, 100) == 100
        assert self.climbs(deck, 95, None) == 100
        if restarted:
            deck = Deck(Past(climbs=Climbs(incline=100)))
        assert self.climbs(deck, 95, 95) == 100
        assert self.climbs(deck, 95, 95) == 100
        assert self.climbs(deck, 95, 90) == 95
        assert self.climbs(deck, 95, None) == 95
        self.climbs(deck, 95, 90)
        assert self.climbs(deck, 95, 96) == self.climbs(deck, 95, None) == 96
        deck.told = 0  # another session
        assert self.climbs(deck, 95, None) == 95
        assert self.climbs(deck, 0, None) == 0
