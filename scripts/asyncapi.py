#!/usr/bin/env python3
"""Writes docs/asyncapi.yaml from the models of the MQTT contract."""

from pathlib import Path

import yaml

from bridge.contract.asyncapi import document

TARGET = Path(__file__).resolve().parent.parent / "docs" / "asyncapi.yaml"


class _Dumper(yaml.SafeDumper):
    """A YAML dumper without aliases, which readers would have to resolve."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's own
        return True


def text() -> str:
    """Return the expected content of the file."""
    written = yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return f"# Written by `make docs`; do not edit.\n{written}"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
