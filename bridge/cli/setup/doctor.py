"""`treadmill-bridge doctor`."""

import asyncio
import json
import os
import sys
from pathlib import Path

import click

from bridge.app import logs
from bridge.app.doctor import Finding, Places, Verdict, examine
from bridge.cli.common import chosen_path, config_option, fail, write_whole
from bridge.redaction import redact

_WORDS = {Verdict.OK: "ok     ", Verdict.FAILED: "FAILED ", Verdict.SKIPPED: "skipped"}


@click.command(
    "doctor",
    epilog="Example: sudo treadmill-bridge doctor --report doctor.md",
)
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Also write a Markdown report to FILE for a bug report, without addresses and passwords.",
)
def command(path: Path | None, as_json: bool, report: Path | None) -> None:
    """Check this computer, and suggest a fix for each problem.

    Checks the configuration, the service and its user, Bluetooth (also as that user), the broker
    and the permissions on each topic, the clock and the disk. It changes nothing and never moves
    the belt. With sudo it can check more.

    Exits with 1 if a check failed.
    """
    logs.set_up(None)
    path = chosen_path(path)
    found = asyncio.run(examine(path, Places(), _silent if as_json else _print_finding))
    faults = [each for each in found if each.verdict is Verdict.FAILED]
    if report is not None:
        _write(report, found)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2, ensure_ascii=False))
    elif faults:
        click.echo(f"{len(faults)} of {len(found)} checks failed; each line suggests a fix.")
    else:
        click.echo("No problem found. Next, look for the treadmill: treadmill-bridge scan")
    if faults:
        sys.exit(1)


def _silent(_: Finding) -> None:
    """Print nothing: the JSON object is printed at the end."""


def _print_finding(finding: Finding) -> None:
    click.echo(f"{_WORDS[finding.verdict]} {finding.check}: {finding.text}")


def _document(found: list[Finding]) -> dict[str, object]:
    return {
        "good": all(each.verdict is not Verdict.FAILED for each in found),
        "findings": [
            {
                "check": each.check,
                "verdict": each.verdict.value,
                "rule": each.rule or None,
                "text": each.text,
            }
            for each in found
        ],
    }


def _write(path: Path, found: list[Finding]) -> None:
    home = os.path.expanduser("~")  # noqa: PTH111 - "~" for a user without a home directory
    lines = [
        f"| {each.verdict} | {each.check} | {each.rule} | {redact(each.text).replace(home, '~')} |"
        for each in found
    ]
    text = "\n".join(("| | check | rule | |", "|---|---|---|---|", *lines, ""))
    try:
        write_whole(path, text)
    except OSError as error:
        fail(f"cannot write {path} ({error.strerror or error})")
    click.echo(f"Wrote the report to {path}.", err=True)
