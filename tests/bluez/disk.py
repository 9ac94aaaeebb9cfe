"""The disks of the guests. Run `python -m tests.bluez.disk bookworm` to make one beforehand."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = Path(__file__).parent / "guest"
"""Files that build a guest, and those it finds at /guest."""
WORK = ROOT / ".bluez"
DEB = os.environ.get("BLUEZ_DEB", "")
"""A Debian package to install in the guest, in place of the wheel of this tree."""


def built(suite: str) -> Path:
    """The disk of a guest, with the wheel of this tree unless a Debian package is installed.

    Only what changed is made anew.
    """
    print(f"making the guest {suite} (minutes, where much changed)", file=sys.__stderr__)
    WORK.mkdir(exist_ok=True)
    if DEB:
        subprocess.run([SHARED / "image", suite, WORK / f"{suite}-bare"], check=True)
        return WORK / f"{suite}-bare"
    wheels = WORK / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT], check=True
    )
    (wheel,) = wheels.glob("*.whl")
    subprocess.run([SHARED / "image", suite, WORK / suite, wheel], check=True)
    return WORK / suite


if __name__ == "__main__":
    try:
        for each in sys.argv[1:]:
            built(each)
    except subprocess.CalledProcessError:
        sys.exit(1)  # it printed the reason
