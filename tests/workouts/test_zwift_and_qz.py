"""Workout files of Zwift and QZ."""

import pytest

from bridge.workouts.model import Band, Cue, Kind, Kmh, Repeat, Share, Step, Workout, count, flat
from bridge.workouts.person import Reference
from bridge.workouts.readers.reading import read
from tests.workouts import samples
from tests.workouts.samples import problem


def zwo(body: str, head: str = "<durationType>time</durationType>", sport: str = "run") -> bytes:
    return (
        f"<workout_file><sportType>{sport}</sportType>{head}\n<workout>{body}</workout>"
        "</workout_file>"
    ).encode()


def only(workout: Workout) -> Step:
    (step,) = flat(workout.parts)
    return step


class TestZwift:
    def test_zwift_steps_ramps_repeats_and_texts_are_read(self) -> None:
        workout = read(samples.ZWO_TIME)
        assert (workout.name, workout.author) == ("Four by one", "A. Runner")
        assert workout.description == "Short & sharp"
        warm, repeat, steady, free, cool = workout.parts
        five = Reference.KM_5
        assert isinstance(warm, Step)
        assert (warm.kind, warm.duration_s) == (Kind.WARM_UP, 300)
        assert (warm.speed, warm.speed_end) == (Share(0.5, five), Share(0.75, five))
        assert isinstance(repeat, Repeat)
        assert repeat.times == 4
        on, off = flat(repeat.parts)
        assert on.cues == (Cue(10, "Stand tall"),)
        assert (off.speed, off.kind, off.cues) == (Share(0.6, five), Kind.REST, ())
        assert isinstance(steady, Step)
        assert (steady.speed, steady.incline) == (Share(0.8), 2.0)
        assert isinstance(free, Step)
        assert free.speed is None
        assert isinstance(cool, Step)
        assert (cool.speed, cool.speed_end) == (Share(0.7, five), Share(0.4, five))
        assert any("pace" in note for note in workout.notes)

    def test_long_zwift_lengths_without_a_duration_type_are_metres(self) -> None:
        workout = read(samples.ZWO_DISTANCE)
        assert [step.distance_m for step in flat(workout.parts)][:3] == [1000, 6800, 200]
        assert "metres" in workout.notes[0]

    def test_plausible_zwift_lengths_without_a_duration_type_are_seconds(self) -> None:
        workout = read(zwo('<SteadyState Duration="600" Power="1"/>', head=""))
        assert only(workout).duration_s == 600
        assert "seconds" in workout.notes[0]

    def test_repeated_long_intervals_are_read_as_metres(self) -> None:
        body = '<IntervalsT Repeat="20" OnDuration="500" OffDuration="500" OnPower="1"/>'
        assert flat(read(zwo(body, head="")).parts)[0].distance_m == 500

    def test_zwift_threshold_turns_a_share_into_a_speed(self) -> None:
        speed = only(read(samples.ZWO_THRESHOLD)).speed
        assert isinstance(speed, Kmh)
        assert speed.value == pytest.approx(3600 / 453, rel=1e-3)

    def test_zwift_threshold_without_a_speed_is_refused(self) -> None:
        head = "<thresholdSecPerKm>120</thresholdSecPerKm><durationType>time</durationType>"
        assert "not a treadmill speed" in problem(
            zwo('<SteadyState Duration="60" Power="1.2"/>', head)
        )

    @pytest.mark.parametrize("sport", ["bike", ""])
    def test_zwift_workout_of_another_sport_is_refused(self, sport: str) -> None:
        text = problem(zwo('<SteadyState Duration="60" Power="1"/>', sport=sport))
        assert "<sportType>run</sportType>" in text

    def test_rising_zwift_cool_down_is_reversed_with_a_note(self) -> None:
        workout = read(zwo('<Cooldown Duration="60" PowerLow="0.4" PowerHigh="0.7"/>'))
        step = only(workout)
        assert (step.speed, step.speed_end) == (Share(0.7), Share(0.4))
        assert "reversed" in workout.notes[0]

    def test_zwift_speed_range_is_read_as_its_lower_end(self) -> None:
        step = only(read(zwo('<SteadyState Duration="60" PowerLow="0.9" PowerHigh="0.6"/>')))
        assert step.speed == Share(0.6)

    def test_zwift_intervals_may_have_ranges_slopes_and_no_rest(self) -> None:
        body = (
            '<IntervalsT Repeat="2" OnDuration="30" OffDuration="0" PowerOnLow="0.9" '
            'PowerOnHigh="1.0" OnSlope="4"/>'
        )
        step = flat(read(zwo(body)).parts)[0]
        assert (step.speed, step.incline) == (Share(0.9), 4.0)

    def test_zwift_ramp_with_one_end_is_steady(self) -> None:
        step = only(read(zwo('<Ramp Duration="60" PowerHigh="0.7"/>')))
        assert (step.speed, step.speed_end) == (Share(0.7), None)

    def test_zwift_speed_is_in_metres_a_second(self) -> None:
        assert only(read(zwo('<SteadyState Duration="60" Speed="2.5"/>'))).speed == Kmh(9.0)

    def test_zwift_power_of_zero_leaves_the_speed_open(self) -> None:
        workout = read(zwo('<SolidState Duration="60" Power="0"/><Tea/><TextEvent message="x"/>'))
        assert only(workout).speed is None
        assert any("<tea>" in note for note in workout.notes)

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ('<SteadyState Duration="x" Power="1"/>', "line 2: duration is 'x'"),
            ('<SteadyState Duration="nan" Power="1"/>', "not a number"),
            ('<SteadyState Duration="60" Power="50"/>', "power is 50"),
            ('<SteadyState Power="1"/>', "without a length"),
            ('<IntervalsT Repeat="10000" OnDuration="60" OnPower="1"/>', "Repeat is 10000"),
            ('<IntervalsT Repeat="2.5" OnDuration="60" OnPower="1"/>', "not a whole number"),
            ('<IntervalsT Repeat="2" OnPower="1"/>', "without any length"),
            ('<SteadyState Duration="60" Power="1" Incline="90"/>', "incline is 90"),
            ("", "no step"),
            ('<SteadyState Duration="43200" Power="1"/>' * 2, "24.0 h"),
        ],
    )
    def test_invalid_zwift_workout_is_refused_with_its_place(self, body: str, text: str) -> None:
        assert text in problem(zwo(body))

    def test_a_file_without_a_workout_is_refused(self) -> None:
        data = b"<workout_file><sportType>run</sportType></workout_file>"
        assert "no <workout>" in problem(data)


class TestQz:
    def test_qz_rows_repeats_zones_and_texts_are_read(self) -> None:
        workout = read(samples.QZ, "intervals")
        assert workout.name == "intervals"
        assert count(workout.parts) == 8
        ramp, zone, band, *_, last = flat(workout.parts)
        assert (ramp.speed, ramp.speed_end, ramp.incline) == (Kmh(5), Kmh(8), 1)
        assert ramp.cues == (Cue(5, "Relax your shoulders"),)
        assert zone.band == Band(80, 90, percent=True)
        assert (zone.least, zone.most) == (Kmh(10), Kmh(14))
        assert (band.band, band.distance_m) == (Band(125, 135), 400)
        assert last.incline == -1.82658

    def test_qz_forced_speed_overrides_a_heart_rate_zone(self) -> None:
        row = '<row duration="00:01:00" speed="8" forcespeed="1" zonehr="2"/><x/>'
        workout = read(f"<rows>{row}</rows>".encode())
        assert only(workout).band is None
        assert len(workout.notes) == 3

    @pytest.mark.parametrize(
        ("row", "text"),
        [
            ('<row duration="00:01:00" resistance="3"/>', "not for a treadmill"),
            ('<row speed="8"/>', "needs a duration"),
            ('<row duration="1:5" speed="8"/>', "no speed"),
            ('<row duration="70:70" speed="8"/>', "write it as"),
            ('<row duration="00:01:00" speed="6,5"/>', "not a number"),
            ('<row duration="00:01:00" speedfrom="6"/>', "both speedfrom"),
            ('<row duration="00:01:00" hrmin="120"/>', "both hrmin"),
            ('<row duration="00:01:00" hrmin="140" hrmax="120"/>', "not a range"),
            ('<row duration="00:01:00" zonehr="2.5"/>', "1 to 5"),
            ('<row duration="00:01:00" inclination="-100"/>', "inclination is -100"),
        ],
    )
    def test_invalid_qz_workout_is_refused_with_a_reason(self, row: str, text: str) -> None:
        if text == "no speed":  # QZ's own short form of minutes and seconds is one too
            assert only(read(f"<rows>{row}</rows>".encode())).duration_s == 65
        else:
            assert text in problem(f"<rows>{row}</rows>".encode())

    def test_meaningless_qz_values_are_ignored(self) -> None:
        row = '<row duration="00:01:00" speed="-1" inclination="-200" hrmin="-1" zonehr="3"/>'
        step = only(read(f"<rows>{row}</rows>".encode()))
        assert (step.speed, step.incline, step.band) == (None, None, Band(70, 80, percent=True))
