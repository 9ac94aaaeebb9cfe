"""Workout files of the shapes that other programs write, by hand; the facts are in the readers."""

import base64
import struct

import pytest

from bridge.workouts.model import WorkoutError
from bridge.workouts.readers.reading import read

ZWO_TIME = b"""
<?xml version="1.0" encoding="UTF-8"?>
<workout_file>
  <author>A. Runner</author>
  <name>Four by one</name>
  <description>Short &amp; sharp</description>
  <sportType>run</sportType>
  <durationType>time</durationType>
  <tags><tag name="INTERVALS"/></tags>
  <workout>
    <Warmup Duration="300" PowerLow="0.5" PowerHigh="0.75" pace="1"/>
    <IntervalsT Repeat="4" OnDuration="60" OffDuration="90" OnPower="1.1" OffPower="0.6" pace="1">
      <textevent timeoffset="10" message="Stand tall"/>
    </IntervalsT>
    <SteadyState duration="600" power="0.8" Incline="0.02" pace="8268"/>
    <FreeRide Duration="120" FlatRoad="1"/>
    <Cooldown Duration="300" PowerLow="0.7" PowerHigh="0.4" pace="1"/>
  </workout>
</workout_file>
"""

ZWO_DISTANCE = b"""<workout_file><name>Threshold</name><sportType>run</sportType><workout>
<Warmup Duration="1000" PowerLow="0.71" PowerHigh="0.80" pace="1" />
<SteadyState Duration="6800" Power="0.90" pace="1" />
<IntervalsT Repeat="6" OnDuration="200" OnPower="1.05" OffDuration="200" OffPower="0.71" pace="1"/>
</workout></workout_file>"""

ZWO_THRESHOLD = b"""<workout_file><name>Easy</name><sportType>run</sportType>
<durationType>time</durationType><thresholdSecPerKm>302</thresholdSecPerKm><workout>
<SteadyState Duration="1800" Power="0.6667"/></workout></workout_file>"""

QZ = b"""<?xml version="1.0" encoding="UTF-8"?>
<rows>
  <row duration="00:05:00" speedfrom="5.0" speedto="8.0" inclination="1" forcespeed="1" zonehr="0">
    <textevent timeoffset="5" message="Relax your shoulders"/>
  </row>
  <repeat times="3">
    <row duration="00:01:30" zonehr="4" minspeed="10.0" maxspeed="14.0" looptimehr="5"/>
    <row distance="0.4" hrmin="125" hrmax="135"/>
  </repeat>
  <row duration="00:02:00" speed="9.85447" inclination="-1.82658" forcespeed="1"/>
</rows>"""

TOML = b"""
name = "Hills"

[[step]]
kind = "warm_up"
time = "5:00"
speed = 5
speed_to = "4.5 mph"

[[step]]
repeat = 2

[[step.step]]
distance = "400 m"
speed = "6:00 /km"
incline = 4
cue = [{ at = "100 m", text = "Short steps" }, { at = 0, text = "Up" }]

[[step.step]]
kind = "rest"
time = 60
speed = "60 % of 10 km"

[[step]]
text = "until you have enough"
heart_rate = [125, 140]
speed = 8
most = 9.5

[[step]]
kind = "cool_down"
time = "3:00"
heart_rate = ["50 %", "60 %"]
"""


def gpx(heights: list[float], step_deg: float = 0.0001, tag: str = "trk") -> bytes:
    """A way to the north with these heights, about 11.12 m apart."""
    point = "trkpt" if tag == "trk" else "rtept"
    points = "".join(
        f'<{point} lat="{47 + n * step_deg:.6f}" lon="8.0"><ele>{height}</ele></{point}>'
        for n, height in enumerate(heights)
    )
    inner = f"<trkseg>{points}</trkseg>" if tag == "trk" else points
    return (
        f'<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1">'
        f"<{tag}><name>Way</name>{inner}</{tag}></gpx>"
    ).encode()


def fit(*messages: bytes) -> bytes:
    """A FIT file of these messages: a header of 14 bytes, and a checksum."""
    body = b"".join(messages)
    header = struct.pack("<BBHI4sH", 14, 0x20, 2100, len(body), b".FIT", 0)
    return header + body + struct.pack("<H", checksum(header + body))


def checksum(data: bytes) -> int:
    """CRC-16/ARC, bit by bit: FIT's own, but not by its table."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


FIT_FILE_ID = bytes.fromhex("40 00 00 0000 01 00 01 0000 05")
"""Local type 0: message 0 with one field, type (enum): 5, a workout."""
FIT_ABOUT = bytes.fromhex("41 00 00 1a00 02 04 01 00 08 06 0701 01") + b"Hills\0"
"""Local type 1: message 26: sport (enum) 1 running, name (string of 6)."""
FIT_STEPS = bytes.fromhex(
    # Local type 2: message 27: index, length type, length, target type, target, low, high, part.
    "42 00 00 1b00 08 fe0284 010100 020486 030100 040486 050486 060486 070100"
)


def fit_step(  # noqa: PLR0917 - in the order of the message
    index: int,
    length_type: int,
    length: int,
    target_type: int = 2,
    target: int = 0,
    low: int = 0xFFFFFFFF,
    high: int = 0xFFFFFFFF,
    part: int = 0,
) -> bytes:
    """One step of a FIT workout."""
    values = (2, index, length_type, length, target_type, target, low, high, part)
    return struct.pack("<BHBIBIIIB", *values)


FIT = fit(
    FIT_FILE_ID,
    FIT_ABOUT,
    FIT_STEPS,
    fit_step(0, 0, 300_000, part=2),  # 5 min of warm-up
    fit_step(1, 1, 40_000, 0, 0, 2700, 2900),  # 400 m at 2.7 to 2.9 m/s
    fit_step(2, 0, 60_000, 1, 0, 220, 235, part=1),  # 1 min at 120 to 135 bpm
    fit_step(3, 6, 1, target=4),  # both four times
    fit_step(4, 5, 0xFFFFFFFF, 1, 2, part=3),  # open, in zone 2
)

FIT_TOOL = base64.b64decode(
    # By the encoder of fit-tool 0.9: 10 min of warm-up, then six times 400 m and 90 s of rest.
    "DCPcUpIBAAAuRklUQAAAAAAFAAEAAQKEAgKEAwSMBASGAAX/AAAAeFY0EllVbkVAAAAaAAMEAQAGAoQIMgcAAQQA"
    "NDAwcwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAbAAf+AoQAMgcBAQAC"
    "BIYDAQAEBIYHAQAAAABXYXJtIHVwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADA"
    "JwkAAgAAAAACQAAAGwAJ/gKEADIHAQEAAgSGAwEABASGBQSGBgSGBwEAAAEARmFzdAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABQJwAAAAAAAAAgAwAAEgNAAAAAAIARWFzeQAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAkF8BAAEAAAAA3AAAAOsAAAABQAAAGwAE/gKEAQEA"
    "AgSGBASGAAMABgEAAAAGAAAAR98="
)


def problem(data: bytes) -> str:
    """Why a file is refused."""
    with pytest.raises(WorkoutError) as caught:
        read(data)
    return str(caught.value)
