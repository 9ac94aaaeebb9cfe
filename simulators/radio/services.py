"""A simulated treadmill's advertising, services and characteristics."""

from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version

from bumble import att, data_types
from bumble.core import UUID, AdvertisingData, DataType
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service

from protocols.ftms.advertising import FitnessMachineAdvertisement, MachineType
from protocols.running_speed import RscFeature
from protocols.uuids import (
    DEVICE_INFORMATION,
    FIRMWARE_REVISION,
    FITNESS_MACHINE,
    MANUFACTURER_NAME,
    MODEL_NUMBER,
    RSC_FEATURE,
    RUNNING_SPEED_AND_CADENCE,
)
from simulators.ftms.profile import Advertising, Control, Identity

_Property = Characteristic.Properties
_Permission = Characteristic.Permissions
Gatt = Characteristic[bytes]


def properties_of(control: Control) -> Characteristic.Properties:
    """Return the properties of the control point in a profile."""
    offered = {
        _Property.WRITE: control.write,
        _Property.WRITE_WITHOUT_RESPONSE: control.write_without_response,
        _Property.INDICATE: control.indicate,
        _Property.NOTIFY: control.notify,
    }
    properties = _Property(0)
    for each, is_offered in offered.items():
        if is_offered:
            properties |= each
    return properties


def value_of(
    *,
    read: Callable[[Connection], bytes] | None = None,
    write: Callable[[Connection, bytes], Awaitable[None]] | None = None,
) -> CharacteristicValue[bytes]:
    """Return a value that refuses unsupported operations; bumble would not answer them."""

    def no_read(_connection: Connection) -> bytes:
        raise att.ATT_Error(att.ErrorCode.READ_NOT_PERMITTED)

    def no_write(_connection: Connection, _value: bytes) -> None:
        raise att.ATT_Error(att.ErrorCode.WRITE_NOT_PERMITTED)

    return CharacteristicValue(read=read or no_read, write=write or no_write)


def _always(value: bytes) -> Callable[[Connection], bytes]:
    return lambda _connection: value


def uuid_of(number: int) -> UUID:
    """Return the UUID of 16 bits."""
    return UUID.from_16_bits(number)


def device_information(identity: Identity) -> Service:
    """Build the Device Information service."""
    texts = {
        MANUFACTURER_NAME: identity.maker,
        MODEL_NUMBER: identity.model,
        FIRMWARE_REVISION: identity.firmware or _version(),
    }
    return Service(
        uuid_of(DEVICE_INFORMATION),
        [
            Characteristic(
                uuid_of(uuid),
                _Property.READ,
                _Permission.READABLE,
                value_of(read=_always(text.encode())),
            )
            for uuid, text in texts.items()
        ],
    )


def running_speed(measurement: Gatt) -> Service:
    """Build the Running Speed and Cadence service around its measurement."""
    feature = RscFeature.TOTAL_DISTANCE | RscFeature.WALKING_OR_RUNNING
    features: Gatt = Characteristic(
        uuid_of(RSC_FEATURE),
        _Property.READ,
        _Permission.READABLE,
        value_of(read=_always(feature.encode())),
    )
    return Service(uuid_of(RUNNING_SPEED_AND_CADENCE), [measurement, features])


def _version() -> str:
    try:
        return version("treadmill-bridge")
    except PackageNotFoundError:
        return "0"


def advertisement(advertising: Advertising, *, available: bool) -> bytes:
    """Return the advertising data; `available` is in the service data."""
    flags = AdvertisingData.Flags
    fields: list[DataType] = [
        data_types.Flags(flags.LE_GENERAL_DISCOVERABLE_MODE | flags.BR_EDR_NOT_SUPPORTED)
    ]
    services = [uuid_of(FITNESS_MACHINE)] if advertising.service_uuid else []
    fields.append(
        data_types.CompleteListOf16BitServiceUUIDs([*services, uuid_of(DEVICE_INFORMATION)])
    )
    if advertising.service_data:
        service_data = FitnessMachineAdvertisement(
            available=available, machine_types=MachineType(advertising.machine_types)
        ).encode()
        fields.append(data_types.ServiceData16BitUUID(uuid_of(FITNESS_MACHINE), service_data))
    return bytes(AdvertisingData(fields))
