"""Values of environment variables."""


class Variable(str):
    """What an environment variable says, which is text even where a number or a boolean belongs."""

    __slots__ = ()
