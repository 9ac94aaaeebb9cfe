"""One treadmill: machine data and commands in, guard decisions and reports out.

All input goes through one queue and is processed in order by one task. So there are no locks, and
an unexpected exception surfaces in that task alone.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NoReturn

import structlog

from bridge.clock import Clock
from bridge.contract.parser import Refusal
from bridge.contract.payloads import EventPayload
from bridge.drivers.driver import NO_ANSWER, Line
from bridge.guard import Decision, Verdict
from bridge.guard.decision import ACCEPTED
from bridge.history.history import History
from bridge.history.session_log import Summary
from bridge.people.hints import Care, Look
from bridge.people.people import Household, People
from bridge.plans.library import with_plan
from bridge.texts import Texts
from bridge.treadmill.answers import Answers
from bridge.treadmill.endings import Endings, Moment
from bridge.treadmill.hearing import Hearing
from bridge.treadmill.ordering import Ordering
from bridge.treadmill.outcomes import PERSONAL, Outcomes
from bridge.treadmill.publisher import Reports
from bridge.treadmill.recording import Recording
from bridge.treadmill.refusals import FAIL_WITH, Refusals, name_of
from bridge.treadmill.ticks import TICK_S, is_calm, until_due
from bridge.values import (
    NOT_LINKED,
    NOT_THIS_VALUE,
    Command,
    Control,
    Event,
    HaltBelt,
    MachineInfo,
    Measurement,
    Order,
    Outcome,
    Reason,
    Result,
    SetTarget,
    StartBelt,
    Verb,
    Who,
)
from bridge.values.status import MachineEvent
from bridge.workouts.control import Person, WorkoutControl
from bridge.workouts.library import EMPTY, Library

LEARNED_S = 10.0
"""Seconds between checks for learned facts to store."""

log = structlog.get_logger()


class Treadmill(Hearing):
    """Wires one treadmill. It is the handler of the link and takes commands.

    Args:
        name: the configured id.
        household: the people and their limits.
        history: storage across restarts.
        care: source of hints.
        reports: publisher of state.
        answer: called with each outcome.
        clock: the time.
        on_event: called with each published event.
        texts: the sentences, in the owner's unit.
        on_session: called with each finished session.
        library: returns the available workouts.
        late: returns True if the broker is late or away; a workout then raises nothing.
    """

    def __init__(
        self,
        name: str,
        household: Household,
        history: History,
        *,
        care: Care,
        reports: Reports,
        answer: Callable[[Outcome | Refusal], None],
        clock: Clock,
        on_event: Callable[[EventPayload], None] | None = None,
        texts: Texts | None = None,
        on_session: Callable[[Summary, Who], None] | None = None,
        library: Callable[[], Library] = lambda: EMPTY,
        late: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(reports, clock, log.bind(treadmill=name))
        self.name = name
        self.decision = Decision()
        self.decided = float("-inf")
        """Monotonic time of the last decision, in seconds."""
        self.line: Line | None = None
        self._texts = texts or Texts()
        self._on_event = on_event or (lambda _: None)
        self._on_session = on_session or (lambda _summary, _who: None)
        self._history = history
        self._recording = Recording(name, history, self._texts)
        self._answers = Answers(answer, self._recording, self._texts, clock, self._log)
        self._address: str | None = None
        self._kept = float("-inf")
        self._outcomes = Outcomes()
        self._endings = Endings(self._outcomes)
        self._closed = False
        self._ordering = Ordering()
        self._refusals = Refusals()
        self._care = care
        self._people = People(name, household, history, self, clock.now())
        self._guard = self._people.guard
        self._workout = WorkoutControl(lambda: with_plan(library(), self._people.plan))
        self._late = late

    async def run(self) -> NoReturn:
        """Process the queue and let the guard decide, until cancelled."""
        try:
            while True:
                await self._next(self._pause())
                orders, first = self._command_belt(), self._state_comes_first()
                if (first and self._state()) or orders:
                    await self._let_out()
                self._follow(stated=first)
        finally:
            if self._people.session is not None:
                self._people.keep(self._clock.now())
            self._recording.keep()
            self._keep_learned()
            self._close()
            self._reports.farewell(self.snapshot, self._people.who, self._clock.utc())

    def _pause(self) -> float:
        """Return the seconds until the next decision is due without any input."""
        waits = self._outcomes.open or self._workout.plan
        if waits or not is_calm(self.decision, self.snapshot):
            return TICK_S
        return until_due(self.decision, self.snapshot, self._reports.due, self._clock.now())

    def _close(self) -> None:
        """End all open commands: each needs a final outcome, whatever ended the task."""
        self._closed = True
        while not self._todo.empty():
            work = self._todo.get_nowait()
            if isinstance(work, partial) and work.func == self._handle:
                self._answers.turn_away(*work.args)
        self._answers.send_begun()
        self._answers.send(*self._outcomes.close(Reason("ended")))

    # --- input from outside

    def take(self, content: Command | Refusal) -> None:
        """Take a message from the broker."""
        if self._closed:
            self._answers.turn_away(content)
        else:
            self._todo.put_nowait(partial(self._handle, content))

    def refuse(self, refusal: Refusal) -> None:
        """Answer an invalid message at once, for floods; a repeated id keeps its first outcome."""
        self._answers.send(self._outcomes.refuse(refusal))

    def configure(self, household: Household, event: Event) -> None:
        """Apply a changed configuration and send its event."""
        self._todo.put_nowait(partial(self._configure, household, event))

    def announce(self, event: Event) -> None:
        """Queue an event."""
        self._todo.put_nowait(partial(self.on_event, event))

    # --- events of the treadmill and its people (see `Listener`)

    def on_event(self, event: Event, *, amiss: bool = False) -> None:
        """Publish an event."""
        level = logging.WARNING if amiss else logging.INFO
        now = self._clock.utc()
        payload = EventPayload.of(event, now, self._texts)
        self._log.log(level, "event", type=payload.type, text=payload.text)
        self._reports.event(payload)
        self._recording.event(payload, now)
        self._on_event(payload)

    def finished(self, summary: Summary, who: Who) -> None:
        """Publish a finished session."""
        self._on_session(summary, who)
        self._reports.session(summary, who)

    # --- processing of the queue

    def _connect(self, machine: MachineInfo, now: float) -> None:
        self._keep_learned()
        other, self._address = machine.address != self._address, machine.address
        known = self._history.learned(machine.address) if other else None
        self._builder.connected(machine, now, known)

    def _keep_learned(self) -> None:
        knowledge = self._builder.learned()
        if knowledge is not None and self._address:
            self._history.keep_learned(self._address, knowledge)

    def _measure(self, data: Measurement, now: float) -> None:
        sample = self._builder.measured(data, now)
        if sample is not None and self._people.session is not None:
            self._people.session.add(sample, self.snapshot.belt)

    def _on_machine_event(self, event: MachineEvent, now: float) -> None:
        for news in self._builder.happened(event, now):
            self._guard.observe(news, self.snapshot, now)

    def _control(self, state: Control) -> None:
        self._builder.control(state)
        if state in {Control.DENIED, Control.TAKEN}:
            self._guard.control_refused(f"control_{state}")
        elif state is Control.HELD:
            self._guard.control_given()

    def _carried_out(self, order: Order, now: float) -> None:
        self._refusals.succeeded(order)
        self._builder.written(order, now)
        self._endings.written(order, self.snapshot, now)

    def _refuse(self, order: Order, why: str) -> None:
        verbs = FAIL_WITH.get(name_of(order), frozenset())
        # The link is gone, and its end is about to be handled: the machine refused nothing.
        if why == NOT_LINKED:
            self._answers.send(*self._outcomes.fail(Reason("link_down"), verbs))
            return
        if isinstance(order, StartBelt) and why != NO_ANSWER:
            self._guard.start_failed()
        event = self._refusals.take(order, why, self.snapshot.belt)
        level = logging.DEBUG if event is None else logging.WARNING
        self._log.log(level, "order_refused", order=name_of(order), reason=why)
        if event or not isinstance(order, HaltBelt):  # a repeated halt is still one order
            self._builder.refused(order, why)
        if event is not None:
            self.on_event(event)
        reason = Reason("machine_refused", values=(("cause", why),))
        on_way = isinstance(order, SetTarget) and order.value != self._outcomes.applied(order.axis)
        if on_way or why == NOT_THIS_VALUE:
            self._outcomes.refused(verbs, reason)  # the guard may write another value
        else:
            self._answers.send(*self._outcomes.fail(reason, verbs))

    def _check(self, answer: tuple[Order, str], now: float) -> None:
        """Trust a start, and a halt once the belt stops; the guard monitors the rest."""
        order, why = answer
        if isinstance(order, StartBelt):
            self._builder.written(order, now)
        else:
            self._refuse(order, why)

    def _handle(self, content: Command | Refusal) -> Verdict | None:
        if isinstance(content, Refusal):
            self.refuse(content)
            return None
        self._refusals.forget()
        known = self._outcomes.seen(content)
        if known is not None:
            self._answers.send(known)
            return None
        if not content.program:
            self._builder.try_again(self._clock.now())
        verdict = self._judge(content)
        utc = self._clock.utc()
        verdict = replace(verdict, reasons=tuple(reason.at(utc) for reason in verdict.reasons))
        result, applied, why = verdict.result, verdict.applied, verdict.reasons
        begin, now = self._outcomes.begin, self._clock.now()
        self._answers.begin(begin(content, result, now, applied=applied, reasons=why))
        if content.verb in PERSONAL and verdict.result is Result.ACCEPTED:
            self._answers.begin(self._outcomes.confirm(content.verb))
        return verdict

    def _configure(self, household: Household, event: Event) -> None:
        self._people.configure(household, self._clock.now())
        self.on_event(event)

    def _judge(self, command: Command) -> Verdict:
        match command.verb:
            case Verb.CONNECT | Verb.RELEASE:
                if command.late:
                    return Verdict.rejected(Reason("late"))
                if self.line is None:
                    return Verdict.rejected(Reason("no_radio"))
                if command.verb is Verb.CONNECT:
                    self.line.connect()
                else:
                    self.line.release()
                return ACCEPTED
            case Verb.PAIN | Verb.PERSON | Verb.SHOES | Verb.PLAN:
                verdict = self._people.submit(command, self._clock.now(), self._clock.utc())
                if command.verb is Verb.PERSON and verdict.result is Result.ACCEPTED:
                    self._workout.reset()
                return verdict
            case Verb.WORKOUT:
                return self._command_workout(command)
            case _:
                verdict = self._guard.submit(command, self.snapshot, self._clock.now())
                self._people.judged(command, verdict, self._clock.now())
                return verdict

    # --- a workout

    def _command_workout(self, command: Command) -> Verdict:
        now, person = self._clock.now(), Person(self._people.runner, self._people.policy)
        verdict = self._workout.submit(command, person, now)
        if verdict.result is Result.ACCEPTED and "name" in command.details:
            self._workout.rehearse(person, self.snapshot, self._guard.past(now))
        return verdict

    def _play(self, now: float, utc: datetime) -> None:
        """Submit the workout's requests as ordinary commands.

        A player that raises is dropped, and the belt stays under guard.
        """
        workout, policy = self._workout, self._people.policy
        try:
            asks = workout.follow(self.decision, self.snapshot, policy, now)
        except Exception:  # noqa: BLE001 - a failing player must not stop the guard
            self._log.exception("workout_failed")
            workout.drop()
            self.on_event(Event("workout_failed"), amiss=True)
            asks = []
        for ask in asks:
            verdict = self._handle(workout.command(ask, now, late=self._late()))
            if verdict is not None:
                workout.answered(ask, verdict, now)
        self._answers.send_begun()
        for event in workout.take_events():
            self.on_event(event)
        self._reports.workout(workout.status, workout.preview, now, utc)

    # --- the guard

    def _decide(self) -> None:
        self._command_belt()
        self._follow()

    def _command_belt(self) -> bool:
        """Let the guard decide, and give the belt its orders; True if there are any."""
        now = self._clock.now()
        self.decided = now
        self._builder.tick(now)
        self.decision = decision = self._guard.decide(self.snapshot, now)
        self._builder.gestures(decision.gestures)
        if self.line is not None:
            self._ordering.carry_out(self.line, decision, self.snapshot)
            if decision.halt is not None:
                self._builder.halt_written(now)
        return bool(decision.halt or decision.start or decision.targets)

    def _state_comes_first(self) -> bool:
        """True if nothing else of this moment is to be published before its state."""
        news = self._answers.begun or self.decision.events
        return not news and self._reports.as_before(self.snapshot)

    def _state(self) -> bool:
        """Publish the state, if it is due; True if it was published."""
        who, utc = self._people.who, self._clock.utc()
        return self._reports.state(self.snapshot, self.decision, who, self.decided, utc)

    def _follow(self, *, stated: bool = False) -> None:
        """Publish the decision, store its results, and find the commands that ended."""
        now, utc, decision = self.decided, self._clock.utc(), self.decision
        self._answers.send_begun()
        for event in self._builder.take_events():
            self._find(event)
        if self._people.faults:
            faults = (*decision.faults, *self._people.faults)
            self.decision = decision = replace(decision, faults=faults)
        for event in decision.events:
            self.on_event(event)
        self._people.follow(decision, self.snapshot.belt, now, utc)
        self._recording.follow(self._people, self.snapshot, decision, now, utc)
        if now - self._kept >= LEARNED_S:
            self._kept = now
            self._keep_learned()
        for hint in self._care.follow(Look.of(self.snapshot, decision.phase, now)):
            if self._people.cues:
                self.on_event(hint)
        step = partial(self._guard.step, snapshot=self.snapshot)
        self._answers.send(*self._endings.follow(Moment(decision, self.snapshot, step, now)))
        self._play(now, utc)
        who = self._people.who
        self._reports.plan(self._people.plan, who, utc)
        self._reports.follow(self.snapshot, decision, who, now, utc, stated=stated)

    def _find(self, event: Event) -> None:
        """Handle a new finding about the machine."""
        self.on_event(event, amiss=True)
        if event.ends_start:
            self._answers.send(*self._outcomes.fail(event.reason, [Verb.START, Verb.RESUME]))
