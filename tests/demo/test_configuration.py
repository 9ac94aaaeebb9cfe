"""The demo's ports, addresses and configuration."""

import random
import shlex
from contextlib import suppress

import pytest

from bridge.config import Config
from bridge.contract.message import Circumstances
from bridge.contract.parser import parse
from bridge.demo import broker
from bridge.demo.broker import BrokerError, free_port
from bridge.demo.run import BrokerAddress, broker_address, demo_config, hints
from bridge.values import Command
from tests.demo.addresses import NOW, taken
from tests.rigs.brokers import free_port as any_port

OWN = BrokerAddress("127.0.0.1", 1899, own=True)


GIVEN = BrokerAddress("broker.lan", 1884, own=False)


def two_ports() -> int:
    """The first of two free neighbours, below where the system takes ports for connections."""
    for first in random.sample(range(20_000, 30_000, 2), 100):
        with suppress(OSError), taken(first, first + 1):
            return first
    message = "no two ports side by side are free"
    raise AssertionError(message)


class TestPort:
    @pytest.fixture(autouse=True)
    def _ports(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first = two_ports()
        monkeypatch.setattr(broker, "FIRST_PORT", first)
        monkeypatch.setattr(broker, "LAST_PORT", first + 2)

    def test_usual_port_is_used_if_it_is_free(self) -> None:
        assert free_port(None) == broker.FIRST_PORT

    def test_next_port_is_used_if_the_usual_one_is_taken(self) -> None:
        with taken(broker.FIRST_PORT):
            assert free_port(None) == broker.FIRST_PORT + 1

    def test_error_is_raised_if_no_port_is_free(self) -> None:
        with (
            taken(broker.FIRST_PORT, broker.FIRST_PORT + 1),
            pytest.raises(BrokerError, match="is free; name one with --mqtt-port"),
        ):
            free_port(None)

    def test_requested_port_is_used_if_it_is_free(self) -> None:
        port = any_port()

        assert free_port(port) == port

    def test_port_0_selects_any_free_port(self) -> None:
        assert free_port(0) > 1023

    def test_requested_port_that_is_taken_is_an_error(self) -> None:
        port = any_port()
        with taken(port), pytest.raises(BrokerError, match=f"port {port} is taken"):
            free_port(port)


class TestAddress:
    def test_demo_without_a_given_broker_uses_an_embedded_one(self) -> None:
        port = any_port()

        assert broker_address(None, port) == BrokerAddress("127.0.0.1", port, own=True)

    def test_given_broker_has_port_1883_unless_it_names_one(self) -> None:
        assert broker_address("[::1]", None) == BrokerAddress("::1", 1883, own=False)
        assert broker_address("broker.lan:1884", None) == GIVEN


class TestConfig:
    def test_demo_limits_are_gentle_with_long_times_divided_by_20(self) -> None:
        config = Config.model_validate(demo_config(OWN, None))
        gentle = Config().guard

        assert config.guard_of(config.treadmills[0]).model_dump() == {
            **gentle.model_dump(),
            "warm_up_s": 15,
            "cool_down_s": 15,
            "rest_s": 8640,
            "steep": (
                {"from_percent": 10, "max_s": 30, "window_s": 90, "then_percent": 5},
            ),
        }  # fmt: skip
        assert config.guard.speed_ramp_kmh_per_s == gentle.speed_ramp_kmh_per_s

    def test_treadmill_of_the_demo_may_be_started_remotely(self) -> None:
        (treadmill,) = Config.model_validate(demo_config(OWN, None)).treadmills

        assert (treadmill.id, treadmill.allow_remote_start, treadmill.speed_unit) == (
            "demo", True, "kmh",
        )  # fmt: skip

    def test_demo_uses_all_limits_of_the_owner(self) -> None:
        base = Config.model_validate(
            {
                "guard": {"profile": "steady", "warm_up_s": 400},
                "treadmills": [
                    {"id": "home", "address": "12:34:56:78:9A:BC", "guard": {"max_speed_kmh": 9}},
                    {"id": "other", "name": "Other"},
                ],
            }
        )

        config = Config.model_validate(demo_config(OWN, base))

        (treadmill,) = config.treadmills
        assert config.guard_of(treadmill) == base.guard_of(base.treadmills[0])
        assert (treadmill.id, treadmill.address, treadmill.name) == ("home", None, None)

    def test_demo_does_not_use_the_owners_radio(self) -> None:
        base = Config.model_validate({"bluetooth": {"radio": "usb:0"}})

        config = Config.model_validate(demo_config(OWN, base))

        assert config.bluetooth.radio == "system"
        assert [treadmill.id for treadmill in config.treadmills] == ["demo"]

    def test_demo_uses_the_owners_topics_but_not_the_owners_broker(self) -> None:
        base = Config.model_validate(
            {"mqtt": {"host": "broker.lan", "username": "me", "password": "x", "tls": True,
                      "base_topic": "gym", "state_hz": 5}}
        )  # fmt: skip

        mqtt = Config.model_validate(demo_config(OWN, base)).mqtt

        assert (mqtt.host, mqtt.port, mqtt.username, mqtt.tls) == ("127.0.0.1", 1899, None, False)
        assert (mqtt.base_topic, mqtt.state_hz) == ("gym", 5)

    @pytest.mark.parametrize("base", [None, Config()])
    def test_demo_broker_is_used_with_mqtt_3_1_1(self, base: Config | None) -> None:
        own = Config.model_validate(demo_config(OWN, base)).mqtt
        given = Config.model_validate(demo_config(GIVEN, base)).mqtt

        assert (own.version, given.version) == ("3.1.1", "auto")

    def test_given_broker_gets_the_owners_user_name_and_password(self) -> None:
        base = Config.model_validate({"mqtt": {"username": "me", "password": "x"}})

        mqtt = Config.model_validate(demo_config(GIVEN, base)).mqtt

        assert (mqtt.host, mqtt.port, mqtt.username, mqtt.secret()) == (
            "broker.lan", 1884, "me", "x",
        )  # fmt: skip

    def test_hints_of_the_demo_name_the_broker_and_the_topics(self) -> None:
        config = Config.model_validate(demo_config(GIVEN, None))

        listen, *rest = hints(config, GIVEN)

        assert listen == "mosquitto_sub -h broker.lan -p 1884 -v -t 'treadmills/#'"
        assert all(" -h broker.lan -p 1884 -t treadmills/demo/set/" in hint for hint in rest)

    def test_each_demo_hint_is_a_complete_command_line(self) -> None:
        own = BrokerAddress("127.0.0.1", 1884, own=True)
        config = Config.model_validate(demo_config(own, None))

        listen, *commands = hints(config, own)

        assert shlex.split(listen)[-1] == "treadmills/#"
        for line in commands:
            program, *options = shlex.split(line)
            given = dict(zip(options[::2], options[1::2], strict=True))
            kind = given["-t"].rpartition("/")[2]
            around = Circumstances(0.0, NOW, "x")
            assert (program, given["-p"]) == ("mosquitto_pub", "1884")
            assert isinstance(parse(kind, given["-m"].encode(), around), Command)

    def test_hints_of_the_demo_are_in_miles_if_configured(self) -> None:
        config = Config.model_validate({**demo_config(GIVEN, None), "units": "mph"})

        (speed,) = (hint for hint in hints(config, GIVEN) if "set/speed" in hint)

        payload = speed.partition(" -m ")[2].strip("'")
        command = parse("speed", payload.encode(), Circumstances(0.0, NOW, "x"))
        assert isinstance(command, Command)
        assert command.value == 1207
