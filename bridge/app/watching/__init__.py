"""Live view of one treadmill, from the topics that its bridge publishes."""
