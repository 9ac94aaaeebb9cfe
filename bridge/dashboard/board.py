"""What the dashboard knows of each treadmill, from what the bridge publishes. Pure."""

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.contract.topics import BRIDGE, Topics
from bridge.dashboard.mailbox import Message, message
from bridge.dashboard.trace import Point, Trace

EVENTS = 50
"""Events that a new viewer is shown; the broker keeps none."""
MAX_PAYLOAD = 64 << 10
"""Bytes; every message of the contract is far smaller."""
MAX_TREADMILLS = 64

QUIET_S = 2.5
"""Without a word for this long, what is shown counts as stale; the page greys it out within 3 s."""
SKEW_S = 2.0
"""A bridge whose clock is off by less needs no correction of the times of commands."""

_MOVING = frozenset({"starting", "running", "stopping"})
RETAINED = ("state", "guard", "link", "session", "workout", "workouts", "plan")
"""Kinds of which the newest message counts, and which are JSON objects."""


@dataclass(slots=True)
class Treadmill:
    """One treadmill. `heard` is when its newest state came, in monotonic seconds."""

    available: bool = False
    documents: dict[str, Any] = field(default_factory=dict)
    heard: float | None = None
    events: deque[Any] = field(default_factory=lambda: deque(maxlen=EVENTS))
    trace: Trace | None = None
    over: bool = True
    """True if the session of the trace is over, so that a moving belt begins a new one."""


class Board:
    """All treadmills below one base topic, and how old the news is."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self.treadmills: dict[str, Treadmill] = {}
        self.bridge = False
        self.outcomes: Counter[str] = Counter()
        self.event_types: Counter[str] = Counter()
        self._echo: float | None = None
        self._skew: float | None = None

    def subscriptions(self) -> list[str]:
        """Return the topics to subscribe to; never those of commands."""
        kinds = ("availability", *RETAINED, "event", "outcome")
        return [self._topics.echo, *(f"{self._topics.base}/+/{kind}" for kind in kinds)]

    def lose(self) -> None:
        """Forget what holds for one connection to the broker only."""
        self._echo = None
        self._skew = None

    def take(
        self, topic: str, payload: bytes, *, retained: bool, now: float, wall: float
    ) -> list[Message]:
        """Take a message from the broker and return what the viewers are to be told.

        Args:
            topic: where it was published.
            payload: its bytes; ignored where they are not what the contract says.
            retained: True if the broker kept it from before, so that it proves nothing of now.
            now: monotonic seconds.
            wall: seconds since 1970.
        """
        if topic == self._topics.echo:
            if not retained:
                self._echo = now
            return []
        treadmill, _, kind = topic.removeprefix(f"{self._topics.base}/").partition("/")
        if len(payload) > MAX_PAYLOAD:
            return []
        if kind == "availability":
            return self._available(treadmill, online=payload == b"online")
        known = self._treadmill(treadmill)
        document = _object(payload)
        if known is None or document is None:
            return []
        if kind == "event":
            known.events.append(document)
            self.event_types[str(document.get("type"))] += 1
            return [message("event", treadmill, document)]
        if kind == "outcome":
            self.outcomes[str(document.get("outcome"))] += 1
            return [message("outcome", treadmill, document)]
        if kind not in RETAINED:
            return []
        known.documents[kind] = document
        told = [message(kind, treadmill, document, newest=True)]
        if kind == "state" and not retained:
            self._note_skew(document, wall)
            known.heard = now
            told += self._follow(treadmill, known, document, now)
        return told

    def _treadmill(self, name: str) -> Treadmill | None:
        if name == BRIDGE or (name not in self.treadmills and self._full):
            return None
        return self.treadmills.setdefault(name, Treadmill())

    @property
    def _full(self) -> bool:
        return len(self.treadmills) >= MAX_TREADMILLS

    def _available(self, treadmill: str, *, online: bool) -> list[Message]:
        if treadmill == BRIDGE:
            self.bridge = online
            return [message("bridge", None, online, newest=True)]
        if (known := self._treadmill(treadmill)) is None:
            return []
        known.available = online
        return [message("available", treadmill, online, newest=True)]

    def _follow(
        self, treadmill: str, known: Treadmill, state: dict[str, Any], now: float
    ) -> list[Message]:
        """Add a point to the session's trace; a moving belt after a standing one begins anew."""
        told = []
        belt = state.get("belt")
        if belt == "idle":
            known.over = True
        if belt not in _MOVING and belt != "paused":
            return []
        if known.trace is None or (known.over and belt in _MOVING):
            # Where the page comes later than the runner, the chart begins later too.
            known.trace = Trace(now - (_number(state.get("elapsed_s")) or 0.0))
            told.append(message("trace", treadmill, None))
        known.over = False
        bounds = known.documents.get("guard")
        point = Point(
            round(now - known.trace.began, 1),
            _number(state.get("speed_kmh")),
            _number(state.get("requested_speed_kmh")),
            _number(_of(bounds, "bounds", "speed", "max")),
            _number(state.get("incline_percent")),
            _number(state.get("requested_incline_percent")),
            _number(_of(bounds, "bounds", "incline", "max")),
            _number(state.get("heart_rate_bpm")),
        )
        if known.trace.add(point):
            told.append(message("point", treadmill, point))
        return told

    def _note_skew(self, state: dict[str, Any], wall: float) -> None:
        """Note by how much this clock is ahead of the bridge's; the least late message counts."""
        try:
            said = datetime.fromisoformat(str(state.get("time"))).timestamp()
        except ValueError:
            return
        ahead = wall - said
        self._skew = ahead if self._skew is None else min(self._skew, ahead)

    @property
    def skew_s(self) -> float:
        """Seconds to take off this computer's time to get the bridge's; 0 where they agree."""
        return self._skew if self._skew is not None and abs(self._skew) >= SKEW_S else 0.0

    def quiet(self, now: float) -> bool:
        """Return True if the broker passes on nothing although the bridge should be talking."""
        return self._echo is not None and now - self._echo > QUIET_S

    def ages(self, now: float) -> dict[str, float | None]:
        """Return for each treadmill the seconds since its newest state came."""
        return {
            name: None if known.heard is None else round(now - known.heard, 1)
            for name, known in self.treadmills.items()
        }

    def everything(self, now: float) -> dict[str, Any]:
        """Return all that a new viewer has to know."""
        return {
            name: {
                "available": known.available,
                **{kind: known.documents.get(kind) for kind in RETAINED},
                "age_s": None if known.heard is None else round(now - known.heard, 1),
                "events": list(known.events),
                "trace": None if known.trace is None else known.trace.columns(),
            }
            for name, known in sorted(self.treadmills.items())
        }


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(payload, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _no_constant(name: str) -> float:
    """Refuse NaN and infinities: a browser's JSON knows none, and one would end its stream."""
    raise ValueError(name)


def _of(document: Any, *keys: str) -> Any:
    """Return what lies deep in a document, or None where the way there is cut."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
