"""`[dashboard]`: address, password and host names of the web page."""

import re
from ipaddress import ip_address
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from bridge.config.section import Boolean, Filled, PathName, Section, is_number
from bridge.passwords import is_hash

_HOW = "the output of treadmill-bridge dashboard --hash-password"


def is_loopback(address: str) -> bool:
    """True if only this computer can reach a listener at this address."""
    if address == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _is_host_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
        message = f"{name!r} is not a host name, such as treadmill.lan"
        raise ValueError(message)
    return name


class Dashboard(Section):
    """`[dashboard]`: address, port, password hash, and the host names that browsers may use.

    `history_dir` is the state directory with past sessions; None is that of this process.
    """

    address: Filled = "127.0.0.1"
    port: Annotated[int, BeforeValidator(is_number), Field(ge=1, le=65535)] = 8484
    password_hash: SecretStr | None = None
    hosts: tuple[Annotated[str, AfterValidator(_is_host_name)], ...] = ()
    metrics: Boolean = False
    history_dir: PathName | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        hashed = self.password_hash
        if hashed is not None and not is_hash(hashed.get_secret_value()):
            message = f"password_hash is not a hash; set it to {_HOW}"
            raise ValueError(message)
        if hashed is None and not is_loopback(self.address):
            message = (
                f"other computers can move the belt through {self.address}, so set a password:"
                f" password_hash is {_HOW}"
            )
            raise ValueError(message)
        return self
