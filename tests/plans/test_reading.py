"""Plans as files: what is read, and what is wrong and where."""

from itertools import pairwise
from pathlib import Path

import pytest

from bridge.plans.model import Interval, PainRule, Phase, PlanError
from bridge.plans.reading import MAX_BYTES, built_in, find, read, read_file, source_of
from bridge.values.plan import Day

PLAN = """
name = "Knee"
description = "After the operation."
source = "Dr. Example"
clinician = true
rest_days = 2

[pain]
hold = 1
back = 2
end = 3
question = "How is the knee?"

[[phase]]
name = "Walk"
sessions = 4
max_speed_kmh = 5.5
max_incline_percent = 1
session_min = 20

[[phase]]
name = "Walk and run"
sessions = 6
rest_days = 1
max_speed_kmh = 8.25
session_km = 2.5
intervals = [{ walk_min = 4, run_min = 1, times = 5, walk_kmh = 5, run_kmh = 8 }]
"""
LEAST = 'name = "A"\n[[phase]]\nname = "B"\nsessions = 1\n'


def test_every_key_of_a_plan_file_is_read() -> None:
    plan = read(PLAN.encode(), "knee.toml")
    assert (plan.key, plan.name, plan.source) == ("knee.toml", "Knee", "Dr. Example")
    assert (plan.description, plan.question) == ("After the operation.", "How is the knee?")
    assert plan.clinician
    assert plan.pain == PainRule(1, 2, 3)
    assert plan.phases == (
        Phase("Walk", 4, 2, 5.5, 1, 1200.0),
        Phase("Walk and run", 6, 1, 8.25, None, None, 2500.0, (Interval(240, 60, 5, 5, 8),)),
    )


def test_plan_ceilings_are_in_wire_units() -> None:
    ceilings = read(PLAN.encode(), "k").ceilings(1, Day.REST)
    assert (ceilings.phase, ceilings.phases, ceilings.name) == (2, 2, "Walk and run")
    assert (ceilings.speed, ceilings.incline) == (825, None)
    assert (ceilings.time_s, ceilings.distance_m, ceilings.day) == (None, 2500.0, Day.REST)


def test_keys_left_out_of_a_plan_have_defaults() -> None:
    plan = read((LEAST + "session_min = 10").encode(), "a")
    assert plan.pain == PainRule(3, 5, 7)
    assert plan.phases[0].rest_days == 1
    assert not plan.clinician


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name = ", "this is not valid TOML"),
        ("\x00", "this is not valid TOML"),
        ('name = "A"', "phase: this key is missing"),
        ('name = "A"\nphase = []', "phase: List should have at least 1 item"),
        (LEAST, "phase 1: give it session_min, session_km or both"),
        (LEAST + "session_min = 4", "phase 1 session_min: 5 is the least"),
        (LEAST + "session_km = 61", "phase 1 session_km: 60 is the most"),
        (LEAST + "session_min = nan", "phase 1 session_min: "),
        (LEAST + 'session_min = "10"', "phase 1 session_min: should be a valid number"),
        (LEAST + "session_mim = 10", "phase 1 session_mim: unknown key; did you mean"),
        (LEAST + "zzzz = 10", "phase 1 zzzz: unknown key; known keys: intervals, max_"),
        ("nam = 1\n" + LEAST + "session_min = 9", "nam: unknown key; did you mean name?"),
        (LEAST + "session_min = 10\n[pain]\nend = 2", "pain: hold must not be above back"),
        (LEAST + "session_min = 10\n[pain]\nend = 11", "pain end: 10 is the most"),
        (
            LEAST + "session_min = 10\nintervals = [{ times = 2 }]",
            "phase 1 intervals 1: give it walk_min, run_min or both",
        ),
        (
            LEAST + "session_min = 10\nmax_speed_kmh = 6\nintervals = [{run_min=1, run_kmh=7}]",
            "phase 1: an interval of 7 km/h is above max_speed_kmh",
        ),
        (
            LEAST + "session_min = 10\nintervals = [{ run_min = 1, rum_kmh = 2 }]",
            "phase 1 intervals 1 rum_kmh: unknown key; did you mean run_kmh?",
        ),
        ("a = " + "[" * 3000, "this is not valid TOML"),
    ],
)
def test_invalid_plan_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(PlanError) as caught:
        read(text.encode(), "a")
    assert problem in str(caught.value)


def test_oversized_plan_file_is_refused_unread() -> None:
    with pytest.raises(PlanError, match="too large"):
        read(b"#" * (MAX_BYTES + 1), "a")


def test_plan_from_a_file_has_the_file_name_as_key(tmp_path: Path) -> None:
    path = tmp_path / "couch-to-5k.toml"
    path.write_text(LEAST + "session_min = 10")
    assert read_file(path).key == "couch-to-5k.toml"
    assert find("couch-to-5k").key == "couch-to-5k"


def test_missing_plan_file_is_an_error_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"it cannot be read \(No such file"):
        read_file(tmp_path / "none.toml")


def test_unknown_plan_name_is_an_error_that_suggests_the_nearest() -> None:
    with pytest.raises(PlanError, match="did you mean 'couch-to-5k'"):
        source_of("couch-to-5")
    with pytest.raises(PlanError, match="there are: couch-to-5k, gradual"):
        find("zzz")


class TestBuiltIn:
    def test_built_in_plans_are_the_five_documented_ones(self) -> None:
        assert built_in() == (
            "couch-to-5k",
            "gradual",
            "intermittent-walking",
            "return-to-run",
            "walking-first",
        )

    @pytest.mark.parametrize("name", built_in())
    def test_each_built_in_plan_names_its_source(self, name: str) -> None:
        plan = find(name)
        assert plan.source
        assert plan.description

    @pytest.mark.parametrize("name", built_in())
    def test_plan_intervals_are_as_long_as_their_session(self, name: str) -> None:
        for phase in find(name).phases:
            if not phase.intervals:
                continue
            minutes = sum((i.walk_s + i.run_s) * i.times for i in phase.intervals) / 60
            if phase.time_s is not None:
                assert minutes == pytest.approx(phase.time_s / 60), phase.name
            else:
                metres = sum(
                    (i.walk_s * (i.walk_kmh or 0) + i.run_s * (i.run_kmh or 0)) / 3.6 * i.times
                    for i in phase.intervals
                )
                assert phase.distance_m is not None
                assert 0.95 <= metres / phase.distance_m <= 1.15, phase.name

    def test_only_a_clinician_may_choose_intermittent_walking(self) -> None:
        assert [name for name in built_in() if find(name).clinician] == ["intermittent-walking"]

    def test_return_to_run_has_the_six_phases_of_the_trial(self) -> None:
        phases = find("return-to-run").phases
        assert [phase.sessions for phase in phases] == [2] * 6
        assert {phase.rest_days for phase in phases} == {1}
        assert {phase.incline_percent for phase in phases} == {0}
        miles = [((phase.distance_m or 0) - 400) / 1609.344 for phase in phases]
        assert miles == pytest.approx([1.0, 1.5, 1.5, 2.0, 2.0, 2.0], abs=0.02)
        main = [phase.intervals[1] for phase in phases]
        assert [(each.walk_s, each.run_s) for each in main] == [
            (120, 180), (120, 180), (120, 240), (120, 240), (60, 240), (0, 1320),
        ]  # fmt: skip

    def test_couch_to_5k_has_the_nine_weeks_of_the_nhs(self) -> None:
        phases = find("couch-to-5k").phases
        assert sum(phase.sessions for phase in phases) == 27
        running = [sum(i.run_s * i.times for i in phase.intervals) / 60 for phase in phases]
        assert running == [8, 9, 9, 16, 15, 16, 20, 18, 20, 25, 25, 28, 30]
        minutes = [(phase.time_s or 0) / 60 - 5 for phase in phases]
        assert minutes == [20, 20, 18, 21.5, 21, 21, 20, 24, 23, 25, 25, 28, 30]

    def test_walking_first_has_the_twelve_weeks_of_the_nhlbi(self) -> None:
        minutes = [(phase.time_s or 0) / 60 - 5 for phase in find("walking-first").phases]
        assert minutes == [5, 7, 9, 11, 13, 15, 18, 20, 23, 26, 28, 30]

    def test_gradual_plan_grows_by_at_most_10_percent_per_phase(self) -> None:
        lengths = [phase.time_s or 0 for phase in find("gradual").phases]
        assert lengths[0] == 1200
        assert lengths[-1] == 3600
        pairs = pairwise(lengths)
        assert all(before < after <= before * 1.1 for before, after in pairs)
