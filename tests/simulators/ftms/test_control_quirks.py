"""How each machine profile answers at its control point; the names have the quirks' ids."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from simulators.ftms.profile import Control, Early, Profile
from simulators.physics.machine import Phase
from tests.simulators.ftms.bench import Bench, bench, last_record, walking

STATUS, INCLINE_RANGE = 0x2ADA, 0x2AD5


def near(number: float) -> Any:
    return pytest.approx(number, abs=0.01)


@dataclass(frozen=True, slots=True)
class Quirk:
    """The results of requests to a machine, and its state after them.

    `story` has requests and pauses in seconds, parted by commas. `results` has 01 for success, 02
    for not supported, 04 for failed, 05 for not permitted, and `nothing` for no answer.
    `walks` is the speed that the belt has before, 0 for its own first speed; None: it stands.
    """

    machine: str
    story: str
    results: str
    after: dict[str, object] = field(default_factory=dict)
    walks: int | None = None

    def check(self) -> Bench:
        found = bench(self.machine)
        if self.walks is not None:
            found = walking(self.machine, self.walks or None)
        results = []
        for step in self.story.split(", "):
            if step.endswith(" s"):
                found.treadmill.advance(float(step.removesuffix(" s")))
            else:
                results.append(found.try_write(step).removeprefix(f"80 {step[:2]} "))
        assert ", ".join(results) == self.results
        assert {name: getattr(found.machine, name) for name in self.after} == self.after
        return found


QUIRKS = {
    "p4_no_control_is_needed": Quirk("citysports-cs-wp8", "07", "01"),
    "p5_repeated_start_succeeds_and_does_nothing": Quirk(
        "citysports-cs-wp8", "07", "01", {"target_speed": 300}, walks=300
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
        "fitshow-fs-bt",
        "00, 1.5 s, 07, 20 s",
        "01, 01",
        {"true_speed_kmh": near(1.0)},
        walks=800,
    ),
    "p13_each_speed_needs_control_and_a_start": Quirk(
        "technogym-myrun",
        "00, 02 f401, 00, 07, 02 f401, 00, 07, 02 f401, 02 f401",
        "01, 04, 01, 01, 01, 01, 01, 01, 04",
        walks=0,
    ),
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
    "l8_speed_is_not_supported_without_its_feature": Quirk(
        "kickr-run", "00, 02 2c01, 03 1400", "01, 02, 01"
    ),
    "p25_start_pauses_a_moving_belt": Quirk(
        "start-toggle", "00, 07, 10 s", "01, 01", {"stands": True}, walks=500
    ),
    "p25_second_start_resumes": Quirk(
        "start-toggle", "00, 07, 10 s, 07, 10 s", "01, 01, 01", {"stands": False}, walks=500
    ),
}


@pytest.mark.parametrize("quirk", QUIRKS.values(), ids=QUIRKS)
def test_quirks(quirk: Quirk) -> None:
    quirk.check()


class TestControl:
    def test_p6_impossible_incline_succeeds(self) -> None:
        # Those are what one app tries out (P22).
        Quirk(
            "urevo-e1l",
            "03 3c00, 03 4600, 03 0000, 10 s",
            "01, 01, 01",
            {"true_incline_percent": 0},
        ).check()

    def test_p14_control_is_forgotten_now_and_then_without_a_status(self) -> None:
        story = f"00, {'02 2c01, ' * 6}00, 02 2c01"
        ph4 = Quirk("kingsmith-ph4", story, f"{'01, ' * 6}05, 01, 01").check()
        assert ph4.a.of(STATUS) == []

    def test_p15_targets_are_in_mph_and_data_in_kmh(self) -> None:
        t202 = Quirk("jftm-t202", "00, 02 6400, 20 s", "01, 01", walks=0).check()
        assert last_record(t202.a).speed == 161

    def test_p16_range_has_half_percents(self) -> None:
        assert bench("sole-f85").server.read(INCLINE_RANGE).hex(" ", 2) == "0000 9600 0500"

    @pytest.mark.parametrize("machine", ["citysports-cs-wp8", "technogym-myrun", "fitshow-fs-bt"])
    def test_no_machine_starts_without_its_safety_key(self, machine: str) -> None:
        found = bench(machine)
        found.control()
        found.machine.pull_safety_key()
        found.treadmill.advance(2)
        assert found.write("07") == "80 07 04"

    def test_speed_before_the_belt_moves_may_be_refused(self) -> None:
        shy = Bench(profile=Profile(control=Control(speed_before_motion=Early.REFUSED)))
        shy.control()
        assert shy.write("02 2c01") == "80 02 04"
        shy.write("07")
        shy.treadmill.advance(10)
        assert shy.write("02 2c01") == "80 02 01"

    def test_repeated_stop_may_succeed(self) -> None:
        easy = Bench(profile=Profile(control=Control(repeated_stop_fails=False)))
        easy.control()
        assert easy.write("08 01") == "80 08 01"

    def test_control_may_stay_with_its_holder(self) -> None:
        firm = Bench(profile=Profile(control=Control(yields=False)))
        firm.control()
        assert firm.write("00", firm.b) == "80 00 05"

    def test_control_point_may_work_without_indications(self) -> None:
        lax = Bench(profile=Profile(control=Control(needs_subscription=False)))
        assert lax.server.write(lax.a, b"\x00", indicating=False) is not None
