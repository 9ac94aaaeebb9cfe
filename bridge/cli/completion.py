"""`treadmill-bridge completion`."""

import click

_LINES = {
    "bash": 'eval "$(_TREADMILL_BRIDGE_COMPLETE=bash_source treadmill-bridge)"',
    "zsh": 'eval "$(_TREADMILL_BRIDGE_COMPLETE=zsh_source treadmill-bridge)"',
    "fish": "_TREADMILL_BRIDGE_COMPLETE=fish_source treadmill-bridge | source",
}


@click.command("completion", epilog="Example: treadmill-bridge completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(list(_LINES)))
def command(shell: str) -> None:
    """Print the line that enables completion of commands and options.

    Add it to ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.
    """
    click.echo(_LINES[shell])
