"""What commands are answered: each outcome is logged, written down and published, in its order."""

from collections.abc import Callable, Iterable
from typing import Any

from bridge.clock import Clock
from bridge.contract.parser import Refusal
from bridge.texts import Texts
from bridge.treadmill.recording import Recording
from bridge.values import Command, Outcome, Reason, Result

_FIRST = frozenset({Result.ACCEPTED, Result.LIMITED, Result.REJECTED})
"""How a command may begin."""


class Answers:
    """Tells what became of the commands of one treadmill.

    Args:
        tell: takes each answer.
        recording: writes outcomes down.
        texts: the sentences.
        clock: the time.
        log: of this treadmill.
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
        self._begun: list[Outcome] = []

    def begin(self, outcomes: Iterable[Outcome]) -> None:
        """Keep outcomes of a command that was judged just now, until `tell_begun`."""
        self._begun.extend(outcomes)

    def tell_begun(self) -> None:
        """Tell what `begin` kept.

        Not before the belt has its orders: a line of the log and a message take longer than those.
        """
        begun, self._begun = self._begun, []
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
            self.tell(outcome)

    def tell(self, *contents: Outcome | Refusal) -> None:
        """Tell at once."""
        for content in contents:
            if isinstance(content, Outcome):
                self._recording.outcome(content, self._clock.utc())
            else:
                self._recording.refusal(content, self._clock.utc())
            self._tell(content)

    def turn_away(self, content: Command | Refusal) -> None:
        """Answer what came too late to be judged."""
        if isinstance(content, Command):
            self.tell(Outcome(content, Result.REJECTED, None, (Reason("ending"),)))
        else:
            self.tell(content)
