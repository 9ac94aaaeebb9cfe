"""Conversion of configured numbers to the guard's wire units."""

from bridge.config import DEFAULT_PERSON, Config, Person, Treadmill
from bridge.guard import Policy, Slower, SteepTier
from bridge.people.people import Household
from bridge.people.plans import Enrolment
from bridge.workouts.person import Reference, Runner


def household_of(config: Config, treadmill: Treadmill) -> Household:
    """Return the people of one treadmill and the limits of each."""
    people = {person.name: policy_of(config, treadmill, person) for person in config.people}
    return Household(
        policies=people or {DEFAULT_PERSON: policy_of(config, treadmill)},
        usual={person.name: person.shoes for person in config.people if person.shoes},
        shoes={pair.name: pair.start_km * 1000 for pair in config.shoes},
        cues=config.cues,
        runners={name: runner_of(config, name) for name in people or (DEFAULT_PERSON,)},
        plans=enrolments_of(config),
    )


def enrolments_of(config: Config) -> dict[str, Enrolment]:
    """Return the enrolment in a plan of each person, by name."""
    found = {}
    for person in config.people:
        plan = config.plan_of(person.name)
        if plan is not None:
            found[person.name] = Enrolment(plan, person.plan[0].start_phase - 1)
    return found


def policy_of(config: Config, treadmill: Treadmill, person: Person | None = None) -> Policy:
    """Return the limits of one person on one treadmill."""
    guard = config.guard_of(treadmill, person)
    return Policy(
        name=guard.profile,
        max_speed=_kmh(guard.max_speed_kmh),
        max_incline=_percent(guard.max_incline_percent),
        min_incline=_percent(guard.min_incline_percent),
        speed_ramp=guard.speed_ramp_kmh_per_s * 100,
        incline_ramp=guard.incline_ramp_percent_per_s * 10,
        speed_easing=guard.speed_easing_kmh_per_s * 100,
        incline_easing=guard.incline_easing_percent_per_s * 10,
        warm_up_s=guard.warm_up_s,
        warm_up_speed=_kmh(guard.warm_up_speed_kmh),
        warm_up_incline=_percent(guard.warm_up_incline_percent),
        warm_up_pause_s=guard.warm_up_pause_s,
        slower=tuple(
            Slower(_percent(row.from_percent), _kmh(row.max_speed_kmh)) for row in guard.slower
        ),
        steep=tuple(
            SteepTier(
                threshold=_percent(tier.from_percent),
                budget_s=tier.max_s,
                window_s=tier.window_s,
                then=_percent(tier.then_percent),
            )
            for tier in guard.steep
        ),
        steep_warning_s=guard.steep_warning_s,
        cool_down_s=guard.cool_down_s,
        cool_down_speed=_kmh(guard.cool_down_speed_kmh),
        cool_down_incline=_percent(guard.cool_down_incline_percent),
        heart_rate_ceiling=(
            None if guard.heart_rate_ceiling_bpm is None else int(guard.heart_rate_ceiling_bpm)
        ),
        heart_rate_s=guard.heart_rate_s,
        heart_rate_step=_kmh(guard.heart_rate_step_kmh),
        heart_rate_every_s=guard.heart_rate_every_s,
        rest_s=guard.rest_s,
        rest_severity=guard.rest_severity,
        rest_speed=_kmh(guard.rest_speed_kmh),
        rest_incline=_percent(guard.rest_incline_percent),
        gradual_percent=guard.gradual_percent,
        gradual_enforced=guard.gradual == "enforce",
        response_s=guard.response_s,
        stop_on_disobey=guard.on_disobey == "stop",
        stale_hold_s=guard.stale_hold_s,
        stale_fault_s=guard.stale_fault_s,
        unit_is_kmh=treadmill.speed_unit != "auto",
        allow_remote_start=treadmill.allow_remote_start,
        may_control=treadmill.control != "never",
    )


def runner_of(config: Config, person: str) -> Runner:
    """Return the data of a person for workouts; personal numbers override the common ones."""
    common = config.workouts
    own = next((each for each in config.people if each.name == person), None)
    speeds = {**common.reference_kmh, **(own.reference_kmh if own else {})}
    rate = own.max_heart_rate_bpm if own and own.max_heart_rate_bpm else common.max_heart_rate_bpm
    return Runner(
        references={Reference(name): kmh for name, kmh in speeds.items()},
        max_heart_rate=None if rate is None else int(rate),
        equal_effort=common.equal_effort,
        incline_first=common.heart_rate_by == "incline",
        units=config.units,
    )


def _kmh(value: float) -> int:
    return round(value * 100)


def _percent(value: float) -> int:
    return round(value * 10)
