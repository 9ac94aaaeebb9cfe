"""The heart rate of a chest strap, beside the machine's own."""

import pytest

from bridge.values import Measurement
from tests.tracking.snapshot.machine import Machine


class TestHeartRateStrap:
    """Its heart rate replaces the machine's own."""

    def events(self, machine: Machine, straps: str, own: int | None = 90) -> list[str]:
        """Return the events of a running belt; `straps` are rates a second, `-` for none."""
        machine.runs(600, 600, 600)
        for rate in straps.split():
            machine.now += 1.0
            if rate != "-":
                machine.builder.strap(int(rate), machine.now)
            data = Measurement(speed=600, heart_rate=own)
            machine.builder.measured(data, machine.now)
        sample = machine.builder.snapshot.sample
        self.rate = sample and sample.data.heart_rate
        return [f"{event.type}/{event.case}" for event in machine.builder.take_events()]

    def test_silent_strap_is_reported_once_and_the_machine_rate_is_used(
        self, machine: Machine
    ) -> None:
        assert self.events(machine, "150 151 - - - - -") == []
        assert self.rate == 151
        assert self.events(machine, "- - - -") == ["heart_rate_lost/strap"]
        assert self.rate == 90
        assert self.events(machine, "152 0 - -") == ["heart_rate_lost/strap"]

    @pytest.mark.parametrize("own", [None, 0])
    def test_silent_strap_without_a_machine_rate_is_no_event(
        self, machine: Machine, own: int | None
    ) -> None:
        assert self.events(machine, "150 - - - - - - -", own) == []
        assert not self.rate

    def test_silent_strap_at_rest_is_no_event(self, machine: Machine) -> None:
        self.events(machine, "150")
        machine.runs(*[0] * 10)
        machine.builder.measured(Measurement(speed=0, heart_rate=90), machine.now)
        assert self.events(machine, "- -") == []


def test_heart_rate_of_the_machine_alone_is_no_silent_strap(machine: Machine) -> None:
    machine.builder.measured(Measurement(speed=600, heart_rate=90), machine.now)
    assert machine.builder.take_events() == []
