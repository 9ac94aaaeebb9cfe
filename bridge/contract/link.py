"""The payload of `<base>/<id>/link`: the machine, its control state, and what was learned of it."""

from dataclasses import dataclass
from typing import Literal, Self

from bridge.contract.payloads import (
    Payload,
)
from bridge.machines.learned import (
    UNLEARNED,
    Echo,
    Interval,
    LearnedAxis,
    LearnedMachine,
    UnitVerdict,
)
from bridge.values import Control, MachineInfo, Trouble
from protocols.ranges import InclineRange, SpeedRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Payload):
    """The machine's identity."""

    name: str | None = None
    maker: str | None = None
    model: str | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Payload):
    """Lowest and highest target, and the step between targets."""

    min: float
    max: float
    step: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges(Payload):
    """The machine's own ranges; null if it reports none."""

    speed_kmh: Range | None = None
    incline_percent: Range | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Between(Payload):
    """Minimum and maximum."""

    min: float
    max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedAxisPayload(Payload):
    """Dynamics and readings of one axis, in km/h or percent, and seconds; null: not learned yet.

    At a steady target the machine reads `gain` times the target plus `offset`, within `tolerance`
    (near the observed targets). It rounds targets to `step`.
    """

    lag_s: Between | None = None
    rise_per_s: Between | None = None
    fall_per_s: Between | None = None
    gain: float | None = None
    offset: float | None = None
    tolerance: float | None = None
    noise: float | None = None
    resolution: float | None = None
    step: float | None = None
    droop_percent: float | None = None
    overshoot_percent: float | None = None

    @classmethod
    def of(cls, axis: LearnedAxis, start: LearnedAxis, scale: int) -> Self:
        """Convert what was learned beyond the initial assumptions."""

        def number(value: float, before: float, factor: float = 1 / scale) -> float | None:
            return None if value == before else round(value * factor, 2)

        steady = axis.spread is not None
        return cls(
            lag_s=_between(axis.lag_s, start.lag_s, 1),
            rise_per_s=_between(axis.rise_per_s, start.rise_per_s, scale),
            fall_per_s=_between(axis.fall_per_s, start.fall_per_s, scale),
            gain=round(axis.gain, 2) if steady else None,
            offset=round(axis.offset / scale, 2) if steady else None,
            tolerance=None if axis.spread is None else round(axis.spread / scale, 2),
            noise=number(axis.noise, start.noise),
            resolution=number(axis.resolution, start.resolution),
            step=None if axis.grid is None else axis.grid / scale,
            droop_percent=number(axis.droop, start.droop, 100),
            overshoot_percent=number(axis.overshoot, start.overshoot, 100),
        )


def _between(span: Interval, start: Interval, scale: int) -> Between | None:
    if span == start:
        return None
    return Between(min=round(span.low / scale, 2), max=round(span.high / scale, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned(Payload):
    """Properties that the bridge learned by observing the machine; null: not known yet."""

    sessions: int = 0
    frame_s: float | None = None
    echo: Literal["never", "each"] | None = None
    echo_s: float | None = None
    names_current_speed: bool | None = None
    reported_speed_unit: Literal["km/h", "mph"] | None = None
    target_speed_unit: Literal["km/h", "mph"] | None = None
    speed: LearnedAxisPayload = LearnedAxisPayload()
    incline: LearnedAxisPayload = LearnedAxisPayload()

    @classmethod
    def of(cls, learned: LearnedMachine) -> Self:
        """Convert to km/h, percent and seconds."""
        return cls(
            sessions=learned.sessions,
            frame_s=None if learned.frame_s == UNLEARNED.frame_s else round(learned.frame_s, 1),
            echo=_ECHOES[learned.echo],
            echo_s=None if learned.echo_s == UNLEARNED.echo_s else round(learned.echo_s, 1),
            names_current_speed=learned.names_current,
            reported_speed_unit=_UNITS[learned.reports],
            target_speed_unit=_UNITS[learned.targets],
            speed=LearnedAxisPayload.of(learned.speed, UNLEARNED.speed, 100),
            incline=LearnedAxisPayload.of(learned.incline, UNLEARNED.incline, 10),
        )


_ECHOES: dict[Echo, Literal["never", "each"] | None] = {
    Echo.UNKNOWN: None,
    Echo.NEVER: "never",
    Echo.EACH: "each",
}
_UNITS: dict[UnitVerdict, Literal["km/h", "mph"] | None] = {
    UnitVerdict.UNKNOWN: None,
    UnitVerdict.KMH: "km/h",
    UnitVerdict.MPH: "mph",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReason(Payload):
    """Why there is no link: a stable name, and a sentence for people."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPayload(Payload):
    """`<base>/<id>/link`: the machine behind the link, and its control state."""

    connected: bool
    reason: LinkReason | None = None
    control: Control = Control.NONE
    rssi: int | None = None
    machine: Machine = Machine()
    ranges: Ranges = Ranges()
    features: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    learned: Learned = Learned()

    @classmethod
    def of(
        cls,
        machine: MachineInfo | None,
        *,
        connected: bool,
        control: Control,
        learned: LearnedMachine = UNLEARNED,
        reason: Trouble | None = None,
    ) -> Self:
        """Describe a machine; all null if it was never seen."""
        why = None if reason is None else LinkReason(rule=reason.rule, text=reason.text)
        if machine is None:
            return cls(connected=connected, reason=why, control=control)
        return cls(
            connected=connected,
            reason=why,
            control=control,
            rssi=machine.rssi,
            machine=Machine(
                name=machine.name or None,
                maker=machine.maker or None,
                model=machine.model or None,
                firmware=machine.firmware or None,
            ),
            ranges=Ranges(
                speed_kmh=_range(machine.speed_range, 100),
                incline_percent=_range(machine.incline_range, 10),
            ),
            features=_feature_names(machine),
            quirks=machine.quirks,
            learned=Learned.of(learned),
        )


def _range(wire: SpeedRange | InclineRange | None, scale: int) -> Range | None:
    if wire is None:
        return None
    return Range(min=wire.minimum / scale, max=wire.maximum / scale, step=wire.step / scale)


def _feature_names(machine: MachineInfo) -> tuple[str, ...]:
    if machine.features is None:
        return ()
    # FTMS has names that are both measured and settable, such as the inclination.
    return tuple(dict.fromkeys((*machine.features.measures, *machine.features.settable)))
