"""Mutated frames: 20,000 in `make test`, 100,000 in `make test-full`, hours in `make fuzz`."""

import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

from tests.fuzz.targets import TARGETS, check, seeds, value_target
from tests.rigs.effort import effort

RUNS = effort(20_000, 100_000)


def test_recorded_frames_of_real_machines_pass_every_fuzz_target() -> None:
    found = list(seeds())
    assert len(found) > 1000
    for seed in found:
        check(seed)
    check(b"")
    check(bytes((len(TARGETS) - 1,)))


def test_fuzz_check_finds_an_undocumented_exception() -> None:
    class Careless:
        @classmethod
        def decode(cls, value: bytes) -> Self:
            _ = value[2]
            return cls()

        def encode(self) -> bytes:
            return b""

    with pytest.raises(IndexError):
        value_target(Careless)(b"\x00")


def test_fuzz_check_finds_a_value_that_does_not_round_trip() -> None:
    class Forgetful:
        def __init__(self, octets: bytes) -> None:
            self.octets = octets

        @classmethod
        def decode(cls, value: bytes) -> Self:
            return cls(value)

        def encode(self) -> bytes:
            return self.octets[:1]

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Forgetful) and other.octets == self.octets

        __hash__ = None  # type: ignore[assignment]

    value_target(Forgetful)(b"\x01")
    with pytest.raises(AssertionError):
        value_target(Forgetful)(b"\x01\x02")


@pytest.mark.timeout(600)
def test_mutated_frames_raise_only_documented_exceptions(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="no wheel for this machine: the fuzzer is LEFT OUT")
    # Measuring coverage twice, for the fuzzer and for the report, would take minutes.
    run = subprocess.run(
        (
            *(sys.executable, "-m", "tests.fuzz.codec"),
            *(f"-runs={RUNS}", "-seed=1", "-max_len=64", f"-artifact_prefix={tmp_path}/"),
            str(tmp_path / "corpus"),
        ),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert f"Done {RUNS} runs" in run.stderr
