"""The report shows what the guard enforces, and prints on one page."""

import re
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bridge.history.reader import Entry, opened
from bridge.history.report.report import Report, ReportSettings, report_of
from bridge.history.report.report_page import MOST_DOTS, page
from bridge.history.report.statistics import Totals, compared, grouped, longest, week_of
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.rows import Pain, Session
from bridge.history.text import listed
from bridge.values import Units
from tests.dashboard.page.browser import needs_chromium
from tests.history.years import END, PERSON, course, fill, session_of

DAY = timedelta(days=1)
SETTINGS = ReportSettings()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("years") / NAME
    fill(path, 300)
    return path


@cache
def reported(path: Path, weeks: int = 24) -> Report:
    with opened(path) as reader:
        return report_of(reader, PERSON, END.date(), weeks, SETTINGS)


def run_of(days_ago: float, minutes: float, **more: object) -> Session:
    start = END - days_ago * DAY
    done = session_of(start, list(course(6, 1)), "Ghost")
    timed = replace(done, effort_s=minutes * 60, end=start.timestamp() + minutes * 60)
    return replace(timed, **more)  # type: ignore[arg-type]


def shares(*sessions: Session) -> list[float | None]:
    entries = [Entry(n, session) for n, session in enumerate(sessions)]
    return [None if c.share is None else round(c.share, 2) for c in compared(entries, 0.0)]


class TestComparison:
    def test_run_is_compared_with_the_longest_of_30_days(self) -> None:
        assert shares(run_of(29, 20), run_of(20, 30), run_of(0, 33)) == [None, 1.5, 1.1]

    def test_run_without_recent_ones_is_compared_with_half_the_180_day_longest(
        self,
    ) -> None:
        assert shares(run_of(100, 40), run_of(0, 30)) == [None, 1.5]
        assert shares(run_of(190, 40), run_of(0, 30)) == [None, None]

    def test_short_and_imported_sessions_are_no_baseline(self) -> None:
        imported = run_of(3, 50, source="import", effort_s=0.0)
        assert shares(run_of(5, 4), imported, run_of(0, 30)) == [None, None]


class TestSums:
    def test_week_of_a_report_begins_on_monday(self) -> None:
        found = grouped([run_of(5, 30), run_of(6, 30), run_of(0, 30)], week_of)
        assert [totals.sessions for totals in found.values()] == [1, 2]
        assert all(day.weekday() == 0 for day in found)

    def test_report_periods_follow_the_local_clock_across_its_changes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        # Sunday has 25 hours: half past midnight of Monday, and half an hour before midnight.
        monday = datetime(2026, 10, 25, 23, 30, tzinfo=UTC).timestamp()
        runs = [replace(run_of(0, 10), start=monday - back) for back in (0, 3600)]
        try:
            found = grouped(runs, week_of)
        finally:
            monkeypatch.undo()
            time.tzset()
        assert [(f"{day}", totals.sessions) for day, totals in found.items()] == [
            ("2026-10-19", 1),
            ("2026-10-26", 1),
        ]

    def test_sums_use_the_effort_measured_by_the_guard(self) -> None:
        done = run_of(0, 30, effort_m=4000.0, effort_climb_m=50.0, moving_s=1.0, flat_m=None)
        totals = Totals.of([done])
        assert (totals.time_s, totals.distance_m, totals.climb_m) == (1800, 4000, 50)
        assert totals.flat_m == done.distance_m

    def test_longest_run_is_missing_without_sessions(self) -> None:
        assert longest([]) == {}


class TestReport:
    @pytest.mark.unmeasured
    def test_weeks_of_the_report_are_the_sums_of_its_sessions(self, path: Path) -> None:
        report = reported(path)
        assert len(report.weeks) == 24
        assert report.totals.sessions == len(report.sessions) > 50
        assert report.totals.time_s == pytest.approx(sum(c.time_s for c in report.sessions))
        assert report.totals.steep_s > 0

    def test_report_shows_which_rests_were_kept(self, path: Path) -> None:
        verdicts = [rest.verdict(Units.KMH) for rest in reported(path, 42).rests]
        assert "kept: no session" in verdicts
        assert any(verdict.startswith("not kept: ") for verdict in verdicts)

    def test_walk_within_the_limits_of_a_rest_is_reported_as_a_walk(self, path: Path) -> None:
        rest = next(r for r in reported(path, 42).rests if r.sessions)
        slow = [replace(e, session=replace(e.session, max_speed_kmh=6.2)) for e in rest.sessions]
        assert "within the limits" in replace(rest, sessions=tuple(slow)).verdict(Units.KMH)

    def test_consecutive_pain_reports_are_one_rest(self, tmp_path: Path) -> None:
        fill(tmp_path / NAME, 3)
        end = END.timestamp()
        file = HistoryFile(tmp_path / NAME)
        for ago, severity in ((86_400 * 3, 2), (86_400 * 2, 3), (86_400 * 9, 0)):
            file.put(Pain(f"{ago}", PERSON, end - ago, "knee", severity))
        file.close()
        report = reported(tmp_path / NAME, 2)
        (rest,) = report.rests
        assert rest.end - rest.start == pytest.approx(86_400 + SETTINGS.rest_s)
        assert "no rest" in page(report)

    def test_report_is_well_formed_and_loads_nothing_external(self, path: Path) -> None:
        text = page(reported(path))
        (svg,) = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
        ET.fromstring(svg)  # noqa: S314 - it is ours
        assert "http" not in text
        assert "<script" not in text
        assert "ACWR" not in text

    def test_names_in_the_report_are_escaped(self, path: Path) -> None:
        report = reported(path)
        evil = "<img src=x onerror=alert(1)>"
        pains = (Pain("p", PERSON, END.timestamp() - 86_400, evil, 3),)
        shown = page(replace(report, person=evil, pains=pains, shoes=((evil, 1.0),)))
        assert "<img" not in shown

    def test_report_in_mph_has_miles_and_feet_only(self, path: Path) -> None:
        html = page(replace(reported(path), settings=replace(SETTINGS, units=Units.MPH)))
        assert {"mi", "climb, ft", "load, mi"} <= set(re.findall(r"<th>([^<]*)</th>", html))
        assert not re.search(r"\d (km|m)\b|km/h|, (km|m)<", html)

    def test_report_of_an_empty_history_can_be_made(self, path: Path) -> None:
        with opened(path) as reader:
            report = report_of(reader, "Nobody", END.date(), 4, SETTINGS)
        text = page(replace(report, shoes=()))
        assert "No sessions." in text
        assert "No pain was reported." in text

    def test_first_session_has_no_comparison_in_the_report(self, tmp_path: Path) -> None:
        fill(tmp_path / NAME, 1)
        text = page(reported(tmp_path / NAME, 2))
        assert "with nothing before to compare it with" in text
        assert "No session was beyond" in text

    def test_report_includes_imports_and_earlier_years(self, path: Path) -> None:
        text = page(replace(reported(path, 70), imported=2))
        assert "2 imported sessions" in text

    def test_report_of_years_shows_dots_and_titles_only_above_the_limit(self, path: Path) -> None:
        report = reported(path, 520)
        known = [c for c in report.sessions if c.share is not None]
        many = known * (MOST_DOTS // len(known) + 1)
        figure = page(replace(report, sessions=tuple(many)))
        assert figure.count("h0M") == len(many) - 1
        assert len(re.findall(r'r="2.6"', figure)) == sum((c.share or 0) > 1.1 for c in many)

    @needs_chromium
    def test_report_prints_on_one_page(self, path: Path, tmp_path: Path) -> None:
        (tmp_path / "report.html").write_text(page(reported(path)))
        command = (
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
            f"--user-data-dir={tmp_path}/profile", f"--print-to-pdf={tmp_path}/report.pdf",
            f"file://{tmp_path}/report.html",
        )  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=200)
        assert b"/Count 1\n" in (tmp_path / "report.pdf").read_bytes()


def test_list_of_sessions_marks_unfinished_ones() -> None:
    done = run_of(0, 30, finished=False, steep_s=None, average_heart_rate_bpm=None)
    assert list(listed([Entry(1, done)], Units.KMH))[1].endswith("not finished")
