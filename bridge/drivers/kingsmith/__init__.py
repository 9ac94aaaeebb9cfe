"""The driver for KingSmith WalkingPads that do not speak FTMS."""
