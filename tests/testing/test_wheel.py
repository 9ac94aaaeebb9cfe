"""The wheel, installed beside a project that has packages with the same names."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("bridge", "protocols", "simulators")


def run(*command: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # Neither the coverage of this run nor its options belong to the other project.
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST", "PYTHONPATH"))
    }
    return subprocess.run(
        [str(part) for part in command],
        check=False,
        cwd=cwd,
        env=kept,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it, and the libraries of this one."""
    place = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    source = place / "source"
    source.mkdir()
    # A copy, since setuptools leaves its work beside the sources.
    listed = run("git", "ls-files", "-co", "--exclude-standard", *PACKAGED).stdout.split()
    for name in listed:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    built = run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", place, source)
    assert built.returncode == 0, built.stderr
    (wheel,) = place.glob("*.whl")
    venv.create(place / "venv", with_pip=False)
    python = place / "venv" / "bin" / "python"
    installed = run(*pip, "--python", python, "install", "--no-deps", wheel)
    assert installed.returncode == 0, installed.stderr
    (site,) = (place / "venv").glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


PACKAGED = (*NAMES, "packaging", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Another project, with packages named as those of the bridge."""
    for name in NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWNER = {str(tmp_path)!r}\n")
    (tmp_path / "conftest.py").write_text("import bridge, protocols, simulators\n")
    (tmp_path / "test_own.py").write_text(
        "import bridge, protocols, simulators\n\n"
        "def test_own_packages_are_imported():\n"
        f"    owners = {{bridge.OWNER, protocols.OWNER, simulators.OWNER}}\n"
        f"    assert owners == {{{str(tmp_path)!r}}}\n"
    )
    return tmp_path


def test_package_name_conflict_is_an_error_of_the_fixture_alone(
    python: Path, project: Path
) -> None:
    (project / "test_other.py").write_text("def test_it(treadmill):\n    pass\n")
    result = run(python, "-m", "pytest", "-p", "no:cacheprovider", cwd=project)
    assert "1 passed, 1 error" in result.stdout, result.stdout + result.stderr
    assert f"a package of the same name ({project / 'bridge'})" in result.stdout
    assert "treadmill-bridge simulate" in result.stdout


def test_wheel_contains_the_command_and_the_machines(python: Path, tmp_path: Path) -> None:
    result = run(python.with_name("treadmill-bridge"), "--version", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    code = "from simulators.ftms.profile_file import load_profile; load_profile('urevo-e1l')"
    loaded = run(python, "-c", code, cwd=tmp_path)
    assert loaded.returncode == 0, loaded.stderr
