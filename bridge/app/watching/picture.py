"""A treadmill's state from its topics, drawn for a terminal of 80 by 24 or larger.

Colour never carries information alone. Unknown values are shown as a dash.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bridge.texts.figures import DASH, climb, clock, pace, reading, run, target
from bridge.values import Axis, Units

TALK = 8
"""Number of recent events shown."""
LOW_TALK = 4
"""Number of recent events shown on a low terminal."""
REASONS = 6
"""Lines of reasons on a low terminal."""
ROOMY = 36
"""Rows from which a terminal has room for frames."""
FULL_KMH, FULL_PERCENT = 16.0, 15.0
"""Full scale of a bar if the machine does not report its range."""

Payload = Mapping[str, Any]
_AXES = (
    (Axis.SPEED, "speed_kmh", FULL_KMH),
    (Axis.INCLINE, "incline_percent", FULL_PERCENT),
)
_AXIS_OF = {str(axis): axis for axis in Axis}
"""Axis by the command that sets it."""


@dataclass(frozen=True, slots=True)
class Line:
    """An event: its time, text and style."""

    when: str
    text: str
    style: str = ""


@dataclass
class Picture:
    """The newest payload of each topic, and recent events.

    Args:
        title: the first line.
        hints: the last lines.
        units: the owner's units of speed and distance; payloads are metric.
    """

    title: str
    hints: Sequence[str] = ()
    units: Units = Units.KMH
    state: Payload = field(default_factory=dict)
    guard: Payload = field(default_factory=dict)
    link: Payload = field(default_factory=dict)
    session: Payload = field(default_factory=dict)
    talk: deque[Line] = field(default_factory=lambda: deque(maxlen=TALK))
    real: Mapping[str, float] = field(default_factory=dict)
    """True speed and incline of a simulated belt, by the key of the state."""

    def take(self, kind: str, payload: Payload, *, retained: bool = False) -> Line | None:
        """Take a message of one topic; return its event line, or None."""
        if kind in {"state", "guard", "link"}:
            setattr(self, kind, payload)
            return None
        if kind == "session":
            self.session = payload
            return None if retained else self.add_line(session_words(payload, self.units), "bold")
        if kind == "event":
            return self.add_line(str(payload.get("text", payload.get("type", ""))), "cyan")
        if kind == "outcome":
            good = payload.get("outcome") in {"accepted", "confirmed"}
            return self.add_line(outcome_words(payload, self.units), "green" if good else "yellow")
        return None

    def add_line(self, text: str, style: str = "", when: str | None = None) -> Line:
        """Add an event line."""
        line = Line(f"{datetime.now():%H:%M:%S}" if when is None else when, text, style)  # noqa: DTZ005 - local
        self.talk.append(line)
        return line

    def plain(self) -> str:
        """Return the moving values in one line, for output without a terminal."""
        phase = _words(self.state.get("phase") or DASH)
        parts = [f"{self.state.get('belt', 'unknown'):<8} {phase:<9}"]
        for axis, key, _ in _AXES:
            now = self.real.get(key, self.state.get(key))
            asked = f"asked {self._of(axis, f'requested_{key}')}, " if axis is Axis.SPEED else ""
            values = f"set {self._of(axis, f'target_{key}')}, allowed {self._allowed(axis)}"
            parts.append(f"{axis} {reading(axis, now, self.units):>9} ({asked}{values})")
        return " ".join([parts[0], "  ".join(parts[1:])])

    def draw(self, height: int) -> RenderableType:
        """Return the whole view; on a low terminal without frames and older lines."""
        roomy = height >= ROOMY
        reasons = self._reasons()
        if not roomy and len(reasons) > REASONS:
            reasons = [*reasons[: REASONS - 1], f"… and {len(reasons) - REASONS + 1} more"]
        parts: list[tuple[str | None, RenderableType]] = [
            (None, Group(self._head(), self._figures())),
            (f"{self.units} and %", self._axes()),
            ("what the guard allows, and why", Text("\n".join(reasons) or "-", style="yellow")),
            ("what happened", self._story(TALK if roomy else LOW_TALK)),
        ]
        if self.hints:
            parts.append(("try it", Text("\n".join(self.hints), style="dim")))
        if not roomy:
            return Group(*(part for _, part in parts))
        return Group(*(Panel(part, title=title, title_align="left") for title, part in parts))

    def _head(self) -> Text:
        machine = self.link.get("machine") or {}
        name = machine.get("name") or machine.get("model") or "no machine yet"
        link = "connected" if self.link.get("connected") else "not connected"
        phase, left_s = self.state.get("phase") or "none", self.guard.get("warm_up_left_s")
        head = Text.assemble(
            (self.title, "bold"), "   ", name, " · ", link, " · belt ",
            (str(self.state.get("belt", "unknown")), "bold cyan"),
            " · phase ", (_words(phase), "bold cyan"), _left(phase, left_s),
            " · control ", str(self.link.get("control", "none")),
        )  # fmt: skip
        if reason := self.link.get("reason"):
            head.append(f"\n{sentence(reason)}", style="yellow")
        return head

    def _figures(self) -> Text:
        """Return distance, time, pace and heart rate."""
        state = self.state
        distance, seconds = state.get("distance_m"), state.get("elapsed_s")
        parts = [
            f"distance {DASH if distance is None else run(distance, self.units)}",
            f"time {DASH if seconds is None else clock(seconds)}",
            f"pace {pace(self.real.get('speed_kmh', state.get('speed_kmh')), self.units)}",
            f"heart rate {_or_dash(state.get('heart_rate_bpm'), 'bpm')}",
        ]
        figures = Text("   ".join(parts))
        if self.session and state.get("belt") in {None, "idle", "unknown"}:
            figures.append(f"\n{session_words(self.session, self.units)}", style="bold")
        return figures

    def _axes(self) -> RenderableType:
        table = Table(expand=True, box=None, padding=(0, 1))
        headings = ("", *(("belt",) if self.real else ()), "measured", "set", "asked", "allowed")
        for heading in headings:
            table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
        table.add_column("", ratio=1)
        for axis, key, full in _AXES:
            real = self.real.get(key)
            now = self.state.get(key) if real is None else real
            most = ((self.link.get("ranges") or {}).get(key) or {}).get("max") or full
            table.add_row(
                Text(str(axis), style="bold"),
                *([Text(reading(axis, real, self.units), style="bold green")] if self.real else []),
                Text(self._of(axis, key), style="" if self.real else "bold green"),
                self._of(axis, f"target_{key}"),
                self._of(axis, f"requested_{key}"),
                Text(self._allowed(axis), style="yellow"),
                ProgressBar(total=most, completed=max(0.0, min(now or 0.0, most)), width=None),
            )
        return table

    def _of(self, axis: Axis, key: str) -> str:
        return reading(axis, self.state.get(key), self.units)

    def _allowed(self, axis: Axis) -> str:
        most = ((self.guard.get("bounds") or {}).get(axis) or {}).get("max")
        return reading(axis, most, self.units)

    def _reasons(self) -> list[str]:
        bounds = self.guard.get("bounds") or {}
        speed, incline = (
            [sentence(each) for each in (bounds.get(name) or {}).get("reasons", ())]
            for name, *_ in _AXES
        )
        both = [each for each in speed if each in incline]
        lines = [f"speed: {each}" for each in speed if each not in both]
        lines += [f"incline: {each}" for each in incline if each not in both]
        lines += [f"speed and incline: {each}" for each in both]
        steep = self.guard.get("steep") or {}
        if steep.get("used_s") is not None:
            opens = steep.get("opens_s")
            gate = "open" if opens is None else f"closed, opens in {opens:.0f} s"
            used, left = steep["used_s"], steep.get("left_s") or 0
            lines.append(f"steep time used {used:.0f} s, left {left:.0f} s, {gate}")
        lines += [f"fault: {fault}" for fault in self.guard.get("faults", ())]
        return lines

    def _story(self, lines: int) -> Text:
        text = Text()
        for line in list(self.talk)[-lines:]:
            text.append(f"{line.when}  ", style="dim")
            text.append(f"{line.text}\n", style=line.style)
        text.rstrip()
        return text


def sentence(reason: object) -> str:
    """Return a reason's sentence, from an object or plain text."""
    if isinstance(reason, Mapping):
        return str(reason.get("text") or reason.get("rule") or "")
    return str(reason)


def outcome_words(payload: Payload, units: Units = Units.KMH) -> str:
    """Return a command's outcome: `speed 14 km/h → limited to 6 km/h: why`."""
    command, outcome = str(payload.get("command")), str(payload.get("outcome"))
    asked, axis = payload.get("requested"), _AXIS_OF.get(command, Axis.SPEED)
    if command in _AXIS_OF and isinstance(asked, int | float):
        asked = target(axis, asked, units)
    if isinstance(asked, Mapping):  # a report of pain
        asked = " ".join(str(value) for value in asked.values() if value is not True) or "clear"
    text = f"{command} {asked} → {outcome}" if asked is not None else f"{command} → {outcome}"
    applied = payload.get("applied")
    if applied is not None and outcome not in {"superseded", "failed"}:
        got = target(axis, applied, units)
        text += "" if got == asked else f" {'to' if outcome == 'limited' else 'at'} {got}"
    reasons = [sentence(each) for each in payload.get("reasons") or ()]
    return f"{text}: {' '.join(reasons)}" if reasons else text


def session_words(payload: Payload, units: Units = Units.KMH) -> str:
    """Return a session's summary: `The last run: 5.20 km in 38:20, 8.1 km/h on average`."""
    distance, speed = payload.get("distance_m"), payload.get("average_speed_kmh")
    parts = [f"{clock(payload.get('moving_s') or 0)}"]
    if distance is not None:
        parts[0] = f"{run(distance, units)} in {parts[0]}"
    if speed is not None:
        parts.append(f"{reading(Axis.SPEED, speed, units)} on average")
    if (high := payload.get("elevation_gain_m")) is not None:
        parts.append(f"{climb(high, units)} climbed")
    if (heart := payload.get("average_heart_rate_bpm")) is not None:
        parts.append(f"{heart:.0f} bpm")
    return f"The last run: {', '.join(parts)}."


def _words(phase: str) -> str:
    return phase.replace("_", "-")


def _left(phase: str, seconds: float | None) -> str:
    return f", {clock(seconds)} left" if seconds and phase == "warm_up" else ""


def _or_dash(value: float | None, unit: str) -> str:
    return DASH if value is None else f"{value:.0f} {unit}"
