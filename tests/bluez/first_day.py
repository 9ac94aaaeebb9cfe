"""From a bare guest to a belt that a command moves, as a person types it."""

import shlex

from tests.bluez.rig import HOME, PATIENCE_S, START_S, Rig

PACKAGE = "treadmill-bridge.deb"
"""The Debian package, in the folder that the guest shares; without it the image has the wheel."""
UNPACK_S = 900.0
"""Limit for the package, which compiles its libraries; an emulated guest took 300 s."""
STEADY_KMH = 2.0


def commands(package: bool) -> list[str]:
    """The commands of the first day; none edits a file."""
    topics = f"treadmills/{HOME}"

    def until(topic: str, text: str) -> str:
        one = f"mosquitto_sub -C 1 -W 20 -t {topics}/{topic} | grep -q {shlex.quote(text)}"
        return f"until {one}; do sleep 1; done"

    install = [f"apt-get install --quiet --yes /out/{PACKAGE}"] if package else []
    return [
        *install,
        "treadmill-bridge init --yes --remote-start --speed-unit kmh --service",
        until("state", '"belt":"idle"'),
        f"mosquitto_pub -t {topics}/set/belt -m start",
        until("state", '"belt":"running"'),
        f"mosquitto_pub -t {topics}/set/speed -m {STEADY_KMH:g}",
        until("state", f'"speed_kmh":{STEADY_KMH:g}'),
    ]


async def install(rig: Rig) -> str:
    """Run the commands, and return what they print."""
    script = "\n".join(["set -e", *commands(rig.guest.has(PACKAGE))])
    limit = START_S + 4 * PATIENCE_S + (UNPACK_S if rig.guest.has(PACKAGE) else 0.0)
    return await rig.guest.run(script, limit_s=limit)
