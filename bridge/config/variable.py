"""Values of environment variables."""


class Variable(str):
    """Text of an environment variable, accepted where a number or boolean is expected."""

    __slots__ = ()
