"""When Home Assistant is told: not before the bridge knows what lies there, and not too often."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from structlog.testing import capture_logs

from bridge.config import Config
from bridge.contract.payloads import StatePayload
from bridge.home_assistant import announce
from bridge.home_assistant.announcer import Announcer, setting_of
from bridge.values import MachineInfo
from tests.home_assistant.announcement import FULL, NOW, PLAIN, setting

TOPIC = "homeassistant/device/home/config"
QUIET = StatePayload(time=NOW)


@dataclass
class Outlet:
    connected: bool = True
    said: list[bytes] = field(default_factory=list)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 0) -> None:
        assert (topic, retain, qos) == (TOPIC, True, 1)
        self.said.append(payload)

    @property
    def components(self) -> dict[str, Any]:
        return dict(json.loads(self.said[-1])["cmps"])


@dataclass
class Desk:
    wanted: bool = True

    def __post_init__(self) -> None:
        self.outlet = Outlet()
        self.announcer = Announcer(setting(), "homeassistant", self.outlet, wanted=self.wanted)
        self.now = 0.0

    def live(
        self, seconds: float, machine: MachineInfo | None = None, state: StatePayload = QUIET
    ) -> None:
        end = self.now + seconds
        while self.now < end:
            self.announcer.follow(machine, state, self.now)
            self.now += 0.25


def lying(machine: MachineInfo | None = FULL) -> bytes:
    return json.dumps(announce(setting(), machine)).encode()


def test_announcer_waits_for_the_retained_discovery() -> None:
    desk = Desk()
    desk.live(2)
    assert desk.outlet.said == []
    desk.live(1)
    assert len(desk.outlet.said) == 1


def test_discovery_is_not_announced_without_a_broker() -> None:
    desk = Desk()
    desk.outlet.connected = False
    desk.live(10, FULL)
    assert desk.outlet.said == []


def test_unchanged_announcement_is_published_once() -> None:
    desk = Desk()
    desk.live(60, FULL)
    desk.live(60, replace(FULL, rssi=-50))
    assert len(desk.outlet.said) == 1


def test_announcement_is_published_again_when_the_machine_becomes_known() -> None:
    desk = Desk()
    desk.live(3)
    assert "target_speed" not in desk.outlet.components
    desk.live(6, PLAIN)
    assert desk.outlet.components["target_speed"]["max"] == 16
    assert "heart_rate" not in desk.outlet.components
    desk.live(6, PLAIN, replace(QUIET, heart_rate_bpm=120))
    assert "heart_rate" in desk.outlet.components
    desk.live(6, PLAIN)
    assert "heart_rate" in desk.outlet.components


def test_simultaneous_changes_are_announced_once() -> None:
    desk = Desk()
    desk.live(3, PLAIN)
    assert len(desk.outlet.said) == 1
    for key in ("heart_rate_bpm", "power_w", "energy_kcal"):
        desk.live(1, PLAIN, replace(QUIET, **{key: 1}))  # type: ignore[arg-type]
    assert len(desk.outlet.said) == 1
    desk.live(6, PLAIN)
    assert len(desk.outlet.said) == 2
    assert {"heart_rate", "power", "energy"} <= desk.outlet.components.keys()


def test_entity_of_an_earlier_bridge_is_removed_if_it_is_gone() -> None:
    desk = Desk()
    desk.announcer.on_discovery(lying(FULL))
    desk.live(3)
    assert "unique_id" in desk.outlet.components["heart_rate"]
    desk.live(10, PLAIN)
    assert desk.outlet.components["heart_rate"] == {"p": "sensor"}


def test_announcer_ignores_its_own_messages() -> None:
    desk = Desk()
    desk.live(3, FULL)
    desk.announcer.on_discovery(desk.outlet.said[-1])
    desk.announcer.on_discovery(b"")
    desk.live(20, FULL)
    assert len(desk.outlet.said) == 1


def test_discovery_topic_of_other_software_is_kept_and_logged() -> None:
    for foreign in (b"?", b"[]", b'{"o": {"name": "zigbee2mqtt"}}', b'{"o": 7}'):
        desk = Desk()
        with capture_logs() as logs:
            desk.announcer.on_discovery(foreign)
        desk.live(20, FULL)
        assert desk.outlet.said == []
        assert logs[0]["event"] == "home_assistant_topic_taken"


def test_announcement_is_removed_if_discovery_is_switched_off() -> None:
    desk = Desk(wanted=False)
    desk.live(10, FULL)
    assert desk.outlet.said == []
    desk.announcer.on_discovery(lying())
    assert desk.outlet.said == [b""]


def test_setting_of_the_announcement_comes_from_the_configuration() -> None:
    config = Config.model_validate(
        {
            "mqtt": {"base_topic": "t"},
            "home_assistant": {"speed_unit": "mph"},
            "treadmills": [{"id": "home", "allow_remote_start": True}],
        }
    )
    known = setting_of(config, config.treadmills[0])
    assert (known.treadmill, known.topics.base, known.speed_unit) == ("home", "t", "mph")
    assert known.policy.allow_remote_start


def test_announcement_has_all_names_and_the_widest_limit_of_all_people() -> None:
    config = Config.model_validate(
        {
            "treadmills": [{"id": "home"}],
            "people": [
                {"name": "Anna", "guard": {"max_speed_kmh": 10, "min_incline_percent": -2}},
                {"name": "Ben", "guard": {"max_speed_kmh": 18, "max_incline_percent": 6}},
            ],
            "shoes": [{"name": "Ghost"}],
        }
    )
    known = setting_of(config, config.treadmills[0])
    assert (known.people, known.shoes) == (("Anna", "Ben"), ("Ghost",))
    assert (known.policy.max_speed, known.policy.max_incline) == (1800, 150)
    assert known.policy.min_incline == -20


def test_changed_configuration_is_announced() -> None:
    desk = Desk()
    desk.live(10, FULL)
    desk.announcer.change(setting(people=("Anna", "Ben")))
    desk.live(10, FULL)
    assert len(desk.outlet.said) == 2
    assert desk.outlet.components["person"]["options"] == ["Anna", "Ben"]
