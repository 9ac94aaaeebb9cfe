"""Log of messages refused before they reach a treadmill, and of how commands ended."""

import structlog

from bridge.clock import Clock
from bridge.contract.parser import Refusal
from bridge.texts import Texts
from bridge.values import Outcome, Reason, Result

REFUSALS_APART_S = 0.2
"""A refusal that follows the previous one within this many seconds is logged at debug level."""

_FINAL = frozenset({Result.CONFIRMED, Result.SUPERSEDED, Result.FAILED})

log = structlog.get_logger()


class AnswerLog:
    """One log for all treadmills. Each treadmill logs its accepted commands itself."""

    def __init__(self, clock: Clock, texts: Texts) -> None:
        self._clock = clock
        self._texts = texts
        self._refused_at = float("-inf")

    def note(self, treadmill: str, result: Outcome | Refusal) -> None:
        """Log an outcome or refusal, unless it is of no interest."""
        if isinstance(result, Refusal):
            # In a flood of refusals, the later ones are logged at debug level only.
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
