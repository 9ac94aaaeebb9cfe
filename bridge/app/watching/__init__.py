"""The live view of one treadmill, made of what its bridge publishes."""
