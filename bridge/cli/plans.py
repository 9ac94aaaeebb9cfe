"""`treadmill-bridge plans`."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from bridge.app import logs
from bridge.cli.common import config_option, fail, load_or_fail
from bridge.cli.memory import remembered
from bridge.people.household import enrolments_of
from bridge.people.plans import PlanBook
from bridge.plans.model import Interval, Phase, Plan, PlanError
from bridge.plans.reading import built_in, find, read_file, source_of
from bridge.plans.status import PlanStatus
from bridge.texts.figures import amount, distance, duration
from bridge.values import INCLINE, SPEED, Units

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object instead of lines."
)


@click.group(
    "plans",
    epilog="Examples: treadmill-bridge plans show couch-to-5k; "
    "treadmill-bridge plans show return-to-run --toml > knee.toml; "
    "treadmill-bridge plans check knee.toml; treadmill-bridge plans status",
)
def command() -> None:
    """List, show and check training plans, and show each person's progress.

    A person follows a plan if [[people.plan]] in the configuration names one.
    """
    logs.set_up(None)


@command.command("list", epilog="Example: treadmill-bridge plans list --json")
@json_option
def list_plans(*, as_json: bool) -> None:
    """List the built-in plans."""
    plans = {name: find(name) for name in built_in()}
    if as_json:
        _print({name: _about(plan) for name, plan in plans.items()})
        return
    for name, plan in plans.items():
        needs = " Needs clinician = true." if plan.clinician else ""
        click.echo(f"{name}: {plan.description}{needs}")


@command.command("show", epilog="Example: treadmill-bridge plans show couch-to-5k --toml")
@click.argument("name")
@config_option
@click.option("--toml", "as_toml", is_flag=True, help="Print the plan as TOML, to copy and change.")
@json_option
def show(*, name: str, path: Path | None, as_toml: bool, as_json: bool) -> None:
    """Show the phases of the plan NAME, a built-in one or a file."""
    try:
        if as_toml:
            is_file = Path(name).suffix and Path(name).exists()
            text = Path(name).read_text("utf-8") if is_file else source_of(name)
            click.echo(text, nl=False)
            return
        plan = _plan(name)
    except PlanError as error:
        fail(f"{name}: {error}")
    if as_json:
        _print({**_about(plan), "detail": [_phase_about(phase) for phase in plan.phases]})
        return
    units = load_or_fail(path).units
    click.echo(f"{plan.name}: {plan.description}")
    click.echo(f"    source: {plan.source or 'none given'}")
    pain = plan.pain
    click.echo(
        f"    pain: from {pain.hold} on a session does not count, from {pain.back} on the plan "
        f"goes back a phase, from {pain.end} on it ends"
    )
    for number, phase in enumerate(plan.phases, 1):
        click.echo(f"{number:>3}  {phase.name}: {_in_words(phase, units)}")
        for interval in phase.intervals:
            click.echo(f"{'':>9}{_interval_in_words(interval, units)}")


@command.command("check", epilog="Example: treadmill-bridge plans check knee.toml")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def check_files(*, files: tuple[Path, ...], as_json: bool) -> None:
    """Check FILES, and print what was read or what is wrong and where.

    Exits with 1 if any of them cannot be used.
    """
    found: dict[str, Any] = {}
    for file in files:
        try:
            found[str(file)] = _about(read_file(file))
        except PlanError as error:
            found[str(file)] = {"problem": error.problem, "where": error.where or None}
    good = not any("problem" in about for about in found.values())
    if as_json:
        _print({"good": good, "files": found})
    else:
        for name, about in found.items():
            where = f"{about['where']}: " if about.get("where") else ""
            says = f"good: {about['name']}, {about['phases']} phases" if "name" in about else ""
            click.echo(f"{name}: {says or where + about['problem']}")
    sys.exit(0 if good else 1)


@command.command("status", epilog="Example: treadmill-bridge plans status --person Ben")
@config_option
@click.option("--person", metavar="NAME", help="Only this person.")
@json_option
def status(*, path: Path | None, person: str | None, as_json: bool) -> None:
    """Show how far each person has come in their plan, and today's limits.

    Reads the history; the bridge may run meanwhile.
    """
    config = load_or_fail(path)
    enrolled = enrolments_of(config)
    people = [name for name in enrolled if person in {None, name}]
    if person is not None and not people:
        fail(f"{person!r} follows no plan; people with one: {', '.join(enrolled) or 'none'}")
    with remembered(config) as (history, trouble):
        found = {name: PlanBook(history, name, enrolled).status for name in people}
    if trouble:
        click.echo(trouble, err=True)
    known = {name: each for name, each in found.items() if each is not None}
    if as_json:
        _print({name: _status_about(each) for name, each in known.items()})
        return
    for name, each in known.items():
        click.echo(f"{name}: {each.text}")
        for line in _status_lines(each, config.units):
            click.echo(f"    {line}")
    if not known:
        click.echo(
            "Nobody follows a plan. Name one under [[people.plan]] in the configuration; "
            "treadmill-bridge plans list shows the built-in ones."
        )


def _plan(name: str) -> Plan:
    path = Path(name)
    return read_file(path) if path.suffix and path.exists() else find(name)


# --- text for people


def _in_words(phase: Phase, units: Units) -> str:
    parts = [f"{phase.sessions} {'session' if phase.sessions == 1 else 'sessions'}"]
    if phase.time_s is not None:
        parts.append(f"up to {duration(phase.time_s)}")
    if phase.distance_m is not None:
        parts.append(f"up to {distance(phase.distance_m, units)}")
    if phase.speed_kmh is not None:
        parts.append(f"at most {amount(SPEED, phase.speed_kmh * 100, units)}")
    if phase.incline_percent is not None:
        most = amount(INCLINE, phase.incline_percent * 10, units)
        parts.append(f"at most {most}" if phase.incline_percent else "level")
    days = phase.rest_days
    parts.append("a night between" if days == 0 else f"rest days between: {days}")
    return ", ".join(parts)


def _interval_in_words(interval: Interval, units: Units) -> str:
    parts = []
    for word, seconds, kmh in (
        ("walk", interval.walk_s, interval.walk_kmh),
        ("run", interval.run_s, interval.run_kmh),
    ):
        if seconds:
            speed = "" if kmh is None else f" at {amount(SPEED, kmh * 100, units)}"
            parts.append(f"{word} {duration(seconds)}{speed}")
    times = f"{interval.times} times: " if interval.times > 1 else ""
    return times + ", ".join(parts)


def _status_lines(status: PlanStatus, units: Units) -> list[str]:
    lines, ceilings = [], status.ceilings
    if ceilings is not None:
        phase = status.plan.phases[status.progress.phase]
        lines.append(f"today: {ceilings.day}; {_in_words(phase, units)}")
    if status.progress.rest_left_s > 0:
        lines.append(f"rest: for another {duration(status.progress.rest_left_s)}")
    if status.question is not None:
        lines.append(f"asks: {status.question}")
    return lines


# --- JSON for programs


def _about(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "description": plan.description,
        "source": plan.source,
        "clinician": plan.clinician,
        "phases": len(plan.phases),
        "sessions": sum(phase.sessions for phase in plan.phases),
    }


def _phase_about(phase: Phase) -> dict[str, Any]:
    return {
        "name": phase.name,
        "sessions": phase.sessions,
        "rest_days": phase.rest_days,
        "max_speed_kmh": phase.speed_kmh,
        "max_incline_percent": phase.incline_percent,
        "session_s": phase.time_s,
        "session_m": phase.distance_m,
    }


def _status_about(status: PlanStatus) -> dict[str, Any]:
    progress, ceilings = status.progress, status.ceilings
    return {
        "plan": status.plan.key,
        "state": progress.state,
        "phase": progress.phase + 1,
        "phases": len(status.plan.phases),
        "session": progress.done + 1,
        "sessions": status.plan.phases[progress.phase].sessions,
        "day": None if ceilings is None else ceilings.day,
        "rest_left_s": round(progress.rest_left_s),
        "question": progress.question,
    }


def _print(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
