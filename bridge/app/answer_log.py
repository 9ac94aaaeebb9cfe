"""Logs what was refused before a treadmill saw it, and how commands ended."""

import structlog

from bridge.clock import Clock
from bridge.contract.parser import Refusal
from bridge.texts import Texts
from bridge.values import Outcome, Reason, Result

REFUSALS_APART_S = 0.2
"""Messages refused sooner after each other than this, in seconds, are logged as debug only."""

_FINAL = frozenset({Result.CONFIRMED, Result.SUPERSEDED, Result.FAILED})

log = structlog.get_logger()


class AnswerLog:
    """One log for all treadmills. That a command was accepted, its treadmill logs itself."""

    def __init__(self, clock: Clock, texts: Texts) -> None:
        self._clock = clock
        self._texts = texts
        self._refused_at = float("-inf")

    def note(self, treadmill: str, result: Outcome | Refusal) -> None:
        """Log one answer, if it is worth a line."""
        if isinstance(result, Refusal):
            # In a flood only for those who look: it has a line of its own.
            now = self._clock.now()
            often = now - self._refused_at < REFUSALS_APART_S
            self._refused_at = now
            write = log.debug if often else log.info
            write(
                "command",
                treadmill=treadmill,
                command=result.command,
                outcome=Result.REJECTED,
                reasons=self._sentences(result.reason),
            )
        elif result.result in _FINAL:
            log.info(
                "outcome",
                treadmill=treadmill,
                command=result.command.verb,
                requested=result.command.requested,
                outcome=result.result,
                reasons=self._sentences(*result.reasons),
            )

    def _sentences(self, *reasons: Reason) -> list[str]:
        utc = self._clock.utc()
        return [self._texts.reason(reason, utc).text for reason in reasons]
