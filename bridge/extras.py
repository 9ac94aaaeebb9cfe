"""Optional libraries of this program, and the command that installs them."""

import os
import re
import sys
from importlib.util import find_spec

NAME = "treadmill-bridge"
_EXTRA = re.compile(r"(?P<requirement>[^;]+);.*extra == ['\"](?P<extra>[\w-]+)['\"]")
_OWN = re.compile(rf"{NAME}\[(?P<extras>[^\]]+)\]")


def install_line(extra: str) -> str:
    """Return the command that adds the libraries of an extra to this installation.

    It names this Python, so it works for pipx, `uv tool` and a virtual environment. It needs no
    index that hosts this program.
    """
    import shlex  # noqa: PLC0415 - for this message alone

    libraries = shlex.join(libraries_of(extra))
    if find_spec("pip") is None:
        return f"uv pip install --python {shlex.quote(sys.executable)} {libraries}"
    return f"{_sudo()}{shlex.quote(sys.executable)} -m pip install {libraries}"


def libraries_of(extra: str) -> list[str]:
    """Return the requirements of an extra, in the order of pyproject.toml."""
    # Loads the package for e-mail; the bridge needs it for a message at most.
    from importlib.metadata import PackageNotFoundError, requires  # noqa: PLC0415

    try:
        lines = requires(NAME) or []
    except PackageNotFoundError:  # not installed, but importable from the path
        return [f"{NAME}[{extra}]"]
    found: list[str] = []
    for line in lines:
        match = _EXTRA.match(line)
        if match is None or match["extra"] != extra:
            continue
        requirement = match["requirement"].strip()
        own = _OWN.match(requirement)
        inner = own["extras"].split(",") if own else []
        found += [each for name in inner for each in libraries_of(name)] or [requirement]
    return list(dict.fromkeys(found))


def _sudo() -> str:
    """Return `sudo ` if another user, usually root, owns the installation."""
    return "" if os.access(sys.prefix, os.W_OK) else "sudo "
