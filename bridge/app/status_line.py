"""A treadmill's status in one line for people, as shown by `systemctl status`."""

from bridge.guard import Decision
from bridge.texts.figures import clock, reading
from bridge.values import SPEED, Belt, Snapshot, Trouble, Units

_BELT = {
    Belt.UNKNOWN: "connected, belt state not known yet",
    Belt.IDLE: "idle",
    Belt.STARTING: "starting",
    Belt.RUNNING: "running",
    Belt.PAUSED: "paused",
    Belt.STOPPING: "stopping",
}


def status_of(
    name: str,
    snapshot: Snapshot,
    decision: Decision,
    trouble: Trouble | None,
    units: Units = Units.KMH,
) -> str:
    """Return the treadmill's status: `Basement: running 6.0 km/h, warm-up 3:10 left`."""
    words = name.replace("-", " ").replace("_", " ")
    title = words[:1].upper() + words[1:]
    if trouble is not None or not snapshot.connected:
        return f"{title}: not connected. {trouble.text if trouble else ''}".rstrip()
    text = _BELT[snapshot.belt]
    if snapshot.belt.stands or snapshot.belt is Belt.UNKNOWN:
        return f"{title}: {text}"
    if snapshot.sample is not None and snapshot.sample.data.speed is not None:
        text += f" {reading(SPEED, snapshot.sample.data.speed / 100, units)}"
    if decision.phase == "warm_up":
        text += f", warm-up {clock(decision.warm_up_left_s)} left"
    elif decision.phase == "cool_down":
        text += ", cooling down"
    faults = ", ".join(decision.faults)
    return f"{title}: {text}{f' ({faults})' if faults else ''}"
