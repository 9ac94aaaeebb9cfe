"""A simulated KingSmith WalkingPad: the same physics behind another protocol."""
