"""The table of models: the row of each machine, and the owner's overrides."""

import re

import pytest

from bridge.machines import (
    MODELS,
    Declared,
    HaltWord,
    Model,
    Profile,
    SpeedUnit,
    TrainingStatusUse,
    find_model,
)
from bridge.machines.models import MPH_BOTH_WAYS

EVIDENCE = re.compile(r"[DPSL]\d+ [ABC](, [DPSL]\d+ [ABC])*|its source")


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row.key)
class TestEveryRow:
    def test_model_row_names_its_evidence(self, row: Model) -> None:
        assert EVIDENCE.fullmatch(row.evidence)

    def test_model_row_has_an_identifying_field_and_a_profile(self, row: Model) -> None:
        assert row.names or row.maker
        assert row.profile != Profile()

    def test_model_row_is_found_by_its_own_names(self, row: Model) -> None:
        for pattern in row.names:
            assert find_model(pattern.replace("*", ""), row.maker, row.model) is row
        if not row.names:
            assert find_model("", row.maker, row.model) is row


def test_model_keys_are_unique() -> None:
    assert len({row.key for row in MODELS}) == len(MODELS)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("KS-HD-Z1D", "kingsmith_z1"),
        ("KS-HD-A1", "kingsmith"),
        ("FS-BT-T4", "fitshow"),
        ("fs-1A2B3C", "fitshow"),
        ("UREVO-E1L", "urevo"),
        (" HORIZON_7.0AT ", "horizon_7_0_at"),
        ("F85", "sole"),
        ("T01_4F21", "iconcept"),
    ],
)
def test_model_is_found_by_name_in_any_case(name: str, key: str) -> None:
    row = find_model(name)
    assert row is not None
    assert row.key == key


@pytest.mark.parametrize("name", ["", "My treadmill", "Horizon Omega Z", "Life Fitness", "XFS-1"])
def test_unknown_model_gets_the_default_profile(name: str) -> None:
    assert find_model(name) is None
    assert Declared().profile(name) == Profile()


def test_simulated_model_is_found_only_with_its_maker() -> None:
    assert find_model("anything", "treadmill-bridge", "Simulated treadmill") is not None
    assert find_model("Simulated treadmill", "Somebody", "Simulated treadmill") is None


def test_unit_is_known_only_if_reports_and_targets_have_one() -> None:
    assert MPH_BOTH_WAYS.unit_known
    assert not Profile(target_speed_unit=SpeedUnit.MPH).unit_known
    assert not Profile().unit_known


class TestDeclaredModel:
    def test_declared_model_key_selects_its_row(self) -> None:
        assert Declared("fitshow").profile("Anything").pace_s == 1.2

    def test_empty_declared_model_selects_no_row(self) -> None:
        assert Declared("").profile("FS-1234") == Profile()

    def test_declared_setting_overrides_the_model_setting(self) -> None:
        declared = Declared(settings={"halt": HaltWord.BOTH})
        profile = declared.profile("KS-HD-Z1D")
        assert profile.halt is HaltWord.BOTH
        assert profile.training_status is TrainingStatusUse.READ
