"""TCX export: `TrainingCenterDatabase` v2 with `ActivityExtension` v2, in the schema's order."""

from importlib.metadata import version
from xml.etree import ElementTree as ET

from bridge.history.export.activity import Activity, Lap, Record, at, mean
from bridge.history.store.chunk import Phase

NAMESPACE = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
EXTENSION = "http://www.garmin.com/xmlschemas/ActivityExtension/v2"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
VIRTUAL = "Altitude is virtual: it follows from the incline."
_NAMES = {Phase.WARM_UP: "warm-up", Phase.COOL_DOWN: "cool-down"}


def encode(activity: Activity) -> bytes:
    """Encode a session as TCX."""
    root = ET.Element("TrainingCenterDatabase", {"xmlns": NAMESPACE, "xmlns:xsi": INSTANCE})
    # The schema has Running, Biking and Other: walking is Other.
    sport = "Other" if activity.walking else "Running"
    activities = ET.SubElement(root, "Activities")
    element = ET.SubElement(activities, "Activity", {"Sport": sport})
    _text(element, "Id", _iso(activity.start))
    whole = activity.course.session.moving_s or 1.0
    energy = activity.course.session.energy_kcal or 0
    for lap in activity.laps:
        _lap(element, lap, round(energy * lap.timer_s / whole))
    _text(element, "Notes", VIRTUAL)
    _creator(element)
    ET.indent(root, " ")
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _lap(parent: ET.Element, lap: Lap, kcal: int) -> None:
    rates = [r.heart_rate for r in lap.records if r.heart_rate]
    element = ET.SubElement(parent, "Lap", {"StartTime": _iso(lap.start)})
    _text(element, "TotalTimeSeconds", f"{lap.timer_s:.1f}")
    _text(element, "DistanceMeters", f"{lap.distance_m:.1f}")
    top = max(record.speed_kmh for record in lap.records) / 3.6
    _text(element, "MaximumSpeed", f"{top:.3f}")
    _text(element, "Calories", str(kcal))
    if average := mean(rates):
        _text(ET.SubElement(element, "AverageHeartRateBpm"), "Value", str(round(average)))
        _text(ET.SubElement(element, "MaximumHeartRateBpm"), "Value", str(max(rates)))
    _text(element, "Intensity", "Active")
    _text(element, "TriggerMethod", "Manual")
    track = ET.SubElement(element, "Track")
    for record in lap.records:
        _point(track, record)
    if name := _NAMES.get(lap.phase):
        _text(element, "Notes", name)


def _point(track: ET.Element, record: Record) -> None:
    point = ET.SubElement(track, "Trackpoint")
    _text(point, "Time", _iso(record.time))
    _text(point, "AltitudeMeters", f"{record.altitude_m:.1f}")
    _text(point, "DistanceMeters", f"{record.distance_m:.1f}")
    if record.heart_rate:
        _text(ET.SubElement(point, "HeartRateBpm"), "Value", str(min(record.heart_rate, 254)))
    extension = ET.SubElement(ET.SubElement(point, "Extensions"), "TPX", {"xmlns": EXTENSION})
    _text(extension, "Speed", f"{record.speed_kmh / 3.6:.3f}")
    if record.cadence is not None:
        _text(extension, "RunCadence", str(min(254, round(record.cadence / 2))))
    if record.power is not None and record.power >= 0:
        _text(extension, "Watts", str(record.power))


def _creator(parent: ET.Element) -> None:
    creator = ET.SubElement(parent, "Creator", {"xsi:type": "Device_t"})
    _text(creator, "Name", "treadmill-bridge")
    _text(creator, "UnitId", "0")
    _text(creator, "ProductID", "0")
    number = ET.SubElement(creator, "Version")
    major, minor, *_ = version("treadmill-bridge").split(".")
    _text(number, "VersionMajor", major)
    _text(number, "VersionMinor", minor)


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _iso(time: int) -> str:
    return f"{at(time):%Y-%m-%dT%H:%M:%SZ}"
