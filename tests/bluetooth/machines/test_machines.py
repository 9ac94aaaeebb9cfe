"""The bridge against each machine of the simulator, over the virtual radio and in virtual time.

All of the bridge but the broker is real, and so is every byte on the air. What counts is what the
model's belt really does, not what the machine reports.
"""

from collections.abc import AsyncIterator

import pytest

from bridge.machines import Quirk, find_model
from bridge.values import Belt
from simulators.ftms.profile_file import load_profile, machine_names
from tests.bluetooth.machines.radio_rig import (
    CONSOLE_ONLY,
    INCLINE_ONLY,
    LOCKED,
    MILE_STEP_KMH,
    OBEYS_NOTHING,
    REQUESTED,
    SWAY_KMH,
    WATCHED_ONLY,
    ZEROS,
    RadioRig,
    radio_rig,
)
from tests.rigs.effort import FULL

pytestmark = [pytest.mark.virtual_time, pytest.mark.unmeasured]

SHOWS: dict[str, set[Quirk]] = {
    "bowflex-t9": {Quirk.REPORTS_MPH, Quirk.TARGETS_IN_MPH},
    "citysports-cs-wp8": {Quirk.VENDOR_STEPS, Quirk.ANSWERS_EARLY},
    "fitshow-dbt": {Quirk.RANGE_IN_MPH},
    "horizon-omega-z": {Quirk.ANSWERS_AS_NOTIFICATIONS, Quirk.CONTROL_UNANSWERED},
    "iconcept": {Quirk.INCLINE_SCALED},
    "jftm-t202": {Quirk.TARGETS_IN_MPH},
    "kingsmith-ph4": {Quirk.CONTROL_FORGOTTEN},
    "kingsmith-z1": {Quirk.VENDOR_STEPS, Quirk.SILENT_AT_REST},
    "matrix": {Quirk.TORN_RECORDS},
    "matrix-touchxl": {Quirk.SPLIT_RECORDS},
    "reebok-fr30z": {Quirk.TRAINING_STATUS_CONSTANT, Quirk.SILENT_AT_REST},
    "technogym-myrun": {Quirk.START_BEFORE_TARGET, Quirk.SPLIT_RECORDS},
    "urevo-e1l": {Quirk.STATUS_IS_CURRENT_SPEED, Quirk.WRITES_WITHOUT_RESPONSE, Quirk.VENDOR_STEPS},
    "yesoul-w2-pro": {Quirk.VENDOR_STEPS},
}
"""What the bridge tells of a machine after a walk; of the others, nothing is asked here."""

SPECIAL = {OBEYS_NOTHING, LOCKED, ZEROS, WATCHED_ONLY, INCLINE_ONLY}
NAMES = [name for name in machine_names() if name not in SPECIAL]
STARTED = (
    *("strict", "citysports-cs-wp8", "horizon-omega-z", "kingsmith-z1", "start-toggle"),
    *("technogym-myrun", "urevo-e1l", CONSOLE_ONLY),
)
"""Machines that each take a start or a pause in a way of their own."""
RELEASED = ("strict", "fitshow-fs-bt", "horizon-omega-z", "urevo-e1l")
"""Machines that each take a stop in a way of their own: at once, slowly, without an answer."""


class TestEachMachine:
    """In `make test-full`, all of it for every machine."""

    @pytest.fixture
    async def machine_rig(self, name: str) -> AsyncIterator[RadioRig]:
        async with radio_rig(name) as found:
            yield found

    @pytest.mark.parametrize("name", NAMES)
    async def test_belt_reaches_the_requested_speed_and_stops(
        self, machine_rig: RadioRig, name: str
    ) -> None:
        await machine_rig.start_at_console()
        await machine_rig.play(f"speed {REQUESTED}, 20")
        assert machine_rig.true_kmh >= REQUESTED / 100 - MILE_STEP_KMH - SWAY_KMH
        assert machine_rig.fastest <= REQUESTED / 100 + SWAY_KMH
        assert "unexpected_rise" not in machine_rig.event_types()
        assert "console_slowed" not in machine_rig.event_types()
        assert set(machine_rig.machine.quirks) >= SHOWS.get(name, set())
        await machine_rig.play("stop, 10")
        assert machine_rig.true_kmh == 0
        assert machine_rig.belt.stands

    @pytest.mark.parametrize("name", NAMES if FULL else STARTED)
    async def test_belt_starts_on_request_and_pauses(
        self, machine_rig: RadioRig, name: str
    ) -> None:
        await machine_rig.connect()
        await machine_rig.play("start, 15")
        if name == CONSOLE_ONLY:
            assert machine_rig.true_kmh == 0
            assert "not known to be stopped" in " ".join(machine_rig.reasons())
            return
        assert machine_rig.true_kmh > 0
        assert machine_rig.belt is Belt.RUNNING
        await machine_rig.play("pause, 15")
        assert machine_rig.true_kmh == 0
        assert machine_rig.belt.stands
        assert "no_motion" not in machine_rig.event_types()

    @pytest.mark.parametrize("name", NAMES if FULL else RELEASED)
    async def test_stop_is_written_before_the_link_is_released(
        self, machine_rig: RadioRig, name: str
    ) -> None:
        await machine_rig.start_at_console()
        await machine_rig.play("stop, release, 15")
        assert machine_rig.true_kmh == 0


class TestModelTable:
    @pytest.mark.parametrize("name", machine_names())
    def test_model_table_finds_the_row_of_each_machine(self, name: str) -> None:
        who = load_profile(name).identity
        row = find_model(who.name, who.maker, who.model)
        expected = {
            "bowflex-t9": "bowflex_t9",
            "fitshow-dbt": "fitshow_dbt",
            "fitshow-fs-bt": "fitshow",
            "iconcept": "iconcept",
            "jftm-t202": "t202",
            "domyos-ts100": "domyos_ts100",
            "focus-senator": "focus_senator",
            "kingsmith-ph4": "kingsmith_ph4",
            "kingsmith-z1": "kingsmith_z1",
            "life-fitness": "life_fitness",
            "ronning-x27": "fitshow",
            "sole-f85": "sole",
            "technogym-myrun": "myrun",
            "urevo-e1l": "urevo",
            "urevo-e3": "urevo",
            "xterra-t85": "fitshow",
        }
        simulated = (who.maker, who.model) == ("treadmill-bridge", "Simulated treadmill")
        assert (row.key if row else None) == expected.get(name, "simulated" if simulated else None)
