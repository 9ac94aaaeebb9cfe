"""`treadmill-bridge init`."""

import asyncio
import os
import shutil
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from bleak.exc import BleakError

from bridge.app import logs, service, set_up
from bridge.app.set_up import Answers, Candidate
from bridge.bluetooth.bluez import look
from bridge.bluetooth.radio import SYSTEM, RadioError, open_radio
from bridge.bluetooth.scan import Found
from bridge.bluetooth.trouble import diagnose
from bridge.cli.common import fail, radio_option
from bridge.cli.machine.scan import abilities
from bridge.cli.setup.asking import Talk, checked, checked_broker, id_from
from bridge.cli.setup.install_service import carry_out
from bridge.config import (
    DEFAULT_PATH,
    Config,
    ConfigError,
    ConfigFileError,
    host_and_port,
    load,
    validated,
)
from bridge.toml import ENCODING
from bridge.values import Trouble, Units

SCAN_S = 6.0
PROFILES = ("gentle", "steady", "trained")
UNITS = ("auto", "kmh", "mph")


@click.command(
    "init",
    epilog="Examples: sudo treadmill-bridge init; sudo treadmill-bridge init --yes --service",
)
@click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="TREADMILL_BRIDGE_CONFIG",
    help=f"The file to write. [default: {DEFAULT_PATH}]",
)
@radio_option
@click.option("--yes", is_flag=True, help="Ask nothing; use the options and what is found.")
@click.option("--broker", metavar="HOST[:PORT]", callback=checked_broker, help="The MQTT broker.")
@click.option("--username", help="The bridge's user name at the broker.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the password for the broker.",
)
@click.option(
    "--id",
    "name",
    callback=checked("id"),
    help="The treadmill's id, used in its topics. [default: home]",
)
@click.option(
    "--address",
    callback=checked("address"),
    help="The treadmill's Bluetooth address, if several are in range.",
)
@click.option(
    "--remote-start/--no-remote-start",
    default=None,
    help="Allow starting the belt over MQTT. [default: no]",
)
@click.option("--profile", type=click.Choice(PROFILES), help="Profile of limits. [default: gentle]")
@click.option(
    "--units",
    type=click.Choice([str(each) for each in Units]),
    help="Your own unit of speed. [default: km/h]",
)
@click.option(
    "--speed-unit",
    type=click.Choice(UNITS),
    help="Unit of the display. [default: auto]",
)
@click.option("--service", "with_service", is_flag=True, help="Also install and start the service.")
def command(
    *,
    path: Path | None,
    radio: str | None,
    yes: bool,
    broker: str | None,
    username: str | None,
    password_file: Path | None,
    name: str | None,
    address: str | None,
    remote_start: bool | None,
    profile: str | None,
    units: str | None,
    speed_unit: str | None,
    with_service: bool,
) -> None:
    """Find the treadmill and the broker, try both, and write the configuration.

    Run it again to change single answers. Comments and all other keys stay, and the old file is
    kept beside the new one. The belt is never moved.
    """
    logs.set_up(None)
    path = path or DEFAULT_PATH
    before, config = _present(path)
    _check_writable(path)
    talk = Talk(yes)
    _show_present(path, config)
    answers = Answers(
        radio=radio,
        username=username,
        password_file=None if password_file is None else str(password_file.absolute()),
        treadmill=name,
        address=address,
        allow_remote_start=remote_start,
        profile=profile,
        units=units,
        speed_unit=speed_unit,
    )
    answers = asyncio.run(_choose_machine(talk, config, answers))
    answers = _choose_broker(talk, config, answers, broker, path)
    answers = _choose_rest(talk, config, answers)
    text = set_up.written(before, answers)
    _check(text)
    if text == before:
        click.echo(f"{path} is unchanged.")
    else:
        try:
            kept = set_up.save(path, text)
        except OSError as error:
            fail(f"cannot write {path} ({error.strerror or error}); choose another with --config")
        click.echo(f"wrote: {path}" + (f" (the old file is {kept})" if kept else ""))
    _finish(talk, path, with_service=with_service)


def _present(path: Path) -> tuple[str, Config | None]:
    """Return the file's text and its configuration; "" and None without a file."""
    try:
        config = load(path)  # first: it has a sentence for text that is not UTF-8
        return path.read_text(ENCODING), config
    except ConfigError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return "", None
        if isinstance(error, ConfigFileError):
            fail(f"{error}; correct it, or move it away and run this again")
        problems = "\n".join(f"  {each}" for each in error.problems)
        fail(f"{path} is invalid; correct it, or move it away and run this again\n{problems}")
    except OSError as error:
        fail(f"cannot read {path} ({error.strerror or error})")


def _check_writable(path: Path) -> None:
    try:
        existing = next(each for each in (path, *path.absolute().parents) if each.exists())
        writable = os.access(existing, os.W_OK)
    except PermissionError:  # in a directory that this user may not search
        writable = False
    if not writable:
        fail(f"this user cannot write {path}; use sudo, or choose a file with --config")


def _show_present(path: Path, config: Config | None) -> None:
    if config is None:
        click.echo(f"Writing a new configuration, {path}.")
        return
    click.echo(f"{path} says: broker {config.mqtt.host}:{config.mqtt.effective_port},")
    for each in config.treadmills:
        which = each.address or each.name or "any in range"
        start = "may" if each.allow_remote_start else "may not"
        click.echo(f"  treadmill {each.id} ({which}), {start} be started over MQTT,")
    click.echo(f"  profile {config.guard.profile}. Press Enter to keep an answer.")


async def _choose_machine(talk: Talk, config: Config | None, answers: Answers) -> Answers:
    bluetooth = (config or Config()).bluetooth
    spec = answers.radio or bluetooth.radio
    adapter = "" if spec != SYSTEM else await _choose_adapter(talk, bluetooth.adapter)
    if adapter != bluetooth.adapter:
        answers = replace(answers, adapter=adapter)
    try:
        async with open_radio(spec, adapter) as radio:
            click.echo(f"Looking for treadmills for {SCAN_S:.0f} s …")
            found = await set_up.machines_in_reach(radio, SCAN_S)
            chosen = _pick(talk, found, answers.address or _address(config))
            if chosen is not None:
                _show(await set_up.try_machine(radio, chosen), (config or Config()).units)
                answers = replace(answers, address=answers.address or chosen.address)
    except RadioError as error:
        click.echo(f"Could not scan for treadmills: {error}")
    except (BleakError, OSError, EOFError) as error:
        click.echo(f"Could not scan for treadmills. {diagnose(error).text}")
    return answers


async def _choose_adapter(talk: Talk, present: str) -> str:
    """Return the adapter to use; asks only if several are switched on."""
    if sys.platform != "linux":
        return present
    try:
        usable = [each.name for each in (await look()).adapters if each.powered]
    except (BleakError, OSError, EOFError):  # reported by the scan that follows
        return present
    if len(usable) < 2:
        return present
    default = present if present in usable else usable[0]
    chosen: str = talk.ask("Bluetooth adapter", default, type=click.Choice(usable))
    return chosen


def _address(config: Config | None) -> str:
    return (config.treadmills[0].address or "") if config and config.treadmills else ""


def _pick(talk: Talk, found: list[Found], wanted: str) -> Found | None:
    """Return the treadmill to use; None keeps the known address."""
    if not found:
        click.echo(
            "No treadmill in range. Switch it on, close other apps connected to it, and run this "
            "again. Until then the bridge uses the first treadmill that it finds."
        )
        return None
    for number, each in enumerate(found, 1):
        signal = "" if each.rssi is None else f", {each.rssi} dBm"
        click.echo(f"  {number}  {each.name or '(no name)'}  {each.address}{signal}")
    mine = [n for n, each in enumerate(found, 1) if each.address.lower() == wanted.lower()]
    if wanted and not mine:
        click.echo(f"The configured treadmill {wanted} is not among them.")
        if talk.yes:
            return None
    number = (mine or [1])[0]
    if len(found) > 1 or (wanted and not mine):
        number = talk.ask("Which one", number, type=click.IntRange(1, len(found)))
    return found[number - 1]


def _show(machine: Any, units: Units) -> None:
    if isinstance(machine, Trouble):
        click.echo(f"  {machine.text}")
        return
    for line in abilities(machine, units)[:3]:
        click.echo(f"     {line}")


def _choose_broker(
    talk: Talk, config: Config | None, answers: Answers, given: str | None, path: Path
) -> Answers:
    mqtt = (config or Config()).mqtt
    candidates = [Candidate(mqtt.host, mqtt.port)]
    if given is None and config is None:
        click.echo("Looking for a broker …")
        candidates += asyncio.run(set_up.announced_brokers())
    while True:
        try:
            host, port = host_and_port(given or _ask_broker(talk, candidates))
        except ValueError as error:
            if given or talk.yes:
                fail(str(error))
            click.echo(f"  {error}")
            continue
        settings = mqtt.model_copy(
            update={
                "host": host,
                "port": port,
                **({"username": answers.username} if answers.username else {}),
                **({"password_file": Path(answers.password_file)} if answers.password_file else {}),
            }
        )
        trouble = asyncio.run(set_up.try_broker(settings))
        if not trouble:
            click.echo(f"  The broker {host}:{settings.effective_port} answers.")
            break
        click.echo(f"  The broker {host}:{settings.effective_port}: {trouble}")
        if talk.yes or not talk.agree("Try another broker or another name?", True):
            break
        given = None
        answers = _ask_login(talk, answers, path)
    if config is None or host != mqtt.host:
        answers = replace(answers, host=host)
    if port != mqtt.port:
        answers = replace(answers, port=port)
    return answers


def _ask_broker(talk: Talk, candidates: list[Candidate]) -> str:
    for each in candidates[1:]:
        click.echo(f"  {each} found on the network")
    answer: str = talk.ask("MQTT broker (HOST or HOST:PORT)", str(candidates[0]))
    return answer


def _ask_login(talk: Talk, answers: Answers, path: Path) -> Answers:
    username = talk.ask("User name at the broker (empty: none)", answers.username or "")
    if not username:
        return answers
    password = talk.ask("Its password", "", hide_input=True, show_default=False)
    if not password:
        return replace(answers, username=username)
    file = path.absolute().with_name("mqtt-password")
    try:
        set_up.save(file, f"{password}\n", 0o600)
    except OSError as error:
        fail(f"cannot write {file} ({error.strerror or error})")
    click.echo(f"wrote {file} (readable only by {'root' if os.geteuid() == 0 else 'you'})")
    return replace(answers, username=username, password_file=str(file))


def _choose_rest(talk: Talk, config: Config | None, answers: Answers) -> Answers:
    present = config.treadmills[0] if config and config.treadmills else None
    name = answers.treadmill or (present.id if present else "home")
    if present is None and not answers.treadmill:
        question = "A name for the treadmill, such as basement"
        name = talk.ask(question, name, value_proc=id_from)
    answers = replace(answers, treadmill=name)
    if answers.allow_remote_start is None:
        start = talk.agree(
            "May anyone who can reach the broker start the belt over MQTT?",
            present.allow_remote_start if present else False,
        )
        answers = replace(answers, allow_remote_start=start)
    if answers.profile is None:
        talk.explain(
            "Limits: gentle for most people and after injuries, steady for regular runners,\n"
            "trained for intervals."
        )
        default = config.guard.profile if config else PROFILES[0]
        profile = talk.ask("Profile", default, type=click.Choice(PROFILES))
        answers = replace(answers, profile=profile)
    if answers.units is None:
        mine = talk.ask(
            "Your own unit of speed",
            str((config or Config()).units),
            type=click.Choice([str(each) for each in Units]),
        )
        answers = replace(answers, units=mine)
    if answers.speed_unit is None:
        talk.explain("Does the treadmill's display show km/h or mph? auto: the bridge finds out.")
        default = present.speed_unit if present else UNITS[0]
        unit = talk.ask("Its unit", default, type=click.Choice(UNITS))
        answers = replace(answers, speed_unit=unit)
    return answers


def _check(text: str) -> None:
    """Fail unless the written text is a valid configuration."""
    try:
        validated(tomllib.loads(text))
    except ConfigError as error:
        problems = "\n".join(f"  {each}" for each in error.problems)
        fail(f"these answers do not fit; nothing was written\n{problems}")


def _finish(talk: Talk, path: Path, *, with_service: bool) -> None:
    can = path == DEFAULT_PATH and os.geteuid() == 0 and Path("/run/systemd/system").exists()
    if with_service and not can:
        fail("the service needs root, systemd and the default path of the configuration")
    if can and (with_service or (not talk.yes and talk.agree("Install the service?", True))):
        program = service.program_of_this_process()
        password = Path(service.PASSWORD).exists()
        steps = service.install(
            program, password=password, start=True, packaged=service.is_packaged(Path("/"))
        )
        carry_out(steps, Path("/"), dry_run=False)
        click.echo("Watch it: treadmill-bridge watch")
        return
    option = "" if path == DEFAULT_PATH else f" --config {path}"
    click.echo("Next:")
    click.echo(f"  treadmill-bridge check --live{option}")
    click.echo(f"  treadmill-bridge run{option}")
    if shutil.which("systemctl") and path == DEFAULT_PATH:
        click.echo("Or as a service: sudo treadmill-bridge install-service")
