"""Deviations of each machine profile; the names have the ids of docs/simulator.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from simulators.physics.machine import Phase
from tests.simulators.ftms.bench import bench, last_record, walking
from tests.simulators.physics.machines import Between, near

DATA, TRAINING, STATUS = 0x2ACD, 0x2AD3, 0x2ADA
SPEED_RANGE, INCLINE_RANGE, FEATURE = 0x2AD4, 0x2AD5, 0x2ACC


@dataclass(frozen=True, slots=True)
class Quirk:
    """What becomes of a timeline (see `Bench.play`) that is played to a machine.

    `results` has 01 for success, 02 for not supported, 04 for failed, 05 for not permitted, and
    `nothing` for no answer. `after` are attributes of the machine, `record` fields of the last
    record, `flags` the first octets of each frame; `status` and `training` are what A received.
    `walks` is the speed that the belt has before, 0 for its own first speed; None: it stands.
    """

    machine: str
    timeline: str = "1 s"
    results: str = ""
    after: Mapping[str, object] = field(default_factory=dict)
    record: Mapping[str, object] = field(default_factory=dict)
    reads: Mapping[int, str] = field(default_factory=dict)
    flags: str | None = None
    status: str | None = None
    training: str | None = None
    walks: int | None = None

    def check(self) -> None:
        found = bench(self.machine)
        if self.walks is not None:
            found = walking(self.machine, self.walks or None)
        assert found.play(self.timeline) == self.results
        assert _values(found.machine, self.after) == self.after
        if self.record:
            assert _values(last_record(found.a), self.record) == self.record
        for uuid, octets in self.reads.items():
            assert found.server.read(uuid) == bytes.fromhex(octets)
        if self.flags is not None:
            assert ", ".join(frame[:4] for frame in found.a.of(DATA)) == self.flags
        for uuid, expected in ((STATUS, self.status), (TRAINING, self.training)):
            if expected is not None:
                assert ", ".join(found.a.of(uuid)) == expected


def _values(thing: object, names: Mapping[str, Any]) -> dict[str, object]:
    return {name: getattr(thing, name) for name in names}


NO_ENERGIES = {"energy_per_hour": None, "energy_per_minute": None, "energy": Between(0, 20)}
URTM, CITY = "urevo-e1l", "citysports-cs-wp8"
QUIRKS = {
    # --- data and reads
    "d3_record_is_torn_at_twenty_octets": Quirk(
        "matrix",
        flags="9e1b",
        record={"truncated": True, "speed": 500, "energy_per_hour": None},
        walks=500,
    ),
    "d4_speed_is_in_the_second_of_two_parts": Quirk(
        "matrix-touchxl", flags="9f00, 001f", record={"speed": 500}, walks=500
    ),
    "d4_flags_of_the_parts_differ": Quirk(
        "technogym-myrun", flags="1f00, 8006", record={"speed": 500}, walks=500
    ),
    "d5_number_for_nothing_in_the_negative_gain": Quirk(
        "life-fitness", record={"negative_elevation_gain": 0x7FFF}, walks=0
    ),
    "d6_another_number_for_nothing": Quirk(
        "matrix-touchxl", record={"negative_elevation_gain": 0xFFFF}, walks=0
    ),
    **{
        f"d7_energies_are_not_available_beside_a_real_total_of_{machine}": Quirk(
            machine, "60 s", record=NO_ENERGIES, walks=0
        )
        for machine in (CITY, "technogym-myrun", "life-fitness")
    },
    "d8_d9_constant_zeros_for_energies_and_heart_rate": Quirk(
        URTM,
        "60 s",
        record={
            "energy_per_hour": 0,
            "energy_per_minute": 0,
            "heart_rate": 0,
            "energy": Between(0, 20),
        },
        walks=0,
    ),
    "d12_counters_survive_a_stop": Quirk(
        URTM, "stop, 20 s, start, 10 s", after={"elapsed_s": Between(30, 45)}, walks=0
    ),
    "d13_average_speed_is_claimed_and_not_sent": Quirk(
        "run500", record={"average_speed": None}, walks=0
    ),
    "d14_features_do_not_fit_the_data": Quirk(URTM, reads={FEATURE: "45560000 05000000"}),
    "d20_incline_is_sent_in_hundredths_of_a_percent": Quirk(
        "iconcept", "incline 100, 30 s", record={"incline": 1000}, walks=0
    ),
    "d20_target_incline_is_in_hundredths_of_a_percent": Quirk(
        "iconcept",
        "00, 03 f401, 30 s, 03 f203, incline_up",  # 5 %, and 10.1 %
        "01, 01, 03",
        after={"true_incline_percent": 5.0},
        status="06fe01",
        walks=0,
    ),
    "d21_incline_field_never_changes": Quirk(
        "domyos-ts100", after={"true_incline_percent": 0}, record={"incline": 150}, walks=0
    ),
    "d26_paces_of_one_octet": Quirk(
        "star-trac", flags="fe17", record={"speed": 1200, "pace": 2, "wide_pace": False}, walks=1200
    ),
    "d27_range_of_mph_steps_in_kmh": Quirk(
        URTM, reads={SPEED_RANGE: "6000 8302 2000", INCLINE_RANGE: "0000 0000 0000"}
    ),
    "d28_range_counts_mph_and_the_data_kmh": Quirk(
        "fitshow-dbt", reads={SPEED_RANGE: "3c00 7c01 0a00"}, record={"speed": 322}, walks=200
    ),
    "d29_target_is_sent_in_the_place_of_the_speed": Quirk(
        "target-as-speed",
        "speed 1000, 1 s",
        after={"true_speed_kmh": Between(0, 2)},
        record={"speed": 1000},
        walks=0,
    ),
    "l8_machine_sets_its_incline_alone": Quirk(
        "kickr-run", reads={FEATURE: "0c000000 02000000", INCLINE_RANGE: "e2ff 9600 0100"}
    ),
    # --- control point
    "l8_speed_is_not_supported_without_its_feature": Quirk(
        "kickr-run", "00, 02 2c01, 03 1400", "01, 02, 01"
    ),
    "p4_no_control_is_needed": Quirk(CITY, "07", "01"),
    "p5_repeated_start_succeeds_and_does_nothing": Quirk(
        CITY, "07", "01", {"target_speed": 300}, walks=300
    ),
    "p6_p22_impossible_incline_succeeds": Quirk(
        URTM, "03 3c00, 03 4600, 03 0000, 10 s", "01, 01, 01", {"true_incline_percent": 0}
    ),
    "p7_start_succeeds_and_moves_nothing": Quirk(
        "reebok-fr30z", "00, 07, 20 s", "01, 01", {"stands": True}
    ),
    "p8_unsupported_request_fails": Quirk("yesoul-w2-pro", "00, 03 0a00", "01, 04"),
    "p9_request_for_control_is_granted_and_not_answered": Quirk(
        "horizon-omega-z", "00, 07", "nothing, 01"
    ),
    "p11_speed_before_the_belt_moves_is_lost": Quirk(
        "kingsmith-z1", "00, 1 s, 02 2c01", "01, 01", {"target_speed": 0}
    ),
    "p12_start_lowers_a_moving_belt_to_its_minimum": Quirk(
        "fitshow-fs-bt", "00, 1.5 s, 07, 20 s", "01, 01", {"true_speed_kmh": near(1.0)}, walks=800
    ),
    "p13_each_speed_needs_control_and_a_start": Quirk(
        "technogym-myrun",
        "00, 02 f401, 00, 07, 02 f401, 00, 07, 02 f401, 02 f401",
        "01, 04, 01, 01, 01, 01, 01, 01, 04",
        walks=0,
    ),
    "p14_control_is_forgotten_now_and_then_without_a_status": Quirk(
        "kingsmith-ph4", f"00, {'02 2c01, ' * 6}00, 02 2c01", f"{'01, ' * 6}05, 01, 01", status=""
    ),
    "p15_targets_are_in_mph_and_data_in_kmh": Quirk(
        "jftm-t202", "00, 02 6400, 20 s", "01, 01", record={"speed": 161}, walks=0
    ),
    "p16_range_has_half_percents": Quirk("sole-f85", reads={INCLINE_RANGE: "0000 9600 0500"}),
    "p16_incline_is_rounded_to_whole_percents": Quirk(
        "sole-f85", "00, 03 0f00", "01, 01", {"target_incline": 10}
    ),
    "p17_incline_below_the_range_is_taken": Quirk(
        "sole-f85", "00, 03 ceff, 20 s", "01, 01", {"true_incline_percent": -5.0}
    ),
    "p19_everything_is_accepted_and_nothing_done": Quirk(
        "xterra-t85",
        "00, 02 2c01, 03 3200, 08 01, 20 s",
        "01, 01, 01, 01",
        {"true_speed_kmh": near(5.0), "true_incline_percent": 0},
        walks=500,
    ),
    "p20_request_too_soon_after_another_is_dropped": Quirk(
        "fitshow-fs-bt", "00, 02 f401, 1 s, 02 f401", "01, nothing, 01", walks=0
    ),
    "p23_stop_is_taken_as_a_pause": Quirk(
        "kingsmith-z1", "00, 1 s, 08 01", "01, 01", {"phase": Phase.PAUSED}, walks=0
    ),
    "p25_start_pauses_a_moving_belt": Quirk(
        "start-toggle", "00, 07, 10 s", "01, 01", {"stands": True}, walks=500
    ),
    "p25_second_start_resumes": Quirk(
        "start-toggle", "00, 07, 10 s, 07, 10 s", "01, 01, 01", {"stands": False}, walks=500
    ),
    **{
        f"{machine}_does_not_start_without_its_safety_key": Quirk(
            machine, "00, pull_safety_key, 2 s, 07", "01, 04"
        )
        for machine in (CITY, "technogym-myrun", "fitshow-fs-bt")
    },
    # --- status
    "s1_commander_hears_of_its_own_command": Quirk(
        CITY, "07, 02 2c01", "01, 01", status="04, 052c01"
    ),
    "s1_request_for_control_has_no_status": Quirk(CITY, "00", "01", status=""),
    "s1_failed_command_has_no_status": Quirk("run500", "00, 02 ffff", "01, 03", status=""),
    "s2_s4_status_is_padded_and_the_speed_comes_before_the_start": Quirk(
        URTM, "07, pause", "01", status="056000, 040000, 020200"
    ),
    "s5_speed_of_zero_comes_before_a_pause": Quirk(
        "run500", "pause", status="050000, 0202", walks=0
    ),
    "s6_no_status_is_ever_sent": Quirk("reebok-fr30z", "stop, 20 s", status="", walks=0),
    "s15_pause_at_the_console_is_told_as_a_stop": Quirk(
        "fitshow-fs-bt", "pause", status="0201", walks=0
    ),
    # --- training status
    "s11_reserved_words_for_slowing_and_stopped": Quirk(
        URTM, "stop, 20 s", training="0010, 0011", walks=288
    ),
    "s12_text_is_promised_and_not_there": Quirk(
        CITY, "start", training="010e", reads={TRAINING: "010e"}
    ),
    "s13_training_status_is_always_the_same": Quirk(
        "reebok-fr30z", "stop", training="", reads={TRAINING: "0000"}, walks=0
    ),
    "s14_stopped_is_said_long_before_the_belt_stands": Quirk(
        URTM, "stop, 6 s", after={"true_speed_kmh": Between(3, 6)}, training="0010", walks=640
    ),
}


@pytest.mark.parametrize("quirk", QUIRKS.values(), ids=QUIRKS)
def test_simulated_machine_shows_the_quirk(quirk: Quirk) -> None:
    quirk.check()
