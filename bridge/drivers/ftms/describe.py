"""Reads an FTMS machine's description: ranges, features, names, and the quirks that they show."""

from bridge.bluetooth.connection import Connection
from bridge.bluetooth.scan import Found
from bridge.machines import Declared, Edge, Quirk, declared_quirks
from bridge.values import Features, MachineInfo
from protocols import ranges, uuids
from protocols.ftms.feature import FitnessMachineFeature, Target
from protocols.ftms.ranges import InclineRange, SpeedRange

_NOTHING_DECLARED = Declared()


async def describe(
    connection: Connection, found: Found, declared: Declared = _NOTHING_DECLARED
) -> MachineInfo:
    """Read the machine's description, in true units according to its profile.

    Raises:
        LinkLost: no answer in time, or no link.
    """
    features = await connection.value(uuids.FITNESS_MACHINE_FEATURE, FitnessMachineFeature)
    speed = await connection.value(uuids.SUPPORTED_SPEED_RANGE, SpeedRange)
    incline = await connection.value(uuids.SUPPORTED_INCLINATION_RANGE, InclineRange)
    maker = await connection.text(uuids.MANUFACTURER_NAME)
    model = await connection.text(uuids.MODEL_NUMBER)
    edge = Edge(
        declared.profile(found.name, maker, model),
        None if speed is None else ranges.SpeedRange(speed.minimum, speed.maximum, speed.step),
        None
        if incline is None
        else ranges.InclineRange(incline.minimum, incline.maximum, incline.step),
    )
    quirks = (
        *declared_quirks(edge.profile),
        *_shape(connection, found),
        *_gaps(features, speed, incline),
    )
    return MachineInfo(
        address=found.address,
        name=found.name,
        features=None if features is None else features_of(features),
        speed_range=edge.speed_range,
        incline_range=edge.incline_range,
        maker=maker,
        model=model,
        firmware=await connection.text(uuids.FIRMWARE_REVISION),
        rssi=found.rssi,
        quirks=quirks,
        edge=edge,
    )


def features_of(feature: FitnessMachineFeature) -> Features:
    """Convert the flags to the names in the MQTT contract."""
    return Features(
        tuple(flag.name.lower() for flag in feature.features if flag.name),
        tuple(flag.name.lower() for flag in feature.targets if flag.name),
    )


def _shape(connection: Connection, found: Found) -> list[Quirk]:
    """Return quirks visible in the advertisement and the characteristics."""
    control = uuids.FITNESS_MACHINE_CONTROL_POINT
    writable = connection.can(control, "write", "write-without-response")
    seen = (
        (Quirk.NOT_ADVERTISED, not found.advertises_service),
        (Quirk.NO_SERVICE_DATA, found.advertises_service and not found.machine and found.rssi),
        (Quirk.CADENCE_SERVICE, connection.can(uuids.RSC_MEASUREMENT, "notify")),
        (Quirk.SEVERAL_MACHINES, not uuids.OTHER_MACHINES.isdisjoint(connection.offered)),
        (Quirk.NO_TREADMILL_DATA, not connection.can(uuids.TREADMILL_DATA, "notify", "indicate")),
        (Quirk.NO_STATUS, not connection.can(uuids.FITNESS_MACHINE_STATUS, "notify", "indicate")),
        (Quirk.NO_TRAINING_STATUS, not connection.can(uuids.TRAINING_STATUS, "read", "notify")),
        (Quirk.NO_CONTROL_POINT, not writable),
        (Quirk.NO_ANSWERS, writable and not connection.can(control, "notify", "indicate")),
        (Quirk.WRITES_WITHOUT_RESPONSE, writable and not connection.can(control, "write")),
        (
            Quirk.ANSWERS_AS_NOTIFICATIONS,
            connection.can(control, "notify") and not connection.can(control, "indicate"),
        ),
    )
    return [quirk for quirk, there in seen if there]


def _gaps(
    features: FitnessMachineFeature | None,
    speed: SpeedRange | None,
    incline: InclineRange | None,
) -> list[Quirk]:
    """Return quirks from missing or contradictory descriptions."""
    targets = Target(0) if features is None else features.targets
    inclines = features is None or Target.INCLINATION in targets
    # A machine that claims it can set neither is usually wrong (D13).
    tilts = Target.INCLINATION in targets and (incline is None or incline.minimum < incline.maximum)
    seen = (
        (Quirk.NO_FEATURES, features is None),
        (Quirk.NO_SPEED_RANGE, speed is None),
        (Quirk.NO_INCLINE_RANGE, incline is None and inclines),
        (Quirk.NO_SPEED_CONTROL, tilts and Target.SPEED not in targets),
    )
    return [quirk for quirk, there in seen if there]
