"""`python -m bridge` is `treadmill-bridge`."""

from bridge.cli import main

main(prog_name="treadmill-bridge")
