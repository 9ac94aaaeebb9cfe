"""The engine: the requests, the setpoints and the expected position of a running belt."""
