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

dry_run_option = click.option("--dry-run", is_flag=True, help="Print the steps without doing them.")
root_option = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path("/"),
    help="Write below this directory and run no commands; for packages and images.",
)


@click.command(
    "install-service",
    epilog="Example: sudo treadmill-bridge install-service",
)
@dry_run_option
@root_option
@click.option("--no-start", is_flag=True, help="Install the service, but don't start it.")
@click.option(
    "--program",
    metavar="PATH",
    help="Program that the service runs. [default: this one]",
)
def command(dry_run: bool, root: Path, no_start: bool, program: str | None) -> None:
    """Let systemd start the bridge at boot, sandboxed and as its own user.

    Writes the user (sysusers.d) and the unit. If /etc/treadmill-bridge/mqtt-password exists, the
    unit passes it as a credential. Run again, the command changes only what differs. It prints each
    step; uninstall-service reverses them.
    """
    started = program or service.program_of_this_process()
    config = root / service.CONFIG.lstrip("/")
    if not config.exists() and not no_start and not dry_run:
        fail(f"{service.CONFIG} is missing; write it first (sudo treadmill-bridge init)")
    # The unit's ProtectHome=yes hides users' home directories and root's.
    if {"home", "root"} & set(Path(started).parts[1:2]):
        click.echo(
            f"warning: the service cannot read home directories, and {started} is in one. "
            "Install the program system-wide (docs/operations.md), or set --program.",
            err=True,
        )
    password = (root / service.PASSWORD.lstrip("/")).exists()
    steps = service.install(
        started, password=password, start=not no_start, packaged=service.is_packaged(root)
    )
    carry_out(steps, root, dry_run=dry_run)
    if not dry_run and root == Path("/"):
        click.echo("Check it: systemctl status treadmill-bridge; sudo treadmill-bridge doctor")


def carry_out(steps: Iterable[Step], root: Path, *, dry_run: bool) -> None:
    """Carry out and print each step; a failure ends the command, unless the step is optional."""
    if not dry_run and not service.may_write(root):
        fail("this writes below /etc; run it with sudo, or preview it with --dry-run")
    for step in steps:
        what = shlex.join(step.command) if step.command else step.path
        if dry_run:
            click.echo(f"would {_verb(step)}: {what}")
        elif step.command:
            if root == Path("/"):
                why = _run(step)
                click.echo(f"skipped: {what} ({why})" if why else f"ran: {what}")
        else:
            try:
                changed = service.write(step, root)
            except OSError as error:
                fail(f"{what}: {error.strerror or error}")
            verb = "wrote" if step.text is not None else "removed"
            if changed or not step.optional:
                click.echo(f"{verb}: {what}" if changed else f"unchanged: {what}")


def _verb(step: Step) -> str:
    if step.command:
        return "run"
    return "remove" if step.text is None else "write"


def _run(step: Step) -> str:
    """Run a command; return why an optional one failed, or nothing."""
    if shutil.which(step.command[0]) is None:
        if step.optional:
            return f"{step.command[0]} is not installed"
        fail(f"{step.command[0]} is not installed; this needs Linux with systemd")
    done = subprocess.run(  # noqa: S603 - fixed arguments
        step.command, capture_output=True, text=True, check=False, timeout=COMMAND_S
    )
    if done.returncode and not step.optional:
        click.echo(done.stderr.strip(), err=True)
        click.echo(f"failed: {shlex.join(step.command)} (to {step.words})", err=True)
        sys.exit(1)
    said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return said[0] if done.returncode else ""
