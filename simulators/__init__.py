"""A treadmill without a treadmill: its physics, its FTMS server, its radio; never the bridge."""
