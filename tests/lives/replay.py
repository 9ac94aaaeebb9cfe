"""One life as a compact trace, so that an engineer sees what happened."""

from tests.lives.judging.judge import judge
from tests.lives.judging.log import Log
from tests.lives.play import Case, live

EVERY_S = 10.0
"""Longest time between two printed lines of a running belt."""


def replay(case: Case, begin: float = 0.0, end: float = 1e9) -> list[str]:
    """Play one life; return a line for each thing that happened between two times."""
    life, played = live(case)
    lines = [f"{case.name} ({played.policy}; {played.machine})"]
    for index, log in enumerate(life.logs[:2]):
        name = "first session" if index == 0 else "later session"
        lines.append(f"--- {name}")
        told = [
            *_trace(log),
            *((i.time, f"JUDGE  {i.kind}: {i.text}") for i in judge(log).incidents),
        ]
        told.sort(key=lambda each: each[0])
        lines += [f"{time:8.2f} {text}" for time, text in told if begin <= time <= end]
    return lines


def _trace(log: Log) -> list[tuple[float, str]]:
    told = [(w.time, f"write  {w.axis} {w.value:g}") for w in log.wrote]
    told += [(o.time, f"write  {o.what.upper()}") for o in log.ordered]
    told += [(k.time, f"KEY    {k.what}") for k in log.keyed]
    told += [(s.time, f"EVENT  {s.type}: {s.text}") for s in log.said]
    before = None
    for shown in log.shown:
        if (shown.speed, shown.incline) != before:
            before = (shown.speed, shown.incline)
            told.append((shown.time, f"       shows {shown.speed:.2f} km/h, {shown.incline} %"))
    for press in log.pressed:
        what = "QUICK " if press.quick else "KEYS  "
        told.append(
            (
                press.time,
                f"{what} {press.axis} {press.before:.2f} → {press.after:.2f}"
                f" (until {press.end:.1f})",
            )
        )
    for asked in log.asked:
        told.append((asked.time, f"ASK    {asked.verb} {asked.value or ''} [{asked.id}]"))
        told += [(t, f"ANSWER {asked.id} {r} {why}") for t, r, why in asked.outcomes]
    last, then = "", 0.0
    for moment in log.moments:
        bounds = f"≤{moment.bound:.1f}/{moment.incline_bound:.1f}"
        key = f"{moment.setpoint}{moment.incline_setpoint}{moment.state}"
        if key != last or (moment.state == "runs" and moment.time - then >= EVERY_S):
            last, then = key, moment.time
            told.append(
                (
                    moment.time,
                    f"  ..   {moment.state} {moment.speed:.2f}→{moment.target:.2f} km/h, "
                    f"{moment.incline:.1f}→{moment.incline_target:.1f} %, setpoints "
                    f"{moment.setpoint} / {moment.incline_setpoint}, {bounds}",
                )
            )
    return told
