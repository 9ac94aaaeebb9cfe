"""The first day: from a bare Debian with BlueZ and a broker to a belt that a command moves."""

import pytest

from tests.bluez import first_day
from tests.bluez.first_day import STEADY_KMH
from tests.bluez.rig import Rig

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(1800)]


async def test_at_most_eight_commands_lead_to_a_belt_that_moves(rig: Rig) -> None:
    assert len(first_day.commands(package=True)) <= 8
    assert rig.simulation.machine.true_speed_kmh == pytest.approx(STEADY_KMH, abs=0.2)


async def test_no_command_edits_a_file(rig: Rig) -> None:
    for command in first_day.commands(package=True):
        assert not {">", ">>", "tee", "sed", "nano"} & set(command.split())


async def test_init_prints_the_machine_found_and_the_file_written(rig: Rig) -> None:
    assert "F0:F1:F2:F3:F4:F5" in rig.first_day
    assert "wrote: /etc/treadmill-bridge/config.toml" in rig.first_day


async def test_service_starts_with_the_computer(rig: Rig) -> None:
    assert await rig.guest.run("systemctl is-enabled treadmill-bridge") == "enabled\n"


async def test_other_users_cannot_read_the_configuration(rig: Rig) -> None:
    mode = await rig.guest.run("stat -c '%a %G' /etc/treadmill-bridge/config.toml")
    assert mode == "640 treadmill-bridge\n"
