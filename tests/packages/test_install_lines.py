"""The lines of the documents that install the program, pasted in a clean home.

Lines that differ only in an extra are one way to install: one of them is pasted. `sudo` is a
stand-in that runs what follows it, and the places that belong to all users are moved into the
test's own directory. Debian's packages are not installed: the lines with `apt` are read alone.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
LINE = re.compile(r"^    ((?:sudo )?(?:\w+=\S+ )*(?:pipx|uv tool|pip) install .*)$", re.MULTILINE)
INLINE = re.compile(r"`((?:pipx|uv tool) install [^`]+)`")
EXTRA = re.compile(r"'\.\[([\w-]+)\]'")
BUILD = "uv build --wheel"
PLAIN = ("pipx install .", "uv tool install .")
"""Ways after which an extra is missing."""
SUDO = '#!/bin/sh\nexec env "$@"\n'
PATIENCE_S = 280

pytestmark = pytest.mark.timeout(2 * PATIENCE_S)


def lines() -> list[str]:
    found = [line for page in PAGES for line in LINE.findall(page.read_text("utf-8"))]
    found += [line for page in PAGES for line in INLINE.findall(page.read_text("utf-8"))]
    return sorted(set(found))


def ways() -> dict[str, str]:
    """A line for each way to install: by the line without its extra, one with an extra if any."""
    return {EXTRA.sub(".", line): line for line in sorted(lines(), key=lambda line: "[" in line)}


class Home:
    """A home without anything, in which lines are pasted."""

    def __init__(self, directory: Path, downloads: Path, clone: Path) -> None:
        self.directory = directory
        self.bin = directory / "all-users" / "bin"
        self.clone = clone
        tools = directory / "tools"
        for each in (self.bin, tools, directory / "home"):
            each.mkdir(parents=True)
        (tools / "sudo").write_text(SUDO)
        (tools / "sudo").chmod(0o755)
        self.environment = directory / "home" / "environment"
        for name, *more in (
            ("pipx",),
            ("uv",),
            # An environment needs no pip of its own, which takes seconds to unpack.
            ("pip", "--python", str(self.environment)),
        ):
            command = shlex.join([str(Path(sys.executable).with_name(name)), *more])
            (tools / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            (tools / name).chmod(0o755)
        kept = {
            key: value
            for key, value in os.environ.items()
            # The coverage of this run and its options belong to no other program.
            if not key.startswith(("COV", "PYTEST", "PYTHONPATH", "XDG", "PIPX", "UV_TOOL"))
        }
        home = directory / "home"
        local = home / ".local" / "bin"
        self.env = {
            **kept,
            "HOME": str(home),
            "PIPX_DEFAULT_PYTHON": sys.executable,
            "UV_PYTHON": sys.executable,
            # Each line downloads, unpacks and compiles what another has not.
            "UV_CACHE_DIR": str(downloads / "uv"),
            "PIP_CACHE_DIR": str(downloads / "pip"),
            "PIP_NO_COMPILE": "1",
            "UV_NO_PROGRESS": "1",
            "UV_SYSTEM_CERTS": "1",  # as pip does
            "NO_COLOR": "1",
            "PATH": os.pathsep.join(
                map(str, [tools, self.bin, local, self.environment / "bin", "/usr/bin", "/bin"])
            ),
        }

    def paste(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line in the clone, as a shell does."""
        line = line.replace("/opt/pipx", str(self.directory / "all-users" / "pipx"))
        line = line.replace("/usr/local/bin", str(self.bin))
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.clone, env=self.env, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=PATIENCE_S,
        )  # fmt: skip


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this tree that all homes share: what one line has built, uv builds for no other."""
    clone = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    return clone


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory, clone: Path) -> Path:
    """Skip where uv, which pipx uses too, reaches no index: only pip may be set up for one."""
    downloads = tmp_path_factory.mktemp("downloads")
    home = Home(tmp_path_factory.mktemp("index"), downloads, clone)
    tried = home.paste("uv venv -q tried && uv pip install -q --python tried click")
    if tried.returncode != 0:
        pytest.skip(f"LEFT OUT: uv reaches no index here: {tried.stderr.strip()}")
    return downloads


@pytest.fixture
def home(tmp_path: Path, downloads: Path, clone: Path) -> Home:
    return Home(tmp_path, downloads, clone)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory, downloads: Path, clone: Path) -> Path:
    """Wheel that the documents build in the clone, for the lines that name it."""
    built = Home(tmp_path_factory.mktemp("builder"), downloads, clone).paste(BUILD)
    assert built.returncode == 0, built.stderr
    (wheel,) = (clone / "dist").glob("treadmill_bridge-*.whl")
    return wheel


def test_documents_contain_each_kind_of_install_line() -> None:
    tools = {word for line in lines() for word in ("pipx", "uv tool", "pip ") if word in line}
    assert tools == {"pipx", "uv tool", "pip "}
    assert f"    {BUILD}\n" in (ROOT / "docs" / "operations.md").read_text("utf-8")


def test_extras_of_the_lines_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {extra for line in lines() for extra in EXTRA.findall(line)}
    assert named
    assert named <= set(project["optional-dependencies"])


@pytest.mark.parametrize("line", [line for way, line in ways().items() if way not in PLAIN])
def test_line_of_the_documents_installs_the_command(
    line: str, home: Home, request: pytest.FixtureRequest
) -> None:
    if line.startswith("pip "):
        venv.create(home.environment)  # the other project's
    if ".whl" in line:
        request.getfixturevalue("wheel")
    done = home.paste(line)
    assert done.returncode == 0, done.stderr
    shown = home.paste("cd / && treadmill-bridge --version")
    assert shown.stdout.startswith("treadmill-bridge, version "), shown.stderr


@pytest.mark.parametrize("way", PLAIN)
def test_install_line_of_a_missing_extra_installs_it(way: str, home: Home) -> None:
    assert home.paste(ways()[way]).returncode == 0
    watch = "cd / && treadmill-bridge watch --broker 127.0.0.1:9 --duration 1"
    refused = home.paste(watch)
    assert refused.returncode == 2
    (line,) = re.findall(r"needs its extra: (.*)", refused.stderr)
    added = home.paste(line)
    assert added.returncode == 0, added.stderr
    works = home.paste(watch)
    assert works.returncode == 0, works.stderr
