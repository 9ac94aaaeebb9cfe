"""Results of scenarios as JUnit XML, which every CI can display."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")


@dataclass(frozen=True, slots=True)
class Result:
    """Result of one scenario; `failure` is empty on success."""

    name: str
    seconds: float
    failure: str = ""
    transcript: str = ""


def junit(suite: str, results: Sequence[Result]) -> str:
    """Return one test suite as XML."""
    root = ElementTree.Element(
        "testsuite",
        name=suite,
        tests=str(len(results)),
        failures=str(sum(bool(result.failure) for result in results)),
        errors="0",
        skipped="0",
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    for result in results:
        case = ElementTree.SubElement(
            root, "testcase", classname=suite, name=result.name, time=f"{result.seconds:.3f}"
        )
        if result.failure:
            first = _clean(result.failure).partition("\n")[0]
            failure = ElementTree.SubElement(case, "failure", message=first)
            failure.text = _clean(result.failure)
        if result.transcript:
            ElementTree.SubElement(case, "system-out").text = _clean(result.transcript)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _clean(text: str) -> str:
    """Return text without characters that XML does not allow."""
    return _UNPRINTABLE.sub("?", text)
