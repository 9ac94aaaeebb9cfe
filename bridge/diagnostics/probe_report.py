"""Report of a probe as JSON and Markdown, without personal data, for bug reports."""

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Any

from bridge.diagnostics.probe import Finding, Offer
from bridge.texts.figures import span
from bridge.values import Axis, Units
from protocols import uuids
from protocols.captures.capture import redact
from protocols.describe import describe
from protocols.device_information import STRINGS
from protocols.errors import DecodeError
from protocols.ranges import Range

REPORT_VERSION = 1
_TEXTS = frozenset(STRINGS) | {0x2A00}


def report(
    finding: Finding, utc: datetime, learned: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the report as plain values, without addresses and serial numbers.

    `learned` is what the bridge learned in earlier sessions, as in `link`.
    """
    machine, row = finding.machine, finding.row
    return {
        "report": REPORT_VERSION,
        "software": f"treadmill-bridge {version('treadmill-bridge')}",
        "time": utc.isoformat(timespec="seconds"),
        "machine": {
            key: redact(text, machine.address)
            for key, text in (
                ("name", machine.name),
                ("maker", machine.maker),
                ("model", machine.model),
                ("firmware", machine.firmware),
            )
        },
        "advertisement": {
            "service": finding.found.advertises_service,
            "machine_types": _types(finding),
            "rssi": machine.rssi,
        },
        "model": None
        if row is None
        else {"key": row.key, "title": row.title, "evidence": row.evidence},
        "settings": {key: _plain(value) for key, value in finding.settings.items()},
        "ranges": {
            "speed_kmh": _range(machine.speed_range, 100),
            "incline_percent": _range(machine.incline_range, 10),
        },
        "features": list(machine.features.measures) if machine.features else [],
        "targets": list(machine.features.settable) if machine.features else [],
        "mtu": finding.mtu,
        "belt": str(finding.belt),
        "samples": finding.samples,
        "interval_s": None
        if finding.interval is None
        else {
            "mean": round(finding.interval.mean, 3),
            "least": round(finding.interval.least, 3),
            "most": round(finding.interval.most, 3),
        },
        "control": finding.control,
        "control_s": None if finding.control_s is None else round(finding.control_s, 3),
        "quirks": [str(quirk) for quirk in machine.quirks],
        "learned": learned,
        "characteristics": [_offer(offer, machine.address) for offer in finding.offers],
        "frames": [
            [round(frame.time, 3), f"{frame.uuid:04x}", frame.value.hex()]
            for frame in finding.frames
        ],
    }


def markdown(document: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: dict[str, Any]) -> Iterator[str]:
    machine, model = document["machine"], document["model"]
    yield f"# {machine['name'] or 'A treadmill without a name'}"
    yield ""
    yield f"Probed by {document['software']}, {document['time']}."
    yield ""
    yield "| | |"
    yield "|---|---|"
    for key in ("maker", "model", "firmware"):
        yield f"| {key} | {_cell(machine[key] or 'not reported')} |"
    advertisement = document["advertisement"]
    types = advertisement["machine_types"]
    kinds = "no service data" if types is None else ", ".join(types) or "a fitness machine"
    service = "Fitness Machine Service" if advertisement["service"] else "no fitness service"
    yield f"| advertises | {service}; {kinds}; {advertisement['rssi']} dBm |"
    row = "none; no known quirks" if model is None else f"{model['key']}: {model['title']}"
    yield f"| declared model | {_cell(row)} |"
    settings = ", ".join(f"{k} = {v}" for k, v in document["settings"].items())
    yield f"| owner's settings | {_cell(settings or 'none')} |"
    for axis, key in ((Axis.SPEED, "speed_kmh"), (Axis.INCLINE, "incline_percent")):
        yield f"| {axis} | {_range_words(axis, document['ranges'][key])} |"
    yield f"| measures | {', '.join(document['features']) or 'not reported'} |"
    yield f"| can be set | {', '.join(document['targets']) or 'not reported'} |"
    yield f"| MTU | {document['mtu']} |"
    yield f"| belt | {document['belt']} |"
    interval = document["interval_s"]
    pace = (
        ""
        if interval is None
        else f", one in {interval['mean']:.2f} s ({interval['least']:.2f} to"
        f" {interval['most']:.2f} s)"
    )
    yield f"| samples | {document['samples']}{pace} |"
    seconds = document["control_s"]
    within = "" if seconds is None else f" within {seconds:.2f} s"
    yield f"| Request Control | {_cell(document['control'])}{within} |"
    yield f"| quirks | {', '.join(document['quirks']) or 'none seen'} |"
    yield f"| learned | {_cell(learned_words(document['learned']))} |"
    yield from ("", "## Characteristics", "")
    yield "| service | characteristic | properties | value | means |"
    yield "|---|---|---|---|---|"
    for offer in document["characteristics"]:
        value = offer["value"]
        shown = offer["note"] if value is None else f"`{value}`" if value else "(empty)"
        yield (
            f"| {offer['service']} | {offer['uuid']} | {', '.join(offer['properties'])} "
            f"| {_cell(shown)} | {_cell(offer['means'])} |"
        )
    yield from ("", "## Frames sent", "", "```")
    for time, uuid, value in document["frames"]:
        yield f"{time:7.3f} {uuid} {value}"
    yield "```"


def learned_words(learned: dict[str, Any] | None) -> str:
    """Return what was learned in earlier sessions, in one line."""
    found = ", ".join(_flat(learned or {}))
    return found or "nothing yet"


def _flat(found: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in found.items():
        if isinstance(value, dict) and {*value} == {"min", "max"}:
            yield f"{prefix}{key} {value['min']:g} to {value['max']:g}"
        elif isinstance(value, dict):
            yield from _flat(value, f"{key} ")
        elif isinstance(value, bool):
            yield f"{prefix}{key} {'yes' if value else 'no'}"
        elif value is not None:
            yield f"{prefix}{key} {value}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _range_words(axis: Axis, known: dict[str, float] | None) -> str:
    if known is None:
        return "not reported"
    return span(axis, known["min"], known["max"], known["step"], Units.KMH)


def _types(finding: Finding) -> list[str] | None:
    advertised = finding.found.machine
    if advertised is None:
        return None
    return [str(kind.name).lower() for kind in advertised.machine_types]


def _range(span: Range | None, scale: int) -> dict[str, float] | None:
    if span is None:
        return None
    return {
        "min": span.minimum / scale,
        "max": span.maximum / scale,
        "step": span.step / scale,
    }


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float | str) else str(value)


def _offer(offer: Offer, address: str) -> dict[str, Any]:
    value = offer.value
    number = int(offer.uuid, 16) if len(offer.uuid) == 4 else 0
    if value is not None and number in _TEXTS:
        text = value.decode(errors="replace")
        crossed = redact(text, address)
        value = value if crossed == text else crossed.encode()
    return {
        "service": offer.service,
        "uuid": offer.uuid,
        "properties": list(offer.properties),
        "value": None if value is None else value.hex(),
        "note": offer.note,
        "means": _means(number, value),
    }


def _means(number: int, value: bytes | None) -> str:
    if not value or number in {0, uuids.TREADMILL_DATA}:
        return ""
    try:
        decoded = describe(number, [value])
    except DecodeError as error:
        return str(error) if number >= uuids.FITNESS_MACHINE_FEATURE else ""
    return ", ".join(f"{key}: {_words(entry)}" for key, entry in decoded.items())


def _words(entry: object) -> str:
    return " ".join(map(str, entry)) if isinstance(entry, list) else str(entry)
