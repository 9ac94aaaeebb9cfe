"""`treadmill-bridge decode`."""

import json
import sys

import click

from protocols.describe import describe
from protocols.errors import DecodeError


@click.command(
    "decode",
    epilog="Example: treadmill-bridge decode 2acd 8425e1000a00000100000000002700080000",
)
@click.argument("uuid", metavar="UUID")
@click.argument("frames", metavar="HEX...", nargs=-1)
def command(uuid: str, frames: tuple[str, ...]) -> None:
    """Decode the bytes of a characteristic to one JSON object.

    Write UUID in any usual form: 2acd, 0x2ACD, or the long one. HEX may contain spaces, colons or
    dashes, and begin with 0x. Give several frames if one sample was sent in several. A frame that
    cannot be decoded exits with 2 and one line with the reason.
    """
    try:
        values = [_octets(frame) for frame in frames]
        # single octets, as in 84 25 e1 00: no frame is that short
        if all(len(value) == 1 for value in values):
            values = [b"".join(values)]
        answer = describe(uuid, values)
    except DecodeError as error:
        click.echo(f"decode: {error}", err=True)
        sys.exit(2)
    click.echo(json.dumps(answer, ensure_ascii=False))


def _octets(text: str) -> bytes:
    digits = text.strip().removeprefix("0x").removeprefix("0X")
    for separator in " :-_":
        digits = digits.replace(separator, "")
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        message = f"{text!r} is not hexadecimal; write two digits per octet, such as 0a1b"
        raise DecodeError(message) from error
