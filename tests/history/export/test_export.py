"""Exports: other readers accept them, and they have the session's own numbers."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import fitdecode
import pytest
import xmlschema

from bridge.history.export import FORMATS, Format, NoSamplesError, export, file_name
from bridge.history.export import fit as module
from bridge.history.export.activity import activity_of
from bridge.history.export.csv_file import HEADER, safe
from bridge.history.export.fit import FILE_ID, STRING, UINT8, UINT16, FitWriter, crc16
from bridge.history.reader import Course, opened
from bridge.history.store.chunk import Flag, Phase, Second
from bridge.history.store.rows import Happened, Session
from tests.history.simulated import record_workout
from tests.history.years import END, course, session_of
from tests.rigs.effort import effort
from tests.scenarios.workout import HOUR_LAPS

CLOSE_M = 2.5
"""The machine counts whole metres, and the belt runs out for a second after the last sample."""
SCHEMA = Path(__file__).parents[2] / "data" / "tcx" / "database.xsd"
NAMES = {"t": "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"}


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A workout through the whole bridge: an hour in `make test-full`, else nine minutes."""
    path = tmp_path_factory.mktemp("hour") / "history.sqlite3"
    record_workout(path, effort(1, HOUR_LAPS), effort(2, 1))
    with opened(path) as reader:
        return reader.course(1)


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMA))


def made(*seconds: Second, **more: Any) -> Course:
    whole = list(seconds) or list(course(20, 5))
    return Course(7, replace(session_of(END, whole, "Ghost"), **more), tuple(whole))


def messages(content: bytes) -> dict[str, list[dict[str, Any]]]:
    """As fitdecode reads it."""
    found: dict[str, list[dict[str, Any]]] = {}
    with fitdecode.FitReader(
        io.BytesIO(content),
        check_crc=fitdecode.CrcCheck.RAISE,
        error_handling=fitdecode.ErrorHandling.RAISE,
    ) as reader:
        for frame in reader:
            if frame.frame_type == fitdecode.FIT_FRAME_DATA:
                values = {field.name: field.value for field in frame.fields}
                found.setdefault(frame.name, []).append(values)
    return found


def by_garmin(content: bytes) -> dict[str, Any]:
    from garmin_fit_sdk import Decoder, Stream  # noqa: PLC0415

    assert Decoder(Stream.from_byte_array(bytearray(content))).check_integrity()
    found, errors = Decoder(Stream.from_byte_array(bytearray(content))).read()
    assert errors == []
    return dict(found)


def by_fit_tool(content: bytes) -> Iterator[Any]:
    from fit_tool.fit_file import FitFile  # noqa: PLC0415

    for record in FitFile.from_bytes(content).records:
        yield record.message


class TestHour:
    @pytest.mark.unmeasured
    def test_fit_export_read_by_three_readers_matches_the_session(self, hour: Course) -> None:
        content, session = export(hour, "fit"), hour.session
        assert session.distance_m > effort(500, 8000)
        assert session.effort_climb_m > effort(1, 100)

        ours = messages(content)
        theirs = by_garmin(content)["session_mesgs"][0]
        third = [m for m in by_fit_tool(content) if type(m).__name__ == "SessionMessage"]
        assert len(third) == 1
        found = [
            (s["total_distance"], s["total_timer_time"], s["total_ascent"])
            for s in (ours["session"][0], theirs)
        ]
        found.append((third[0].total_distance, third[0].total_timer_time, third[0].total_ascent))
        for distance, timer, ascent in found:
            assert distance == pytest.approx(session.distance_m, abs=1)
            assert timer == pytest.approx(session.moving_s, abs=1)
            assert ascent == pytest.approx(session.effort_climb_m, abs=1)

    def test_fit_records_are_one_second_apart_until_the_end_of_the_session(
        self, hour: Course
    ) -> None:
        records = messages(export(hour, "fit"))["record"]
        times = [record["timestamp"].timestamp() for record in records]
        assert all(b - a == 1 for a, b in pairwise(times))
        assert len(records) == pytest.approx(hour.session.moving_s, abs=5)
        assert records[-1]["distance"] == pytest.approx(hour.session.distance_m, abs=CLOSE_M)
        altitude = records[-1]["altitude"]
        assert altitude == pytest.approx(hour.session.effort_climb_m, abs=1)

    def test_fit_laps_are_the_phases_and_sum_to_the_session(self, hour: Course) -> None:
        laps = messages(export(hour, "fit"))["lap"]
        assert [lap["intensity"] for lap in laps] == ["warmup", "active", "cooldown"]
        session = hour.session
        assert sum(lap["total_distance"] for lap in laps) == pytest.approx(
            session.distance_m, abs=CLOSE_M
        )
        assert sum(lap["total_timer_time"] for lap in laps) == pytest.approx(
            session.moving_s, abs=0.1
        )

    @pytest.mark.parametrize("form", ["fit", "tcx"])
    def test_workout_step_begins_a_fit_lap(self, hour: Course, form: Format) -> None:
        start = hour.session.start
        steps = [(320.0, "workout_started"), (340.4, "workout_step"), (345.0, "workout_cue")]
        stepped = replace(
            hour,
            events=tuple(
                Happened("den", start + at, number, kind, "", "{}")
                for number, (at, kind) in enumerate(steps)
            ),
        )
        before, after = activity_of(hour), activity_of(stepped)
        assert len(after.laps) == len(before.laps) + 2
        for at in (320, 340):
            assert any(abs(lap.start - start - at) <= 1.5 for lap in after.laps)
        assert sum(lap.distance_m for lap in after.laps) == pytest.approx(
            sum(lap.distance_m for lap in before.laps)
        )
        assert export(stepped, form) != export(hour, form)

    @pytest.mark.unmeasured
    def test_tcx_is_valid_and_has_the_same_numbers(
        self, hour: Course, schema: xmlschema.XMLSchema
    ) -> None:
        content = export(hour, "tcx")
        schema.validate(io.BytesIO(content))
        from xml.etree import ElementTree as ET  # noqa: PLC0415

        root = ET.fromstring(content)  # noqa: S314 - it is ours
        laps = root.findall(".//t:Lap/t:DistanceMeters", NAMES)
        assert sum(float(lap.text or 0) for lap in laps) == pytest.approx(
            hour.session.distance_m, abs=CLOSE_M
        )

    def test_export_has_the_commands_and_decisions(self, hour: Course) -> None:
        outcomes = {row.outcome for row in hour.commands}
        assert "confirmed" in outcomes
        assert {"warm_up", "cool_down"} <= {
            rule for row in hour.decisions for rule in row.rule.split(", ")
        }
        assert hour.events[0].type == "session_started"


class TestFit:
    def test_fit_checksum_matches_the_protocol(self) -> None:
        # CRC-16/ARC of the usual check string; and of the header of 12 octets in the FIT guide.
        assert crc16(b"123456789") == 0xBB3D

    def test_fit_message_has_the_bytes_of_the_protocol(self) -> None:
        writer = FitWriter()
        writer.add(FILE_ID, [(0, 0x00, 4), (1, UINT16, 255), (8, STRING, "a")])
        writer.add(FILE_ID, [(0, 0x00, 4), (1, UINT16, None), (8, STRING, "b")])
        body = bytes.fromhex(
            "40 00 00 0000 03 00 01 00 01 02 84 08 02 07"  # definition of local message 0
            "00 04 ff00 6100"
            "00 04 ffff 6200"
        )
        header = bytes.fromhex("0e 20 a652") + len(body).to_bytes(4, "little") + b".FIT"
        content = writer.close()
        assert content[:12] == header
        assert content[14:-2] == body
        assert content[-2:] == crc16(content[:-2]).to_bytes(2, "little")

    def test_number_out_of_range_is_written_as_the_largest_in_range(self) -> None:
        assert module._octets(UINT8, 900) == b"\xfe"
        assert module._octets(UINT8, -3) == b"\x00"
        assert module._octets(module.SINT16, -40_000) == b"\x01\x80"
        assert module._octets(module.UINT32Z, None) == b"\x00\x00\x00\x00"
        assert module._octets(STRING, "ä" * 40) == "ä".encode() * 31 + b"\x00"

    def test_new_layout_of_a_message_gets_a_new_definition(self) -> None:
        writer = FitWriter()
        writer.add(FILE_ID, [(0, UINT8, 1)])
        writer.add(FILE_ID, [(1, UINT8, 1)])
        assert writer.close().count(b"\x40\x00\x00\x00\x00\x01") == 2

    @pytest.mark.parametrize("bit", [8 * 20, 8 * 400 + 3, -1])
    def test_fit_file_with_a_flipped_bit_is_refused(self, bit: int) -> None:
        content = bytearray(export(made(), "fit"))
        bit %= 8 * len(content)
        content[bit // 8] ^= 1 << bit % 8
        with pytest.raises(fitdecode.FitError):
            messages(bytes(content))

    def test_fit_file_names_its_maker_and_marks_altitude_as_virtual(self) -> None:
        found = messages(export(made(), "fit"))
        assert found["file_id"][0]["type"] == "activity"
        assert found["file_id"][0]["product_name"] == "treadmill-bridge"
        bridge, machine = found["device_info"]
        assert bridge["descriptor"] == "virtual altitude from the incline"
        assert machine["product_name"] == "Sole F85"
        assert found["session"][0]["sport_profile_name"] == "Treadmill, virtual climb"
        assert (found["session"][0]["sport"], found["session"][0]["sub_sport"]) == (
            "running",
            "treadmill",
        )

    def test_two_sessions_have_different_serial_numbers(self) -> None:
        one, other = (messages(export(made(id=name), "fit")) for name in ("a", "b"))
        assert one["file_id"][0]["serial_number"] != other["file_id"][0]["serial_number"]

    def test_average_speeds_are_never_above_the_maximum(self) -> None:
        found = messages(export(made(moving_s=1.0), "fit"))
        for part in (*found["session"], *found["lap"]):
            assert part["enhanced_avg_speed"] <= part["enhanced_max_speed"]

    def test_walk_is_exported_as_walking(self) -> None:
        steps = [
            Second(at, speed=400, incline=20, distance=at * 11, climb=at, cadence=101, power=80,
                   phase=Phase.ACTIVE, flags=Flag.RUNNING)
            for at in range(60)
        ]  # fmt: skip
        found = messages(export(made(*steps), "fit"))
        assert (found["session"][0]["sport"], found["session"][0]["sub_sport"]) == (
            "walking",
            "indoor_walking",
        )
        record = found["record"][5]
        assert (record["cadence"], record["fractional_cadence"], record["power"]) == (50, 0.5, 80)
        assert b'Sport="Other"' in export(made(*steps), "tcx")

    def test_pause_stops_the_fit_timer(self) -> None:
        def second(at: int, flags: Flag = Flag.RUNNING) -> Second:
            speed = 900 if flags else 0
            way = 25 * min(at, 30) + 25 * max(0, at - 90)
            return Second(at, speed=speed, distance=way, phase=Phase.ACTIVE, flags=flags)

        seconds = [
            second(at, Flag.RUNNING if at < 30 or at >= 90 else Flag(0)) for at in range(120)
        ]
        found = messages(export(made(*seconds, moving_s=60.0), "fit"))
        events = [
            (e["event_type"], e["timestamp"].timestamp() - END.timestamp()) for e in found["event"]
        ]
        assert events == [("start", 0), ("stop_all", 30), ("start", 90), ("stop_all", 119)]
        assert found["session"][0]["total_timer_time"] == 60
        assert found["session"][0]["total_elapsed_time"] == 119

    def test_decline_lowers_the_exported_altitude(self) -> None:
        seconds = [
            Second(at, speed=900, incline=-30, distance=at * 25, climb=0, flags=Flag.RUNNING)
            for at in range(101)
        ]
        found = messages(export(made(*seconds), "fit"))
        assert found["record"][-1]["altitude"] == pytest.approx(-7.5, abs=0.2)
        assert found["session"][0]["total_descent"] == pytest.approx(7.5, abs=0.6)


class TestTcx:
    def test_tcx_with_elements_out_of_order_is_invalid(self, schema: xmlschema.XMLSchema) -> None:
        content = export(made(), "tcx")
        assert schema.is_valid(io.BytesIO(content))
        assert not schema.is_valid(io.BytesIO(content.replace(b"Intensity>", b"Calories>", 2)))

    def test_laps_name_their_phase(self) -> None:
        content = export(made(), "tcx")
        assert content.count(b"<Lap ") == 3
        assert b"<Notes>warm-up</Notes>" in content
        assert b"Altitude is virtual" in content


class TestCsv:
    def test_csv_can_be_read_back(self) -> None:
        rows = list(csv.DictReader(io.StringIO(export(made(), "csv").decode())))
        assert tuple(rows[0]) == HEADER
        assert len(rows) == 20 * 60
        assert rows[0]["time"] == "2026-11-28T07:00:00Z"
        assert (rows[400]["elapsed_s"], rows[400]["phase"]) == ("400", "active")
        assert float(rows[400]["speed_kmh"]) == pytest.approx(8.5, abs=1)

    def test_csv_lines_have_equal_columns_and_crlf_endings(self) -> None:
        lines = export(made(shoes='a,"b"\nc'), "csv").decode()
        assert {len(row) for row in csv.reader(io.StringIO(lines, newline=""))} == {len(HEADER)}
        assert lines.endswith("\r\n")

    def test_name_that_looks_like_a_formula_is_not_one_in_csv(self) -> None:
        content = export(made(person="=HYPERLINK(1)", shoes="@SUM(A1)"), "csv").decode()
        row = next(csv.DictReader(io.StringIO(content)))
        assert (row["person"], row["shoes"]) == ("'=HYPERLINK(1)", "'@SUM(A1)")

    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", " =1", "\r1"])
    def test_csv_text_that_looks_like_a_formula_is_quoted(self, text: str) -> None:
        assert safe(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["", "Anna", "O'Neill", "a=b"])
    def test_csv_text_without_formula_characters_is_unchanged(self, text: str) -> None:
        assert safe(text) == text

    def test_csv_for_excel_has_its_byte_order_mark_separators_and_times(self) -> None:
        content = export(made(), "csv", excel=True)
        assert content.startswith(b"\xef\xbb\xbftime_utc;elapsed_s;")
        assert b"\r\n2026-11-28 07:00:00;0;" in content
        assert b";5,5;" in content


@pytest.mark.parametrize("form", FORMATS)
def test_export_of_a_session_without_samples_is_an_error(form: Any) -> None:
    session: Session = made().session
    with pytest.raises(NoSamplesError, match="session 7 has no samples"):
        export(Course(7, session), form)


def test_names_of_exported_files_sort_by_time() -> None:
    assert file_name(made(), "fit") == "2026-11-28T070000Z-den.fit"
