"""Answers to commands: each outcome is logged, recorded and published, in order."""

from collections.abc import Callable, Iterable
from typing import Any

from bridge.clock import Clock
from bridge.contract.parser import Refusal
from bridge.texts import Texts
from bridge.treadmill.recording import Recording
from bridge.values import Command, Outcome, Reason, Result

_FIRST = frozenset({Result.ACCEPTED, Result.LIMITED, Result.REJECTED})
"""Results that a first outcome may have."""


class Answers:
    """Sends the outcomes of one treadmill's commands.

    Args:
        tell: receives each answer.
        recording: stores outcomes.
        texts: formats the sentences.
        clock: the time.
        log: logger of this treadmill.
    """

    def __init__(
        self,
        tell: Callable[[Outcome | Refusal], None],
        recording: Recording,
        texts: Texts,
        clock: Clock,
        log: Any,
    ) -> None:
        self._tell = tell
        self._recording = recording
        self._texts = texts
        self._clock = clock
        self._log = log
        self.begun: list[Outcome] = recording.ended_by_a_kill()
        """Outcomes that wait for `send_begun`."""

    def begin(self, outcomes: Iterable[Outcome]) -> None:
        """Keep outcomes of a command that was judged just now, until `send_begun`."""
        self.begun.extend(outcomes)

    def send_begun(self) -> None:
        """Send the outcomes that `begin` kept.

        The belt gets its orders first, because logging and publishing take longer than those.
        """
        begun, self.begun = self.begun, []
        for outcome in begun:
            if outcome.result in _FIRST:
                command, utc = outcome.command, self._clock.utc()
                self._log.info(
                    "command",
                    command=command.verb,
                    requested=command.requested,
                    outcome=outcome.result,
                    reasons=[self._texts.reason(each, utc).text for each in outcome.reasons],
                )
            self.send(outcome)

    def send(self, *contents: Outcome | Refusal) -> None:
        """Send answers at once."""
        for content in contents:
            if isinstance(content, Outcome):
                self._recording.outcome(content, self._clock.utc())
            else:
                self._recording.refusal(content, self._clock.utc())
            self._tell(content)

    def turn_away(self, content: Command | Refusal) -> None:
        """Answer what came too late to be judged."""
        if isinstance(content, Command):
            self.send(Outcome(content, Result.REJECTED, None, (Reason("ending"),)))
        else:
            self.send(content)
