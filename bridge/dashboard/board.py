"""The state of each treadmill, from the bridge's messages. Pure."""

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.contract.topics import BRIDGE, Topics
from bridge.dashboard.mailbox import Message, message
from bridge.dashboard.trace import Point, Trace

EVENTS = 50
"""Recent events that a new viewer receives; the broker keeps none."""
MAX_PAYLOAD = 64 << 10
"""Bytes; every message of the contract is far smaller."""
MAX_TREADMILLS = 64

QUIET_S = 2.5
"""Seconds of silence after which the values are stale; the page greys them out within 3 s."""
SKEW_S = 2.0
"""Clock difference to the bridge below which command times are not corrected, in seconds."""

_MOVING = frozenset({"starting", "running", "stopping"})
RETAINED = ("state", "guard", "link", "session", "workout", "workouts", "plan")
"""JSON topics of which only the newest message matters."""


@dataclass(slots=True)
class Treadmill:
    """One treadmill. `heard` is when its newest state arrived, in monotonic seconds."""

    available: bool = False
    documents: dict[str, Any] = field(default_factory=dict)
    heard: float | None = None
    events: deque[Any] = field(default_factory=lambda: deque(maxlen=EVENTS))
    trace: Trace | None = None
    over: bool = True
    """True if the trace's session has ended, so that a moving belt starts a new one."""


class Board:
    """All treadmills below one base topic, and the age of their data."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self.treadmills: dict[str, Treadmill] = {}
        self.bridge = False
        self.outcomes: Counter[str] = Counter()
        self.event_types: Counter[str] = Counter()
        self._echo: float | None = None
        self._skew: float | None = None

    def subscriptions(self) -> list[str]:
        """Return the topics to subscribe to, without those of commands."""
        kinds = ("availability", *RETAINED, "event", "outcome")
        return [self._topics.echo, *(f"{self._topics.base}/+/{kind}" for kind in kinds)]

    def lose(self) -> None:
        """Forget everything tied to the lost connection."""
        self._echo = None
        self._skew = None

    def take(
        self, topic: str, payload: bytes, *, retained: bool, now: float, wall: float
    ) -> list[Message]:
        """Process a message from the broker; return the messages for the viewers.

        Args:
            topic: the message's topic.
            payload: its bytes; ignored if they do not match the contract.
            retained: True if the broker had stored it, so that it proves nothing about now.
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
        messages = [message(kind, treadmill, document, newest=True)]
        if kind == "state" and not retained:
            self._note_skew(document, wall)
            known.heard = now
            messages += self._follow(treadmill, known, document, now)
        return messages

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
        """Add a point to the trace; a belt that starts after a stop begins a new trace."""
        messages = []
        belt = state.get("belt")
        if belt == "idle":
            known.over = True
        if belt not in _MOVING and belt != "paused":
            return []
        if known.trace is None or (known.over and belt in _MOVING):
            # If the page starts during a session, the chart starts at the session's time.
            known.trace = Trace(now - (_number(state.get("elapsed_s")) or 0.0))
            messages.append(message("trace", treadmill, None))
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
            messages.append(message("point", treadmill, point))
        return messages

    def _note_skew(self, state: dict[str, Any], wall: float) -> None:
        """Estimate this clock's lead over the bridge's, from the least delayed message."""
        try:
            sent = datetime.fromisoformat(str(state.get("time"))).timestamp()
        except ValueError:
            return
        ahead = wall - sent
        self._skew = ahead if self._skew is None else min(self._skew, ahead)

    @property
    def skew_s(self) -> float:
        """Seconds to subtract from this computer's time to get the bridge's; 0 if they agree."""
        return self._skew if self._skew is not None and abs(self._skew) >= SKEW_S else 0.0

    def quiet(self, now: float) -> bool:
        """True if the broker delivers nothing although the bridge should be sending."""
        return self._echo is not None and now - self._echo > QUIET_S

    def ages(self, now: float) -> dict[str, float | None]:
        """Return the seconds since each treadmill's newest state."""
        return {
            name: None if known.heard is None else round(now - known.heard, 1)
            for name, known in self.treadmills.items()
        }

    def everything(self, now: float) -> dict[str, Any]:
        """Return the full state for a new viewer."""
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
    """Refuse NaN and infinities, which are not JSON and would break a browser's stream."""
    raise ValueError(name)


def _of(document: Any, *keys: str) -> Any:
    """Return a nested value of a document; None if any key is missing."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
