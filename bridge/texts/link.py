"""Why there is no link to the machine, where nothing is wrong with Bluetooth."""

from bridge.values import Trouble

ENDED = Trouble("ended", "The bridge has ended. Start it again: systemctl start treadmill-bridge.")
LOOKING = Trouble("looking", "The bridge is looking for the treadmill.")
RELEASED = Trouble(
    "released",
    "The treadmill was released, so that another app can take it. Send connect to take it again.",
)
