"""Values that no key takes: each gets a sentence of the project's own."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from pydantic import BaseModel

from bridge.config import Config, ConfigError
from bridge.config.errors import models_in
from tests.rigs.configs import PREFIX, from_toml, problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[guard]\nmax_speed_kmh = inf", "guard.max_speed_kmh: inf is infinite; write a number"),
        (
            '[guard]\nprofile = "gentel"',
            "guard.profile: 'gentel' is not one of gentle, steady, trained; did you mean gentle?",
        ),
        ("[mqtt]\nhost = 5", "mqtt.host: 5 is not text; write text in quotes"),
        ("[mqtt]\nhost = true", "mqtt.host: true is not text; write text in quotes"),
        ('[mqtt]\nhost = " "', "mqtt.host: ' ' is not a host; write a name or an address"),
        ('[mqtt]\nusername = ""', "mqtt.username: '' is empty; write some text, or leave the key"),
        ('[mqtt]\nhost = ""', "mqtt.host: '' is empty; write some text, or leave the key out"),
        ("[mqtt]\nport = 1.5", "mqtt.port: 1.5 is not a whole number; write one"),
        ("[mqtt]\nport = 2020-01-01", "mqtt.port: 2020-01-01 is not a whole number; write one"),
        (
            'state_dir = "~nobody-here/x"',
            "state_dir: '~nobody-here/x' needs a home directory, and ~nobody-here has none; "
            "write it out from /",
        ),
        ("state_dir = 5", "state_dir: 5 is not a path; write one in quotes"),
        ('state_dir = "\\u0000"', "state_dir: '\\x00' is not a path; write one"),
        ('[dashboard]\nhistory_dir = ""', "dashboard.history_dir: '' is not a path; write one"),
        ('[mqtt]\nprograms = "x"', "mqtt.programs: 'x' is not a list; write one in square bracke"),
        ("mqtt = 5", "mqtt: 5 is not a table; write keys with values"),
        ('[[sensors]]\nname = " "', "sensors[0].name: ' ' is empty; write some text, or leave"),
        (
            '[[treadmills]]\nid = "a"\nname = "b\\u0000"',
            "treadmills[0].name: 'b\\x00' has a character that no text can have",
        ),
        ('[[people]]\nname = ""', "people[0].name: '' is empty; write some text"),
        (f'[[people]]\nname = "{"x" * 129}"', "people[0].name: has 129 characters; at most 128"),
        ('[[sensors]]\nkind = "foot"', "sensors[0].kind: 'foot' is not heart_rate"),
        (
            '[bluetooth]\nradio = "systme"',
            "bluetooth.radio: 'systme' is not one of system, android-emulator, android-netsim, "
            "file, hci-socket, pty, pyusb, serial, tcp-client, tcp-server, udp, unix, unix-client, "
            "unix-server, usb, vhci, ws-client, ws-server; did you mean system?",
        ),
        (
            '[bluetooth]\nradio = "tcp-clinet:127.0.0.1:7300"',
            "bluetooth.radio: 'tcp-clinet:127.0.0.1:7300' is not one of system, ",
        ),
        (
            '[bluetooth]\nradio = "usb"',
            "bluetooth.radio: 'usb' is incomplete; write it as tcp-client:127.0.0.1:7300 or usb:0",
        ),
        (
            '[bluetooth]\nradio = "tcp-client:127.0.0.1"',
            "bluetooth.radio: 'tcp-client:127.0.0.1' has no port; write it as tcp-client:127.0.0.1",
        ),
        (
            '[bluetooth]\nradio = "hci1"',
            "bluetooth.radio: 'hci1' is an adapter; leave radio out, and write adapter = \"hci1\"",
        ),
    ],
)
def test_invalid_value_is_reported_with_a_valid_alternative(
    tmp_path: Path, text: str, problem: str
) -> None:
    (found,) = problems(tmp_path, text)
    assert found.startswith(problem)


@pytest.mark.parametrize("text", ["fast", "", "60", "nan"])
def test_reference_speed_of_the_environment_is_a_number_within_its_range(
    tmp_path: Path, text: str
) -> None:
    key = f"{PREFIX}WORKOUTS__REFERENCE_KMH__5_KM"
    assert from_toml(tmp_path, "", {key: "11.5"}).workouts.reference_kmh == {"5_km": 11.5}
    (found,) = problems(tmp_path, "", {key: text})
    assert found == f"workouts.reference_kmh: 5_km is {text!r}; write 1 to 25 km/h"


@pytest.mark.parametrize("radio", ["system", "usb:0", "tcp-client:[x=y]a.lan:1", "hci-socket"])
def test_radios_that_can_be_opened_are_accepted(radio: str, tmp_path: Path) -> None:
    config = from_toml(tmp_path, f'[bluetooth]\nradio = "{radio}"')
    assert config.bluetooth.radio == radio


BAD = ('""', '" "', '"x"', "true", "-1", "nan", "inf", "1e300", "[]", "[1]", "{}", "2020-01-01")
"""In TOML: values that hardly any key takes."""
OF_PYDANTIC = re.compile(r"should |Input|a valid |<class|instance|datetime|True|False|None|Field")
"""Phrases of pydantic and Python that the project does not use."""


def _keys(model: type[BaseModel], path: str = "", opening: str = "") -> Iterator[tuple[str, str]]:
    """Each key of the configuration, with the lines that go before it."""
    for key, field in model.model_fields.items():
        yield key, opening
        inner = next(models_in(field.annotation), None)
        if inner is not None:
            name = f"{path}{key}"
            several = str(field.annotation).startswith("tuple")
            head = f"[[{name}]]" if several else f"[{name}]"
            yield from _keys(inner, f"{name}.", f"{opening}{head}\n{_NEEDED.get(key, '')}")


_NEEDED = {"treadmills": 'id = "den"\n', "people": 'name = "A"\n', "shoes": 'name = "B"\n'}


@pytest.mark.unmeasured
def test_every_invalid_value_has_a_plain_error_message(tmp_path: Path) -> None:
    told = set()
    for (key, opening), bad in product(_keys(Config), BAD):
        text = "\n".join(line for line in opening.splitlines() if not line.startswith(f"{key} ="))
        try:
            from_toml(tmp_path, f"{text}\n{key} = {bad}")
        except ConfigError as error:
            told |= set(error.problems)
    assert len(told) > 1000
    assert not [problem for problem in told if OF_PYDANTIC.search(problem)]
