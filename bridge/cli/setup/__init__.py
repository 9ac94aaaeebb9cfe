"""Commands that set the bridge up on this computer, and take it away."""
