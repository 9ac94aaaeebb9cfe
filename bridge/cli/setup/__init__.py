"""Commands that set up the bridge on this computer, and remove it."""
