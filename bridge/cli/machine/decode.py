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
    """Print what the bytes of a characteristic mean, as one JSON object.

    UUID in any usual form: 2acd, 0x2ACD, or the long one. HEX may contain spaces, colons or
    dashes, and begin with 0x. Several frames of one sample may follow each other. A frame with
    nothing to decode exits with 2 and one line that says why.
    """
    try:
        values = [_octets(frame) for frame in frames]
        if all(len(value) == 1 for value in values):  # no frame is that short: 84 25 e1 00
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
        message = f"{text!r} is not hexadecimal: write two digits for each octet, such as 0a1b"
        raise DecodeError(message) from error
