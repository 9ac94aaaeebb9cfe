"""`treadmill-bridge workouts`."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bridge.app import logs
from bridge.cli.common import config_option, fail, load_or_fail
from bridge.cli.memory import remembered
from bridge.config import DEFAULT_PERSON, Config, Treadmill
from bridge.guard import Past
from bridge.history.learned import read as read_learned
from bridge.history.store.file import NAME
from bridge.machines.learned import UNLEARNED
from bridge.people.household import enrolments_of, policy_of, runner_of
from bridge.people.plans import PlanBook
from bridge.texts.figures import amount, clock
from bridge.tracking.learning.learner import learned_of
from bridge.values import MachineInfo
from bridge.workouts.dry_run import DryRun, StepOutlook, dry_run
from bridge.workouts.model import Workout, WorkoutError, count
from bridge.workouts.plan import plan
from bridge.workouts.readers.reading import load, read_file

_FILES = ".zwo, .fit, .gpx, .xml or .toml"

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object instead of lines."
)


@click.group(
    "workouts",
    epilog="Examples: treadmill-bridge workouts show Hills; "
    "treadmill-bridge workouts check Downloads/*.zwo",
)
def command() -> None:
    """List, check and dry-run structured workouts.

    Reads Zwift .zwo, FIT workouts, GPX, qdomyos-zwift XML and TOML from the folder
    workouts.directory, by default `workouts` in the state directory.
    """
    logs.set_up(None)


@command.command("list", epilog="Example: treadmill-bridge workouts list --json")
@config_option
@json_option
def list_workouts(*, path: Path | None, as_json: bool) -> None:
    """List the workouts in the folder, and the files that cannot be used."""
    folder = load_or_fail(path).workouts_directory()
    library = load(folder)
    if as_json:
        names = {name: _about(workout) for name, workout in library.workouts.items()}
        _print({"folder": str(folder), "workouts": names, "problems": library.problems})
        return
    for name, workout in library.workouts.items():
        steps = count(workout.parts)
        title = "" if workout.name == name else f" ({workout.name})"
        click.echo(f"{name}{title}: {steps} steps, {workout.format}")
    if not folder.exists():
        click.echo(f"{folder} does not exist; create it, and put {_FILES} files there.")
        return
    for name, problem in library.problems.items():
        click.echo(f"{name}: invalid: {problem}")
    if not library.workouts and not library.problems:
        click.echo(f"{folder} has no workouts; put {_FILES} files there.")


@command.command("check", epilog="Example: treadmill-bridge workouts check tempo.zwo")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def check_files(*, files: tuple[Path, ...], as_json: bool) -> None:
    """Check FILES, and print what was read, what was assumed, and what is wrong and where.

    Exits with 1 if any of them cannot be used.
    """
    found: dict[str, Any] = {}
    good = True
    for file in files:
        try:
            found[str(file)] = _about(read_file(file))
        except WorkoutError as error:
            good = False
            found[str(file)] = {"problem": error.problem, "where": error.where or None}
    if as_json:
        _print({"good": good, "files": found})
    else:
        for name, about in found.items():
            _print_checked(name, about)
    sys.exit(0 if good else 1)


def _print_checked(name: str, about: dict[str, Any]) -> None:
    if "problem" in about:
        where = f"{about['where']}: " if about["where"] else ""
        click.echo(f"{name}: {where}{about['problem']}")
        return
    click.echo(f"{name}: good: {about['name']}, {about['steps']} steps, {about['format']}")
    for note in about["notes"]:
        click.echo(f"    note: {note}")


def _about(workout: Workout) -> dict[str, Any]:
    return {
        "name": workout.name,
        "format": workout.format,
        "steps": count(workout.parts),
        "notes": list(workout.notes),
    }


@command.command("show", epilog="Example: treadmill-bridge workouts show hills --person Ben")
@click.argument("name")
@config_option
@click.option("--treadmill", metavar="ID", help="Treadmill to run on. [default: the first]")
@click.option("--person", metavar="NAME", help="Person who runs. [default: the first]")
@json_option
def show(
    *, name: str, path: Path | None, treadmill: str | None, person: str | None, as_json: bool
) -> None:
    """Dry-run the workout NAME (or a file), with what the guard would lower in each step today.

    It needs no treadmill and moves no belt.
    """
    config = load_or_fail(path)
    workout = _find(config, name)
    where = _treadmill(config, treadmill)
    who = _person(config, person)
    policy = policy_of(config, where, next((p for p in config.people if p.name == who), None))
    past, trouble = _past(config, where, who)
    try:
        planned = plan(workout, runner_of(config, who))
    except WorkoutError as error:
        fail(f"{name}: {error}")
    known = read_learned(config.state_directory() / NAME, where.address or "")
    machine = MachineInfo(address=where.address or "", can_control=True)
    learned = UNLEARNED if known is None else learned_of(machine, known)
    run = dry_run(planned, policy, past=past, learned=learned)
    if as_json:
        _print(_document(run, trouble))
    else:
        _print_dry_run(run, trouble)


def _find(config: Config, name: str) -> Workout:
    """Return the workout from a file, or the one with that name in the folder."""
    if Path(name).suffix and Path(name).exists():
        try:
            return read_file(Path(name))
        except WorkoutError as error:
            fail(f"{name}: {error}")
    library = load(config.workouts_directory())
    found = library.find(name)
    if found is None:
        if (broken := library.problem_of(name)) is not None:
            fail(f"{name}: {broken}")
        known = ", ".join(library.workouts) or "none"
        fail(f"no workout {name!r} in {config.workouts_directory()}; available: {known}")
    return found


def _treadmill(config: Config, name: str | None) -> Treadmill:
    known = config.treadmills or (Treadmill(id="home"),)
    found = next((each for each in known if name in {None, each.id}), None)
    if found is None:
        fail(f"no treadmill {name!r} is configured; configured: {', '.join(t.id for t in known)}")
    return found


def _person(config: Config, name: str | None) -> str:
    known = [person.name for person in config.people] or [DEFAULT_PERSON]
    found = next((each for each in known if name is None or each == name), None)
    if found is None:
        fail(f"no person {name!r} is configured; configured: {', '.join(known)}")
    return found


def _past(config: Config, treadmill: Treadmill, person: str) -> tuple[Past, str]:
    """Return the guard's history of a person from a copy, and a problem or ""."""
    with remembered(config) as (history, trouble):
        book = PlanBook(history, person, enrolments_of(config))
        past = history.past(treadmill.id, person)
        return replace(past, plan=book.ceilings), trouble


def _print_dry_run(run: DryRun, trouble: str) -> None:
    click.echo(f"{run.plan.name}: {run.summary}")
    for note in (*_remarks(run), *([trouble] if trouble else [])):
        click.echo(f"    {note}")
    for step in run.steps:
        click.echo(f"{clock(step.begins_s):>8}  {step.step.number:>3}  {step.step.text}")
        if step.text:
            click.echo(f"{'':>15}guard: {step.text}")
    if run.ending:
        click.echo(run.ending)


def _remarks(run: DryRun) -> list[str]:
    return [
        *(f"reference: {reference}" for reference in run.plan.references),
        *(f"note: {note}" for note in run.plan.notes),
        *(f"assumed: {assumed}" for assumed in run.assumed),
    ]


def _print(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _document(run: DryRun, trouble: str) -> dict[str, Any]:
    return {
        "name": run.plan.name,
        "duration_s": round(run.seconds),
        "distance_m": round(run.metres),
        "climb_m": round(run.climb_m, 1),
        "references": list(run.plan.references),
        "notes": [*run.plan.notes, *([trouble] if trouble else [])],
        "assumed": list(run.assumed),
        "steps": [_step(step) for step in run.steps],
        "ending": run.ending,
    }


def _step(outlook: StepOutlook) -> dict[str, Any]:
    return {
        "step": outlook.step.number,
        "text": outlook.step.text,
        "begins_s": round(outlook.begins_s),
        "duration_s": round(outlook.seconds),
        "distance_m": round(outlook.metres),
        "reached": {
            str(axis): amount(axis, value, outlook.units) for axis, value in outlook.reached.items()
        },
        "guard": outlook.text or None,
    }
