"""Starts and halts: which are in progress, and which are allowed now."""

from bridge.guard.belt.halting import START_S, Halting
from bridge.guard.decision import Target
from bridge.guard.journal import Journal
from bridge.values import SPEED, STANDING, Axis, Belt, Command, Halt, Snapshot, Verb
from bridge.values.grid import Grid
from bridge.values.policy import Policy

REGAINED_S = 30.0
"""Seconds after control is regained in which a change may still come from another app."""
AT_REST = STANDING | {Belt.STARTING}
"""A belt at rest or about to start takes no target."""
NOTHING: dict[Axis, int | None] = dict.fromkeys(Axis)


class BeltOrders:
    """At most one start or halt in progress, the safety key, and who has control.

    Monotonic seconds, 0.01 km/h. `lowered` holds the setpoints in wire units that are written
    between the halts while the belt does not stop.
    """

    def __init__(self, journal: Journal) -> None:
        self.halting: Halting | None = None
        self.lowered: dict[Axis, int] = {}
        self.key_pulled = False
        self._journal = journal
        self._wanted = self._pending = False
        self._asked = float("-inf")
        self._news: set[Axis] = set()
        self._toggles = False
        self._others_until = float("-inf")
        self.taken = False
        """True if control was lost or denied and no person has requested a target since."""

    def forget(self) -> None:
        """Drop all starts and stops: none outlives the link."""
        self._end_halt()
        self._wanted = self._pending = False
        self.control_wanted()

    # --- starts

    def refuse_start(
        self, command: Command, policy: Policy, snapshot: Snapshot, now: float, *, fresh: bool
    ) -> str | None:
        """Return the rule that forbids a start now; None if it is allowed."""
        checks = (
            ("remote_start", policy.allow_remote_start),
            ("late", not command.late),
            ("safety_key", not self.key_pulled),
            ("belt_moves", snapshot.belt.stands),
            ("not_paused", command.verb is not Verb.RESUME or snapshot.belt is Belt.PAUSED),
            ("stale_at_rest", fresh),
            ("starting", not self.awaits_start(now)),
            ("halting", self.halting is None),
        )
        return next((reason for reason, passed in checks if not passed), None)

    def start(self, now: float) -> None:
        """Queue a start."""
        self._wanted = self._pending = True
        self._asked = now

    def awaits_start(self, now: float) -> bool:
        """Return True if a start was commanded and the belt has not started yet."""
        return self._pending and now - self._asked <= START_S

    def started(self) -> None:
        """Clear the pending start: the belt moves."""
        self._pending = False

    def start_due(self, belt: Belt) -> bool:
        """Return True once if the start must be written now; only to a standing belt."""
        wanted, self._wanted = self._wanted, False
        return wanted and belt.stands

    def start_seen(self, now: float, *, lag_s: float) -> bool:
        """Take a Started status; return True if it ends a stop.

        Unless it answers a write of ours, a person started the belt. The safety key is then in, and
        a halt that the machine carried out is over. An answer to a repeated halt reveals a toggle.
        """
        # Not an answer to our start, so a person started it, with the key in.
        if now - self._asked > START_S:
            self.key_pulled = False
        halting = self.halting
        if halting is None:
            return False
        # The repeated halt restarted the belt: the machine takes it as a toggle.
        if halting.repeated and halting.answers(now, lag_s=lag_s):
            self._toggles = True
        by_person = halting.start_seen(now, lag_s=lag_s)
        return by_person and not self.awaits_start(now) and self._end_halt()

    def pull_key(self) -> None:
        """Record that the safety key was pulled."""
        self.key_pulled = True
        self.stop_seen()
        self.drop_start()

    def drop_start(self, before: float = float("inf")) -> None:
        """Forget a start, asked `before` a time, that the machine does not carry out."""
        if self._asked >= before:
            return  # the report is about an earlier one
        self._wanted = self._pending = False
        if self.halting is not None:
            self.halting.start = None

    # --- halts

    def halt(self, kind: Halt, now: float, speed: int | None) -> None:
        """Begin a halt; repeating it writes it again and does not delay the alarm."""
        if self._wanted:
            self.drop_start()
        if self.halting is not None:
            self.halting.again(kind)
            return
        start = self._asked if self.awaits_start(now) else None
        self.halting = Halting(kind, now, speed, start)

    def halt_due(
        self, now: float, belt: Belt, speed: int | None, *, lag_s: float, still: bool
    ) -> Halt | None:
        """Return the halt to write now, or None."""
        halting = self.halting
        if halting is None:
            return None
        due = halting.due(now, belt, speed, lag_s=lag_s, toggles=self._toggles, still=still)
        if halting.alarms(now):
            self._journal.fault("stop_ignored")
        return halting.kind if due else None

    def stop_seen(self) -> None:
        """Take a stop status."""
        if self.halting is not None:
            self.halting.stop_seen()

    def stood(self, now: float, belt: Belt) -> bool:
        """Follow a standing belt; return True if that completes a stop."""
        if self.halting is None or not self.halting.is_over(now, belt):
            return False
        self._pending = False
        return self._end_halt()

    def _end_halt(self) -> bool:
        """End the halt if there is one; return True if it was a stop."""
        halting, self.halting = self.halting, None
        self.lowered, self._news = {}, set()
        self._journal.mend("stop_ignored")
        return halting is not None and halting.stops

    # --- targets between halts

    @property
    def setpoint(self) -> dict[Axis, int | None]:
        """Setpoint of each axis while no belt runs under guard."""
        return NOTHING | self.lowered

    def lower(self, axis: Axis, value: int, measured: int | None, belt: Belt) -> int | None:
        """Take a request during a halt; return what is written, or None if it lowers nothing.

        Only a moving belt can be lowered. A lower setpoint written earlier stays.
        """
        # Without a reading, a target might raise the belt.
        if belt in AT_REST or measured is None or value >= measured:
            return None
        self._news.add(axis)
        self.lowered[axis] = min(value, self.lowered.get(axis, value))
        return self.lowered[axis]

    def targets(self, now: float, belt: Belt, grid: Grid) -> tuple[Target, ...]:
        """Return the targets between two halts: the requested ones and the lowest of `grid`.

        The guard adds its own target only if the machine ignores the halt. A repeated halt drops
        queued writes, so all targets are written again after it.
        """
        halting = self.halting
        if halting is None or belt in AT_REST:
            return ()
        if halting.alarmed and grid.settable:
            self.lowered[SPEED] = grid.own_minimum
        axes = self.lowered.keys() if halting.is_between(now) else self._news
        news, self._news = self._news, set()
        return tuple(
            Target(axis, self.lowered[axis], reduction=True, asked=axis in news)
            for axis in Axis
            if axis in axes
        )

    # --- control

    def others_in_control(self, now: float) -> bool:
        """Return True if an unexplained change is attributed to another app."""
        return now <= self._others_until

    def control_refused(self) -> None:
        """Record that control was lost or denied."""
        self._others_until, self.taken = float("inf"), True

    def control_given(self, now: float) -> None:
        """Record that the machine accepts commands again."""
        self._others_until = min(self._others_until, now + REGAINED_S)

    def control_wanted(self) -> None:
        """Record that a person requested a target here, which takes control back."""
        self._others_until, self.taken = float("-inf"), False
