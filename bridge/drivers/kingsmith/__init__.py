"""The driver for KingSmith WalkingPads without FTMS."""
