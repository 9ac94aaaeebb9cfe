"""Questions and options of `init`; a wrong answer is refused at once, with a sentence."""

from collections.abc import Callable
from typing import Any

import click

from bridge.app import set_up
from bridge.cli.common import asking
from bridge.config import ConfigError, host_and_port, validated

_HINT = "add --yes, and options for values other than the defaults"


class Talk:
    """Asks the user, or takes the defaults with --yes."""

    def __init__(self, yes: bool) -> None:
        self.yes = yes

    def explain(self, text: str) -> None:
        """Explain the next question."""
        if not self.yes:
            click.echo(text)

    def ask(self, question: str, default: Any, **how: Any) -> Any:
        """Return the user's value, or the default."""
        with asking(_HINT):
            return default if self.yes else click.prompt(question, default=default, **how)

    def agree(self, question: str, default: bool) -> bool:
        """Return the user's yes or no, or the default."""
        with asking(_HINT):
            return default if self.yes else click.confirm(question, default=default)


def checked(key: str) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Return a callback for an option that sets this key of a treadmill."""

    def check(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            try:
                validated({"treadmills": [{"id": "home", key: value}]})
            except ConfigError as error:
                raise click.BadParameter(_sentence(error)) from error
        return value

    return check


def _sentence(error: ConfigError) -> str:
    """Return the first problem without its key."""
    return error.problems[0].partition(": ")[2]


def checked_broker(_: click.Context, __: click.Parameter, given: str | None) -> str | None:
    """Check the option `--broker`."""
    if given is not None:
        try:
            host_and_port(given)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return given


def id_from(name: str) -> str:
    """Return the id that a name makes; a name that makes none is asked for again."""
    identity = set_up.id_from(name)
    try:
        validated({"treadmills": [{"id": identity}]})
    except ConfigError as error:
        raise click.BadParameter(_sentence(error)) from error
    return identity
