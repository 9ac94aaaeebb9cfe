"""The simulated KingSmith WalkingPad: the same physics with another protocol."""
