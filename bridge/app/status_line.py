"""A treadmill's status in one line for people, as shown by `systemctl status`."""

from bridge.guard import Decision
from bridge.values import Belt, Snapshot, Trouble

_BELT = {
    Belt.UNKNOWN: "connected, belt state not known yet",
    Belt.IDLE: "idle",
    Belt.STARTING: "starting",
    Belt.RUNNING: "running",
    Belt.PAUSED: "paused",
    Belt.STOPPING: "stopping",
}


def status_of(name: str, snapshot: Snapshot, decision: Decision, trouble: Trouble | None) -> str:
    """Return the treadmill's status: `Basement: running 6.0 km/h, warm-up 3:10 left`."""
    words = name.replace("-", " ").replace("_", " ")
    title = words[:1].upper() + words[1:]
    if trouble is not None or not snapshot.connected:
        return f"{title}: not connected. {trouble.text if trouble else ''}".rstrip()
    text = _BELT[snapshot.belt]
    if snapshot.belt.stands or snapshot.belt is Belt.UNKNOWN:
        return f"{title}: {text}"
    if snapshot.sample is not None and snapshot.sample.data.speed is not None:
        text += f" {snapshot.sample.data.speed / 100:.1f} km/h"
    if decision.phase == "warm_up":
        text += f", warm-up {minutes(decision.warm_up_left_s)} left"
    elif decision.phase == "cool_down":
        text += ", cooling down"
    faults = ", ".join(decision.faults)
    return f"{title}: {text}{f' ({faults})' if faults else ''}"


def minutes(seconds: float) -> str:
    """Return seconds as `3:10`."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"
