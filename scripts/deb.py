#!/usr/bin/env python3
"""Builds the Debian package of the bridge, for amd64 and arm64.

    scripts/deb.py [ARCHITECTURE …] [--out DIRECTORY]

One package serves Debian 12 and 13 and Ubuntu 24.04: it contains a virtual environment that uses
the system's Python, any of PYTHONS. The build runs no code of the target, so any architecture can
build it. pip downloads the wheels in requirements/packages.txt, and checks their hashes.
"""

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from importlib.metadata import Distribution
from importlib.metadata import distributions as metadata_of
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "packaging" / "debian"
LOCK = ROOT / "requirements" / "packages.txt"
NAME = "treadmill-bridge"
PYTHONS = ("3.11", "3.12", "3.13")
"""Debian 12, Ubuntu 24.04, Debian 13. The first determines the versions of libraries."""
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
GLIBC = ("2_34", "2_31", "2_28", "2_17")
"""The glibc versions that wheels may require; Debian 12 has 2.36."""
HOME = f"opt/{NAME}"
SHARED = f"{HOME}/lib/python3/site-packages"
"""Directory of the libraries; lib/python3.11 and so on are links to it."""
NOT_NEEDED = {"setuptools"}
"""Locked for the build of this project, but not imported by it."""
SHEBANG = f"#!/{HOME}/bin/python3 -I\n"
PROGRAM = SHEBANG + "from bridge.__main__ import main\n\nmain()\n"
COMPLETIONS = {
    "bash": f"usr/share/bash-completion/completions/{NAME}",
    "zsh": f"usr/share/zsh/vendor-completions/_{NAME}",
    "fish": f"usr/share/fish/vendor_completions.d/{NAME}.fish",
}
UNITS = (f"{NAME}.service", "treadmill-dashboard.service")
SCRIPTS = ("postinst", "prerm", "postrm")
MAINTAINER = (
    f"{os.environ.get('DEBFULLNAME', NAME)} <{os.environ.get('DEBEMAIL', f'{NAME}@localhost')}>"
)
"""The builder is the maintainer; the variables are those of Debian's own tools."""


def main() -> int:
    """Build the named architectures; all by default."""
    parser = argparse.ArgumentParser(description="Build the Debian package.")
    parser.add_argument("architectures", nargs="*", metavar="ARCHITECTURE", default=[*MACHINES])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    arguments = parser.parse_args()
    if unknown := sorted({*arguments.architectures} - {*MACHINES}):
        parser.error(f"no such architecture: {', '.join(unknown)}; there are {', '.join(MACHINES)}")
    if shutil.which("dpkg-deb") is None:
        parser.error("dpkg-deb is missing: install Debian's package dpkg")
    arguments.out.mkdir(parents=True, exist_ok=True)
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build_wheel(Path(scratch))
        for architecture in arguments.architectures:
            tree = Path(scratch) / architecture
            print(build(architecture, wheel, tree, arguments.out), flush=True)
    return 0


def version() -> str:
    """Return the version in Debian's notation: a development version sorts before its release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return re.sub(r"\.?(a|b|rc|dev)(\d+)", r"~\1\2", str(project["version"]))


def moment() -> int:
    """Return the time of the last commit in seconds, for a reproducible build."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    done = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return int(done.stdout.strip() or 0)


def pip(*arguments: str | Path) -> None:
    """Run pip; raises CalledProcessError after pip has printed the cause."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *map(str, arguments)], check=True)


def build_wheel(scratch: Path) -> Path:
    """Build this project's wheel from a copy, because setuptools leaves files beside the source."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in names:
        if (ROOT / name).is_file():
            (scratch / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, scratch / "source" / name)
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", scratch / "wheel", scratch / "source")
    (wheel,) = (scratch / "wheel").glob("*.whl")
    return wheel


def requirements(python: str) -> str:
    """Return the requirements in the lock file for Linux, without markers.

    pip would evaluate the markers for the Python that it runs on, not for the target.
    """
    target = {"sys_platform": "linux", "python_full_version": f"{python}.0",
              "python_version": python, "implementation_name": "cpython"}  # fmt: skip
    kept = []
    for block in re.split(r"\n(?=[A-Za-z])", LOCK.read_text("utf-8")):
        head, _, hashes = block.partition(" \\\n")
        if not hashes:
            continue  # the comment at the top
        requirement = Requirement(head)
        marker = requirement.marker
        if requirement.name not in NOT_NEEDED and (marker is None or marker.evaluate(target)):
            requirement.marker = None
            kept.append(f"{requirement} \\\n{hashes}")
    return "\n".join(kept)


def install(python: str, machine: str, target: Path) -> None:
    """Install the libraries for another Python and architecture into a directory."""
    tags = [f"manylinux_{glibc}_{machine}" for glibc in GLIBC]
    platforms = [*tags, f"manylinux2014_{machine}", "any"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        # The same versions for each Python: they share the files that are not compiled.
        listed.write(requirements(PYTHONS[0]))
        listed.flush()
        pip(
            "install", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile",
            "--implementation", "cp", "--python-version", python,
            "--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none",
            *(part for platform in platforms for part in ("--platform", platform)),
            "--target", target, "-r", listed.name,
        )  # fmt: skip


def libraries(machine: str, wheel: Path, site: Path, scratch: Path) -> None:
    """Merge the libraries for all PYTHONS into one directory: only compiled files differ."""
    install(PYTHONS[0], machine, site)
    for python in PYTHONS[1:]:
        other = scratch / python
        install(python, machine, other)
        for file in other.rglob("*.so"):
            goal = site / file.relative_to(other)
            if not goal.exists():
                shutil.copy2(file, goal)
    pip("install", "--no-deps", "--no-compile", "--target", site, wheel)
    # Scripts of libraries; their first line names this computer's Python.
    shutil.rmtree(site / "bin", ignore_errors=True)
    # Programs that nothing imports; one of their pages loads scripts from other hosts.
    shutil.rmtree(site / "bumble" / "apps")
    for directory in [each for each in site.rglob("__pycache__") if each.is_dir()]:
        shutil.rmtree(directory)
    for file in site.glob("*.dist-info/direct_url.json"):
        file.unlink()  # a path of this computer
    for distribution in site.glob("*.dist-info"):
        # They describe the wheel of one Python, and files that are not in the package.
        (distribution / "RECORD").unlink(missing_ok=True)


def build(architecture: str, wheel: Path, tree: Path, out: Path) -> Path:
    """Build the package for one architecture, and return its file."""
    libraries(MACHINES[architecture], wheel, tree / SHARED, tree.with_name(f"{architecture}-so"))
    environment(tree)
    system_files(tree)
    documents(tree)
    control(architecture, tree)
    programs = {tree / HOME / "bin" / NAME, *(tree / "DEBIAN" / name for name in SCRIPTS)}
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path in programs else 0o644)
    file = out / f"{NAME}_{version()}_{architecture}.deb"
    part = file.with_suffix(".part")
    subprocess.run(
        ["dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z1", tree, part],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(moment())},
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return part.replace(file)


def environment(tree: Path) -> None:
    """Create the virtual environment around the libraries, and its command."""
    home = tree / HOME
    (home / "bin").mkdir()
    (home / "bin" / "python3").symlink_to("/usr/bin/python3")
    for python in PYTHONS:
        (home / "lib" / f"python{python}").symlink_to("python3")
    (home / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    (home / "bin" / NAME).write_text(PROGRAM)
    (tree / "usr" / "bin").mkdir(parents=True)
    (tree / "usr" / "bin" / NAME).symlink_to(f"/{HOME}/bin/{NAME}")


def system_files(tree: Path) -> None:
    """Install the units, the service's user, its defaults and its configuration directory."""
    units = tree / "usr" / "lib" / "systemd" / "system"
    units.mkdir(parents=True)
    for unit in UNITS:
        text = (ROOT / "systemd" / unit).read_text("utf-8")
        (units / unit).write_text(text.replace(f"/usr/local/bin/{NAME}", f"/usr/bin/{NAME}"))
    users = tree / "usr" / "lib" / "sysusers.d" / f"{NAME}.conf"
    users.parent.mkdir(parents=True)
    shutil.copy(ROOT / "systemd" / f"{NAME}.sysusers.conf", users)
    defaults = tree / "etc" / "default" / NAME
    defaults.parent.mkdir(parents=True)
    shutil.copy(SOURCE / "default", defaults)
    (tree / "etc" / NAME).mkdir()
    for shell, path in COMPLETIONS.items():
        (tree / path).parent.mkdir(parents=True)
        (tree / path).write_text(completion(shell))


def completion(shell: str) -> str:
    """Return the completion script of a shell, as printed by the command."""
    done = subprocess.run(
        [sys.executable, "-m", "bridge"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "_TREADMILL_BRIDGE_COMPLETE": f"{shell}_source"},
    )  # fmt: skip
    if not done.stdout:
        message = f"no completion for {shell}: {done.stderr}"
        raise RuntimeError(message)
    return done.stdout


def documents(tree: Path) -> None:
    """Write man page, changelog, licences, and the exceptions from Debian's own rules."""
    manual = subprocess.run(
        [sys.executable, "scripts/manual.py"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    share = tree / "usr" / "share"
    compress(share / "man" / "man1" / f"{NAME}.1.gz", manual)
    day = format_datetime(datetime.fromtimestamp(moment(), UTC))
    entry = (
        f"{NAME} ({version()}) unstable; urgency=medium\n\n"
        f"  * See CHANGELOG.md of the source.\n\n"
        f" -- {MAINTAINER}  {day}\n"
    )
    doc = share / "doc" / NAME
    compress(doc / "changelog.gz", entry.encode())
    licences = "".join(sorted(licence(each) for each in metadata_of(path=[str(tree / SHARED)])))
    text = (SOURCE / "copyright").read_text("utf-8").replace("@LIBRARIES@", licences.strip())
    (doc / "copyright").write_text(text)
    shutil.copytree(ROOT / "docs" / "mosquitto", doc / "examples" / "mosquitto")
    shutil.copy(ROOT / "docs" / "example.toml", doc / "examples" / "config.toml")
    overrides = share / "lintian" / "overrides" / NAME
    overrides.parent.mkdir(parents=True)
    shutil.copy(SOURCE / "lintian-overrides", overrides)


def licence(distribution: Distribution) -> str:
    """Return a line of the copyright file: a library, its version and its licence."""
    metadata = distribution.metadata
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in metadata.get_all("Classifier") or ()
        if each.startswith("License ::")
    ]
    short = (metadata["License"] or "").strip().partition("\n")[0]
    said = metadata["License-Expression"] or ", ".join(classifiers) or short or "see its METADATA"
    return f"  {metadata['Name']} {distribution.version}: {said}\n"


def compress(path: Path, content: bytes) -> None:
    """Write a compressed file reproducibly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def control(architecture: str, tree: Path) -> None:
    """Write the control files and maintainer scripts of dpkg."""
    size = sum(path.lstat().st_size for path in tree.rglob("*") if path.is_file()) // 1024
    directory = tree / "DEBIAN"
    directory.mkdir()
    text = (SOURCE / "control").read_text("utf-8")
    for key, value in {
        "VERSION": version(), "ARCHITECTURE": architecture, "SIZE": str(size),
        "MAINTAINER": MAINTAINER, "NEXT_PYTHON": next_python(),
    }.items():  # fmt: skip
        text = text.replace(f"@{key}@", value)
    (directory / "control").write_text(text)
    for name in (*SCRIPTS, "triggers"):
        shutil.copy(SOURCE / name, directory / name)
    (directory / "conffiles").write_text("".join(f"/{path}\n" for path in conffiles(tree)))
    (directory / "md5sums").write_text("".join(checksums(tree)))


def next_python() -> str:
    """Return the first Python that the package does not support."""
    major, minor = PYTHONS[-1].split(".")
    return f"{major}.{int(minor) + 1}"


def conffiles(tree: Path) -> list[Path]:
    """Return the files below /etc, in which dpkg keeps local changes."""
    etc = tree / "etc"
    return sorted(path.relative_to(tree) for path in etc.rglob("*") if path.is_file())


def checksums(tree: Path) -> Iterator[str]:
    """Return the lines for `dpkg --verify`."""
    skipped = {"DEBIAN", "etc"}
    files = [
        str(path.relative_to(tree))
        for path in sorted(tree.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.relative_to(tree).parts[0] not in skipped
    ]
    done = subprocess.run(["md5sum", "--", *files], cwd=tree, capture_output=True, check=True)
    yield done.stdout.decode()


if __name__ == "__main__":
    sys.exit(main())
