"""The demo's live view: what the belt does, what was asked, what the guard allows and why."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bridge.contract.parser import Refusal
from bridge.guard import Decision
from bridge.texts import Texts
from bridge.values import Axis, Outcome, Reason, Snapshot

TALK = 8
"""Lines of what was said last."""
ROOMY = 36
"""Rows of a terminal from which on there is room for frames."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the simulated belt really does, whatever it reports."""

    speed_kmh: float
    incline_percent: float


class View:
    """Draws the live view on a terminal; elsewhere it prints a line where something changes."""

    def __init__(self, console: Console, hints: Sequence[str], texts: Texts | None = None) -> None:
        self.console = console
        self._texts = texts or Texts()
        self._hints = list(hints)
        self._talk: deque[tuple[float, str, str]] = deque(maxlen=TALK)
        self._began = time.monotonic()
        self._last_line = ""

    def hint(self, line: str) -> None:
        """Put one more line above the hints."""
        self._hints.insert(0, line)

    def say(self, text: str, style: str = "") -> None:
        """Take a line of the story."""
        seconds = time.monotonic() - self._began
        self._talk.append((seconds, text, style))
        if not self.console.is_terminal:
            self.console.print(
                f"[{seconds:6.1f} s] {text}", markup=False, highlight=False, soft_wrap=True
            )

    def outcome(self, outcome: Outcome) -> None:
        """Say what became of a command."""
        command = outcome.command
        asked = "" if command.requested is None else f" {command.requested}"
        if command.value is not None and command.verb in {"speed", "incline"}:
            asked = f" {self._texts.column(Axis(command.verb.value), command.value)}"
        why = f": {' '.join(map(self._say, outcome.reasons))}" if outcome.reasons else ""
        applied = ""
        if outcome.applied is not None and outcome.result not in {"superseded", "failed"}:
            axis = Axis.INCLINE if command.verb == "incline" else Axis.SPEED
            applied = f" to {self._texts.column(axis, outcome.applied)}"
        style = "green" if outcome.result in {"accepted", "confirmed"} else "yellow"
        self.say(f"{command.verb}{asked} → {outcome.result}{applied}{why}", style)

    def refusal(self, refusal: Refusal) -> None:
        """Say why a message was no command."""
        self.say(f"{refusal.command} → rejected: {self._say(refusal.reason)}", "yellow")

    def line(self, snapshot: Snapshot, decision: Decision, truth: Truth) -> None:
        """Where there is no terminal: one line, if anything of it is new."""
        if self.console.is_terminal:
            return
        speed, incline, say = Axis.SPEED, Axis.INCLINE, self._texts.column
        text = (
            f"{snapshot.belt:<8} {decision.phase or '-':<9}"
            f" speed {say(speed, truth.speed_kmh * 100):>9}"
            f" (asked {say(speed, decision.requested.get(speed))},"
            f" set {say(speed, decision.setpoint.get(speed))},"
            f" allowed {self._most(decision, speed)})"
            f"  incline {truth.incline_percent:4.1f}"
            f" (set {say(incline, decision.setpoint.get(incline))},"
            f" allowed {self._most(decision, incline)})"
        )
        if text != self._last_line:
            self._last_line = text
            seconds = time.monotonic() - self._began
            self.console.print(
                f"[{seconds:6.1f} s] {text}", markup=False, highlight=False, soft_wrap=True
            )

    def draw(self, snapshot: Snapshot, decision: Decision, truth: Truth) -> RenderableType:
        """The whole view; on a low terminal without the frames, and with the latest lines only."""
        parts = (
            (None, self._head(snapshot, decision)),
            (f"{self._texts.units} and %", self._axes(snapshot, decision, truth)),
            ("what the guard allows, and why", self._reasons(decision)),
            ("what happened", self._story(TALK if self._roomy else 4)),
            ("try it", self._foot()),
        )
        if not self._roomy:
            return Group(*(part for _, part in parts))
        return Group(*(Panel(part, title=title, title_align="left") for title, part in parts))

    @property
    def _roomy(self) -> bool:
        return self.console.size.height >= ROOMY

    def _head(self, snapshot: Snapshot, decision: Decision) -> RenderableType:
        machine = snapshot.machine.name if snapshot.machine else "no machine yet"
        link = "connected" if snapshot.connected else "not connected"
        return Text.assemble(
            ("treadmill-bridge demo", "bold"), "   ", machine, " · ", link, " · belt ",
            (str(snapshot.belt), "bold cyan"), " · phase ", (decision.phase or "none", "bold cyan"),
            " · control ", str(snapshot.control),
        )  # fmt: skip

    def _axes(self, snapshot: Snapshot, decision: Decision, truth: Truth) -> RenderableType:
        table = Table(expand=True, box=None, padding=(0, 1))
        for heading in ("", "belt", "measured", "commanded", "asked", "allowed"):
            table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
        table.add_column("", ratio=1)
        data = snapshot.sample.data if snapshot.sample else None
        rows = (
            (Axis.SPEED, truth.speed_kmh * 100, data.speed if data else None, 1600),
            (Axis.INCLINE, truth.incline_percent * 10, data.incline if data else None, 150),
        )
        for axis, real, measured, full in rows:
            table.add_row(
                Text(f"{axis}", style="bold"),
                Text(self._texts.column(axis, round(real)), style="bold green"),
                self._texts.column(axis, measured),
                self._texts.column(axis, decision.setpoint.get(axis)),
                self._texts.column(axis, decision.requested.get(axis)),
                Text(self._most(decision, axis), style="yellow"),
                ProgressBar(total=full, completed=max(0.0, min(real, full)), width=None),
            )
        return table

    def _reasons(self, decision: Decision) -> RenderableType:
        lines = []
        for axis in Axis:
            lines += [
                f"{axis}: {self._say(bound.reason)}" for bound in decision.limits.lowest(axis)
            ]
        lines += [f"nothing rises: {self._say(hold.reason)}" for hold in decision.limits.holds]
        for tier in decision.steep:
            state = "open" if tier.opens_s is None else f"closed, opens in {tier.opens_s:.0f} s"
            lines.append(f"steep time used {tier.used_s:.0f} s, left {tier.left_s:.0f} s, {state}")
        lines += [f"fault: {fault}" for fault in decision.faults]
        return Text("\n".join(lines) or "-", style="yellow")

    def _most(self, decision: Decision, axis: Axis) -> str:
        most = decision.limits.most(axis)
        return self._texts.column(axis, None if most == float("inf") else most)

    def _say(self, reason: Reason) -> str:
        return self._texts.reason(reason, datetime.now(UTC)).text

    def _story(self, lines: int) -> RenderableType:
        text = Text()
        for seconds, line, style in list(self._talk)[-lines:]:
            text.append(f"{seconds:6.1f} s  ", style="dim")
            text.append(f"{line}\n", style=style)
        return text

    def _foot(self) -> RenderableType:
        return Text("\n".join(self._hints), style="dim")
