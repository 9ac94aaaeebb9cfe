"""Starts and halts: what was ordered of the belt, and what may be ordered now."""

from bridge.guard.halting import Halting
from bridge.guard.journal import Journal
from bridge.guard.policy import Policy
from bridge.values import Belt, Command, Halt, Snapshot, Verb

START_PATIENCE_S = 15.0
"""How long a start may take to show: a second one would stop a machine that toggles."""


class BeltOrders:
    """One start or one halt at a time, and the safety key. Monotonic seconds, 0.01 km/h."""

    def __init__(self, journal: Journal) -> None:
        self.halting: Halting | None = None
        self.key_pulled = False
        self._journal = journal
        self._wanted = self._pending = False
        self._asked = float("-inf")

    def forget(self) -> None:
        """Nothing that was asked outlives a link: no start, no stop."""
        self.halting = None
        self._wanted = self._pending = False
        self._journal.mend("stop_ignored")

    # --- starts

    def refuse_start(
        self, command: Command, policy: Policy, snapshot: Snapshot, now: float, *, fresh: bool
    ) -> str | None:
        """Why the belt may not be started now; None if it may."""
        halting = self.halting
        checks = (
            ("remote_start", policy.allow_remote_start),
            ("late", not command.late),
            ("safety_key", not self.key_pulled),
            ("belt_moves", snapshot.belt.stands),
            ("not_paused", command.verb is not Verb.RESUME or snapshot.belt is Belt.PAUSED),
            ("stale_at_rest", fresh),
            ("starting", not self.awaits_start(now)),
            ("halting", halting is None or halting.written is not None),
        )
        return next((reason for reason, passed in checks if not passed), None)

    def start(self, now: float) -> None:
        """Have the belt started."""
        self._wanted = self._pending = True
        self._asked = now
        self.halting = None

    def awaits_start(self, now: float) -> bool:
        """Whether the belt was asked to start, and has yet to do so."""
        return self._pending and now - self._asked <= START_PATIENCE_S

    def started(self) -> None:
        """The belt moves."""
        self._pending = False

    def start_due(self, belt: Belt) -> bool:
        """Whether a start is to be written now; only once, and only to a belt that stands."""
        wanted, self._wanted = self._wanted, False
        return wanted and belt.stands

    def start_seen(self, now: float) -> None:
        """The machine says that it was started; unless that is our own doing, the key is in."""
        if now - self._asked > START_PATIENCE_S:
            self.key_pulled = False

    def pull_key(self) -> None:
        """The safety key was pulled."""
        self.key_pulled = True
        self._take_start_back()

    def _take_start_back(self) -> None:
        """What was not written will not show."""
        if self._wanted:
            self._wanted = self._pending = False

    # --- halts

    def halt(self, kind: Halt, now: float, speed: int | None) -> None:
        """Bring the belt to a stand; asked again it is written again, and alarms no later."""
        going = self.halting
        self.halting = going.again(kind) if going else Halting(kind, now, speed)
        self._take_start_back()

    def halt_due(self, now: float, belt: Belt, speed: int | None) -> Halt | None:
        """The halt that is to be written now."""
        halting = self.halting
        if halting is None:
            return None
        due = halting.due(now, belt, speed)
        if halting.alarms(now):
            self._journal.fault("stop_ignored")
            self._journal.tell("stop_ignored")
        return halting.kind if due else None

    def stood(self, now: float) -> bool:
        """The belt stands: the halt that brought it there is done. Returns whether it was a stop.

        Unless a start was written shortly before it: then the belt may have yet to move.
        """
        halting = self.halting
        if halting is None or halting.written is None or self.awaits_start(now):
            return False
        self.halting = None
        self._journal.mend("stop_ignored")
        return halting.stops

    def restarted(self) -> None:
        """It runs again: somebody started it before it stood, or it never meant to stop."""
        if self.halting is None:
            return
        if self.halting.fallen:
            self.halting = None
        else:
            self.halting.slowed = False
