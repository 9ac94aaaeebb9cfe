"""The bridge against each machine of the simulator, over the virtual radio and in virtual time.

All of the bridge but the broker is real, and so is every byte on the air. What counts is what the
model's belt truly does, whatever the machine says of it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from bridge.bluetooth.link import Link
from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Match
from bridge.care import Care, Rhythm
from bridge.guard import Policy
from bridge.history.history import History
from bridge.machines import Cadence, Declared, Quirk, SpeedUnit, find_model
from bridge.mqtt.incoming import Refusal
from bridge.mqtt.topics import Topics
from bridge.people import Household
from bridge.reports import Reports
from bridge.treadmill import Treadmill
from bridge.values import Belt, Command, Event, MachineInfo, Outcome, Verb
from simulators.peripheral import ADDRESS
from simulators.profile import Profile
from simulators.profile_file import load_profile, machine_names
from simulators.simulation import Simulation
from tests.virtual_time import LoopClock, run

POLICY = Policy(warm_up_s=0.0, speed_ramp=50.0, allow_remote_start=True)
"""No warm-up and the fastest ramp there is: neither is the subject here."""
ASKED = 300
"""3 km/h, which every machine can do."""
MILE_STEP_KMH = 0.17
"""0.1 mph: the largest step of the machines here."""
SWAY_KMH = 0.03
"""A belt gives a little under its runner's feet."""
OBEYS_NOTHING = "xterra-t85"
LOCKED = "focus-senator"
"""Refuses everything until its maker's app was there."""
WATCHED_ONLY = "club-console"
INCLINE_ONLY = "kickr-run"
ZEROS = "urevo-e3"
"""Obeys, and sends zeros alone until then."""
CONSOLE_ONLY = "reebok-fr30z"
"""Started at its console alone, and silent until then."""

SHOWS: dict[str, set[Quirk]] = {
    "bowflex-t9": {Quirk.REPORTS_MPH, Quirk.TARGETS_IN_MPH},
    "citysports-cs-wp8": {Quirk.VENDOR_STEPS, Quirk.ANSWERS_EARLY},
    "fitshow-dbt": {Quirk.RANGE_IN_MPH},
    "horizon-omega-z": {Quirk.ANSWERS_AS_NOTIFICATIONS, Quirk.CONTROL_UNANSWERED},
    "iconcept": {Quirk.INCLINE_SCALED},
    "jftm-t202": {Quirk.TARGETS_IN_MPH},
    "kingsmith-ph4": {Quirk.CONTROL_FORGOTTEN},
    "kingsmith-z1": {Quirk.VENDOR_STEPS, Quirk.SILENT_AT_REST},
    "matrix": {Quirk.TORN_RECORDS},
    "matrix-touchxl": {Quirk.SPLIT_RECORDS},
    "reebok-fr30z": {Quirk.TRAINING_STATUS_CONSTANT, Quirk.SILENT_AT_REST},
    "technogym-myrun": {Quirk.START_BEFORE_TARGET, Quirk.SPLIT_RECORDS},
    "urevo-e1l": {
        Quirk.STATUS_IS_CURRENT_SPEED,
        Quirk.WRITES_WITHOUT_RESPONSE,
        Quirk.VENDOR_STEPS,
    },
    "yesoul-w2-pro": {Quirk.VENDOR_STEPS},
}
"""What the bridge tells of a machine after a walk; of the others, nothing is asked here."""


@dataclass
class Home:
    """A machine of the simulator, and one treadmill of the bridge."""

    simulation: Simulation
    policy: Policy = POLICY
    answers: list[Outcome | Refusal] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    fastest: float = 0.0

    def __post_init__(self) -> None:
        clock = LoopClock()
        self.treadmill = Treadmill(
            "den",
            Household({"default": self.policy}, {}, {}),
            History.blank(clock),
            care=Care(Rhythm()),
            reports=Reports("den", Topics("treadmills"), self, 1.0),
            answer=self.answers.append,
            clock=clock,
            on_event=self.events.append,
        )

    def publish(self, topic: str, payload: bytes, **how: object) -> None:
        """Nobody listens."""

    @property
    def machine(self) -> MachineInfo:
        machine = self.treadmill.snapshot.machine
        assert machine is not None
        return machine

    @property
    def true_kmh(self) -> float:
        return self.simulation.machine.true_speed_kmh

    @property
    def belt(self) -> Belt:
        return self.treadmill.snapshot.belt

    def ask(self, verb: Verb, value: int | None = None) -> None:
        now = LoopClock().now()
        self.treadmill.take(Command(f"{verb}{now}", verb, "test", now, value))

    async def walks(self) -> None:
        """Somebody starts the belt at the console, and it has come to its own first speed."""
        await self.treadmill.wait_connected()
        await self.lives(12)
        assert self.simulation.machine.start()
        await self.lives(15)
        assert self.belt is Belt.RUNNING, self.treadmill.snapshot

    async def lives(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            await asyncio.sleep(0.05)
            self.fastest = max(self.fastest, self.true_kmh)

    def words(self) -> list[str]:
        return [reason for a in self.answers if isinstance(a, Outcome) for reason in a.reasons]

    def kinds(self) -> set[str]:
        return {event.type for event in self.events}


@asynccontextmanager
async def home(
    profile: Profile, declared: Declared | None = None, policy: Policy = POLICY
) -> AsyncIterator[Home]:
    async with Simulation(profile=profile) as simulation:
        here = Home(simulation, policy)
        async with open_radio(simulation.new_controller()) as radio:
            match = Match(address=ADDRESS)
            link = Link(radio, match, here.treadmill, LoopClock(), declared=declared)
            here.treadmill.line = link
            tasks = [asyncio.create_task(here.treadmill.run()), asyncio.create_task(link.run())]
            try:
                yield here
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


OF_THEIR_OWN = {OBEYS_NOTHING, LOCKED, ZEROS, WATCHED_ONLY, INCLINE_ONLY}


@pytest.mark.parametrize("name", [name for name in machine_names() if name not in OF_THEIR_OWN])
class TestEachMachine:
    def test_walks_as_asked_and_stops(self, name: str) -> None:
        async def story() -> None:
            async with home(load_profile(name)) as here:
                await here.walks()
                here.ask(Verb.SPEED, ASKED)
                await here.lives(40)
                assert here.true_kmh >= ASKED / 100 - MILE_STEP_KMH - SWAY_KMH
                assert here.fastest <= ASKED / 100 + SWAY_KMH
                assert "unexpected_rise" not in here.kinds()
                assert "console_slowed" not in here.kinds()
                assert set(here.machine.quirks) >= SHOWS.get(name, set())
                here.ask(Verb.STOP)
                await here.lives(30)
                assert here.true_kmh == 0
                assert here.belt.stands

        run(story())

    def test_starts_when_asked_and_pauses(self, name: str) -> None:
        async def story() -> None:
            async with home(load_profile(name)) as here:
                await here.treadmill.wait_connected()
                await here.lives(12)
                here.ask(Verb.START)
                await here.lives(25)
                if name == CONSOLE_ONLY:
                    assert here.true_kmh == 0
                    assert "not known to stand" in " ".join(here.words())
                    return
                assert here.true_kmh > 0
                assert here.belt is Belt.RUNNING
                here.ask(Verb.PAUSE)
                await here.lives(30)
                assert here.true_kmh == 0
                assert here.belt.stands
                assert "no_motion" not in here.kinds()

        run(story())


class TestWhatNobodyDeclared:
    def test_targets_in_miles_are_found_out_and_the_belt_slows_to_what_was_asked(self) -> None:
        async def story() -> None:
            async with home(load_profile("jftm-t202"), Declared("")) as here:
                await here.walks()
                here.ask(Verb.SPEED, ASKED)
                await here.lives(40)
                assert here.fastest <= ASKED / 100 * 1.61 + SWAY_KMH
                assert here.true_kmh <= ASKED / 100 + SWAY_KMH
                assert "unit_mixup" in here.kinds()
                assert "unexpected_rise_speed" in here.treadmill.decision.faults
                assert Quirk.TARGETS_IN_MPH in here.machine.quirks
                here.ask(Verb.SPEED, 400)
                await here.lives(30)
                assert 4 - MILE_STEP_KMH <= here.true_kmh <= 4 + SWAY_KMH

        run(story())

    def test_it_is_still_known_on_the_next_link(self) -> None:
        async def story() -> None:
            async with home(load_profile("jftm-t202"), Declared("")) as here:
                await here.walks()
                here.ask(Verb.SPEED, ASKED)
                await here.lives(40)
                here.ask(Verb.STOP)
                await here.lives(20)
                assert isinstance(here.treadmill.line, Link)
                here.treadmill.line.release()
                await here.lives(5)
                here.treadmill.line.connect()
                await here.lives(20)
                here.fastest = 0.0
                here.events.clear()
                await here.walks()
                here.ask(Verb.SPEED, ASKED)
                await here.lives(40)
                assert here.fastest <= ASKED / 100 + SWAY_KMH
                assert here.true_kmh >= ASKED / 100 - MILE_STEP_KMH - SWAY_KMH
                assert not here.kinds() & {"unexpected_rise", "not_responding"}

        run(story())

    def test_miles_both_ways_stay_within_the_limits_and_are_told(self) -> None:
        """Until the distance gives them away, and ever after, limits count as miles."""

        async def story() -> None:
            policy = replace(POLICY, max_speed=600)
            async with home(load_profile("bowflex-t9"), Declared(""), policy) as here:
                await here.walks()
                here.ask(Verb.SPEED, 1200)
                await here.lives(400)
                assert here.true_kmh > 5
                assert here.fastest <= 6 + SWAY_KMH
                assert "unit_mph" in here.kinds()
                assert Quirk.REPORTS_MPH in here.machine.quirks

        run(story())

    def test_the_owner_s_word_for_miles_is_enough(self) -> None:
        async def story() -> None:
            settings = dict.fromkeys(
                ("reported_speed_unit", "target_speed_unit", "range_speed_unit"), SpeedUnit.MPH
            )
            async with home(load_profile("bowflex-t9"), Declared("", settings)) as here:
                await here.walks()
                here.ask(Verb.SPEED, 800)
                await here.lives(60)
                assert 8 - MILE_STEP_KMH <= here.true_kmh <= 8 + SWAY_KMH
                sample = here.treadmill.snapshot.sample
                assert sample is not None
                assert sample.data.speed == pytest.approx(100 * here.true_kmh, abs=3)

        run(story())

    def test_a_machine_that_obeys_nothing_raises_the_alarm_at_a_stop(self) -> None:
        async def story() -> None:
            async with home(load_profile(OBEYS_NOTHING)) as here:
                await here.walks()
                here.ask(Verb.STOP)
                await here.lives(30)
                assert here.true_kmh > 0
                assert "stop_ignored" in here.kinds()

        run(story())


class TestLocked:
    """A machine that obeys only once its maker's app was there."""

    def test_says_at_the_first_refusal_what_to_do_and_obeys_after_that(self) -> None:
        async def story() -> None:
            async with home(load_profile(LOCKED)) as here:
                await here.walks()
                before = here.true_kmh
                here.ask(Verb.SPEED, ASKED)
                await here.lives(20)
                assert here.true_kmh == pytest.approx(before, abs=SWAY_KMH)
                assert here.treadmill.snapshot.control == "denied"
                assert "control_denied" in here.treadmill.decision.faults
                (said,) = [event for event in here.events if event.type == "refuses_everything"]
                assert "maker's app has unlocked it" in said.text
                here.simulation.server.unlock()
                here.ask(Verb.SPEED, ASKED)
                await here.lives(40)
                assert here.true_kmh >= ASKED / 100 - MILE_STEP_KMH - SWAY_KMH
                assert here.treadmill.snapshot.control == "held"
                assert "control_denied" not in here.treadmill.decision.faults
                assert Quirk.REFUSES_EVERYTHING not in here.machine.quirks

        run(story())

    def test_is_found_out_by_its_refusals_where_nobody_declared_it(self) -> None:
        async def story() -> None:
            async with home(load_profile(LOCKED), Declared("")) as here:
                await here.walks()
                for count in range(1, 4):
                    assert "refuses_everything" not in here.kinds(), count
                    here.ask(Verb.SPEED, ASKED)
                    await here.lives(5)
                assert "refuses_everything" in here.kinds()

        run(story())

    def test_a_stop_that_it_refuses_raises_the_alarm(self) -> None:
        async def story() -> None:
            async with home(load_profile(LOCKED)) as here:
                await here.walks()
                here.ask(Verb.STOP)
                await here.lives(10)
                assert here.true_kmh > 0
                assert "stop_ignored" in here.kinds()

        run(story())


class TestNothingButZeros:
    """A machine that moves as it is told, and whose data say that it never does."""

    def test_it_is_never_taken_to_stand_once_it_was_started(self) -> None:
        async def story() -> None:
            async with home(load_profile(ZEROS)) as here:
                await here.treadmill.wait_connected()
                await here.lives(5)
                here.ask(Verb.START)
                await here.lives(20)
                assert here.true_kmh > 0
                assert here.belt is Belt.UNKNOWN
                (said,) = [event for event in here.events if event.type == "no_data"]
                assert "nothing but zeros" in said.text
                assert "no_motion" not in here.kinds()
                assert said.text in here.words()
                here.ask(Verb.START)
                await here.lives(5)
                assert "not known to stand" in here.words()[-1]
                here.ask(Verb.SPEED, ASKED)
                await here.lives(5)
                assert here.simulation.machine.target_speed_kmh < 1
                here.ask(Verb.STOP)
                await here.lives(10)
                assert here.true_kmh == 0
                assert here.belt.stands

        run(story())

    def test_nor_where_it_was_found_running(self) -> None:
        async def story() -> None:
            async with home(load_profile(ZEROS)) as here:
                assert here.simulation.machine.start()
                await here.treadmill.wait_connected()
                await here.lives(20)
                assert here.belt is Belt.UNKNOWN
                assert "no_data" in here.kinds()
                here.ask(Verb.RESUME)
                await here.lives(3)
                assert "not known to stand" in here.words()[-1]

        run(story())

    def test_once_unlocked_it_is_seen_as_it_is(self) -> None:
        async def story() -> None:
            async with home(load_profile(ZEROS)) as here:
                await here.treadmill.wait_connected()
                here.simulation.server.unlock()
                await here.walks()
                here.ask(Verb.SPEED, ASKED)
                await here.lives(40)
                assert here.true_kmh >= ASKED / 100 - 0.32 - SWAY_KMH
                assert here.fastest <= ASKED / 100 + SWAY_KMH

        run(story())


class TestWhatItCannotDo:
    @pytest.mark.parametrize("verb", [Verb.SPEED, Verb.INCLINE, Verb.FINISH, Verb.START])
    def test_a_machine_without_control_point_is_asked_for_nothing(self, verb: Verb) -> None:
        async def story() -> None:
            async with home(load_profile(WATCHED_ONLY)) as here:
                await here.walks()
                here.ask(verb, 20)
                await here.lives(20)
                assert here.words() == ["this machine takes no orders: it can only be watched"]
                assert not here.kinds() & {"refused", "console_slowed", "not_responding"}

        run(story())

    def test_a_stop_is_tried_all_the_same_and_its_failure_is_loud(self) -> None:
        async def story() -> None:
            async with home(load_profile(WATCHED_ONLY)) as here:
                await here.walks()
                here.ask(Verb.STOP)
                await here.lives(10)
                assert "stop_ignored" in here.kinds()

        run(story())

    def test_a_speed_that_only_the_console_sets_is_refused_and_the_incline_goes(self) -> None:
        async def story() -> None:
            async with home(load_profile(INCLINE_ONLY)) as here:
                await here.walks()
                here.ask(Verb.SPEED, ASKED)
                await here.lives(20)
                assert here.words() == ["this machine's speed can be set at its console alone"]
                assert "console_slowed" not in here.kinds()
                here.ask(Verb.INCLINE, 20)
                await here.lives(30)
                assert here.simulation.machine.true_incline_percent == pytest.approx(2)
                here.ask(Verb.STOP)
                await here.lives(20)
                assert here.true_kmh == 0

        run(story())


class TestSpeedFirst:
    def test_undeclared_it_has_no_speed_and_drives_no_belt(self) -> None:
        async def story() -> None:
            async with home(load_profile("kingsmith-ph4"), Declared("")) as here:
                await here.treadmill.wait_connected()
                here.simulation.machine.start()
                await here.lives(40)
                assert here.treadmill.snapshot.sample is None
                (said,) = [event for event in here.events if event.type == "no_data"]
                assert "speed_first = true" in said.text
                here.ask(Verb.SPEED, ASKED)
                await here.lives(10)
                assert here.simulation.machine.target_speed_kmh == 1
                assert here.simulation.written == []

        run(story())


class TestWhoHangsUp:
    def test_stays_on_the_line_where_it_is_declared(self) -> None:
        async def story() -> None:
            async with home(load_profile("life-fitness")) as here:
                await here.walks()
                await here.lives(120)
                assert here.belt is Belt.RUNNING
                assert "link_lost" not in here.kinds()

        run(story())

    def test_is_told_each_time_while_somebody_walks_where_nobody_declared_it(self) -> None:
        async def story() -> None:
            async with home(load_profile("life-fitness"), Declared("")) as here:
                await here.walks()
                await here.lives(60)
                assert "link_lost" in here.kinds()

        run(story())


class TestASecondService:
    def test_tells_the_steps_and_no_speed(self) -> None:
        """It counts the strides of one foot; what is told are steps."""

        async def story() -> None:
            async with home(load_profile("technogym-myrun")) as here:
                await here.walks()
                await here.lives(20)
                steps = here.treadmill.snapshot.steps
                assert steps is not None
                truth = here.simulation.machine.runner.cadence_spm
                assert steps.a_minute == pytest.approx(truth, abs=3)
                assert Quirk.CADENCE_SERVICE in here.machine.quirks
                sample = here.treadmill.snapshot.sample
                assert sample is not None
                assert sample.data.speed == pytest.approx(100 * here.true_kmh, abs=3)

        run(story())

    def test_is_left_alone_if_that_is_declared(self) -> None:
        async def story() -> None:
            declared = Declared(settings={"cadence": Cadence.NONE})
            async with home(load_profile("technogym-myrun"), declared) as here:
                await here.walks()
                assert here.treadmill.snapshot.steps is None

        run(story())


class TestTheTable:
    @pytest.mark.parametrize("name", machine_names())
    def test_a_row_is_for_the_machine_that_it_names(self, name: str) -> None:
        who = load_profile(name).identity
        row = find_model(who.name, who.maker, who.model)
        expected = {
            "bowflex-t9": "bowflex_t9",
            "fitshow-dbt": "fitshow_dbt",
            "fitshow-fs-bt": "fitshow",
            "iconcept": "iconcept",
            "jftm-t202": "t202",
            "domyos-ts100": "domyos_ts100",
            "focus-senator": "focus_senator",
            "kingsmith-ph4": "kingsmith_ph4",
            "kingsmith-z1": "kingsmith_z1",
            "life-fitness": "life_fitness",
            "ronning-x27": "fitshow",
            "sole-f85": "sole",
            "technogym-myrun": "myrun",
            "urevo-e1l": "urevo",
            "urevo-e3": "urevo",
            "xterra-t85": "fitshow",
        }
        simulated = (who.maker, who.model) == ("treadmill-bridge", "Simulated treadmill")
        assert (row.key if row else None) == expected.get(name, "simulated" if simulated else None)
