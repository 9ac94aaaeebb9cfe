"""The Bluetooth side: radios, scanning, the link to one machine, its control point."""
