"""Entry point of `python -m bridge`, the same as `treadmill-bridge`."""

from bridge.cli import main

main(prog_name="treadmill-bridge")
