"""Recording of a treadmill, a sample a second, through the whole actor."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bridge.contract.parser import Refusal
from bridge.contract.payloads import EventPayload
from bridge.guard import Decision
from bridge.history.history import History
from bridge.history.reader import Course, opened
from bridge.history.session_log import SessionLog
from bridge.history.store.chunk import Phase
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper
from bridge.history.store.rows import Commanded, Happened
from bridge.texts import Texts
from bridge.treadmill import recording as module
from bridge.treadmill.recording import BURST, REFUSED_A_SECOND, REFUSED_BURST, Recording
from bridge.values import Command, Outcome, Reason, Result, Verb
from tests.history.store.writer_process import Runner, SteppedClock, snapshot
from tests.rigs.people_rig import ANNA, climb
from tests.rigs.treadmill_rig import treadmill_rig
from tests.rigs.virtual_time import LoopClock, run


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A start, a request that is too high, a climb that is steep for a while, and a stop."""
    path = tmp_path_factory.mktemp("recording") / NAME
    run(_timeline(path))
    with opened(path) as reader:
        (entry,) = reader.sessions()
        return reader.course(entry.number)


async def _timeline(path: Path) -> None:
    file = HistoryFile(path)
    history = History(Timekeeper(LoopClock(), "boot", lambda: True), file, blank=True)
    async with treadmill_rig(ANNA, history=history) as rig:
        await rig.play("runs, speed 1600 as fast, 30")
        await climb(rig, 50)
        await rig.play("stop, 5, speed 500 as late")
        rig.treadmill.refuse(Refusal("odd", "speed", "mqtt", Reason("not_json"), None))
        await rig.live(5)
    history.close()
    assert file.trouble is None


def test_recorded_session_matches_the_run(found: Course) -> None:
    session, samples = found.session, found.samples
    assert session.finished
    assert session.machine == "Horizon"
    assert [s.at for s in samples] == list(range(len(samples)))
    assert len(samples) == pytest.approx(session.end - session.start, abs=1.5)
    assert samples[-1].speed == 0
    assert samples[-1].distance == pytest.approx(session.distance_m * 10, abs=1)
    assert max(s.climb or 0 for s in samples) == pytest.approx(session.effort_climb_m * 10, abs=5)
    assert max(s.requested_speed or 0 for s in samples) == 1000
    assert {s.bound_speed for s in samples} == {1000}
    assert {s.phase for s in samples} <= {Phase.ACTIVE}


def test_recorded_steep_seconds_match_the_guard(found: Course) -> None:
    steep = sum(s.steep for s in found.samples)
    assert found.session.steep_s == pytest.approx(steep, abs=2)
    assert steep > 30
    assert found.session.flat_m is not None
    assert found.session.flat_m > found.session.distance_m


def test_recorded_command_has_its_limits_and_its_final_outcome(found: Course) -> None:
    by_id = {row.id: row for row in found.commands}
    fast = by_id["fast"]
    assert fast.outcome.startswith("limited, ")
    assert fast.applied == 10.0
    assert "10 km/h" in json.loads(fast.reasons)[0]["text"]
    assert fast.ended is not None
    assert by_id["late"].outcome == "rejected"
    assert (by_id["odd"].outcome, by_id["odd"].command) == ("rejected", "speed")
    assert "JSON" in json.loads(by_id["odd"].reasons)[0]["text"]
    assert by_id["start"].outcome == "confirmed"


def test_change_of_the_binding_rule_is_recorded(found: Course) -> None:
    inclines = [row for row in found.decisions if row.axis == "incline"]
    rules = [row.rule for row in inclines]
    assert all(a != b for a, b in pairwise(rules))
    assert all(row.text for row in found.decisions if row.rule)
    assert {row.type for row in found.events} >= {"session_started", "session_ended"}


class Rows(History):
    """Keeps the rows that only people read."""

    def __init__(self) -> None:
        super().__init__(Timekeeper(SteppedClock(), "boot", lambda: True))
        self.logs: list[object] = []

    def log(self, row: object) -> None:
        self.logs.append(row)


UTC_0 = datetime(2030, 1, 1, tzinfo=UTC)
RESTS = EventPayload(type="rest", time=UTC_0, text="It rests.", details={"axis": "speed"})


def test_flood_of_commands_is_recorded_in_bounded_space() -> None:
    rows = Rows()
    recording = Recording("den", rows)
    for number in range(1000):
        command = Command(str(number), Verb.SPEED, "flood", 0.0, 800)
        recording.outcome(Outcome(command, Result.ACCEPTED), UTC_0)
        recording.event(RESTS, UTC_0)
    assert len(rows.logs) == BURST


def refused(rows: Rows) -> list[Commanded]:
    return [row for row in rows.logs if isinstance(row, Commanded) and row.outcome == "rejected"]


def test_hour_of_refusals_takes_little_space_and_drops_no_command() -> None:
    rows = Rows()
    recording = Recording("den", rows)
    for second in range(3600):
        utc = UTC_0 + timedelta(seconds=second)
        reason = Reason("above_range", values=(("asked", second),))
        for _ in range(5):
            refusal = Refusal(f"r{second}", "speed", "mqtt", reason, second)
            recording.refusal(refusal, utc)
    command = Command("mine", Verb.SPEED, "app", 0.0, 800)
    recording.outcome(Outcome(command, Result.ACCEPTED, 800), UTC_0 + timedelta(hours=1))

    size = sum(len(row.id + row.source + row.requested + row.reasons) + 60 for row in refused(rows))
    assert REFUSED_BURST < len(refused(rows)) <= REFUSED_BURST + 3600 * REFUSED_A_SECOND + 1
    assert size < 60_000
    assert rows.logs[-1].id == "mine"  # type: ignore[attr-defined]


def test_same_refusal_is_recorded_five_times_and_then_every_ten_minutes() -> None:
    rows = Rows()
    recording = Recording("den", rows)
    for second in range(605):
        command = Command(f"c{second}", Verb.SPEED, "app", 0.0, 800, requested=8.0)
        outcome = Outcome(command, Result.REJECTED, reasons=(Reason("not_running"),))
        recording.outcome(outcome, UTC_0 + timedelta(seconds=second))
    assert [row.id for row in refused(rows)] == ["c0", "c1", "c2", "c3", "c4", "c604"]


def test_number_of_remembered_refusals_is_bounded() -> None:
    rows = Rows()
    recording = Recording("den", rows)
    for number in range(2 * module.OPEN):
        refusal = Refusal(str(number), "speed", "mqtt", Reason("not_json"), number)
        recording.refusal(refusal, UTC_0 + timedelta(hours=number))
    assert len(recording._refused) == module.OPEN


def test_number_of_open_commands_is_bounded() -> None:
    rows = Rows()
    recording = Recording("den", rows)
    commands = [Command(str(n), Verb.SPEED, "app", 0.0, 800) for n in range(module.OPEN + 1)]
    for command in commands:
        recording.outcome(Outcome(command, Result.ACCEPTED, 800), UTC_0)
    recording.outcome(Outcome(commands[-1], Result.CONFIRMED, 800), UTC_0)
    last = rows.logs[-1]
    assert isinstance(last, Commanded)
    assert (last.outcome, last.applied) == ("confirmed", 8.0)
    assert len(recording._commands) == module.OPEN - 1


def test_recorded_reason_keeps_its_rule_and_text() -> None:
    rows = Rows()
    recording, reason = Recording("den", rows), Reason("not_running")
    command = Command("1", Verb.SPEED, "app", 0.0, 800)
    recording.outcome(Outcome(command, Result.REJECTED, reasons=(reason,)), UTC_0)
    (row,) = rows.logs
    assert isinstance(row, Commanded)
    text = Texts().reason(reason, UTC_0).text
    assert json.loads(row.reasons) == [{"rule": "not_running", "text": text}]


def test_events_of_one_moment_have_different_numbers() -> None:
    rows = Rows()
    recording = Recording("den", rows)
    for _ in range(2):
        recording.event(RESTS, UTC_0)
    one, other = rows.logs
    assert isinstance(one, Happened)
    assert isinstance(other, Happened)
    assert (one.number, other.number) == (1, 2)
    assert json.loads(one.details) == {"axis": "speed"}


def test_recording_without_data_adds_no_sample() -> None:
    rows = Rows()
    clock, recording = SteppedClock(), Recording("den", rows)
    runner = Runner(SessionLog(clock.utc()))
    recording.follow(runner, snapshot(0.0), Decision(), 0.0, clock.utc())
    clock.time = 9.0
    recording.follow(runner, snapshot(0.0), Decision(), 9.0, clock.utc())
    assert len(recording._samples) == 1
    recording.keep()
    runner.session = None
    recording.follow(runner, snapshot(9.0), Decision(), 9.0, clock.utc())
    recording.keep()
    assert recording._samples == []


async def _left_by_a_kill(path: Path, *treadmills: str) -> None:
    """Write a history whose process was killed: of each treadmill, one command is unfinished."""
    file = HistoryFile(path)
    history = History(Timekeeper(LoopClock(), "boot", lambda: True), file, blank=True)
    for treadmill in treadmills:
        command = Command(f"{treadmill}-1", Verb.SPEED, "zwift:a", 0.0, 900, requested=9.0)
        recording = Recording(treadmill, history, Texts())
        reason = Reason("warm_up", limit=600)
        recording.outcome(Outcome(command, Result.LIMITED, 600, (reason,)), datetime.now(UTC))
        confirmed = Command(f"{treadmill}-2", Verb.START, "mqtt", 0.0)
        for result in (Result.ACCEPTED, Result.CONFIRMED):
            recording.outcome(Outcome(confirmed, result), datetime.now(UTC))
    history.close()


def test_command_of_a_killed_process_fails_once_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / NAME
    run(_left_by_a_kill(path, "den", "attic"))

    async def start() -> list[Outcome | Refusal]:
        file = HistoryFile(path)
        history = History(Timekeeper(LoopClock(), "boot", lambda: True), file)
        async with treadmill_rig(ANNA, history=history) as rig:
            await rig.live(2)
        history.close()
        return rig.answers

    (failed,) = run(start())
    assert isinstance(failed, Outcome)
    assert (failed.command.id, failed.command.verb) == ("den-1", Verb.SPEED)
    assert (failed.command.source, failed.command.requested) == ("zwift:a", 9.0)
    assert (failed.result, failed.applied) == (Result.FAILED, 600)
    assert [reason.rule for reason in failed.reasons] == ["ended"]
    assert run(start()) == []
    file = HistoryFile(path)
    assert [row.id for row in file.unfinished] == ["attic-1"]
    file.close()
