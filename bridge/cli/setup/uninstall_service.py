"""`treadmill-bridge uninstall-service`."""

from pathlib import Path

import click

from bridge.app import service
from bridge.cli.setup.install_service import carry_out, dry_run_option, root_option


@click.command(
    "uninstall-service", epilog="Example: sudo treadmill-bridge uninstall-service --dry-run"
)
@dry_run_option
@root_option
@click.option("--purge", is_flag=True, help="Also delete configuration, history and user.")
def command(dry_run: bool, root: Path, purge: bool) -> None:
    """Stop the service and remove what install-service wrote.

    Configuration and history stay, unless --purge is given.
    """
    carry_out(service.uninstall(purge=purge), root, dry_run=dry_run)
    if not purge:
        click.echo(f"Kept: {', '.join(service.kept())}.")
