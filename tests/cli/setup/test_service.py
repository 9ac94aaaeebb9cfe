"""`install-service` and `uninstall-service`: files written, output, and removal."""

import os
from pathlib import Path

import pytest

from bridge.app import service
from bridge.cli.setup import install_service
from tests.cli.conftest import Invoke, ended

UNIT = "etc/systemd/system/treadmill-bridge.service"
USERS = "etc/sysusers.d/treadmill-bridge.conf"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A computer with a configuration."""
    config = tmp_path / "root/etc/treadmill-bridge/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("")
    return tmp_path / "root"


def files(root: Path) -> set[str]:
    return {str(each.relative_to(root)) for each in root.rglob("*") if each.is_file()}


def test_install_service_creates_user_and_unit(invoke: Invoke, root: Path) -> None:
    result = invoke("install-service", "--root", str(root), "--program", "/opt/bridge/run")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"wrote: /{USERS}", f"wrote: /{UNIT}"]
    unit = (root / UNIT).read_text()
    assert "ExecStart=/opt/bridge/run run --config /etc/treadmill-bridge/config.toml" in unit
    assert "LoadCredential=mqtt-password" not in unit.replace("#LoadCredential", "")


def test_second_install_service_changes_nothing(invoke: Invoke, root: Path) -> None:
    arguments = ("install-service", "--root", str(root), "--program", "/opt/bridge/run")
    invoke(*arguments)
    result = invoke(*arguments)
    assert result.stdout.splitlines() == [f"unchanged: /{USERS}", f"unchanged: /{UNIT}"]


def test_install_service_does_not_shadow_the_unit_of_the_debian_package(
    invoke: Invoke, root: Path
) -> None:
    invoke("install-service", "--root", str(root))  # as pipx had it, before the package came
    packaged = root / "usr/lib/systemd/system/treadmill-bridge.service"
    packaged.parent.mkdir(parents=True)
    packaged.write_text("[Service]\n")
    (root / "etc/treadmill-bridge/mqtt-password").write_text("secret")
    result = invoke("install-service", "--root", str(root))
    assert result.stdout.splitlines() == [
        f"removed: /{UNIT}",
        f"removed: /{USERS}",
        f"wrote: /{UNIT}.d/credentials.conf",
    ]
    assert packaged.exists()


def test_install_service_passes_an_existing_password_file_as_credential(
    invoke: Invoke, root: Path
) -> None:
    (root / "etc/treadmill-bridge/mqtt-password").write_text("secret")
    result = invoke("install-service", "--root", str(root))
    drop_in = root / f"{UNIT}.d/credentials.conf"
    assert "LoadCredential=mqtt-password:/etc/treadmill-bridge/mqtt-password" in drop_in.read_text()
    assert f"wrote: /{UNIT}.d/credentials.conf" in result.stdout


def test_uninstall_removes_the_service(invoke: Invoke, root: Path) -> None:
    (root / "etc/treadmill-bridge/mqtt-password").write_text("secret")
    before = files(root)
    invoke("install-service", "--root", str(root))
    result = invoke("uninstall-service", "--root", str(root))
    assert files(root) == before
    assert not (root / f"{UNIT}.d").exists()
    assert f"removed: /{UNIT}" in result.stdout
    assert "Kept: /etc/treadmill-bridge" in result.stdout
    again = invoke("uninstall-service", "--root", str(root))
    assert f"unchanged: /{UNIT}" in again.stdout


def test_install_service_dry_run_prints_the_steps_and_does_nothing(invoke: Invoke) -> None:
    result = invoke("install-service", "--dry-run", "--program", "/usr/local/bin/treadmill-bridge")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"would write: /{USERS}"
    assert "would run: systemctl enable treadmill-bridge" in lines
    assert "would run: systemctl restart treadmill-bridge" in lines
    assert not Path(f"/{UNIT}").exists()
    purge = invoke("uninstall-service", "--dry-run", "--purge").stdout
    assert "would run: rm -rf /var/lib/treadmill-bridge /etc/treadmill-bridge" in purge
    assert "would run: userdel treadmill-bridge" in purge


def test_install_service_without_a_configuration_suggests_init(
    invoke: Invoke, tmp_path: Path
) -> None:
    ended(invoke("install-service", "--root", str(tmp_path)), 2, "treadmill-bridge init")
    assert invoke("install-service", "--root", str(tmp_path), "--no-start").exit_code == 0


def test_install_service_warns_of_a_program_in_a_home_directory(invoke: Invoke, root: Path) -> None:
    program = "/home/anna/.local/bin/treadmill-bridge"
    result = invoke("install-service", "--root", str(root), "--program", program)
    assert "home directories" in result.stderr


def test_install_service_without_permission_suggests_sudo(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    ended(invoke("install-service", "--no-start"), 2, "sudo")


def test_install_service_names_a_file_that_cannot_be_written(invoke: Invoke, root: Path) -> None:
    (root / "etc/sysusers.d").write_text("no directory")
    ended(invoke("install-service", "--root", str(root)), 2, USERS)


class TestCommands:
    def test_required_command_that_fails_ends_the_installation(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            install_service._run(service.Step("try", ("sh", "-c", "echo no >&2; exit 3")))
        assert ended.value.code == 1
        assert "no\nfailed: sh -c" in capsys.readouterr().err

    def test_optional_command_that_fails_does_not_end_the_installation(self) -> None:
        for command, why in (
            (("true",), ""),
            (("false",), "exit code 1"),
            (("sh", "-c", "echo no bus >&2; false"), "no bus"),
            (("no-such-program",), "no-such-program is not installed"),
        ):
            assert install_service._run(service.Step("try", command, optional=True)) == why

    def test_failed_optional_step_is_printed_as_skipped(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "may_write", lambda _: True)
        steps = [service.Step("try", (name,), optional=True) for name in ("true", "false")]
        install_service.carry_out(steps, Path("/"), dry_run=False)
        assert capsys.readouterr().out == "ran: true\nskipped: false (exit code 1)\n"
        install_service._run(service.Step("try", ("true",)))


def test_path_of_this_program_is_absolute() -> None:
    assert Path(service.program_of_this_process()).is_absolute()
