"""Kinds of frames. A link needs them even if nothing is recorded."""

from enum import StrEnum


class Kind(StrEnum):
    """Kind of a frame. `up` and `down` mark the start and end of the link, without a value."""

    UP = "up"
    DOWN = "down"
    READ = "read"
    """A value that was read."""
    NOTIFY = "notify"
    """Sent by the machine; includes indications that could not be distinguished."""
    INDICATE = "indicate"
    WRITE = "write"
    """Written to the machine, with a response."""
    COMMAND = "command"
    """Written to the machine, without a response."""
    REFUSED = "refused"
    """The ATT error, one octet, that refused the preceding write."""
