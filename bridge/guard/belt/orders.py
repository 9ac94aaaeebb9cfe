"""Starts and halts: what was ordered of the belt, and what may be ordered now."""

from bridge.guard.belt.halting import START_S, Halting
from bridge.guard.decision import Target
from bridge.guard.facts import Grid
from bridge.guard.journal import Journal
from bridge.guard.policy import Policy
from bridge.values import SPEED, STANDING, Axis, Belt, Command, Halt, Snapshot, Verb

OTHERS_S = 30.0
"""Seconds after control came back in which a change is still another app's."""


AT_REST = STANDING | {Belt.STARTING}
"""A belt at rest, or about to start, takes no target."""
NOTHING: dict[Axis, int | None] = dict.fromkeys(Axis)


class BeltOrders:
    """One start or one halt at a time, the safety key, and who is in control.

    Monotonic seconds, 0.01 km/h. `lowered` holds the setpoints that go between the halts to a belt
    that does not stop, in wire units.
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

    def forget(self) -> None:
        """Nothing that was asked outlives a link: no start, no stop."""
        self._end_halt()
        self._wanted = self._pending = False
        self._others_until = float("-inf")

    # --- starts

    def refuse_start(
        self, command: Command, policy: Policy, snapshot: Snapshot, now: float, *, fresh: bool
    ) -> str | None:
        """Why the belt may not be started now; None if it may."""
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
        """Have the belt started."""
        self._wanted = self._pending = True
        self._asked = now

    def awaits_start(self, now: float) -> bool:
        """Whether the belt was asked to start, and has yet to do so."""
        return self._pending and now - self._asked <= START_S

    def started(self) -> None:
        """The belt moves."""
        self._pending = False

    def start_due(self, belt: Belt) -> bool:
        """Whether a start is to be written now; only once, and only to a belt that stands."""
        wanted, self._wanted = self._wanted, False
        return wanted and belt.stands

    def start_seen(self, now: float, *, lag_s: float) -> bool:
        """Take a Started status; return True if it ends a stop.

        Unless it answers an order of ours, a person started the belt: then the key is in, and a
        halt that the machine carried out is over. An answer to a repeated halt shows a toggle.
        """
        if now - self._asked > START_S:
            self.key_pulled = False
        halting = self.halting
        if halting is None:
            return False
        if halting.repeated and halting.answers(now, lag_s=lag_s):
            self._toggles = True
        by_person = halting.start_seen(now, lag_s=lag_s)
        return by_person and not self.awaits_start(now) and self._end_halt()

    def pull_key(self) -> None:
        """The safety key was pulled."""
        self.key_pulled = True
        self.stop_seen()
        self._take_start_back()

    def _take_start_back(self) -> None:
        """What was not written will not show."""
        if self._wanted:
            self._wanted = self._pending = False

    # --- halts

    def halt(self, kind: Halt, now: float, speed: int | None) -> None:
        """Bring the belt to a stand; asked again it is written again, and alarms no later."""
        self._take_start_back()
        if self.halting is not None:
            self.halting.again(kind)
            return
        start = self._asked if self.awaits_start(now) else None
        self.halting = Halting(kind, now, speed, start)

    def halt_due(
        self, now: float, belt: Belt, speed: int | None, *, lag_s: float, still: bool
    ) -> Halt | None:
        """The halt that is to be written now."""
        halting = self.halting
        if halting is None:
            return None
        due = halting.due(now, belt, speed, lag_s=lag_s, toggles=self._toggles, still=still)
        if halting.alarms(now):
            self._journal.fault("stop_ignored")
            self._journal.tell("stop_ignored")
        return halting.kind if due else None

    def stop_seen(self) -> None:
        """Take a status that the belt stops."""
        if self.halting is not None:
            self.halting.stop_seen()

    def stood(self, now: float, belt: Belt) -> bool:
        """Follow a belt that stands; return True if that ends a stop."""
        halting = self.halting
        if halting is None or not halting.is_over(now, belt):
            return False
        self._pending = False
        return self._end_halt()

    def _end_halt(self) -> bool:
        """End the halt, if there is one; return True if it was a stop."""
        halting, self.halting = self.halting, None
        self.lowered, self._news = {}, set()
        self._journal.mend("stop_ignored")
        return halting is not None and halting.stops

    # --- targets between halts

    @property
    def setpoint(self) -> dict[Axis, int | None]:
        """What is commanded of each axis while no belt runs under guard."""
        return NOTHING | self.lowered

    def lower(self, axis: Axis, value: int, measured: int | None, belt: Belt) -> int | None:
        """Take a request during a halt; return what is written, or None if it lowers nothing.

        Only a moving belt can be lowered. What was written lower already stays.
        """
        if belt in AT_REST or measured is None or value >= measured:
            return None
        self._news.add(axis)
        self.lowered[axis] = min(value, self.lowered.get(axis, value))
        return self.lowered[axis]

    def targets(self, now: float, belt: Belt, grid: Grid) -> tuple[Target, ...]:
        """The targets that go between two halts: a person's, and the lowest speed of `grid`.

        The guard's own goes only to a machine that ignores the halt. All are written again after
        each repeated halt, which drops what waits to be written.
        """
        halting = self.halting
        if halting is None or belt in AT_REST:
            return ()
        if halting.alarmed and grid.settable:
            self.lowered[SPEED] = grid.range.minimum
        axes = self.lowered.keys() if halting.is_between(now) else self._news
        news, self._news = self._news, set()
        return tuple(
            Target(axis, self.lowered[axis], reduction=True, asked=axis in news)
            for axis in Axis
            if axis in axes
        )

    # --- control

    def others_in_control(self, now: float) -> bool:
        """Return True if what the belt does by itself is another app's doing."""
        return now <= self._others_until

    def control_refused(self) -> None:
        """Take note that control was lost, or is denied."""
        self._others_until = float("inf")

    def control_given(self, now: float) -> None:
        """Take note that the machine takes orders again."""
        self._others_until = min(self._others_until, now + OTHERS_S)

    def control_wanted(self) -> None:
        """Take note that a person asks for a target here, which takes control back."""
        self._others_until = float("-inf")
