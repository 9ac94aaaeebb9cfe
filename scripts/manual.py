#!/usr/bin/env python3
"""Prints the man page treadmill-bridge(1), generated from the command line's help.

scripts/manual.py > treadmill-bridge.1
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version

import click

from bridge.cli import COMMANDS, main

NAME = "treadmill-bridge"
SUMMARY = "bridge between Bluetooth treadmills and MQTT"
FILES = {
    "/etc/treadmill-bridge/config.toml": "The configuration, if --config names no other.",
    "/etc/treadmill-bridge/mqtt-password": "The broker's password, readable by root alone.",
    "/etc/default/treadmill-bridge": "Environment of the service.",
    "/var/lib/treadmill-bridge/history.sqlite3": "Sessions, exposure, rest, pain and shoes.",
}
ENVIRONMENT = {
    "TREADMILL_BRIDGE_CONFIG": "The configuration, if --config names no other.",
    "TREADMILL_BRIDGE__SECTION__KEY": (
        "Overrides a key of the configuration, such as TREADMILL_BRIDGE__MQTT__HOST. Plain text, "
        "without quotes."
    ),
}
STATUS = {
    "0": "Success.",
    "1": "Something failed; standard error says what, and what to do.",
    "2": "The command line or the configuration is wrong.",
}


def escaped(text: str) -> str:
    """Return text escaped for roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(
        f"\\&{line}" if line.startswith((".", "'")) else line for line in text.split("\n")
    )


def paragraphs(text: str) -> Iterator[str]:
    r"""Return a help text as roff; `\b` marks a paragraph whose lines stay as they are."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in paragraph.split("\n")]
        yield ".PP"
        if lines[0] == "\b":
            yield ".nf"
            yield from (escaped(line) for line in lines[1:])
            yield ".fi"
        else:
            yield escaped(" ".join(lines))


def definitions(entries: dict[str, str]) -> Iterator[str]:
    """Return a definition list in roff."""
    for term, meaning in entries.items():
        yield from (".TP", f".B {escaped(term)}", escaped(meaning))


def command_lines(command: click.Command, context: click.Context) -> Iterator[str]:
    """Return one command: its usage, description, options and subcommands."""
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f".SS {escaped(usage)}"
    yield from paragraphs(command.help or "")
    options = [record for each in command.get_params(context)
               if (record := each.get_help_record(context)) is not None]  # fmt: skip
    yield from definitions(dict(options[:-1]))  # the last is --help
    if command.epilog:
        yield from paragraphs(command.epilog)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from command_lines(below, click.Context(below, context, info_name=name))


def page() -> Iterator[str]:
    """Return the man page, line by line."""
    yield f'.TH {NAME.upper()} 1 "" "{NAME} {version(NAME)}" "User Commands"'
    yield from (".SH NAME", f"{NAME} \\- {SUMMARY}")
    yield from (".SH SYNOPSIS", f".B {NAME}", "COMMAND [OPTIONS] [ARGUMENTS]")
    yield ".SH DESCRIPTION"
    yield from paragraphs(main.help or "")
    yield ".SH COMMANDS"
    context = click.Context(main, info_name=NAME)
    for name in COMMANDS:
        command = main.get_command(context, name)
        if command is not None:
            yield from command_lines(command, click.Context(command, context, info_name=name))
    for title, entries in (("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT), ("EXIT STATUS", STATUS)):
        yield f".SH {title}"
        yield from definitions(entries)
    yield ".SH SEE ALSO"
    yield ".BR systemctl (1), mosquitto_pub (1), mosquitto_sub (1), bluetoothctl (1)"


if __name__ == "__main__":
    sys.stdout.write("\n".join(page()) + "\n")
