"""`treadmill-bridge install-service` and `uninstall-service`."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from bridge.app import service
from bridge.app.service import Step
from bridge.cli.common import fail

COMMAND_S = 120.0

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would be done, and do nothing."
)
root_option = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path("/"),
    help="Write below this directory and run no command: for packages and images.",
)


@click.command(
    "install-service",
    epilog="Example: sudo treadmill-bridge install-service",
)
@dry_run_option
@root_option
@click.option("--no-start", is_flag=True, help="Write everything, but do not start it.")
@click.option(
    "--program",
    metavar="PATH",
    help="The program that the service starts. [default: this one]",
)
def command(dry_run: bool, root: Path, no_start: bool, program: str | None) -> None:
    """Let systemd start the bridge with the computer, locked in, as a user of its own.

    Writes the user (sysusers.d), the unit, and where /etc/treadmill-bridge/mqtt-password exists
    its hand-over as a credential. Run again it changes only what is different. It says what it
    did; uninstall-service takes it back.
    """
    started = program or service.program_of_this_process()
    config = root / service.CONFIG.lstrip("/")
    if not config.exists() and not no_start and not dry_run:
        fail(f"{service.CONFIG} is missing: write it first (sudo treadmill-bridge init)")
    # What ProtectHome=yes of the unit hides: a home of a user, or root's own.
    if {"home", "root"} & set(Path(started).parts[1:2]):
        click.echo(
            f"warning: the service is locked out of home directories, and {started} is in one. "
            "Install the program where all reach it (docs/operations.md), or name it by --program.",
            err=True,
        )
    password = (root / service.PASSWORD.lstrip("/")).exists()
    steps = service.install(
        started, password=password, start=not no_start, packaged=service.is_packaged(root)
    )
    carry_out(steps, root, dry_run=dry_run)
    if not dry_run and root == Path("/"):
        click.echo("See how it is: systemctl status treadmill-bridge; sudo treadmill-bridge doctor")


def carry_out(steps: Iterable[Step], root: Path, *, dry_run: bool) -> None:
    """Do each step and say so; one that fails ends the command, unless the rest can go on."""
    if not dry_run and not service.may_write(root):
        fail("this writes below /etc: run it with sudo, or see what it would do with --dry-run")
    for step in steps:
        what = shlex.join(step.command) if step.command else step.path
        if dry_run:
            click.echo(f"would {_verb(step)}: {what}")
        elif step.command:
            if root == Path("/"):
                _run(step)
                click.echo(f"ran: {what}")
        else:
            try:
                changed = service.write(step, root)
            except OSError as error:
                fail(f"{what}: {error.strerror or error}")
            verb = "wrote" if step.text is not None else "removed"
            if changed or not step.optional:
                click.echo(f"{verb}: {what}" if changed else f"left as it was: {what}")


def _verb(step: Step) -> str:
    if step.command:
        return "run"
    return "remove" if step.text is None else "write"


def _run(step: Step) -> None:
    if shutil.which(step.command[0]) is None:
        if step.optional:
            return
        fail(f"{step.command[0]} is not installed: this needs Linux with systemd")
    done = subprocess.run(  # noqa: S603 - our own words
        step.command, capture_output=True, text=True, check=False, timeout=COMMAND_S
    )
    if done.returncode and not step.optional:
        click.echo(done.stderr.strip(), err=True)
        click.echo(f"failed: {shlex.join(step.command)} (to {step.words})", err=True)
        sys.exit(1)
