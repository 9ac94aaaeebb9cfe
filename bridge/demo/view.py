"""The demo's live view: that of `watch`, plus the true state of the simulated belt."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, RenderableType

from bridge.app.watching.picture import Picture, outcome_words, session_words
from bridge.clock import Clock, SystemClock
from bridge.contract.link import (
    LinkPayload,
)
from bridge.contract.parser import Refusal
from bridge.contract.payloads import (
    OutcomePayload,
    ReasonPayload,
)
from bridge.guard import Decision
from bridge.history.session_log import Summary
from bridge.texts import Texts
from bridge.treadmill.publisher import guard_payload, state_payload
from bridge.treadmill.summary import session_payload
from bridge.values import Outcome, Reason, Snapshot, Who


@dataclass(frozen=True, slots=True)
class Truth:
    """True state of the simulated belt, whatever it reports."""

    speed_kmh: float
    incline_percent: float


class View:
    """Draws the live view on a terminal; elsewhere it prints a line when something changes."""

    def __init__(
        self,
        console: Console,
        hints: Sequence[str],
        texts: Texts | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.console = console
        self._texts = texts or Texts()
        self._hints = list(hints)
        self._picture = Picture("treadmill-bridge demo", self._hints, self._texts.units)
        self._clock = clock or SystemClock()
        self._began = time.monotonic()
        self._last_line = ""

    def hint(self, line: str) -> None:
        """Add a line above the hints."""
        self._hints.insert(0, line)

    def add_line(self, text: str, style: str = "") -> None:
        """Add an event line."""
        seconds = time.monotonic() - self._began
        self._picture.add_line(text, style, f"{seconds:6.1f} s")
        if not self.console.is_terminal:
            self._print(seconds, text)

    def outcome(self, outcome: Outcome | Refusal) -> None:
        """Say what became of a command, or why a message was none."""
        payload = OutcomePayload.of(outcome, self._clock.utc(), self._texts).document()
        good = payload["outcome"] in {"accepted", "confirmed"}
        self.add_line(outcome_words(payload, self._texts.units), "green" if good else "yellow")

    def session(self, summary: Summary, who: Who) -> None:
        """Show the summary of a finished session."""
        payload = session_payload(summary, who).document()
        self._picture.session = payload
        self.add_line(session_words(payload, self._texts.units), "bold")

    def line(self, snapshot: Snapshot, decision: Decision, truth: Truth) -> None:
        """Without a terminal: print one line, if anything changed."""
        if self.console.is_terminal:
            return
        self._look(snapshot, decision, truth)
        text = self._picture.plain()
        if text != self._last_line:
            self._last_line = text
            self._print(time.monotonic() - self._began, text)

    def draw(self, snapshot: Snapshot, decision: Decision, truth: Truth) -> RenderableType:
        """Return the whole view; on a low terminal without frames and older lines."""
        self._look(snapshot, decision, truth)
        return self._picture.draw(self.console.size.height)

    def _look(self, snapshot: Snapshot, decision: Decision, truth: Truth) -> None:
        """Take the topics that the bridge would publish now."""
        now, utc, who = self._clock.now(), self._clock.utc(), Who()
        state = state_payload(snapshot, decision, who, now, utc)

        def worded(reason: Reason) -> ReasonPayload:
            return ReasonPayload.of(self._texts.reason(reason, utc))

        guard = guard_payload(decision, who, None, worded)
        link = LinkPayload.of(
            snapshot.machine, connected=snapshot.connected, control=snapshot.control
        )
        self._picture.take("state", state.document())
        self._picture.take("guard", guard.document())
        self._picture.take("link", link.document())
        self._picture.real = {
            "speed_kmh": truth.speed_kmh,
            "incline_percent": truth.incline_percent,
        }

    def _print(self, seconds: float, text: str) -> None:
        self.console.print(
            f"[{seconds:6.1f} s] {text}", markup=False, highlight=False, soft_wrap=True
        )
