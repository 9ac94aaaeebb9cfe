"""The workout of one treadmill: selection, commands, and the player's requests. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.guard import Decision, Past, Policy, Verdict
from bridge.guard.decision import ACCEPTED
from bridge.values import Axis, Command, Event, MachineInfo, Reason, Snapshot
from bridge.values.grid import Grid
from bridge.workouts.library import NONE, Library
from bridge.workouts.look import Ask, Look, grids_of
from bridge.workouts.person import Runner
from bridge.workouts.states import PlayerAction, State, Status

if TYPE_CHECKING:  # loaded with the first workout that is chosen
    from bridge.workouts.dry_run import DryRun, Rehearsal
    from bridge.workouts.plan import Plan
    from bridge.workouts.player import Player

REHEARSED_S = 60
"""Seconds of a dry run computed per decision: a stop waits for its 15 ms of work at most."""


@dataclass(frozen=True, slots=True)
class Person:
    """The person of a workout: their references and limits."""

    runner: Runner
    policy: Policy


class WorkoutControl:
    """Controls the workout of one treadmill.

    Args:
        library: returns the workouts available now.
    """

    def __init__(self, library: Callable[[], Library]) -> None:
        self._library = library
        self._player: Player | None = None
        self._grids: Mapping[Axis, Grid] | None = None
        self._machine: MachineInfo | None = None
        self._least = 0
        self._sent = 0
        self._rehearsal: Rehearsal | None = None
        self.preview: DryRun | None = None
        """Dry run of the chosen workout; None while it is not computed yet."""

    @property
    def plan(self) -> "Plan | None":
        """The workout chosen last."""
        return self._player.plan if self._player else None

    @property
    def source(self) -> str:
        """Source of the player's commands."""
        return f"workout:{self._player.plan.name}" if self._player else "workout"

    @property
    def status(self) -> Status | None:
        """Progress of the workout; None if none was chosen."""
        return self._player.status() if self._player else None

    # --- commands of a person

    def submit(self, command: Command, person: Person, now: float) -> Verdict:
        """Choose a workout, or command the player. A late command may only lower."""
        details = command.details
        name, word = (
            details.get("name"),
            PlayerAction(str(details.get("command", PlayerAction.START))),
        )
        if command.late and word not in {PlayerAction.PAUSE, PlayerAction.END}:
            return Verdict.rejected(Reason("late", case="workout"))
        if isinstance(name, str):
            return self._choose(name, person)
        player = self._player
        if player is None:
            return Verdict.rejected(Reason("no_workout"))
        why = player.command(word, now)
        return ACCEPTED if why is None else Verdict.rejected(why)

    def _choose(self, name: str, person: Person) -> Verdict:
        running = self._player is not None and self._player.state in {State.RUNNING, State.PAUSED}
        if name.casefold() == NONE:
            self.drop()
            return ACCEPTED
        if running:
            return Verdict.rejected(Reason("workout_under_way"))
        library = self._library()
        workout = library.find(name)
        if workout is None and (problem := library.problem_of(name)) is not None:
            return _unusable(name, problem)
        if workout is None:
            known = tuple(library.workouts)
            return Verdict.rejected(
                Reason(
                    "unknown_workout",
                    values=(("name", name), ("known", known)),
                    case="" if known else "none",
                )
            )
        from bridge.workouts.model import WorkoutError  # noqa: PLC0415
        from bridge.workouts.plan import plan  # noqa: PLC0415
        from bridge.workouts.player import Player  # noqa: PLC0415

        try:
            planned = plan(workout, person.runner)
        except WorkoutError as error:
            return _unusable(name, str(error))
        named = next((key for key in library.workouts if key.casefold() == name.casefold()), name)
        self._player = Player(planned.called(named), person.policy.cool_down_speed)
        self.preview = self._rehearsal = None
        return ACCEPTED

    def rehearse(self, person: Person, snapshot: Snapshot, past: Past) -> None:
        """Start the dry run of the chosen workout; `follow` continues it."""
        if self.plan is None:
            return
        from bridge.workouts.dry_run import Rehearsal  # noqa: PLC0415

        machine, learned = snapshot.machine, snapshot.learned
        self._rehearsal = Rehearsal(
            self.plan, person.policy, machine=machine, past=past, learned=learned
        )

    # --- time

    def follow(
        self, decision: Decision, snapshot: Snapshot, policy: Policy, now: float
    ) -> list[Ask]:
        """Return the player's requests for now."""
        if self._rehearsal is not None and self._rehearsal.advance(REHEARSED_S):
            self.preview, self._rehearsal = self._rehearsal.result, None
        if self._player is None or self._player.is_over:
            return []
        if snapshot.machine is not self._machine or policy.min_incline != self._least:
            self._grids = None
        if self._grids is None:
            self._machine, self._least = snapshot.machine, policy.min_incline
            self._grids = grids_of(snapshot.machine, policy)
        return self._player.follow(Look.of(decision, snapshot, policy, now, self._grids))

    def command(self, ask: Ask, now: float, *, late: bool) -> Command:
        """Return the command for a player's request; `late` if the broker is."""
        self._sent += 1
        scale = 10 if ask.axis is Axis.INCLINE else 100
        return Command(
            id=f"{self.source}:{self._sent}",
            verb=ask.verb,
            source=self.source,
            received=now,
            value=ask.value,
            requested=None if ask.value is None else ask.value / scale,
            program=not ask.person,
            late=late,
        )

    def reset(self) -> None:
        """Cancel a workout that has not begun: the person has changed."""
        if self._player is not None and self._player.state is State.READY:
            self.drop()

    def drop(self) -> None:
        """Cancel the workout."""
        self._player = self.preview = self._rehearsal = None

    def answered(self, ask: Ask, verdict: Verdict, now: float) -> None:
        """Process the guard's answer."""
        if self._player is not None:
            self._player.answered(ask, verdict, now)

    def take_events(self) -> list[Event]:
        """Return the events since the last call."""
        return self._player.take_events() if self._player else []


def _unusable(name: str, problem: str) -> Verdict:
    values = (("name", name), ("problem", problem))
    return Verdict.rejected(Reason("workout_unusable", values=values))
