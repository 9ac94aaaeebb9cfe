"""The catalogue: every reason and event of the bridge has a sentence that people can read."""

import ast
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from bridge.clock import on_the_wall
from bridge.texts import EVENTS, REASONS, Texts, amount
from bridge.texts.figures import KINDS, MEASURED, clock, duration, moment, pace, reading
from bridge.values import Axis, Event, Reason, Units

ROOT = Path(__file__).parents[2]
NAMED = {"Reason": 0, "Event": 0, "rejected": 0, "refuse": 0, "Hold": 0}
"""Calls that name a rule or the type of an event, and where."""
WHOLE = ("{problems}", "{why}", "{dangers}", "{text}")
"""Placeholders that end a sentence by themselves: sentences, or a text of the owner."""


@pytest.mark.parametrize("rule", ["observe_only", "watched_only", "not_connected", "no_speed"])
def test_refused_stop_names_the_console(rule: str) -> None:
    assert "its console" in REASONS[rule]


class CentralEurope(tzinfo):
    """Summer time from 29 March to 25 October 2026, as it is without a database of zones."""

    BEGINS, ENDS = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)

    def _offset(self, utc: datetime) -> timedelta:
        return timedelta(hours=2 if self.BEGINS <= utc < self.ENDS else 1)

    def utcoffset(self, when: datetime | None) -> timedelta:
        assert when is not None
        return self._offset(when.replace(tzinfo=UTC) - timedelta(hours=2))

    def dst(self, when: datetime | None) -> timedelta:
        assert when is not None
        return self._offset(when.replace(tzinfo=UTC)) - timedelta(hours=1)

    def tzname(self, _: datetime | None) -> str:
        return "Central Europe"

    def fromutc(self, when: datetime) -> datetime:
        return when + self._offset(when.replace(tzinfo=UTC))


BERLIN = CentralEurope()
CLOCK = datetime(2026, 1, 15, 18, 30, tzinfo=UTC)
"""A Thursday."""
REST = Reason("rest", Axis.SPEED, 600, ends_s=720)


def named() -> Iterator[str]:
    """Every rule and event type that the code of the bridge names."""
    for path in sorted((ROOT / "bridge").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else ""
            name = function.id if isinstance(function, ast.Name) else name
            first = node.args[0]
            if name in NAMED and isinstance(first, ast.Constant):
                yield str(first.value)
            elif name == "Bound" and isinstance(node.args[2], ast.Constant):
                yield str(node.args[2].value)


class TestCatalogue:
    def test_every_rule_and_event_that_the_code_names_has_a_sentence(self) -> None:
        known = {key.partition("/")[0] for key in (*REASONS, *EVENTS)}
        missing = set(named()) - known
        assert not missing

    def test_every_text_is_a_complete_sentence(self) -> None:
        for text in (*REASONS.values(), *EVENTS.values()):
            assert text[0] == "{" or text[0].isupper(), text
            assert text.endswith((".", *WHOLE)), text

    def test_numbers_in_texts_are_of_a_known_kind(self) -> None:
        words = {"limit", "until", "second", "axis", "why", MEASURED}
        plain = {"name", "known", "cause", "found", "key", "person", "shoes", "place", "newer"}
        plain |= {"severity", "times", "trouble", "problems", "restart"}
        plain |= {"dangers", "workout", "text", "problem", "phase", "plan", "session", "question"}
        plain |= {"bytes", "most_bytes", "per_s", "capacity", "longest"}
        kinds = {name.partition("/")[0] for name in KINDS}
        for template in (*REASONS.values(), *EVENTS.values()):
            names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            assert names <= words | plain | kinds


class TestFigures:
    @pytest.mark.parametrize(
        ("axis", "value", "metric", "miles"),
        [
            (Axis.SPEED, 820, "8.2 km/h", "5.1 mph"),
            (Axis.SPEED, 805, "8.05 km/h", "5 mph"),
            (Axis.SPEED, 966, "9.66 km/h", "6 mph"),
            (Axis.INCLINE, 50, "5 %", "5 %"),
            (Axis.INCLINE, -15, "-1.5 %", "-1.5 %"),
        ],
    )
    def test_amount_is_shown_in_the_owners_unit(
        self, axis: Axis, value: float, metric: str, miles: str
    ) -> None:
        assert amount(axis, value) == metric
        assert amount(axis, value, Units.MPH) == miles

    def test_whole_number_is_shown_with_all_digits(self) -> None:
        long = Reason("too_long", values=(("bytes", 1_000_035), ("most_bytes", 4096)))
        text = Texts().reason(long, CLOCK).text
        assert text == "The message has 1000035 bytes. Send at most 4096."

    def test_reading_is_shown_with_one_decimal(self) -> None:
        assert reading(Axis.SPEED, 6, Units.KMH) == "6.0 km/h"
        assert reading(Axis.SPEED, 6, Units.MPH) == "3.7 mph"
        assert reading(Axis.INCLINE, 2.5, Units.MPH) == "2.5 %"
        assert reading(Axis.SPEED, None, Units.KMH) == "-"

    @pytest.mark.parametrize(
        ("kmh", "metric", "miles"),
        [
            (None, "-", "-"),
            (0.4, "-", "-"),
            (12.0, "5:00 min/km", "8:03 min/mi"),
            (0.5, "2:00:00 min/km", "3:13:07 min/mi"),
        ],
    )
    def test_pace_is_shown_as_time_per_kilometre_or_mile(
        self, kmh: float | None, metric: str, miles: str
    ) -> None:
        assert pace(kmh, Units.KMH) == metric
        assert pace(kmh, Units.MPH) == miles

    @pytest.mark.parametrize(
        ("seconds", "text"), [(0, "0:00"), (190, "3:10"), (3723, "1:02:03"), (-4, "0:00")]
    )
    def test_elapsed_time_is_shown_like_a_stopwatch(self, seconds: float, text: str) -> None:
        assert clock(seconds) == text

    def test_long_distance_is_shown_in_whole_kilometres_or_miles(self) -> None:
        worn = Event("shoes_worn", values=(("shoes", "Ghost"), ("gone", 500_900.0)))
        assert Texts().event(worn, CLOCK).startswith("Ghost have covered 500 km.")
        assert Texts(Units.MPH).event(worn, CLOCK).startswith("Ghost have covered 311 miles.")

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (-3, "0 s"),
            (45, "45 s"),
            (600, "10 min"),
            (150, "2 min 30 s"),
            (3660, "1 h 1 min"),
            (172_800, "2 days"),
            (90_061, "1 day 1 h"),
            (float("inf"), "a while"),
        ],
    )
    def test_duration_is_shown_as_text(self, seconds: float, text: str) -> None:
        assert duration(seconds) == text

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (90, "18:31:30"),
            (120, "18:32:00"),
            (120.5, "18:33"),
            (0.001, "18:30:01"),
            (720, "18:42"),
            (721, "18:43"),
            (6 * 3600, "00:30 on Friday"),
        ],
    )
    def test_moment_is_rounded_up_and_has_its_day_if_not_today(
        self, seconds: float, text: str
    ) -> None:
        assert moment(CLOCK + timedelta(seconds=seconds), CLOCK) == text

    @pytest.mark.parametrize(
        ("now", "seconds", "text"),
        [
            (datetime(2026, 10, 24, 14, 0, tzinfo=BERLIN), 2 * 86_400, "13:00 on Monday"),
            (datetime(2026, 3, 29, 1, 50, tzinfo=BERLIN), 20 * 60, "03:10"),
        ],
        ids=["to winter", "to summer"],
    )
    def test_moment_is_correct_across_a_clock_change(
        self, now: datetime, seconds: float, text: str
    ) -> None:
        then = now.astimezone(UTC) + timedelta(seconds=seconds)
        assert moment(then, now) == text


class TestReasons:
    def test_reason_has_its_rule_its_limit_in_km_h_and_its_end_in_utc(self) -> None:
        wording = Texts().reason(REST, CLOCK)
        assert (wording.rule, wording.limit) == ("rest", 6.0)
        assert wording.until == datetime(2026, 1, 15, 18, 42, tzinfo=UTC)

    def test_end_that_was_fixed_does_not_move_with_the_clock(self) -> None:
        fixed = REST.at(CLOCK)
        later = Texts().reason(fixed, CLOCK + timedelta(minutes=5))
        assert later.until == datetime(2026, 1, 15, 18, 42, tzinfo=UTC)

    def test_end_of_a_cool_down_is_shown_to_the_second(self) -> None:
        reason = Reason("cool_down", Axis.SPEED, 400, ends_s=183.0)
        end = on_the_wall(CLOCK + timedelta(minutes=3, seconds=3))
        assert f"the belt stops at {end:%H:%M:%S}." in Texts().reason(reason, CLOCK).text

    def test_infinite_end_of_a_reason_is_published_as_none(self) -> None:
        wording = Texts().reason(replace(REST, ends_s=float("inf")), CLOCK)
        assert wording.until is None
        assert wording.text == "Rest after pain until further notice: at most 6 km/h."

    def test_texts_for_an_mph_owner_have_mph_and_payload_numbers_have_kmh(self) -> None:
        wording = Texts(Units.MPH).reason(Reason("envelope", Axis.SPEED, 966), CLOCK)
        assert (wording.text, wording.limit) == ("Your limit is 6 mph.", 9.66)

    def test_incline_reason_is_in_percent(self) -> None:
        wording = Texts().reason(Reason("range", Axis.INCLINE, 125), CLOCK)
        assert (wording.text, wording.limit) == ("The machine's own limit is 12.5 %.", 12.5)

    def test_advice_about_a_refused_message_is_its_own_sentence(self) -> None:
        reason = Reason("not_json", values=(("example", "8.2"),))
        assert Texts().reason(reason, CLOCK).text == "The message is not JSON. Send 8.2."

    def test_list_in_a_text_is_joined_by_its_items(self) -> None:
        known = Reason("unknown_unit", values=(("known", ("km/h", "mph")),))
        assert Texts().reason(known, CLOCK).text.endswith("Use one of: km/h, mph.")
        problems = Event("config_refused", values=(("problems", ("a, b", "c")),))
        assert Texts().event(problems, CLOCK).endswith("so the old one stays: a, b; c")

    def test_event_is_shown_as_a_reason_with_its_own_sentence(self) -> None:
        reason = Event("console_slowed", Axis.SPEED, 500).reason
        text = "You slowed the belt to 5 km/h at the console."
        assert Texts().reason(reason, CLOCK).text == text

    def test_console_press_on_the_incline_is_called_lowered(self) -> None:
        event = Event("console_slowed", Axis.INCLINE, 5)
        assert Texts().event(event, CLOCK) == "You lowered the incline to 0.5 % at the console."
        text = Texts().reason(Reason("console", Axis.INCLINE), CLOCK).text
        assert text.startswith("You lowered the incline at the console. Requests for more")

    def test_reason_without_a_sentence_is_shown_by_its_rule(self) -> None:
        assert Texts().reason(Reason("brand_new"), CLOCK).text == "Brand new."

    def test_missing_number_is_shown_as_an_unknown_value(self) -> None:
        text = "Your limit is an unknown value."
        assert Texts().reason(Reason("envelope"), CLOCK).text == text


class TestEvents:
    def test_event_about_an_axis_names_the_axis(self) -> None:
        event = Event("unexpected_rise_alarm", Axis.INCLINE)
        assert Texts().details(event, CLOCK) == {"axis": "incline"}
        assert Texts().event(event, CLOCK).startswith("Incline keeps rising")

    def test_reason_within_an_event_is_its_last_sentence(self) -> None:
        event = Event(
            "limited", Axis.SPEED, 600, values=(("why", Reason("range", Axis.SPEED, 600)),)
        )
        text = "Speed limited to 6 km/h. The machine's own limit is 6 km/h."
        assert Texts().event(event, CLOCK) == text

    def test_details_are_metric_with_units_in_their_names(self) -> None:
        event = Event(
            "steep_closed",
            Axis.INCLINE,
            50,
            ends_s=60.0,
            values=(("budget", 600.0), ("threshold", 100), ("window", 1800.0)),
        )
        assert Texts(Units.MPH).details(event, CLOCK) == {
            "axis": "incline",
            "limit": 5.0,
            "until": datetime(2026, 1, 15, 18, 31, tzinfo=UTC),
            "budget_s": 600,
            "threshold_percent": 10.0,
            "window_s": 1800,
        }

    def test_details_carry_the_reason_of_an_event(self) -> None:
        why = Reason("range", Axis.SPEED, 600)
        details = Texts().details(Event("limited", Axis.SPEED, 600, values=(("why", why),)), CLOCK)
        assert details["reason"] == Texts().reason(why, CLOCK)

    def test_measured_value_is_of_the_axis_of_its_event(self) -> None:
        event = Event("not_responding", Axis.INCLINE, 20, values=(("measured", 60),))
        assert Texts().details(event, CLOCK)["measured"] == 6.0
        assert Texts().event(event, CLOCK).startswith("Incline stays at 6 % after")

    def test_infinite_number_in_event_details_is_none(self) -> None:
        event = Event("stale", values=(("age", float("inf")),))
        assert Texts().details(event, CLOCK) == {"age_s": None}

    def test_texts_for_an_mph_owner_have_distances_in_miles(self) -> None:
        values = (("did", 5210.0), ("usual", 3219.0), ("percent", 110.0))
        event = Event("gradual", values=values, case="distance_m")
        assert "is 3.2 miles long, more than 110 %" in Texts(Units.MPH).event(event, CLOCK)
        assert "is 5210 m long" in Texts().event(event, CLOCK)
        climbed = Event("gradual", values=values, case="climb_m")
        assert "has climbed 17093 ft" in Texts(Units.MPH).event(climbed, CLOCK)
        assert Texts().details(climbed, CLOCK)["did_m"] == 5210
