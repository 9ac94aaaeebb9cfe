"""When Home Assistant is told about a treadmill. Pure but for the publisher it is handed."""

import json
from dataclasses import replace
from typing import Protocol

import structlog

from bridge.config import Config, Treadmill
from bridge.contract.payloads import (
    StatePayload,
)
from bridge.contract.topics import Topics, discovery_topic
from bridge.guard import Policy
from bridge.home_assistant import MEASURED, Setting, announce, merge, ours
from bridge.people.household import household_of
from bridge.values import MachineInfo

SETTLE_S = 2.0
"""After the broker is there, what lies retained at it comes within this time."""
PAUSE_S = 5.0
"""At least this long between two announcements: Home Assistant may lose one that comes while it is
still at work on the one before."""

log = structlog.get_logger()


def setting_of(config: Config, treadmill: Treadmill) -> Setting:
    """What the configuration decides about a treadmill's entities."""
    household = household_of(config, treadmill)
    return Setting(
        treadmill.id,
        Topics(config.mqtt.base_topic),
        _widest(*household.policies.values()),
        config.home_assistant.speed_unit or config.units.value,
        people=tuple(person.name for person in config.people),
        shoes=tuple(household.shoes),
        plans=bool(household.plans),
    )


def _widest(first: Policy, *others: Policy) -> Policy:
    """What anybody may ask for; what a person gets is the guard's matter."""
    policies = (first, *others)
    return replace(
        first,
        max_speed=max(policy.max_speed for policy in policies),
        max_incline=max(policy.max_incline for policy in policies),
        min_incline=min(policy.min_incline for policy in policies),
    )


class Outlet(Protocol):
    """Whoever takes messages for the broker; never waits."""

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        ...

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 0) -> None:
        """Take one message."""
        ...


class Announcer:
    """Announces one treadmill, and again whenever what is known of its machine grows or changes.

    It outlives a treadmill's task, and begins with what an earlier bridge said: an entity that is
    gone since then must be taken back, and what only the machine can tell is kept until it is seen.

    Args:
        setting: what the configuration decides.
        prefix: where Home Assistant looks for devices.
        outlet: the broker.
        wanted: false takes back what was announced before, and announces nothing.
    """

    def __init__(
        self, setting: Setting, prefix: str, outlet: Outlet, *, wanted: bool = True
    ) -> None:
        self.topic = discovery_topic(prefix, setting.treadmill)
        self._setting = setting
        self._outlet = outlet
        self._wanted = wanted
        self._lying: dict[str, object] = {}
        self._said: bytes | None = None
        self._said_time = float("-inf")
        self._there_since: float | None = None
        self._known: tuple[MachineInfo | None, frozenset[str]] | None = None
        self._seen: frozenset[str] = frozenset()
        self._state: StatePayload | None = None
        """The last one that was looked at."""

    def change(self, setting: Setting) -> None:
        """The configuration was read again."""
        self._setting = setting
        self._known = None

    def heard(self, payload: bytes) -> None:
        """Something lies at the broker, or was published there."""
        if payload in {b"", self._said}:
            return
        try:
            document = json.loads(payload)
        except (ValueError, RecursionError):
            document = None
        if not ours(document):
            self._wanted = False
            log.error(
                "home_assistant_topic_taken",
                topic=self.topic,
                hint="other software announces a device there; give this treadmill another id",
            )
        elif not self._wanted:
            self._outlet.publish(self.topic, b"", retain=True, qos=1)
            log.info("home_assistant_cleared", topic=self.topic)
        elif self._said is None:
            self._lying = document

    def follow(self, machine: MachineInfo | None, state: StatePayload | None, now: float) -> None:
        """See whether there is something to say; `now` in monotonic seconds."""
        if machine is not None and state is not None and state is not self._state:
            self._state = state
            self._seen |= {key for key in MEASURED if getattr(state, key) is not None}
        if not self._wanted or not self._may_speak(now):
            return
        known = (machine, self._seen)
        if known == self._known:
            return
        self._known = known
        document = merge(
            announce(self._setting, machine, self._seen),
            self._lying,
            machine_known=machine is not None,
        )
        payload = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        if payload != self._said:
            self._lying, self._said, self._said_time = document, payload, now
            self._outlet.publish(self.topic, payload, retain=True, qos=1)

    def _may_speak(self, now: float) -> bool:
        if not self._outlet.connected:
            self._there_since = None
            return False
        if self._there_since is None:
            self._there_since = now
        return now - self._there_since >= SETTLE_S and now - self._said_time >= PAUSE_S
