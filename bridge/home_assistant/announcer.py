"""Decides when to publish a discovery message. Pure, except for the publisher it calls."""

import json
from dataclasses import replace
from typing import Protocol

import structlog

from bridge.config import Config, Treadmill
from bridge.contract.payloads import (
    StatePayload,
)
from bridge.contract.topics import Topics, discovery_topic
from bridge.home_assistant import MEASURED, Setting, announce, merge, ours
from bridge.people.household import household_of
from bridge.values import MachineInfo
from bridge.values.policy import Policy

SETTLE_S = 2.0
"""Seconds after connecting in which the broker's retained messages arrive."""
PAUSE_S = 5.0
"""Minimum seconds between announcements: Home Assistant may lose one while it processes another."""

log = structlog.get_logger()


def setting_of(config: Config, treadmill: Treadmill) -> Setting:
    """Return the configuration's part of a treadmill's entities."""
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
    """Return the widest limits of several people; the guard applies the individual ones."""
    policies = (first, *others)
    return replace(
        first,
        max_speed=max(policy.max_speed for policy in policies),
        max_incline=max(policy.max_incline for policy in policies),
        min_incline=min(policy.min_incline for policy in policies),
    )


class Outlet(Protocol):
    """Accepts messages for the broker; never waits."""

    @property
    def connected(self) -> bool:
        """True if the broker is connected."""
        ...

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 0) -> None:
        """Queue one message."""
        ...


class Announcer:
    """Announces one treadmill, and again when more becomes known of its machine.

    It outlives a treadmill's task, and starts from an earlier bridge's announcement: entities that
    no longer exist must be removed, and those that depend on the machine stay until it is seen.

    Args:
        setting: the configuration's part.
        prefix: Home Assistant's discovery prefix.
        outlet: the broker.
        wanted: False removes an earlier announcement, and announces nothing.
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
        """Apply a reloaded configuration."""
        self._setting = setting
        self._known = None

    def on_discovery(self, payload: bytes) -> None:
        """Process a retained or newly published message of the discovery topic."""
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
        """Publish an announcement if it has changed; `now` in monotonic seconds."""
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
