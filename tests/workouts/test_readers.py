"""Workout files in FIT, GPX and TOML, hostile files, and folders of files."""

from itertools import pairwise
from pathlib import Path

import pytest

from bridge.workouts.library import Library
from bridge.workouts.model import (
    Band,
    Cue,
    Kind,
    Kmh,
    Repeat,
    Share,
    Step,
    WorkoutError,
    count,
    flat,
)
from bridge.workouts.person import Reference
from bridge.workouts.readers.reading import load, read, read_file
from tests.workouts import samples
from tests.workouts.samples import problem


def kmh(value: float) -> Kmh:
    """A speed as good as this one."""
    return Kmh(pytest.approx(value))  # type: ignore[arg-type]


class TestFit:
    def test_fit_steps_repeats_and_targets_are_read(self) -> None:
        workout = read(samples.FIT)
        assert workout.name == "Hills"
        warm, repeat, last = workout.parts
        assert isinstance(warm, Step)
        assert (warm.kind, warm.duration_s) == (Kind.WARM_UP, 300)
        assert isinstance(repeat, Repeat)
        assert repeat.times == 4
        run, rest = flat(repeat.parts)
        assert (run.distance_m, run.speed) == (400, kmh(2.8 * 3.6))
        assert (rest.band, rest.kind) == (Band(120, 135), Kind.REST)
        assert isinstance(last, Step)
        assert (last.duration_s, last.distance_m) == (None, None)
        assert last.band == Band(60, 70, percent=True)

    def test_fit_file_of_another_encoder_is_read(self) -> None:
        workout = read(samples.FIT_TOOL)
        assert workout.name == "400s"
        warm, run, rest, *others = flat(workout.parts)
        assert len(others) == 10
        assert (warm.text, warm.duration_s, warm.kind) == ("Warm up", 600, Kind.WARM_UP)
        assert (run.distance_m, run.speed) == (400, kmh(11.88))
        assert (rest.duration_s, rest.band) == (90, Band(120, 135))

    def test_nested_fit_repeats_are_read(self) -> None:
        data = samples.fit(
            samples.FIT_FILE_ID,
            samples.FIT_STEPS,
            samples.fit_step(0, 0, 60_000),
            samples.fit_step(1, 6, 0, target=3),
            samples.fit_step(2, 0, 60_000, 0, 3),
            samples.fit_step(3, 6, 0, target=5),
        )
        assert count(read(data).parts) == 20

    @pytest.mark.parametrize(
        ("step", "text"),
        [
            (samples.fit_step(0, 6, 5, target=3), "does not exist"),
            (samples.fit_step(0, 7, 5, target=3), "until a condition is met"),
            (samples.fit_step(0, 0, 60_000, 0, 0, 90_000, 90_000), "speed is 324"),
            (samples.fit_step(0, 0, 60_000, 1, 0, 350, 360), "heart rate is 250"),
            (samples.fit_step(0, 0, 4_000_000_000), "time is 4e+06"),
            (b"\x05", "byte 56: it has an undefined message"),
            (b"\x02\x00", "truncated"),
        ],
    )
    def test_invalid_fit_workout_is_refused_with_its_place(self, step: bytes, text: str) -> None:
        assert text in problem(samples.fit(samples.FIT_FILE_ID, samples.FIT_STEPS, step))

    def test_workout_repeat_of_too_many_times_is_refused(self) -> None:
        steps = samples.fit_step(0, 0, 60_000) + samples.fit_step(1, 6, 0, target=10_000)
        text = problem(samples.fit(samples.FIT_FILE_ID, samples.FIT_STEPS, steps))
        assert "10000 times" in text

    def test_fit_distance_ends_and_percent_targets_are_read(self) -> None:
        data = samples.fit(
            samples.FIT_FILE_ID,
            samples.FIT_STEPS,
            samples.fit_step(0, 3, 240, 1, 0, 60, 70),
            samples.fit_step(1, 0, 60_000, 0, 0, 2500, 2500),
        )
        first, second = flat(read(data).parts)
        assert (first.duration_s, first.band) == (None, Band(60, 70, percent=True))
        assert second.speed == Kmh(9.0)

    def test_fit_file_of_another_sport_or_type_is_refused(self) -> None:
        bike = samples.FIT_ABOUT[:-7] + b"\x02" + samples.FIT_ABOUT[-6:]
        assert "another sport" in problem(samples.fit(samples.FIT_FILE_ID, bike))
        assert "not a workout" in problem(samples.fit(samples.FIT_FILE_ID[:-1] + b"\x04"))
        assert "checksum" in problem(samples.FIT[:-1] + b"\x00")
        assert "truncated" in problem(samples.FIT[:-9])
        assert "not a FIT file" in problem(samples.FIT[:12])
        assert "at most" in problem(samples.FIT + bytes(300_000))

    def test_fit_developer_fields_and_compressed_times_are_skipped(self) -> None:
        big = bytes.fromhex("63 00 01 001b 02 fe0284 010100 01 00 02 0003 0000 05 abcd")
        compressed = b"\xe0" + bytes.fromhex("0001 05 abcd")  # local type 3 again
        data = samples.fit(samples.FIT_FILE_ID, big, compressed)
        assert count(read(data).parts) == 2

    def test_fit_workout_of_thousands_of_steps_is_refused(self) -> None:
        steps = b"".join(samples.fit_step(0, 0, 1000) for _ in range(2001))
        text = problem(samples.fit(samples.FIT_FILE_ID, samples.FIT_STEPS, steps))
        assert "2001 steps" in text


class TestGpx:
    def test_steady_gpx_slope_is_one_incline(self) -> None:
        workout = read(samples.gpx([500 + n * 0.5 for n in range(200)]))
        longest = max(flat(workout.parts), key=lambda step: step.distance_m or 0)
        assert longest.incline == 4.5
        assert (longest.distance_m or 0) > 1800
        assert all(0 <= (step.incline or 0) <= 4.5 for step in flat(workout.parts))
        length = sum(step.distance_m or 0 for step in flat(workout.parts))
        assert length == pytest.approx(199 * 11.12, rel=0.01)

    def test_gpx_climb_is_preserved_in_steps_of_minimum_length(self) -> None:
        heights = [500 + 20 * (n // 40 % 2) * (n % 40) / 40 for n in range(600)]
        steps = flat(read(samples.gpx(heights, tag="rte")).parts)
        assert all((step.distance_m or 0) >= 50 for step in steps[:-1])
        assert all(abs((a.incline or 0) - (b.incline or 0)) >= 0.5 for a, b in pairwise(steps))
        height = sum((step.distance_m or 0) * (step.incline or 0) / 100 for step in steps)
        assert height == pytest.approx(heights[-1] - heights[0], abs=4)

    def test_noisy_heights_are_smoothed_more_and_noted(self) -> None:
        heights = [500 + (7.0 if n * 7919 % 13 < 6 else 0.0) for n in range(400)]
        workout = read(samples.gpx(heights))
        assert "noisy" in workout.notes[0]
        assert max(abs(step.incline or 0) for step in flat(workout.parts)) <= 5

    def test_gpx_gaps_and_missing_heights_add_no_distance(self) -> None:
        far = '<trkpt lat="48.5" lon="8"><ele>900</ele></trkpt>'
        still = '<trkpt lat="47.0" lon="8"><ele>500</ele></trkpt>'
        without = '<trkpt lat="47.00015" lon="8"/>'
        text = samples.gpx([500.0] * 100).decode()
        text = text.replace("<trkseg>", f"<trkseg>{still}{still}{without}")
        text = text.replace("</trkseg>", f"{far}</trkseg><trkseg></trkseg>")
        steps = flat(read(text.encode()).parts)
        assert sum(step.distance_m or 0 for step in steps) == pytest.approx(1100, abs=40)

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (b"<gpx/>", "no track"),
            (samples.gpx([500.0] * 3), "0.0 km long"),
            (samples.gpx([500.0] * 100).replace(b"<ele>500.0</ele>", b""), "100 of 100"),
            (samples.gpx([500.0] * 100).replace(b'lon="8.0"', b'lon="800"'), "lon is 800"),
        ],
    )
    def test_invalid_gpx_track_is_refused_with_a_reason(self, data: bytes, text: str) -> None:
        assert text in problem(data)

    def test_gpx_name_is_read_from_the_metadata(self) -> None:
        text = samples.gpx([500.0] * 100).decode().replace("<name>Way</name>", "")
        text = text.replace("<trk>", "<metadata><name>Round</name></metadata><trk>")
        assert read(text.encode()).name == "Round"


class TestToml:
    def test_every_key_of_a_toml_workout_is_read(self) -> None:
        workout = read(samples.TOML)
        warm, up, rest, _, _, open_step, cool = flat(workout.parts)
        assert (warm.kind, warm.duration_s, warm.speed) == (Kind.WARM_UP, 300, Kmh(5))
        assert warm.speed_end == kmh(7.242048)
        assert (up.distance_m, up.speed, up.incline) == (400, kmh(10), 4)
        assert up.cues == (Cue(100, "Short steps", metres=True), Cue(0, "Up"))
        assert (rest.speed, rest.duration_s) == (Share(0.6, Reference.KM_10), 60)
        assert (open_step.duration_s, open_step.band) == (None, Band(125, 140))
        assert open_step.most == Kmh(9.5)
        assert cool.band == Band(50, 60, percent=True)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("x =", "not valid TOML"),
            ("[[stop]]", "unknown key 'stop'"),
            ("step = 3", "[[step]]"),
            ("name = 3", "not text"),
            ("[[step]]\nsped = 3", "step 1: unknown key 'sped'"),
            ("[[step]]\ntime = 3\ndistance = 3", "keep one"),
            ('[[step]]\nkind = "run"', "kind is 'run'"),
            ("[[step]]\ntime = true", "time is not valid"),
            ('[[step]]\ntime = "5 min"', "write it as"),
            ("[[step]]\ntime = -5", "time is -5"),
            ("[[step]]\ntime = nan", "time is nan"),
            ('[[step]]\ndistance = "5 furlongs"', "400 m"),
            ("[[step]]\ndistance = true", "distance is not valid"),
            ("[[step]]\nspeed = true", "speed is not valid"),
            ("[[step]]\nspeed = inf", "speed is inf"),
            ('[[step]]\nspeed = "fast"', "speed is 'fast'"),
            ('[[step]]\nspeed = "0:00 /km"', "speed is 0"),
            ('[[step]]\nspeed = "90 % of 7 km"', "unknown reference '7 km'"),
            ('[[step]]\nincline = "4"', "not a number"),
            ('[[step]]\nmost = "90 % of 5 km"', "cannot be a share"),
            ("[[step]]\nheart_rate = 120", "not a range"),
            ('[[step]]\nheart_rate = ["a", 3]', "not a range"),
            ("[[step]]\nheart_rate = [150, 120]", "write the lower one first"),
            ("[[step]]\ncue = 3", "cues are written"),
            ("[[step]]\nrepeat = 2.5", "not a whole number"),
            ("[[step]]\nrepeat = 10000", "repeat is 10000"),
            ("[[step]]\nrepeat = 2", "no step"),
        ],
    )
    def test_invalid_toml_workout_is_refused_with_advice(self, text: str, said: str) -> None:
        assert said in problem(text.encode())

    def test_too_deeply_nested_toml_repeats_are_refused(self) -> None:
        text, path = "", "step"
        for _ in range(12):
            text += f"[[{path}]]\nrepeat = 2\n"
            path += ".step"
        assert "nest deeper" in problem(f"{text}[[{path}]]\ntime = 5".encode())


@pytest.mark.timeout(60)
class TestHostileFiles:
    """Each is refused before it is expanded, which would take hours or all memory."""

    def test_xml_workout_with_a_doctype_is_refused_at_once(self) -> None:
        bomb = "".join(
            f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">'
            for n in range(12)
        )
        data = f"<!DOCTYPE rows [{bomb}]><rows><row duration='&l11;'/></rows>".encode()
        assert "DOCTYPE" in problem(data)

    def test_nested_repeats_of_10_000_are_refused_at_once(self) -> None:
        nested = '<repeat times="10000">' * 5 + '<row duration="00:00:01" speed="8"/>'
        assert "times is 10000" in problem(f"<rows>{nested}{'</repeat>' * 5}</rows>".encode())
        nested = '<repeat times="100">' * 5 + '<row duration="00:00:01" speed="8"/>'
        text = problem(f"<rows>{nested}{'</repeat>' * 5}</rows>".encode())
        assert "10000000000 steps" in text

    def test_deep_wide_and_large_files_are_refused_at_once(self) -> None:
        assert "nests deeper" in problem(b"<a>" * 100_000)
        assert "nest deeper" in problem(
            b"<rows>" + b'<repeat times="2">' * 20 + b"</repeat>" * 20 + b"</rows>"
        )
        assert "bytes" in problem(b"<" + bytes(5_000_000))
        assert "bytes" in problem(b"x" * 5_000_000)
        assert "TOML" in problem(b"x = " + b"[" * 2000)

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (b"", "empty"),
            (b"<html/>", "its root <html>"),
            (b"<rows>", "line 1: this is not valid XML"),
            (b'<?xml version="1.0" encoding="klingon"?><rows/>', "encoding is unknown"),
            (b"\xff\xfe\x00", "not valid XML"),
            (b"<rows/>", "no step"),
        ],
    )
    def test_file_without_a_workout_is_refused_with_a_reason(self, data: bytes, text: str) -> None:
        assert text in problem(data)


class TestFolders:
    def test_workout_folder_is_read_with_a_problem_for_each_bad_file(self, tmp_path: Path) -> None:
        (tmp_path / "Hills.toml").write_bytes(samples.TOML)
        (tmp_path / "hills.ZWO").write_bytes(samples.ZWO_TIME)
        (tmp_path / "broken.xml").write_bytes(b"<rows>")
        (tmp_path / "None.toml").write_bytes(samples.TOML)
        (tmp_path / "notes.txt").write_bytes(b"")
        found = load(tmp_path)
        assert list(found.workouts) == ["Hills"]
        assert found.find("HILLS") is found.workouts["Hills"]
        assert found.find("valleys") is None
        assert "same name" in found.problems["hills.ZWO"]
        assert "line 1" in found.problems["broken.xml"]
        assert "cannot be called none" in found.problems["None.toml"]

    def test_missing_workout_folder_is_a_problem(self, tmp_path: Path) -> None:
        found = load(tmp_path / "none")
        assert found == Library({}, {str(tmp_path / "none"): "it cannot be read (No such file or "
                                     "directory)"})  # fmt: skip

    def test_workout_folder_of_too_many_files_is_read_up_to_the_limit(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bridge.workouts.readers.reading.MAX_FILES", 1)
        for name in ("a.toml", "b.toml"):
            (tmp_path / name).write_bytes(samples.TOML)
        found = load(tmp_path)
        assert list(found.workouts) == ["a"]
        assert "the first 1" in found.problems[str(tmp_path)]

    @pytest.mark.parametrize(
        ("suffix", "says"),
        [(".fit", "is not a FIT file"), (".ZWO", "is not XML"), (".toml", "is not valid TOML")],
    )
    def test_invalid_workout_file_is_an_error_that_names_the_format_of_its_suffix(
        self, tmp_path: Path, suffix: str, says: str
    ) -> None:
        file = tmp_path / f"junk{suffix}"
        file.write_text("junk")
        with pytest.raises(WorkoutError, match=says):
            read_file(file)

    def test_unreadable_workout_file_is_an_error_with_its_reason(self, tmp_path: Path) -> None:
        with pytest.raises(WorkoutError, match="cannot be read"):
            read_file(tmp_path / "none.toml")
        large = tmp_path / "large.toml"
        large.write_bytes(b"#" * 5_000_000)
        with pytest.raises(WorkoutError, match="5000000 bytes"):
            read_file(large)
