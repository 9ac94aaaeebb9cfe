"""Safe XML: no DOCTYPE, so no entities; limited size, depth and number of elements."""

from dataclasses import dataclass, field
from xml.parsers import expat

from bridge.workouts.model import MAX_BYTES, WorkoutError

MAX_DEPTH = 32
"""Maximum depth of elements. Repeats have their own limit."""
MAX_ELEMENTS = 200_000


@dataclass(slots=True)
class Node:
    """An element; names of elements and attributes are lower case, without prefix."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: "list[Node]" = field(default_factory=list)
    text: str = ""

    @property
    def where(self) -> str:
        """Place in the file, for people."""
        return f"line {self.line}"

    def child(self, tag: str) -> "Node | None":
        """Return the first child of that name, or None."""
        return next((child for child in self.children if child.tag == tag), None)

    def said(self, tag: str) -> str:
        """Return the text of the first child of that name; empty without one."""
        found = self.child(tag)
        return found.text.strip() if found else ""


def parse(data: bytes) -> Node:
    """Parse a document.

    Raises:
        WorkoutError: It is not XML, has a DOCTYPE, or is too large, too deep or too long.
    """
    if len(data) > MAX_BYTES:
        problem = f"the file has {len(data)} bytes; {MAX_BYTES} are the most"
        raise WorkoutError(problem)
    builder = _Builder()
    try:
        # Some programs write a blank line before the declaration, which XML forbids.
        builder.parser.Parse(data.lstrip(b" \t\r\n"), True)
    except expat.ExpatError as error:
        problem = f"this is not valid XML ({expat.errors.messages[error.code]})"
        raise WorkoutError(problem, f"line {error.lineno}") from None
    except (ValueError, LookupError):  # an unknown or multi-byte encoding
        problem = "its encoding is unknown; save it as UTF-8"
        raise WorkoutError(problem) from None
    assert builder.root is not None  # noqa: S101 - expat refuses an empty document
    return builder.root


class _Builder:
    """Builds nodes from parser events, and stops at the first danger."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._elements = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.buffer_size = 1 << 20
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        problem = "it has a DOCTYPE, which is unnecessary and can be harmful; remove it"
        raise WorkoutError(problem, f"line {self.parser.CurrentLineNumber}")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self._elements += 1
        if len(self._open) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            problem = (
                f"it has over {MAX_ELEMENTS} elements, or nests deeper than {MAX_DEPTH}; "
                "this is not a workout"
            )
            raise WorkoutError(problem, f"line {line}")
        node = Node(_name(tag), {_name(key): value for key, value in attributes.items()}, line)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text += text


def _name(name: str) -> str:
    return name.rpartition(":")[2].lower()
