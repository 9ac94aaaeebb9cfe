"""`treadmill-bridge history`."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from bridge.cli.common import asking, config_option, fail, load_or_fail, write_whole
from bridge.config import DEFAULT_PERSON, Config
from bridge.extras import install_line
from bridge.history import text
from bridge.history.export import FORMATS, Format, NoSamplesError, export, file_name
from bridge.history.import_fit import BadActivityError, read
from bridge.history.reader import (
    LARGEST,
    Entry,
    NoHistoryError,
    Reader,
    UnknownSessionError,
    opened,
)
from bridge.history.report import statistics
from bridge.history.report.report import ReportSettings, report_of
from bridge.history.report.report_page import page
from bridge.history.store import upkeep
from bridge.history.store.file import NAME
from bridge.history.store.schema import NewerSchemaError

WEEKS = 12

person_option = click.option("--person", metavar="NAME", help="Only sessions of this person.")
_ONE_DAY = timedelta(days=1)
_DAYS = date.min.replace(year=1971), date.max - 2 * _ONE_DAY
"""First and last day of a span: each zone has a midnight of both, and of the day after.

For a midnight Python may look a day further (3.13.0 does), and the calendar has to hold that one.
"""
_DAY = click.DateTime(["%Y-%m-%d"])
since_option = click.option("--since", type=_DAY, help="First day, such as 2026-11-01.")
until_option = click.option("--until", type=_DAY, help="Last day, included.")
output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="File to write; - is standard output.",
)


@click.group("history", epilog="Example: treadmill-bridge history list --since 2026-11-01")
@config_option
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="History file to read instead of the state directory's, such as a backup.",
)
@click.pass_context
def command(context: click.Context, path: Path | None, file: Path | None) -> None:
    """Look at past sessions, export them, and back them up.

    Works while the bridge runs, and without it. The history is in the configuration's state
    directory. If the bridge runs as a service, use sudo STATE_DIRECTORY=/var/lib/treadmill-bridge
    treadmill-bridge history list
    """
    config = load_or_fail(path)
    context.obj = (config, file or config.state_directory() / NAME)


def _config() -> Config:
    config: Config = click.get_current_context().obj[0]
    return config


def _path() -> Path:
    path: Path = click.get_current_context().obj[1]
    return path


@contextmanager
def _reader() -> Iterator[Reader]:
    try:
        with opened(_path()) as reader:
            yield reader
    except (NoHistoryError, NewerSchemaError, UnknownSessionError) as error:
        fail(str(error))


def _span(since: datetime | None, until: datetime | None) -> tuple[float | None, float | None]:
    """Convert two local days to Unix times; the last day is included."""
    return (
        None if since is None else statistics.midnight(max(since.date(), _DAYS[0])),
        None if until is None else statistics.midnight(min(until.date(), _DAYS[1]) + _ONE_DAY),
    )


def _print_lines(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


@command.command("list", epilog="Example: treadmill-bridge history list --person Anna --json")
@since_option
@until_option
@person_option
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, LARGEST),
    metavar="N",
    default=20,
    show_default=True,
    help="List at most N sessions.",
)
@click.option("--all", "everything", is_flag=True, help="List all sessions; ignores --limit.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def list_(  # noqa: PLR0917 - click passes them by keyword
    since: datetime | None,
    until: datetime | None,
    person: str | None,
    limit: int,
    everything: bool,
    as_json: bool,
) -> None:
    """List sessions, newest first."""
    with _reader() as reader:
        who, most = _known(reader, person), None if everything else limit
        entries = reader.sessions(*_span(since, until), who, limit=most)
    if as_json:
        _print_lines(json.dumps(_as_json(entry)) for entry in entries)
    elif entries:
        _print_lines(text.listed(entries, _config().units))
    else:
        click.echo("No sessions.")


def _as_json(entry: Entry) -> dict[str, object]:
    document: dict[str, object] = {"number": entry.number, **asdict(entry.session)}
    for key in ("start", "end"):
        moment = datetime.fromtimestamp(getattr(entry.session, key), UTC)
        document[key] = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    return document


@command.command(epilog="Example: treadmill-bridge history show 12")
@click.argument("number", type=int, metavar="ID")
def show(number: int) -> None:
    """Show a session: chart, splits, time by phase, and every limit that applied.

    ID is the number that `history list` shows.
    """
    with _reader() as reader:
        course = reader.course(number)
    _print_lines(text.shown(course, min(100, shutil.get_terminal_size().columns), _config().units))


@command.command(epilog="Example: treadmill-bridge history stats --person Anna")
@person_option
def stats(person: str | None) -> None:
    """Sum up this and the previous week, month and year, and list the longest sessions."""
    with _reader() as reader:
        entries = reader.sessions(person=_known(reader, person))
    periods = _periods(entries, datetime.now().astimezone().date())
    _print_lines(text.summed(periods, statistics.longest(entries), _config().units))


def _periods(entries: list[Entry], today: date) -> dict[str, statistics.Totals]:
    sessions = [entry.session for entry in entries]
    found = {}
    kinds: tuple[tuple[str, Callable[[date], date]], ...] = (
        ("week", statistics.week_of),
        ("month", statistics.month_of),
        ("year", statistics.year_of),
    )
    for name, begin in kinds:
        totals, this = statistics.grouped(sessions, begin), begin(today)
        last = begin(this - timedelta(days=1))
        found[f"this {name}"] = totals.get(this, statistics.Totals())
        found[f"last {name}"] = totals.get(last, statistics.Totals())
    return {**found, "all": statistics.Totals.of(sessions)}


@command.command(epilog="Example: treadmill-bridge history report -o report.html --weeks 26")
@person_option
@click.option(
    "--weeks",
    type=click.IntRange(1, 520),
    metavar="N",
    default=WEEKS,
    show_default=True,
    help="Number of weeks, this one included.",
)
@output_option
def report(person: str | None, weeks: int, output: Path | None) -> None:
    """Write a one-page HTML report, for yourself or a physiotherapist; it prints well.

    It shows load by week, steep time, each week's longest session against the 30 days before, pain,
    whether rest was kept, and shoes.
    """
    config = _config()
    with _reader() as reader:
        who = _known(reader, person) or _only_person(reader, config)
        settings = _settings(config, who)
        today = datetime.now().astimezone().date()
        found = report_of(reader, who, today, weeks, settings)
    _write(page(found).encode(), output or Path("treadmill-report.html"))


def _only_person(reader: Reader, config: Config) -> str:
    names = reader.people() or _configured(config)[:1]
    if len(names) > 1:
        fail(f"several people have a history; add --person with one of: {', '.join(names)}")
    return names[0]


def _configured(config: Config) -> list[str]:
    return [each.name for each in config.people] or [DEFAULT_PERSON]


def _known(reader: Reader, person: str | None) -> str | None:
    """Return the name as it is configured or stored; an unknown one ends the command."""
    known = sorted({*_configured(_config()), *reader.people()})
    if person is None or person in known:
        return person
    alike = [name for name in known if name.casefold() == person.casefold()]
    if not alike:
        fail(f"no person {person} is known; known people: {', '.join(known)}")
    return alike[0]


def _settings(config: Config, person: str) -> ReportSettings:
    """Limits that the guard enforces for a person on the first treadmill."""
    theirs = next((each for each in config.people if each.name == person), None)
    guard = config.guard_of(config.treadmills[0], theirs) if config.treadmills else config.guard
    return ReportSettings(
        gradual_percent=guard.gradual_percent,
        steep_percent=min((tier.from_percent for tier in guard.steep), default=None),
        rest_s=guard.rest_s,
        rest_severity=guard.rest_severity,
        rest_speed_kmh=guard.rest_speed_kmh,
        shoes={pair.name: pair.start_km * 1000 for pair in config.shoes},
        units=config.units,
    )


@command.command("export", epilog="Example: treadmill-bridge history export 12 --format fit")
@click.argument("number", type=int, metavar="ID", required=False)
@since_option
@until_option
@person_option
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="fit",
    show_default=True,
    help="Format of the files.",
)
@click.option("--excel", is_flag=True, help="Write CSV with semicolons and decimal commas.")
@output_option
def export_(  # noqa: PLR0917 - click passes them by keyword
    number: int | None,
    since: datetime | None,
    until: datetime | None,
    person: str | None,
    form: Format,
    excel: bool,
    output: Path | None,
) -> None:
    """Export one session, or all since a day (--since), as FIT, TCX or CSV.

    FIT and TCX are for Garmin, Strava and the like. Their altitude is virtual: it is computed from
    the incline. PATH is a file for one session, and a directory for several.
    """
    if (number is None) == (since is None):
        fail("give the ID of one session, or a first day with --since")
    if number is not None and (until or person):
        fail("--until and --person are for several sessions; leave them out, or the ID")
    if excel and form != "csv":
        fail("--excel needs --format csv")
    with _reader() as reader:
        if number is not None:
            course = reader.course(number)
            try:
                content = export(course, form, excel=excel)
            except NoSamplesError as error:
                fail(str(error))
            target = output or Path(file_name(course, form))
            inside = str(target) != "-" and target.is_dir()
            _write(content, target / file_name(course, form) if inside else target)
            return
        directory = output or Path()
        if str(directory) == "-":
            fail("standard output takes one session; several sessions need a directory")
        if directory.exists() and not directory.is_dir():
            fail(f"{directory} is a file; several sessions need a directory")
        written = 0
        for entry in reader.sessions(*_span(since, until), _known(reader, person)):
            course = reader.course(entry.number)
            try:
                content = export(course, form, excel=excel)
            except NoSamplesError as error:
                click.echo(f"skipped: {error}", err=True)
                continue
            _write(content, directory / file_name(course, form))
            written += 1
    if not written:
        click.echo("No sessions.", err=True)


@command.command("import", epilog="Example: treadmill-bridge history import morning-run.fit")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--person", metavar="NAME", help="Who ran; needed if several people are configured.")
def import_(file: Path, person: str | None) -> None:
    """Import a run or walk from a FIT file, such as one from a watch.

    It counts in lists, sums and the report. The guard does not use it.
    """
    known = _configured(_config())
    if person is None and len(known) > 1:
        fail(f"add --person with one of: {', '.join(known)}")
    if person is not None and person not in known:
        fail(f"no person {person} is configured; known people: {', '.join(known)}")
    try:
        session, samples = read(file, person or known[0])
        number = upkeep.add(_path(), session, samples)
    except ImportError:
        fail(f"reading FIT files needs an extra: {install_line('fit')}")
    except (BadActivityError, upkeep.UpkeepError, NewerSchemaError) as error:
        fail(str(error))
    click.echo(f"imported as session {number}")


@command.command(epilog="Example: treadmill-bridge history backup /var/backups/treadmill.sqlite3")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
def backup(target: Path, force: bool) -> None:
    """Copy the history to FILE and verify the copy; works while the bridge runs.

    To restore it, stop the bridge, delete history.sqlite3 with its -wal and -shm files, and copy
    FILE to history.sqlite3.
    """
    if target.exists() and not force:
        fail(f"{target} exists; add --force to overwrite it")
    try:
        size = upkeep.backup(_path(), target)
    except upkeep.UpkeepError as error:
        fail(str(error))
    click.echo(f"wrote {target} ({size / 1e6:.1f} MB)")


@command.command(epilog="Example: treadmill-bridge history delete 12")
@click.argument("number", type=int, metavar="ID")
@click.option("--yes", is_flag=True, help="Don't ask.")
def delete(number: int, yes: bool) -> None:
    """Delete a session and its samples, commands and events for good.

    Steep time that the guard still counts, rest, and the distance of shoes stay.
    """
    with _reader() as reader:
        entry = reader.session(number)
    began = text.when(entry.session.start)
    if not yes:
        with asking("add --yes to delete it"):
            question = f"Delete session {number} of {began} ({entry.session.person})?"
            if not click.confirm(question):
                fail("nothing was deleted", code=1)
    try:
        upkeep.delete(_path(), entry)
    except (upkeep.UpkeepError, NewerSchemaError) as error:
        fail(str(error))
    click.echo(f"deleted session {number}")


def _write(content: bytes, target: Path) -> None:
    """Write a file atomically, or write to standard output."""
    if str(target) == "-":
        click.echo(content, nl=False)  # also if standard output is closed
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, content)
    except OSError as error:
        fail(f"cannot write {target}: {error.strerror or error}")
    click.echo(f"wrote {target}")
