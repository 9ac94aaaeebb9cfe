"""Choice of the driver: by what a machine advertises, then by its services."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from bleak.backends.device import BLEDevice

from bridge.bluetooth.connection import Connection, LinkLost
from bridge.bluetooth.scan import Found, Match
from bridge.drivers.registry import FTMS, KINGSMITH, Wanted, advertised, spoken


def found(name: str, *, service: bool = False, address: str = "12:34:56:78:9A:BC") -> Found:
    return Found(address, name, -50, None, service, BLEDevice(address, name, None))


def connected(*services: int) -> Connection:
    return cast("Connection", SimpleNamespace(services=set(services)))


@pytest.mark.parametrize("name", ["WalkingPad", "my walkingpad A1", "KS-BLC2", "ks-st-a1p"])
def test_pad_is_recognised_by_its_name(name: str) -> None:
    assert advertised(found(name)) is KINGSMITH


def test_a_pad_that_advertises_ftms_is_an_ftms_machine() -> None:
    assert advertised(found("KS-HD-Z1D", service=True)) is FTMS


@pytest.mark.parametrize("name", ["", "Kettle", "bricks-1"])
def test_other_name_has_no_driver(name: str) -> None:
    assert advertised(found(name)) is None


@pytest.mark.parametrize(
    ("services", "kind"),
    [({0x1826}, FTMS), ({0xFE00}, KINGSMITH), ({0xFE00, 0x1826, 0x180A}, FTMS)],
)
def test_driver_is_chosen_by_the_services_of_a_machine(services: set[int], kind: Any) -> None:
    assert spoken(connected(*services)) is kind


def test_machine_without_a_driver_is_disconnected() -> None:
    with pytest.raises(LinkLost, match="neither Fitness Machine Service nor KingSmith"):
        spoken(connected(0x180D))


def test_any_machine_with_a_driver_matches_if_none_is_named() -> None:
    assert Wanted(Match()).matches(found("WalkingPad"))
    assert not Wanted(Match()).matches(found("Kettle"))


def test_only_the_named_machine_matches() -> None:
    assert Wanted(Match(name="Kettle")).matches(found("Kettle"))
    assert not Wanted(Match(address="00:00:00:00:00:01")).matches(found("WalkingPad"))


def test_driver_lists_the_dangers_of_its_machines() -> None:
    assert FTMS.dangers == ()
    assert any("2.5 km/h" in danger for danger in KINGSMITH.dangers)
    assert any("runs on when the link drops" in danger for danger in KINGSMITH.dangers)
