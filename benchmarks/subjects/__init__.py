"""Programs to compare with the bridge."""
