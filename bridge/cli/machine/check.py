"""`treadmill-bridge check`."""

import asyncio
import json
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from bleak.exc import BleakError
from click.core import ParameterSource

from bridge.app import logs
from bridge.app.listening import ask_running
from bridge.bluetooth.connection import LinkLost
from bridge.bluetooth.radio import Radio, RadioError, open_radio
from bridge.bluetooth.scan import Match, find
from bridge.bluetooth.trouble import diagnose
from bridge.cli.common import (
    chosen_path,
    config_option,
    fail,
    load_or_fail,
    radio_option,
    usual_path,
    write_whole,
)
from bridge.cli.machine.scan import abilities
from bridge.clock import SystemClock
from bridge.config import Config, Treadmill
from bridge.contract.link import (
    Learned,
)
from bridge.diagnostics.probe import Finding, probe
from bridge.diagnostics.probe_report import learned_words, markdown
from bridge.diagnostics.probe_report import report as report_of
from bridge.drivers.registry import FTMS, Wanted, advertised
from bridge.history.learned import read as read_learned
from bridge.history.store.file import NAME as HISTORY
from bridge.mqtt.advice import advice
from bridge.mqtt.client import find_version, make_client
from bridge.mqtt.exposure import PlaintextPasswordError, check_password_stays_private
from bridge.mqtt.transport import MqttError
from bridge.texts.figures import span
from bridge.tracking.learning.learner import learned_of
from bridge.values import Axis, Units

FIND_S = 10.0
_STOP_FIRST = (
    "The bridge keeps the machine. To examine it, stop the bridge "
    "(sudo systemctl stop treadmill-bridge, or Ctrl-C where it runs) and check again."
)


@click.command("check", epilog="Example: treadmill-bridge check --live --report report.md")
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, dir_okay=False), metavar="[FILE]"
)
@config_option
@radio_option
@click.option("--live", is_flag=True, help="Also connect to the broker and examine each machine.")
@click.option("--yes", is_flag=True, help="With --live: request control without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="With --live: write the results to FILE; JSON if it ends in .json, else Markdown.",
)
def command(
    *,
    file: Path | None,
    path: Path | None,
    radio: str | None,
    live: bool,
    yes: bool,
    as_json: bool,
    report: Path | None,
) -> None:
    """Validate a configuration; with --live also try the broker and the machines.

    --live connects to each machine, reads it and listens for 5 s. It never starts the belt. If you
    agree, and only if the belt is known to be stopped, it requests control once. Request Control
    does not move the belt.

    Exits with 2 if the configuration is invalid, and with 1 if the broker or a machine cannot be
    reached.
    """
    logs.set_up(None)  # the command prints its own lines
    if (yes or report) and not live:
        fail("--yes and --report need --live")
    named = click.get_current_context().get_parameter_source("path")
    if file and path and named is ParameterSource.COMMANDLINE:
        fail("give the configuration once: as FILE, or with --config")

    def on_problems(problems: Sequence[str]) -> None:
        if as_json:
            _print({"good": False, "problems": problems})

    config = load_or_fail(file or path, {"bluetooth.radio": radio}, on_problems)
    try:
        asyncio.run(check_password_stays_private(config.mqtt))
    except PlaintextPasswordError as error:
        on_problems([str(error)])
        fail(str(error))
    warnings = config.warnings()
    if not config.treadmills:
        warnings.append(
            "no treadmill is configured: add [[treadmills]] with an id, "
            "or run treadmill-bridge init."
        )
    result = Result(as_json, {"treadmills": len(config.treadmills), "warnings": warnings})
    for warning in warnings:
        result.show(f"warning: {warning}")
    path = chosen_path(file or path)
    where = str(path) if path else f"{usual_path()} does not exist; the environment"
    if config.treadmills:
        result.show(f"{where} is valid: {len(config.treadmills)} treadmill(s).")
    elif live:
        result.show(f"{where} configures no treadmill; examining any in range.")
    else:
        result.failed(f"{where} configures no treadmill.")
    if live:
        _live(config, result, yes=yes)
    if report is not None:
        _write(report, result)
    result.finish()


@dataclass
class Result:
    """Results of the check, printed line by line or as one JSON object."""

    as_json: bool
    document: dict[str, Any]
    good: bool = True

    def show(self, line: str) -> None:
        """Print a line for people."""
        if not self.as_json:
            click.echo(line)

    def failed(self, line: str) -> None:
        """Record a failure, and print it."""
        self.good = False
        self.show(f"failed: {line}")

    def finish(self) -> None:
        """Print the JSON object if one was asked for, and exit with the right code."""
        if self.as_json:
            _print({**self.document, "good": self.good})
        if not self.good:
            sys.exit(1)


def _print(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _agree(treadmills: Sequence[Treadmill]) -> bool:
    """True if the user lets the bridge request control; False without a terminal."""
    if all(each.control == "never" for each in treadmills):
        return False
    question = (
        "If the belt is stopped, may I request control once? The belt won't move; "
        "another app may lose control."
    )
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise  # Ctrl-C
        click.echo("no (add --yes to agree)", err=True)
        return False


def _live(config: Config, result: Result, *, yes: bool) -> None:
    """Try broker and machines; the user is asked only about machines that no bridge serves."""
    left = asyncio.run(_ask_broker(config, result))
    if left:
        asyncio.run(_try_machines(config, left, result, agreed=yes or _agree(left)))


async def _ask_broker(config: Config, result: Result) -> tuple[Treadmill, ...]:
    """Try the broker and ask running bridges; return the treadmills that none of them serves."""
    broker = await _try_broker(config)
    result.document |= {"broker": broker, "machines": {}}
    if not broker["reached"]:
        result.failed(str(broker["text"]))
    else:
        result.show(f"ok: {broker['text']}")
    served = await _served(config, result) if broker["reached"] else frozenset()
    treadmills: tuple[Treadmill, ...] = config.treadmills or (Treadmill(id="any"),)
    return tuple(each for each in treadmills if each.id not in served)


async def _try_broker(config: Config) -> dict[str, object]:
    mqtt = config.mqtt
    where = f"broker {mqtt.host}:{mqtt.effective_port}"
    identity = f"treadmill-bridge-check-{secrets.token_hex(4)}"
    try:
        version = await find_version(mqtt, identity)
        async with await make_client(mqtt, identity, version):
            text = f"{where}, MQTT {version}"
            return {"reached": True, "text": text}
    except (MqttError, OSError, ValueError) as error:
        return {"reached": False, "text": f"{where}: {error}. Hint: {advice(error, mqtt)}."}


async def _try_machines(
    config: Config, treadmills: Sequence[Treadmill], result: Result, *, agreed: bool
) -> None:
    history = config.state_directory() / HISTORY
    bluetooth = config.bluetooth
    try:
        async with open_radio(bluetooth.radio, bluetooth.adapter) as radio:
            for treadmill in treadmills:
                await _look_at(radio, treadmill, result, history, config.units, agreed=agreed)
    except RadioError as error:
        result.document["bluetooth"] = str(error)
        result.failed(f"Bluetooth: {error}")
    except (BleakError, OSError, EOFError) as error:
        text = diagnose(error).text
        result.document["bluetooth"] = text
        result.failed(f"Bluetooth: {text}")


async def _served(config: Config, result: Result) -> frozenset[str]:
    """Report what a running bridge publishes about its machines; those are not touched here."""
    served = set()
    for treadmill in config.treadmills:
        try:
            running = await ask_running(config.mqtt, treadmill.id)
        except (MqttError, OSError, ValueError):  # the broker's state was printed just before
            break
        if running is None:
            continue
        served.add(treadmill.id)
        link, state = running.link, running.state
        result.document["machines"][treadmill.id] = {"running": {"link": link, "state": state}}
        who = "the bridge that runs for it reports:"
        if not link.get("connected"):
            why = (link.get("reason") or {}).get("text", "it is not connected")
            result.failed(f"{treadmill.id}: {who} {why}")
            continue
        result.show(f"ok: {treadmill.id}: {who} connected, belt {state.get('belt', 'unknown')}")
        for line in _reported(link, config.units):
            result.show(f"    {line}")
        result.show(f"    {_STOP_FIRST}")
    return frozenset(served)


def _reported(link: dict[str, Any], units: Units) -> list[str]:
    """Lines with the machine's abilities, from a bridge's published `link`."""
    machine, ranges = link.get("machine") or {}, link.get("ranges") or {}
    lines = [" ".join(str(machine[key]) for key in ("maker", "model") if machine.get(key))]
    for axis, key in ((Axis.SPEED, "speed_kmh"), (Axis.INCLINE, "incline_percent")):
        if known := ranges.get(key):
            values = (known["min"], known["max"], known["step"])
            lines.append(f"{axis}: {span(axis, *values, units)}")
    lines += [
        f"control: {link.get('control')}",
        f"quirks: {', '.join(link.get('quirks') or ()) or 'none seen'}",
    ]
    return [line for line in lines if line]


async def _look_at(
    radio: Radio,
    treadmill: Treadmill,
    result: Result,
    history: Path,
    units: Units,
    *,
    agreed: bool,
) -> None:
    match = Match(address=treadmill.address or "", name=treadmill.name or "")
    found = await find(radio, Wanted(match), FIND_S)
    machines = result.document["machines"]
    machines[treadmill.id] = None
    if found is None:
        result.failed(f"{treadmill.id}: not in range. Is it on, and not connected to another app?")
        return
    result.show(f"ok: {treadmill.id}: {found.name or found.address} is in range")
    if found.shared:
        result.show("    already connected, by a running bridge or another app; left alone")
    kind = advertised(found)
    if kind is not None and kind is not FTMS:
        result.show(f"skipped: {treadmill.id}: only `run` supports a {kind.title}")
        for danger in kind.dangers:
            result.show(f"caution: {danger}")
        return
    no_control = "" if agreed else "not agreed to (add --yes)"
    if treadmill.control == "never":
        no_control = 'control = "never" is configured'
    clock = SystemClock()
    try:
        finding = await probe(radio, found, treadmill.declared(), clock, no_control=no_control)
    except (BleakError, LinkLost, TimeoutError, EOFError) as error:
        why = str(error) or "no answer"
        result.failed(
            f"{treadmill.id}: cannot examine it ({why}). "
            "If another app or a running bridge is connected to it, close that and try again."
        )
        return
    learned = None
    if known := read_learned(history, found.address):
        learned = Learned.of(learned_of(finding.machine, known)).document()
    machines[treadmill.id] = document = report_of(finding, clock.utc(), learned)
    for line in _summary(finding, document, units):
        result.show(f"    {line}")


def _summary(finding: Finding, document: dict[str, Any], units: Units) -> list[str]:
    row, interval = finding.row, finding.interval
    pace = "no sample" if not finding.samples else "one sample"
    if interval is not None:
        pace = f"a sample every {interval.mean:.2f} s"
    return [
        *abilities(finding.machine, units),
        f"MTU {finding.mtu}; {pace}; belt {finding.belt}",
        f"control: {finding.control}",
        f"model: {row.key} ({row.title})" if row else "model: not in the table, no quirks",
        f"quirks: {', '.join(document['quirks']) or 'none seen'}",
        f"learned: {learned_words(document['learned'])}",
    ]


def _write(path: Path, result: Result) -> None:
    known = result.document.get("machines", {}).values()
    machines = [each for each in known if each and "running" not in each]
    if path.suffix == ".json":
        text = json.dumps(machines, indent=2, ensure_ascii=False) + "\n"
    else:
        text = "\n".join(markdown(each) for each in machines)
        served = any(each and "running" in each for each in known)
        text = text or f"No machine was examined. {_STOP_FIRST if served else ''}".rstrip() + "\n"
    try:
        write_whole(path, text)
    except OSError as error:
        fail(f"cannot write {path} ({error.strerror or error})")
    result.show(f"Wrote the report to {path}, without addresses and serial numbers.")
