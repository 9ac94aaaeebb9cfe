"""The daemon: one broker connection, one radio, and a task group per treadmill."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import structlog

from bridge.app.answer_log import AnswerLog
from bridge.app.status_line import status_of
from bridge.app.workout_folder import folder_of, read_library
from bridge.bluetooth.connection import Tap
from bridge.bluetooth.radio import Radio, RadioError, open_radio
from bridge.bluetooth.scan import Match
from bridge.bluetooth.trouble import radio_trouble
from bridge.clock import Clock
from bridge.config import Config, Sensor, taken_over
from bridge.config import Treadmill as TreadmillConfig
from bridge.contract.parser import Refusal
from bridge.contract.payloads import EventPayload
from bridge.contract.workout import WorkoutsPayload
from bridge.history.history import History
from bridge.history.session_log import Summary
from bridge.home_assistant.announcer import Announcer, setting_of
from bridge.mqtt.broker import Broker
from bridge.mqtt.inbox import Incoming
from bridge.people.hints import Care, Rhythm
from bridge.people.household import household_of
from bridge.plans.library import NAME as PLAN
from bridge.tasks import Backoff, race
from bridge.texts import Texts
from bridge.treadmill.actor import Treadmill
from bridge.treadmill.publisher import Reports
from bridge.values import Belt, Command, Event, Outcome, Verb, Who
from bridge.workouts.library import EMPTY

if TYPE_CHECKING:
    from bumble.controller import Controller

    from bridge.drivers.link import Link

STOP_LIMIT_S, STOP_LOOK_S = 5.0, 0.1
"""Seconds that shutdown waits for a belt to stop, and between checks; systemd allows 10 s."""
TREADMILL_STUCK_S, BROKER_STUCK_S = 10.0, 90.0
"""Seconds without progress after which a task counts as stuck.

The broker's back-off may take 30 s, a connection attempt 20 s.
"""

log = structlog.get_logger()

_MOVING = frozenset({Belt.STARTING, Belt.RUNNING, Belt.STOPPING})


class Daemon:
    """Runs the bridge until cancelled.

    A treadmill's task group restarts alone after an unexpected failure, from its stored state. A
    failure of the broker's or the radio's task ends the process.

    Args:
        config: configuration with at least one treadmill.
        clock: the source of time.
        radio: a bumble controller in this process; None opens the configured radio.
        history: past sessions and exposure.
        rhythm: how often hints are given.
        on_outcome: callback for every outcome.
        on_event: callback for every event.
        on_session: callback for every finished session.
        taps: by treadmill, a callback for every frame on its link.
        broker: a connection that was begun before; None makes one.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        history: History,
        *,
        radio: "Controller | None" = None,
        rhythm: Rhythm | None = None,
        on_outcome: Callable[[Outcome | Refusal], None] | None = None,
        on_event: Callable[[EventPayload], None] | None = None,
        on_session: Callable[[Summary, Who], None] | None = None,
        taps: Mapping[str, Tap] | None = None,
        broker: Broker | None = None,
    ) -> None:
        self._config = config
        self._texts = Texts(config.units)
        self._taps = taps or {}
        self._clock = clock
        self._history = history
        self._rhythm = rhythm or Rhythm()
        self._spec: Controller | str = config.bluetooth.radio if radio is None else radio
        self._on_outcome = on_outcome
        self._on_event = on_event
        self._on_session = on_session
        self._radio: asyncio.Future[Radio] | None = None
        self._links: dict[str, Link] = {}
        self._aside = False
        self._answer_log = AnswerLog(clock, self._texts)
        self._let_go: set[str] = set()
        self.library = EMPTY
        self._reread = asyncio.Event()
        self._running: set[str] = set()
        ids = [t.id for t in config.treadmills]
        self.broker = broker or Broker(config.mqtt, ids, None, clock, texts=self._texts)
        self.broker.listen(config.home_assistant.birth_topic, self._born)
        self._announcers = {t.id: self._announcer(t) for t in config.treadmills}
        self.treadmills = {t.id: self._build(t) for t in config.treadmills}
        self.broker.serve(self._take, self._stand_aside)

    async def run(self) -> None:
        """Run until cancelled; then stop the belts for which the configuration says so."""
        work = asyncio.create_task(self._work())
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await self._stop_belts()
            raise
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    async def _stop_belts(self) -> None:
        """Stop the belts that must not outlive the bridge; wait up to `STOP_LIMIT_S`."""
        named = [each.id for each in self._config.treadmills if each.stop_belt_on_exit]
        moving = [name for name in named if self.treadmills[name].snapshot.belt in _MOVING]
        for name in moving:
            log.info("belt_stopped_on_exit", treadmill=name)
            stop = Command(f"exit-{secrets.token_hex(4)}", Verb.STOP, "bridge", self._clock.now())
            self.treadmills[name].take(stop)
        for _ in range(round(STOP_LIMIT_S / STOP_LOOK_S)):
            if not any(self.treadmills[name].snapshot.belt in _MOVING for name in moving):
                break
            await asyncio.sleep(STOP_LOOK_S)

    async def _work(self) -> None:
        self._radio = asyncio.get_running_loop().create_future()
        # The broker task ends after the treadmills, so that their last messages are sent.
        broker = self.broker.begin()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_shared(broker))
                group.create_task(self._keep_radio(), name="radio")
                group.create_task(self._keep_library(), name="workouts")
                for sensor in self._config.sensors:
                    group.create_task(self._keep_strap(sensor), name="strap")
                for treadmill in self._config.treadmills:
                    group.create_task(self._keep(treadmill), name=treadmill.id)
        finally:
            broker.cancel()
            with suppress(asyncio.CancelledError):
                await broker

    def stuck(self) -> list[str]:
        """Return treadmills whose guard has not run for too long, and `broker` if it is stuck."""
        now = self._clock.now()
        hanging = {
            name
            for name in self._running
            if now - self.treadmills[name].decided > TREADMILL_STUCK_S
        }
        broker = now - self.broker.turned > BROKER_STUCK_S
        return [*sorted(hanging), *(["broker"] if broker else [])]

    def status(self) -> str:
        """Return the status in one line for people."""
        parts = [f"broker {'connected' if self.broker.connected else 'away'}"]
        parts += [
            status_of(name, each.snapshot, each.decision, each.no_link, self._config.units)
            for name, each in self.treadmills.items()
        ]
        return "; ".join(parts)

    def reload(self, config: Config) -> None:
        """Apply the settings that may change while a belt moves: limits, people, shoes and hints.

        Other changes, such as the broker or the list of treadmills, need a restart; the log names
        them.
        """
        self._config, waits = taken_over(self._config, config)
        log.info("configuration_reloaded", restart_needed_for=waits)
        self._announce_settings()
        self._reread.set()
        case = "restart" if waits else ""
        event = Event("config_changed", values=(("restart", tuple(waits)),), case=case)
        for treadmill in self._config.treadmills:
            self.treadmills[treadmill.id].configure(household_of(self._config, treadmill), event)

    def refuse(self, problems: Sequence[str]) -> None:
        """Report that a changed configuration is invalid."""
        event = Event("config_refused", values=(("problems", tuple(problems)),))
        for treadmill in self.treadmills.values():
            treadmill.announce(event)

    async def _keep_library(self) -> NoReturn:
        """Read the folder of workouts, and again after each reload."""
        while True:
            folder = folder_of(self._config)
            self.library = await asyncio.to_thread(read_library, folder) if folder else EMPTY
            for name, problem in self.library.problems.items():
                log.warning("workout_not_usable", file=name, problem=problem)
            self._announce_settings()
            await self._reread.wait()
            self._reread.clear()

    def _announce_settings(self) -> None:
        workouts = tuple(self.library.workouts)
        for treadmill in self._config.treadmills:
            setting = setting_of(self._config, treadmill)
            own = (PLAN,) if setting.plans and PLAN not in workouts else ()
            setting = replace(setting, workouts=(*own, *workouts))
            self._announcers[treadmill.id].change(setting)
            topic, names = self.broker.topics.workouts(treadmill.id), setting.workouts
            self.broker.publish(topic, WorkoutsPayload.of(names).encode(), retain=True, qos=1)

    async def _keep_radio(self) -> NoReturn:
        """Open the radio, and reopen it whenever it is lost."""
        pauses = Backoff(self._clock)
        complaint = ""
        while True:
            pauses.attempt()
            try:
                async with open_radio(self._spec, self._config.bluetooth.adapter) as radio:
                    log.info("radio_open", radio=str(self._spec))
                    complaint = ""
                    self._current().set_result(radio)
                    await radio.lost()
                    # Closing takes a while; clear it first, so that no new link uses it.
                    self._radio = None
            except RadioError as error:
                # A repeated problem is logged at debug level only.
                write = log.debug if str(error) == complaint else log.warning
                complaint = str(error)
                write("radio_unavailable", reason=complaint)
                for treadmill in self.treadmills.values():
                    treadmill.trouble(radio_trouble(complaint))
            await pauses.rest()

    def _current(self) -> "asyncio.Future[Radio]":
        if self._radio is None:
            self._radio = asyncio.get_running_loop().create_future()
        return self._radio

    async def _keep(self, config: TreadmillConfig) -> NoReturn:
        """Keep one treadmill's task group running, and restart it after any failure."""
        # All log lines of this task and of its child tasks carry the treadmill's id.
        structlog.contextvars.bind_contextvars(treadmill=config.id)
        pauses = Backoff(self._clock)
        while True:
            pauses.attempt()
            try:
                async with asyncio.TaskGroup() as group:
                    treadmill = self.treadmills[config.id]
                    treadmill.decided = self._clock.now()
                    self._running.add(config.id)
                    group.create_task(treadmill.run())
                    group.create_task(self._keep_linked(treadmill, config))
            except* Exception:
                log.exception("treadmill_restarts")
                self._running.discard(config.id)
                self.treadmills[config.id] = self._build(config)
            await pauses.rest()

    async def _keep_linked(self, treadmill: Treadmill, config: TreadmillConfig) -> NoReturn:
        """Run the link on each radio in turn."""
        wanted = config.connect == "always"
        while True:
            radio = await asyncio.shield(self._current())
            if wanted and self._aside:
                self._let_go.add(config.id)
                wanted = False
            # Imports the drivers while the broker is connecting.
            from bridge.drivers.link import Link  # noqa: PLC0415

            link = Link(
                radio,
                Match(address=config.address or "", name=config.name or ""),
                treadmill,
                self._clock,
                observe_only=config.control == "never",
                wanted=wanted,
                tap=self._taps.get(config.id),
                on_trouble=treadmill.trouble,
                declared=config.declared(),
            )
            treadmill.line = self._links[config.id] = link
            try:
                await race(link.run(), radio.lost())
            finally:
                wanted = link.wanted
                treadmill.line = None
                self._links.pop(config.id, None)
                # A link cancelled while it was ending has not reported the disconnection.
                treadmill.disconnected("the radio is gone")
            log.warning("radio_lost")

    async def _keep_strap(self, sensor: Sensor) -> NoReturn:
        """Run a heart-rate strap on each radio in turn, while its treadmill is connected.

        Before that, its scan would disturb the search for the machine. With the treadmill its strap
        is released too, so that the other app finds both; a lost link keeps it.
        """
        from bridge.bluetooth.strap import Strap  # noqa: PLC0415 - few people have one

        treadmill = sensor.treadmill or self._config.treadmills[0].id
        while True:
            await self.treadmills[treadmill].wait_connected()
            radio = await asyncio.shield(self._current())
            strap = Strap(
                radio,
                sensor.address or "",
                sensor.name or "",
                # The treadmill object may be replaced meanwhile.
                lambda bpm: self.treadmills[treadmill].heart_rate(bpm),  # noqa: PLW0108
            )
            await race(strap.run(), radio.lost(), self.treadmills[treadmill].wait_released())

    def _build(self, config: TreadmillConfig) -> Treadmill:
        newest = next(each for each in self._config.treadmills if each.id == config.id)
        return Treadmill(
            config.id,
            household_of(self._config, newest),
            self._history,
            care=Care(self._rhythm),
            reports=Reports(
                config.id,
                self.broker.topics,
                self.broker,
                self._config.mqtt.state_hz,
                texts=self._texts,
                announcer=self._announcers[config.id],
            ),
            answer=partial(self._answer, config.id),
            clock=self._clock,
            texts=self._texts,
            on_event=self._on_event,
            on_session=self._on_session,
            library=lambda: self.library,
            late=lambda: self.broker.late,
        )

    def _announcer(self, treadmill: TreadmillConfig) -> Announcer:
        announcer = Announcer(
            setting_of(self._config, treadmill),
            self._config.mqtt.discovery_prefix,
            self.broker,
            wanted=self._config.home_assistant.discovery,
        )
        self.broker.listen(announcer.topic, announcer.on_discovery)
        return announcer

    def _stand_aside(self, aside: bool) -> None:
        """Release the machines to another bridge that serves them, or take them back.

        A moving belt is not released: it stays under this guard until it stops.
        """
        self._aside = aside
        for name, link in self._links.items():
            belt = self.treadmills[name].snapshot.belt
            if aside and link.wanted and belt not in _MOVING:
                self._let_go.add(name)
                link.release()
            elif not aside and name in self._let_go:
                self._let_go.discard(name)
                link.connect()

    def _born(self, payload: bytes) -> None:
        """Announce all treadmills again after Home Assistant's birth message."""
        if payload == b"online":
            self.broker.republish()

    def _take(self, incoming: Incoming) -> None:
        if isinstance(incoming.content, Refusal):
            self.treadmills[incoming.treadmill].refuse(incoming.content)
            return
        self.treadmills[incoming.treadmill].take(incoming.content)

    def _answer(self, treadmill: str, result: Outcome | Refusal) -> None:
        self.broker.answer(treadmill, result)
        self._answer_log.note(treadmill, result)
        if self._on_outcome is not None:
            self._on_outcome(result)


async def _shared(task: "asyncio.Task[NoReturn]") -> None:
    """Wait for a task owned elsewhere, and fail when it fails."""
    await asyncio.shield(task)
