"""TOML files as people save them, and why one cannot be read, in words of their own."""

import re
import tomllib
from typing import Any

ENCODING = "utf-8-sig"
"""UTF-8; Windows editors begin a file with a byte order mark, which TOML does not know."""
_REPHRASED = (
    (r"Cannot overwrite a value", "a key or table is there twice"),
    (
        r"Cannot (?:declare|redefine namespace) \((.*?),?\)(?: twice)?",
        r"the table \1 is there twice",
    ),
)
"""Messages of `tomllib` that need rephrasing, as patterns, and what is said instead."""


class TomlError(ValueError):
    """A file is not valid TOML; the message continues "this is not valid TOML: "."""


def parse(data: bytes) -> dict[str, Any]:
    """Return the document in a file's bytes.

    Raises:
        TomlError: It is not valid TOML, or not UTF-8.
    """
    try:
        return tomllib.loads(data.decode(ENCODING))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"line {line} is not UTF-8; save the file as UTF-8"
        raise TomlError(message) from error
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        for pattern, phrase in _REPHRASED:
            message = re.sub(pattern, phrase, message)
        raise TomlError(message) from error
    except RecursionError as error:
        message = "it nests too deep"
        raise TomlError(message) from error
