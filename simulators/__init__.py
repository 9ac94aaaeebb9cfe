"""The simulated treadmill: physics, FTMS server and radio; imports nothing from the bridge."""
