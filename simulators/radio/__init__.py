"""The simulated machine as a Bluetooth peripheral, and the air between radios."""
