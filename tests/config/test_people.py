"""The configuration of a household: whose limits win, and where what is remembered lies."""

import os
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bridge.config import Config, taken_over
from tests.rigs.configs import from_toml, problems


class TestPeople:
    def test_limits_of_a_person_override_treadmill_and_common_limits(self, tmp_path: Path) -> None:
        config = from_toml(
            tmp_path,
            """
            [guard]
            warm_up_s = 400
            cool_down_s = 400
            stale_hold_s = 4
            [[treadmills]]
            id = "den"
            guard = { warm_up_s = 500, cool_down_s = 500 }
            [[people]]
            name = "Anna"
            guard = { warm_up_s = 600 }
            """,
        )
        guard = config.guard_of(config.treadmills[0], config.people[0])
        assert (guard.warm_up_s, guard.cool_down_s, guard.stale_hold_s) == (600, 500, 4)
        assert config.guard_of(config.treadmills[0]).warm_up_s == 500

    @pytest.mark.parametrize(
        ("key", "machine", "person", "expected"),
        [
            ("max_speed_kmh", 10, 14, 10),
            ("max_speed_kmh", 14, 10, 10),
            ("max_incline_percent", 6, 12, 6),
            ("min_incline_percent", -1, -3, -1),
        ],
    )
    def test_person_never_exceeds_the_limit_of_a_treadmill(
        self, key: str, machine: int, person: int, expected: int
    ) -> None:
        config = Config.model_validate(
            {
                "treadmills": [{"id": "den", "guard": {key: machine}}],
                "people": [{"name": "Anna", "guard": {key: person}}],
            }
        )
        assert getattr(config.guard_of(config.treadmills[0], config.people[0]), key) == expected

    def test_profile_of_a_person_overrides_limits_set_elsewhere(self) -> None:
        config = Config.model_validate(
            {
                "guard": {"profile": "trained", "warm_up_speed_kmh": 9, "warm_up_s": 240},
                "treadmills": [{"id": "den", "guard": {"speed_ramp_kmh_per_s": 0.4}}],
                "people": [{"name": "Anna", "guard": {"profile": "gentle"}}, {"name": "Ben"}],
            }
        )
        (den,), (anna, ben) = config.treadmills, config.people
        hers, his = config.guard_of(den, anna), config.guard_of(den, ben)
        assert (hers.speed_ramp_kmh_per_s, hers.warm_up_speed_kmh) == (0.1, 6)
        assert (his.speed_ramp_kmh_per_s, his.warm_up_speed_kmh) == (0.4, 9)
        assert hers.warm_up_s == his.warm_up_s == 240

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (
                '[[people]]\nname = "Anna"\n[[people]]\nname = "anna"',
                "two people have the same name",
            ),
            (
                '[[shoes]]\nname = "A"\n[[shoes]]\nname = "A"',
                "two pairs of shoes have the same name 'a'",
            ),
            ('[[people]]\nname = "Anna"\nshoes = "B"', "'B' of 'Anna' are not in [[shoes]]"),
            ('[[people]]\nname = " Anna"', "' Anna' must be printable, without spaces around it"),
            ('[[shoes]]\nname = "A"\nstart_km = -1', "-1 is below 0"),
            (
                '[[treadmills]]\nid = "den"\nguard = { stale_fault_s = 5 }\n'
                '[[people]]\nname = "Anna"\nguard = { stale_hold_s = 5 }',
                "guard of 'den' for 'Anna': stale_fault_s 5 must be above stale_hold_s 5",
            ),
        ],
    )
    def test_inconsistent_people_and_shoes_are_refused(
        self, tmp_path: Path, text: str, problem: str
    ) -> None:
        (said,) = problems(tmp_path, text)
        assert problem in said

    def test_contradiction_for_all_people_is_reported_once(self, tmp_path: Path) -> None:
        text = (
            "[guard]\nstale_fault_s = 5\nstale_hold_s = 5\n"
            '[[treadmills]]\nid = "den"\n[[people]]\nname = "Anna"\n[[people]]\nname = "Ben"'
        )
        (said,) = problems(tmp_path, text)
        assert said == "guard of 'den': stale_fault_s 5 must be above stale_hold_s 5"

    def test_unwise_limit_of_a_person_is_warned_of_by_name(self, tmp_path: Path) -> None:
        text = '[[people]]\nname = "Anna"\nguard = { max_speed_kmh = 25 }'
        (warning,) = from_toml(tmp_path, text).warnings()
        assert warning.startswith("guard of 'Anna'.max_speed_kmh: 25 is outside")


class TestStateDirectory:
    def test_state_directory_is_the_configured_one(self) -> None:
        config = Config.model_validate({"state_dir": "/srv/bridge"})
        assert config.state_directory({"STATE_DIRECTORY": "/x"}) == Path("/srv/bridge")

    def test_state_directory_defaults_to_that_of_systemd_in_a_service(self) -> None:
        env = {"STATE_DIRECTORY": "/var/lib/bridge:/var/lib/other", "XDG_STATE_HOME": "/x"}
        assert Config().state_directory(env) == Path("/var/lib/bridge")

    def test_state_directory_defaults_to_the_users_own(self) -> None:
        assert Config().state_directory({"XDG_STATE_HOME": "/x"}) == Path("/x/treadmill-bridge")
        assert Config().state_directory({}) == Path.home() / ".local/state/treadmill-bridge"

    def test_state_directory_of_a_user_without_a_home_is_below_the_root(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("HOME")
        monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
        assert Config().state_directory({}) == Path("/.local/state/treadmill-bridge")


class TestReadAgain:
    OLD: ClassVar[dict[str, Any]] = {
        "mqtt": {"host": "one"},
        "treadmills": [{"id": "den", "name": "Den"}, {"id": "loft", "name": "Loft"}],
        "people": [{"name": "Anna"}],
    }

    def test_reload_applies_limits_people_shoes_and_hints(self) -> None:
        new = {
            **self.OLD,
            "cues": False,
            "guard": {"max_speed_kmh": 9},
            "people": [{"name": "Ben"}],
            "shoes": [{"name": "Ghost"}],
            "treadmills": [
                {"id": "den", "name": "Den", "guard": {"max_speed_kmh": 8}},
                {"id": "loft", "name": "Loft", "allow_remote_start": True},
            ],
        }
        config, waits = taken_over(Config.model_validate(self.OLD), Config.model_validate(new))
        assert waits == []
        assert config == Config.model_validate(new)

    def test_reload_names_the_changes_that_need_a_restart(self) -> None:
        new = {
            **self.OLD,
            "mqtt": {"host": "two"},
            "state_dir": "/elsewhere",
            "treadmills": [
                {"id": "den", "name": "Other", "control": "never"},
                {"id": "attic", "name": "Attic"},
            ],
        }
        old = Config.model_validate(self.OLD)
        config, waits = taken_over(old, Config.model_validate(new))
        assert waits == ["mqtt", "state_dir", "treadmills", "name of den", "control of den"]
        assert (config.mqtt, config.state_dir) == (old.mqtt, None)
        assert config.treadmills == old.treadmills

    @pytest.mark.parametrize("change", [{"speed_unit": "mph"}, {"machine": {"pace_s": 2}}])
    def test_reload_applies_a_declared_machine_only_after_a_restart(
        self, change: dict[str, object]
    ) -> None:
        old = Config.model_validate(self.OLD)
        new = {**self.OLD, "treadmills": [{"id": "den", "name": "Den", **change}]}
        new["treadmills"] += [each for each in self.OLD["treadmills"] if each["id"] != "den"]
        config, waits = taken_over(old, Config.model_validate(new))
        assert f"{next(iter(change))} of den" in waits
        assert [(t.speed_unit, t.machine) for t in config.treadmills] == [
            (t.speed_unit, t.machine) for t in old.treadmills
        ]


class TestSensors:
    def test_sensor_needs_exactly_one_configured_treadmill(self, tmp_path: Path) -> None:
        two = '[[treadmills]]\nid = "a"\nname = "A"\n[[treadmills]]\nid = "b"\nname = "B"\n'
        assert "needs the key treadmill" in " ".join(problems(tmp_path, f"{two}[[sensors]]\n"))
        text = " ".join(problems(tmp_path, f'{two}[[sensors]]\ntreadmill = "c"\n'))
        assert "'c' of a sensor is not in" in text
        both = '[[sensors]]\ntreadmill = "a"\naddress = "12:34:56:78:9A:BC"\nname = "HRM"\n'
        assert "not both" in " ".join(problems(tmp_path, f"{two}{both}"))

    @pytest.mark.parametrize("named", ["", 'treadmill = "a"\n'])
    def test_a_treadmill_has_one_strap(self, tmp_path: Path, named: str) -> None:
        straps = f'[[sensors]]\n{named}name = "HRM 1"\n[[sensors]]\ntreadmill = "a"\n'
        text = " ".join(problems(tmp_path, f'[[treadmills]]\nid = "a"\n{straps}'))
        assert "the treadmill 'a' has 2 straps in [[sensors]]; keep one" in text


class TestReferences:
    def test_unknown_or_impossible_reference_speed_is_refused(self, tmp_path: Path) -> None:
        assert "'7_km' is not a reference" in " ".join(
            problems(tmp_path, "[workouts]\nreference_kmh = { 7_km = 12 }")
        )
        assert problems(tmp_path, "[workouts]\nreference_kmh = { 5_km = 60 }")
        assert problems(tmp_path, '[workouts]\nreference_kmh = { 5_km = "12" }')
        assert problems(tmp_path, "[workouts]\nreference_kmh = { 5_km = [] }")
        assert "write a table" in " ".join(problems(tmp_path, "[workouts]\nreference_kmh = 3"))


class TestPlans:
    KNEE = """
        name = "Knee"
        [[phase]]
        name = "Walk"
        sessions = 2
        session_min = 20
        """

    def test_built_in_plan_is_configured_by_its_name(self, tmp_path: Path) -> None:
        config = from_toml(
            tmp_path, '[[people]]\nname = "Ann"\n[[people.plan]]\nname = "couch-to-5k"'
        )
        plan = config.plan_of("Ann")
        assert plan is not None
        assert plan.key == "couch-to-5k"
        assert config.plan_of("Ben") is None

    def test_plan_file_is_read_from_the_state_directory_or_an_absolute_path(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "plans").mkdir()
        (tmp_path / "plans/knee.toml").write_text(self.KNEE)
        for file in ("knee.toml", str(tmp_path / "plans/knee.toml")):
            config = from_toml(
                tmp_path,
                f"""
                state_dir = "{tmp_path}"
                [[people]]
                name = "Ann"
                plan = [{{ file = "{file}" }}]
                """,
            )
            plan = config.plan_of("Ann")
            assert plan is not None
            assert (plan.name, plan.key) == ("Knee", "knee.toml")

    def test_changed_file_of_a_plan_is_read_with_a_reload(self, tmp_path: Path) -> None:
        file = tmp_path / "knee.toml"
        text = f'[[people]]\nname = "Ann"\nplan = [{{ file = "{file}" }}]'
        file.write_text(self.KNEE)
        old = from_toml(tmp_path, text)
        file.write_text(self.KNEE.replace("Knee", "Hip"))
        new, waits = taken_over(old, from_toml(tmp_path, text))
        plan = new.plan_of("Ann")
        assert plan is not None
        assert (plan.name, waits) == ("Hip", [])

    @pytest.mark.parametrize(
        ("plan", "problem"),
        [
            ('name = "couch"', "plan of 'Ann': no plan 'couch' is built in"),
            ("start_phase = 1", "give name for a built-in plan, or file for your own"),
            ('name = "gradual"\nfile = "a.toml"', "give name for a built-in plan, or file"),
            ('file = "none.toml"', "none.toml: it cannot be read (No such file or directory)"),
            ('name = "gradual"\nstart_phase = 15', "start_phase is 15, but the plan has 14 phases"),
            ('name = "gradual"\nstart_phase = 0', "people[0].plan[0].start_phase: 0 is below 1"),
            (
                'name = "intermittent-walking"',
                "'Intermittent walking for leg arteries' is only for people whose clinician chose "
                "it. If yours did, set clinician = true",
            ),
            ('name = "gradual"\nclinican = true', "did you mean clinician?"),
            ('name = "gradual"\n[[people.plan]]\nname = "gradual"', "people[0].plan: "),
        ],
    )
    def test_plan_that_cannot_be_followed_is_refused_with_a_reason(
        self, tmp_path: Path, plan: str, problem: str
    ) -> None:
        text = f'state_dir = "{tmp_path}"\n[[people]]\nname = "Ann"\n[[people.plan]]\n{plan}'
        (found,) = problems(tmp_path, text)
        assert problem in found

    def test_plan_with_one_bracket_too_few_is_refused_with_advice(self, tmp_path: Path) -> None:
        text = '[[people]]\nname = "Ann"\n[people.plan]\nname = "gradual"'
        assert problems(tmp_path, text) == [
            "people[0].plan: write [[people.plan]] with two brackets on each side; it is a "
            "list of tables"
        ]

    def test_plan_for_clinicians_is_accepted_with_the_clinician_key(self, tmp_path: Path) -> None:
        config = from_toml(
            tmp_path,
            """
            [[people]]
            name = "Ann"
            [[people.plan]]
            name = "intermittent-walking"
            clinician = true
            start_phase = 6
            """,
        )
        assert config.people[0].plan[0].start_phase == 6
        assert config.plan_of("Ann") is not None
