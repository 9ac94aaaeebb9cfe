"""Runs the coverage-guided fuzzer: `python -m tests.fuzz.codec [libFuzzer's arguments] [CORPUS]`.

Without a corpus that exists, one is laid out from what real machines sent. An input that breaks
something is kept as `crash-…`; given as the argument, it is tried again.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["protocols"]):
    from tests.fuzz.targets import check, seeds


def lay_out(corpus: Path) -> None:
    """Fill an empty corpus."""
    corpus.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        for number, seed in enumerate(seeds()):
            (corpus / f"seed-{number:04}").write_bytes(seed)


def main() -> None:
    """Fuzz until a signal ends it."""
    for argument in sys.argv[1:]:
        if not argument.startswith("-") and not Path(argument).is_file():
            lay_out(Path(argument))
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
