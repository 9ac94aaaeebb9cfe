"""Capture format: bytes by hand, encoding and decoding, and errors for invalid files."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.captures.capture import (
    PROPERTIES,
    Capture,
    CaptureError,
    Frame,
    Header,
    Kind,
    Offer,
    decode,
    redact,
)
from tests.rigs.effort import effort

GOLDEN = (
    '{"capture":1,"software":"treadmill-bridge 0.1.0","began":"2030-01-01T07:00:00Z",'
    '"source":"live","machine":{"name":"Sole F85"},"characteristics":'
    '{"2ad4":{"properties":["read"],"value":"500040060a00"},"2acd":{"properties":["notify"]}}}\n'
    '[0,"notify","2acd","00002003"]\n'
    '[1250,"write","2ad9","00"]\n'
    '[1300,"refused","2ad9","05"]\n'
    '[9000,"down"]\n'
)
CAPTURE = Capture(
    Header(
        software="treadmill-bridge 0.1.0",
        began="2030-01-01T07:00:00Z",
        machine={"name": "Sole F85"},
        offers={
            0x2AD4: Offer(("read",), bytes.fromhex("500040060a00")),
            0x2ACD: Offer(("notify",)),
        },
    ),
    (
        Frame(0, Kind.NOTIFY, 0x2ACD, bytes.fromhex("00002003")),
        Frame(1250, Kind.WRITE, 0x2AD9, b"\x00"),
        Frame(1300, Kind.REFUSED, 0x2AD9, b"\x05"),
        Frame(9000, Kind.DOWN),
    ),
)
HEADER = GOLDEN.splitlines()[0]

texts = st.text(max_size=20)
words = st.integers(0, 0xFFFF)
values = st.binary(max_size=40)
offers = st.builds(
    Offer,
    st.lists(st.sampled_from(PROPERTIES), unique=True).map(tuple),
    st.none() | values,
)
headers = st.builds(
    Header,
    texts,
    texts,
    texts,
    st.dictionaries(texts, texts, max_size=4),
    st.dictionaries(words, offers, max_size=4),
)
frames = st.one_of(
    st.builds(Frame, st.integers(0, 600_000), st.sampled_from([Kind.UP, Kind.DOWN])),
    st.builds(
        Frame,
        st.integers(0, 600_000),
        st.sampled_from([kind for kind in Kind if kind not in {Kind.UP, Kind.DOWN}]),
        words,
        values,
    ),
)
captures = st.builds(
    Capture,
    headers,
    st.lists(frames, max_size=12).map(lambda all_: tuple(sorted(all_, key=lambda f: f.ms))),
)


def test_capture_is_written_as_documented() -> None:
    assert CAPTURE.encode() == GOLDEN


def test_capture_is_read_as_documented() -> None:
    assert decode(GOLDEN) == CAPTURE


@pytest.mark.unmeasured
@settings(max_examples=effort(25, 100))
@given(captures)
def test_any_encoded_capture_is_decoded_to_the_same_value(capture: Capture) -> None:
    assert decode(capture.encode()) == capture


@settings(max_examples=effort(25, 100))
@given(captures, st.data())
def test_truncated_capture_line_loses_only_that_line(capture: Capture, data: st.DataObject) -> None:
    whole = capture.encode()
    cut = data.draw(st.integers(whole.index("\n") + 1, len(whole)))

    read = decode(whole[:cut])

    assert read.frames == capture.frames[: whole[:cut].count("\n") - 1]
    assert read.torn is not whole[:cut].endswith("\n")


def complaint(text: str) -> str | None:
    """Return the error of reading it, or None."""
    try:
        decode(text)
    except CaptureError as error:
        return str(error)
    return None


@given(st.text())
def test_any_text_is_a_capture_or_an_error_that_names_the_line(text: str) -> None:
    assert re.match(r"line \d+: ", complaint(text) or "line 0: ")


@pytest.mark.unmeasured
@settings(max_examples=effort(25, 100))
@given(st.recursive(st.none() | st.booleans() | st.integers() | texts, st.lists))
def test_any_json_in_place_of_a_frame_is_an_error_that_names_its_line(document: object) -> None:
    said = complaint(f"{HEADER}\n\n{json.dumps(document)}\n")
    assert said is None or said.startswith("line 3: ")
    assert said is not None or document in ([0, "up"], [0, "down"])


def test_empty_line_is_ignored() -> None:
    assert decode(f"{HEADER}\n\n  \n").frames == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("garbage", "line 2: no JSON: 'garbage'"),
        ("[" * 100_000, "line 2: no JSON"),
        ("{}", "line 2: no frame"),
        ('[1,"shout","2acd",""]', "line 2: no frame"),
        ('[1,"up","2acd",""]', "line 2: no frame"),
        ('[true,"up"]', "line 2: its time must be"),
        ('[-1,"up"]', "line 2: its time must be"),
        ('[1e3,"up"]', "line 2: no frame"),
        ('[1,"notify","acd",""]', "line 2: the characteristic must have four"),
        ('[1,"notify",2,""]', "line 2: the characteristic must have four"),
        ('[1,"notify","2acd","0"]', "line 2: the value must have two"),
        ('[1,"notify","2acd",7]', "line 2: the value must have two"),
        (f'[1,"notify","2acd","{"00" * 513}"]', "line 2: a value has at most 512"),
        ('[5,"up"]\n[4,"down"]', "line 3: its time, 4 ms, is before the line above"),
    ],
)
def test_invalid_line_is_an_error_that_names_it(line: str, says: str) -> None:
    with pytest.raises(CaptureError, match=re.escape(says)):
        decode(f"{HEADER}\n{line}\n")


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "not a capture: the header is missing"),
        ("\n", "no JSON"),
        ("[]\n", "the header must stand here"),
        ("{}\n", "the header must stand here"),
        ('{"capture":2}\n', "a capture of version 2; this program reads 1"),
        ('{"capture":1,"began":3}\n', "are texts"),
        ('{"capture":1,"machine":[]}\n', "are texts"),
        ('{"capture":1,"machine":{"name":1}}\n', "are texts"),
        ('{"capture":1,"characteristics":[]}\n', "characteristics is no object"),
        ('{"capture":1,"characteristics":{"2acd":1}}\n', "no characteristic: 1"),
        ('{"capture":1,"characteristics":{"2acd":{}}}\n', "properties must be some of"),
        (
            '{"capture":1,"characteristics":{"2acd":{"properties":["fly"]}}}\n',
            "properties must be some of",
        ),
        (
            '{"capture":1,"characteristics":{"x":{"properties":[]}}}\n',
            "characteristic must have four",
        ),
        (
            '{"capture":1,"characteristics":{"2acd":{"properties":[],"value":"z"}}}\n',
            "the value must have two",
        ),
    ],
)
def test_invalid_header_is_an_error_with_a_reason(header: str, says: str) -> None:
    with pytest.raises(CaptureError, match=r"^line 1: ") as caught:
        decode(header)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("FS-A1B2C3", "FS-xxxxxx"),
        ("fs a1b2", "fs xxxx"),
        ("KS-HD-Z1D", "KS-HD-Z1D"),
        ("Sole F85", "Sole F85"),
        ("Domyos-TC-0278", "Domyos-TC-0278"),
        ("SN 20260131", "SN xxxxxxxx"),
        ("DEAD and FACE", "DEAD and FACE"),
    ],
)
def test_address_and_serial_number_in_a_name_are_redacted(text: str, hidden: str) -> None:
    assert redact(text, "12:34:56:A1:B2:C3") == hidden
